"""Columns that are worked out when somebody looks at them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.access import masked
from twin.geo import BoolArray

Make = Callable[[], NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text column made of (N,) bytes; of some rows only those are decoded, and masked where ``mask`` says how."""

    values: NDArray[np.bytes_]
    mask: str = ""

    def __call__(self) -> NDArray[Any]:
        """Return all of it."""
        texts = np.array([value.decode("utf-8", "replace") for value in self.values.tolist()], dtype=object)
        return masked(texts, self.mask) if self.mask else texts


class LazyColumns(Mapping[str, NDArray[Any]]):
    """A mapping of column names to (N,) arrays, each made once, on first sight.

    Twenty thousand labels cost more to decode than their symbols cost to draw, and a frame is drawn many times for each
    time somebody reads a label.
    """

    def __init__(self, makers: Mapping[str, Make]) -> None:
        self._makers = makers
        self._made: dict[str, NDArray[Any]] = {}

    def maker(self, name: str) -> Make:
        """Return how a column is made, or was."""
        return (lambda: self._made[name]) if name in self._made else self._makers[name]

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
    return LazyColumns({name: _some(columns, name, keep) for name in columns})


def _some(columns: Mapping[str, NDArray[Any]], name: str, keep: BoolArray) -> Make:
    maker = columns.maker(name) if isinstance(columns, LazyColumns) else None
    if isinstance(maker, Decoded):
        return Decoded(maker.values[keep], maker.mask)
    return lambda: columns[name][keep]


def hidden(columns: Mapping[str, NDArray[Any]], how: Mapping[str, str]) -> LazyColumns:
    """Return the columns with some of them masked as ``how`` says, see :func:`twin.access.masked`."""
    makers: dict[str, Make] = {name: _whole(columns, name) for name in columns}
    return LazyColumns(makers | {name: _masked(columns, name, mask) for name, mask in how.items()})


def _whole(columns: Mapping[str, NDArray[Any]], name: str) -> Make:
    maker = columns.maker(name) if isinstance(columns, LazyColumns) else None
    return maker if isinstance(maker, Decoded) else lambda: columns[name]


def _masked(columns: Mapping[str, NDArray[Any]], name: str, mask: str) -> Make:
    maker = _whole(columns, name)
    return Decoded(maker.values, mask) if isinstance(maker, Decoded) else lambda: masked(columns[name], mask)
