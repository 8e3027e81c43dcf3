"""Coordinate systems: what a file declares, what the user says, and the twin's own."""

from __future__ import annotations

import re

from pyproj import CRS
from pyproj.exceptions import CRSError

from twin.errors import BadInputError, UsageError
from twin.words import say

ASK = "pass --crs with the system it is in, as --crs EPSG:4549"


def parse_crs(text: str) -> CRS:
    """Return the system a user named.

    Raises
    ------
    twin.errors.UsageError
    """
    try:
        return CRS.from_user_input(text.strip())
    except CRSError:
        raise UsageError(say("{text!r} is no known coordinate system; give one as EPSG:4549", text=text)) from None


def flat_system(crs: CRS) -> tuple[str, float]:
    """Return the horizontal part of a system, and the metres of its vertical unit."""
    metres = 1.0
    if len(crs.axis_info) == 3:
        metres = crs.axis_info[2].unit_conversion_factor or 1.0
    if crs.is_compound:
        metres = crs.sub_crs_list[1].axis_info[0].unit_conversion_factor or 1.0
        crs = crs.sub_crs_list[0]
    return name_of(crs.to_2d()), metres


def name_of(crs: CRS) -> str:
    """Return ``EPSG:…`` if the system has such a code, else its WKT."""
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else crs.to_wkt()


def declared_crs(reference: str, subject: str) -> CRS:
    """Return the system that a CityJSON file names, as an OGC address, a URN or ``EPSG:7415``.

    Raises
    ------
    twin.errors.BadInputError
        If no such system is known.
    """
    code = re.search(r"EPSG(?:/[^/]*/|:[^:]*:|:)(\d+)\s*$", reference, re.IGNORECASE)
    try:
        return CRS.from_user_input(f"EPSG:{code[1]}" if code else reference)
    except CRSError:
        problem = say("it declares the coordinate system {reference!r}, which is not known", reference=reference[:80])
        raise BadInputError(subject, problem, ASK, "metadata.referenceSystem") from None


def is_metric(crs: CRS) -> bool:
    """Tell whether a system is projected and counts in metres, so that a twin can be drawn in it."""
    return bool(crs.is_projected) and all(axis.unit_name == "metre" for axis in crs.axis_info[:2])
