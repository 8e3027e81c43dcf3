"""GA/T 1400 objects, decoded one at a time; pure functions of what stood in the JSON.

The standard's text could not be read: each field says in this folder's README where it was seen.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from data.connectors.gat1400.envelope import Fields, number_of, text_of

CHINA = timezone(timedelta(hours=8))
_DIGITS = re.compile(r"\d{14}(\d{3})?")
_NO_PLATE = frozenset(
    {"", "0", "00000000", "-", "--", "NULL", "NONE", "UNKNOWN", "无", "无牌", "无牌车", "无车牌", "未识别", "车牌"}
)
_FASTEST_KMH = 250.0


class ObjectError(ValueError):
    """An object that cannot be read; its text is the reason."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a device stands, degrees in WGS 84."""

    lon_deg: float
    lat_deg: float


@dataclass(frozen=True, slots=True)
class Pass:
    """A motor vehicle that passed a device.

    Parameters
    ----------
    object_id, device, tollgate : str
        Of the object, of the camera, and of the gate it belongs to; empty if not told.
    time_s : float
        Seconds since 1970-01-01 UTC.
    plate : str
        Without spaces and dots, in capitals; empty if it has none or it was not read.
    vehicle_class : str
        Type of vehicle as of GA/T 16.4; empty if not told.
    speed_mps : float
        NaN if not told.
    place : Place or None
        Where the object itself says that it was.
    """

    object_id: str
    device: str
    tollgate: str
    time_s: float
    plate: str
    vehicle_class: str
    speed_mps: float
    place: Place | None


@dataclass(frozen=True, slots=True)
class Device:
    """A camera (APE) or a gate (tollgate)."""

    id: str
    name: str
    place: Place | None


def read_pass(fields: Fields) -> Pass:
    """Read a motor vehicle's pass.

    Raises
    ------
    ObjectError
        If it has no time.
    """
    speed = number_of(fields, "speed")
    told = (
        speed is not None and 0 < speed <= _FASTEST_KMH
    )  # a wrong speed does not cost the pass; 0 is written for none
    return Pass(
        object_id=text_of(fields, "motorvehicleid"),
        device=text_of(fields, "deviceid"),
        tollgate=text_of(fields, "tollgateid"),
        time_s=read_time(text_of(fields, "passtime", "appeartime", "marktime")),
        plate=_plate(fields),
        vehicle_class=text_of(fields, "vehicleclass").upper(),
        speed_mps=speed / 3.6 if told and speed is not None else math.nan,
        place=_place(fields),
    )


def read_device(fields: Fields) -> Device:
    """Read a camera or a gate.

    Raises
    ------
    ObjectError
        If it has no id.
    """
    device = text_of(fields, "apeid", "tollgateid", "deviceid")
    if not device:
        raise ObjectError("no id")
    return Device(device, text_of(fields, "name"), _place(fields))


def read_time(text: str) -> float:
    """Return a time as seconds since 1970-01-01 UTC: ``yyyyMMddHHmmss`` of China, or one of the forms seen instead.

    Raises
    ------
    ObjectError
        If it is none.
    """
    if not text:
        raise ObjectError("no time")
    try:
        if _DIGITS.fullmatch(text):
            time = datetime.fromisoformat(f"{text[:8]}T{text[8:14]}").replace(tzinfo=CHINA)
            return time.timestamp() + int(text[14:] or 0) / 1000
        if text.isdecimal() and len(text) in (10, 13):  # a Unix time, in seconds or milliseconds
            return int(text) / (1000 if len(text) == 13 else 1)
        time = datetime.fromisoformat(text)
        return (time if time.tzinfo is not None else time.replace(tzinfo=CHINA)).timestamp()
    except (ValueError, OverflowError):
        raise ObjectError("time out of range") from None


def _plate(fields: Fields) -> str:
    if text_of(fields, "hasplate").lower() in ("0", "2", "false", "no") or fields.get("hasplate") is False:
        return ""
    plate = re.sub(r"[\s·.•-]", "", text_of(fields, "plateno")).upper()
    return "" if plate in _NO_PLATE else plate[:16]


def _place(fields: Fields) -> Place | None:
    """Return a place; 0, 0 is written for none."""
    lon, lat = number_of(fields, "longitude"), number_of(fields, "latitude")
    if lon is None or lat is None or not (math.isfinite(lon) and math.isfinite(lat)) or (lon == 0 and lat == 0):
        return None
    return Place(lon, lat)
