"""Columns that are worked out when somebody looks at them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from numpy.typing import NDArray

from twin.geo import BoolArray

Make = Callable[[], NDArray[Any]]


class LazyColumns(Mapping[str, NDArray[Any]]):
    """A mapping of column names to (N,) arrays, each made once, on first sight.

    Twenty thousand labels cost more to decode than their symbols cost to draw, and a frame is drawn many times for each
    time somebody reads a label.
    """

    def __init__(self, makers: Mapping[str, Make]) -> None:
        self._makers = makers
        self._made: dict[str, NDArray[Any]] = {}

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name not in self._made:
            self._made[name] = self._makers[name]()
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)

    def __contains__(self, name: object) -> bool:
        return name in self._makers


def take(columns: Mapping[str, NDArray[Any]], keep: BoolArray) -> LazyColumns:
    """Return the columns at the rows where ``keep`` (N,) is true, still unmade."""
    return LazyColumns({name: lambda name=name: columns[name][keep] for name in columns})  # type: ignore[misc]


def replaced(columns: Mapping[str, NDArray[Any]], others: Mapping[str, Make]) -> LazyColumns:
    """Return the columns with some of them made otherwise."""
    makers: dict[str, Make] = {name: lambda name=name: columns[name] for name in columns}  # type: ignore[misc]
    return LazyColumns(makers | dict(others))
