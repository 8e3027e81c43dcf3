"""The formats that layers can be written in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from pyproj import CRS
from pyproj.exceptions import CRSError

from twin.errors import UsageError
from twin.words import say


@dataclass(frozen=True, slots=True)
class Format:
    """One format.

    Parameters
    ----------
    name : str
        As ``--format`` takes it.
    title : str
        As people call it; the same in every language.
    suffixes : tuple of str
        File names that mean it, the usual one first.
    crs : str
        ``any`` coordinate system, always ``wgs84``, or ``metric`` ones only.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    crs: str = "any"


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        form.name: form
        for form in (
            Format("gpkg", "GeoPackage", (".gpkg",)),
            Format("geojson", "GeoJSON", (".geojson", ".json"), crs="wgs84"),
            Format("fgb", "FlatGeobuf", (".fgb",)),
            Format("parquet", "GeoParquet", (".parquet", ".geoparquet")),
            Format("csv", "CSV", (".csv",), crs="wgs84"),
            Format("cityjson", "CityJSON", (".city.json",), crs="metric"),
            Format("cog", "Cloud-optimised GeoTIFF", (".tif", ".tiff")),
        )
    }
)


def choose_format(target: Path, name: str, offered: Sequence[str]) -> Format:
    """Return the format that was asked for, or that the file's name means.

    Raises
    ------
    twin.errors.UsageError
        If the layer cannot be written in it, or at all, or the file's name says another.
    """
    if not offered:
        raise UsageError("this layer is for the eye alone: nobody surveyed it, and it is not exported")
    forms = [FORMATS[offer] for offer in offered]
    kinds = ", ".join(f"{form.name} ({form.suffixes[0]})" for form in forms)
    by_suffix = _by_suffix(target, forms)
    if not name:
        if by_suffix is None:
            raise UsageError(
                say(
                    "{name}: the layer is not written in files of this name; it can be: {kinds}",
                    name=target.name,
                    kinds=kinds,
                )
            )
        return by_suffix
    if name not in offered:
        raise UsageError(say("the layer is not written as {name}; it can be: {kinds}", name=name, kinds=kinds))
    if by_suffix is not FORMATS[name]:
        raise UsageError(
            say(
                "{name}: a {title} file ends in {suffixes}",
                name=target.name,
                title=FORMATS[name].title,
                suffixes=", ".join(FORMATS[name].suffixes),
            )
        )
    return FORMATS[name]


def check_crs(form: Format, crs: str) -> str:
    """Return the system to write in as it was asked for, or nothing for the format's own choice.

    Raises
    ------
    twin.errors.UsageError
        If there is no such system, or the format does not take it.
    """
    if not crs:
        return ""
    try:
        asked = CRS.from_user_input(crs)
    except CRSError:
        raise UsageError(say("{crs!r} is no coordinate system; give one as EPSG:4549", crs=crs)) from None
    if form.crs == "wgs84" and asked != CRS.from_epsg(4326):
        raise UsageError(
            say("{title} is always in WGS 84 (EPSG:4326); leave --crs out or choose another format", title=form.title)
        )
    if len(asked.axis_info) < 2 or not (asked.is_projected or asked.is_geographic):
        raise UsageError(say("{crs} is no system of places on the ground; give one as EPSG:4549", crs=crs))
    if form.crs == "metric" and not (asked.is_projected and asked.axis_info[0].unit_name == "metre"):
        raise UsageError(say("{title} needs a system in metres; give one as EPSG:4549", title=form.title))
    return crs


def _by_suffix(target: Path, forms: Sequence[Format]) -> Format | None:
    name = target.name.lower()
    matches = [(len(suffix), form) for form in forms for suffix in form.suffixes if name.endswith(suffix)]
    return max(matches, key=lambda match: match[0])[1] if matches else None
