"""A filter over rows that are columns of any name, such as those of a layer, in the same language and numpy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.cql2.tree import Column

SINGLE = np.dtype(np.float32)


@dataclass(frozen=True)
class Table:
    """Rows as columns.

    Parameters
    ----------
    arrays : mapping of str to (N,) array
        Texts are objects of ``str``, empty where unknown; other unknowns are NaN or NaT.
    size : int
        N.
    """

    arrays: Mapping[str, NDArray[Any]]
    size: int

    def __len__(self) -> int:
        return self.size

    def column(self, name: str) -> NDArray[Any]:
        """Return a column; times as seconds since 1970-01-01 UTC, NaN where unknown."""
        values = self.arrays[name]
        if values.dtype.kind != "M":
            return values
        milliseconds = values.astype("datetime64[ms]").astype(np.int64) / 1000.0
        return np.where(np.isnat(values), np.nan, milliseconds)


def columns_of(dtypes: Mapping[str, str]) -> dict[str, Column]:
    """Return what a filter may look at, by the numpy types of columns (``str`` for texts)."""
    return {name: Column(_type(dtype)) for name, dtype in dtypes.items()}


def _type(dtype: str) -> str:
    kind = np.dtype(object if dtype == "str" else dtype)
    if kind.kind in "OUS":
        return "text"
    if kind.kind in "Mb":
        return "time" if kind.kind == "M" else "flag"
    return "single" if kind == SINGLE else "real"
