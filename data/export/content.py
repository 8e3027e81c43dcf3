"""What is written into a file, and what the file says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from twin.city.city import Imagery, Terrain
from twin.city.tables import Column


@dataclass(frozen=True, slots=True)
class Features:
    """Rows with a geometry each.

    Parameters
    ----------
    columns : tuple of Column
        What ``values`` holds, in order; ``id`` names a row.
    values : mapping of str to (N,) array
        Text is an object array of ``str``, times are ``datetime64[ms]`` in UTC.
    geometry : (N,) object array of shapely geometries
    crs : str
        What ``geometry`` is in.
    surfaces : GeoDataFrame, optional
        Boundary surfaces of buildings, in ``crs``: see ``surfaces`` in :data:`twin.city.tables.TABLES`.
    """

    columns: tuple[Column, ...]
    values: Mapping[str, NDArray[Any]]
    geometry: NDArray[np.object_]
    crs: str
    surfaces: gpd.GeoDataFrame | None = None

    def __len__(self) -> int:
        return len(self.geometry)

    def keys(self) -> list[str]:
        """Return the rows' names."""
        return [str(key) for key in self.values["id"]]


@dataclass(frozen=True, slots=True)
class Heights:
    """A terrain in a projected system."""

    terrain: Terrain
    crs: str


@dataclass(frozen=True, slots=True)
class Picture:
    """An orthophoto in a projected system."""

    imagery: Imagery
    crs: str


Content = Features | Heights | Picture


@dataclass(frozen=True, slots=True)
class About:
    """What a file says of itself.

    Parameters
    ----------
    layer : str
    twin : str
        The city's name.
    credit : str
        Who made the data and under which licence.
    notice : str
        That it is invented, in both languages; empty for real data.
    version : str
        Of the program.
    made : datetime
        With zone; of ``SOURCE_DATE_EPOCH`` where that is set, so that the same input gives the same bytes.
    """

    layer: str
    twin: str
    credit: str
    notice: str
    version: str
    made: datetime

    def sentence(self) -> str:
        """Return all of it but the time in one line, for formats that hold one text."""
        parts = (f"{self.twin} · {self.layer}", self.notice, self.credit, f"Zhian Twin {self.version}")
        return " | ".join(part for part in parts if part)

    def pairs(self) -> dict[str, str]:
        """Return it as names and texts, for formats that hold such."""
        told = {"layer": self.layer, "twin": self.twin, "credit": self.credit, "notice": self.notice}
        return {k: v for k, v in told.items() if v} | {"program": f"Zhian Twin {self.version}"}


@dataclass(frozen=True, slots=True)
class Request:
    """One export with all it needs, so that a child process can do it.

    Parameters
    ----------
    format : str
        Name in :data:`data.export.formats.FORMATS`.
    bbox_deg : tuple of float, optional
        West, south, east, north: rows that touch the box are kept whole, rasters are cut to the cells that do.
    crs : str
        The system to write in; empty for the content's own, or the one the format prescribes.
    """

    content: Content
    about: About
    format: str
    bbox_deg: tuple[float, float, float, float] | None = None
    crs: str = ""


def utc_text(values: NDArray[Any]) -> list[str]:
    """Return times as ISO 8601 in UTC with milliseconds; empty where there is none."""
    texts = np.datetime_as_string(values.astype("datetime64[ms]"), unit="ms")
    return ["" if text == "NaT" else f"{text}Z" for text in texts.tolist()]


def iso(moment: datetime) -> str:
    """Return a moment as ISO 8601 in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
