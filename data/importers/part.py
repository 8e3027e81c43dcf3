"""What a reader hands over: tables of features in the file's own system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.importers.report import FileReport
from twin.city.tables import TABLES

_EMPTY: Mapping[str, object] = {"str": "", "bool": False, "float32": np.nan}


@dataclass(slots=True)
class Part:
    """The features of one file.

    Parameters
    ----------
    report : FileReport
    crs : str
        The system of the tables' geometry, horizontal only.
    tables : dict of str to GeoDataFrame
        As in :data:`twin.city.tables.TABLES`. In ``buildings``, ``height_m`` NaN and ``floors`` 0 are unknown;
        ``base_m`` is NaN where the ground decides, and a further column ``lift_m`` is the height of the underside
        above it.
    credit : str
        Who made the data and under which licence, if the format says so.
    """

    report: FileReport
    crs: str
    tables: dict[str, gpd.GeoDataFrame] = field(default_factory=dict)
    credit: str = ""


def make_table(
    name: str,
    columns: Mapping[str, Sequence[Any] | NDArray[Any]],
    geometry: Sequence[Any] | NDArray[np.object_],
    crs: str,
) -> gpd.GeoDataFrame:
    """Return a table with the columns and types of its specification.

    Parameters
    ----------
    name : str
        A key of :data:`twin.city.tables.TABLES`.
    columns : mapping
        Values by column, each of N rows; what is missing is empty text, 0, false or NaN, further columns are kept.
    geometry : sequence of N geometries
    crs : str
    """
    rows = len(geometry)
    types = {column.name: column.dtype for column in TABLES[name].columns}
    filled = {column: columns.get(column, [_EMPTY.get(dtype, 0)] * rows) for column, dtype in types.items()}
    extra = {column: values for column, values in columns.items() if column not in types}
    frame = pd.DataFrame({**filled, **extra}).astype(types)
    return gpd.GeoDataFrame(frame, geometry=np.asarray(geometry, dtype=object), crs=crs)
