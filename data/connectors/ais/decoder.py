"""Reads AIS messages by pyais; pure.

The fields are those of ITU-R M.1371 as https://gpsd.gitlab.io/gpsd/AIVDM.html tells them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyais
from pyais.exceptions import AISBaseException

KNOT_MPS = 0.514444
POSITIONS = frozenset({1, 2, 3, 18, 19, 27})
NAMES = frozenset({5, 19, 24})
LONG_RANGE = 27
FAST_KNOTS, FAST_KNOTS_LONG_RANGE = 102.2, 63
"""From here on a speed is not available, or only known to be above what can be told."""
ACCURATE_M = 10.0
SHORT = "message too short"


class MessageError(ValueError):
    """A message that cannot be read; the text is the reason."""


@dataclass(frozen=True, slots=True)
class Report:
    """What one message says; NaN, empty and -1 where it tells nothing.

    Parameters
    ----------
    second : int
        Of the minute in which the position was taken; 60 and above: not known.
    status : int
        Navigational status.
    """

    number: int
    mmsi: int
    name: str = ""
    lon_deg: float = math.nan
    lat_deg: float = math.nan
    heading_deg: float = math.nan
    speed_mps: float = math.nan
    accuracy_m: float = math.nan
    second: int = 60
    status: int = -1


def read_message(lines: Sequence[bytes]) -> Report:
    """Read the sentences of one message.

    Raises
    ------
    MessageError
        If it cannot be read.
    """
    try:
        message = pyais.decode(*lines)
    except (AISBaseException, ValueError, IndexError, KeyError, TypeError) as error:
        raise MessageError("message not readable") from error
    told = message.asdict(enum_as_int=True)
    number, mmsi = _whole(told["msg_type"], 0), _whole(told.get("mmsi"), -1)
    if mmsi < 0:
        raise MessageError(SHORT)
    name = str(told.get("shipname") or "").strip() if number in NAMES else ""
    return _position(number, mmsi, name, told) if number in POSITIONS else Report(number, mmsi, name)


def _position(number: int, mmsi: int, name: str, told: Mapping[str, object]) -> Report:
    wanted = [told.get(field) for field in ("lon", "lat", "speed", "course", "accuracy")]
    lon, lat, speed, course, accuracy = (float(v) if isinstance(v, (int, float)) else math.nan for v in wanted)
    if math.isnan(lon) or math.isnan(lat):
        raise MessageError(SHORT)
    here = abs(lon) <= 180 and abs(lat) <= 90  # 181 and 91 say that it is not known
    fast = FAST_KNOTS_LONG_RANGE if number == LONG_RANGE else FAST_KNOTS
    return Report(
        number, mmsi, name,
        lon if here else math.nan, lat if here else math.nan,
        _heading(told.get("heading"), course),
        speed * KNOT_MPS if speed < fast else math.nan,
        ACCURATE_M if accuracy == 1 else math.nan,
        _whole(told.get("second"), 60), _whole(told.get("status"), -1),
    )  # fmt: skip


def _heading(heading: object, course: float) -> float:
    """Return where the bow points, or failing that where it goes; 511 and 360 say that it is not known."""
    if isinstance(heading, int) and 0 <= heading < 360:
        return float(heading)
    return course if 0 <= course < 360 else math.nan


def _whole(value: object, unknown: int) -> int:
    return int(value) if isinstance(value, int) else unknown


def taken_s(second: int, received_s: float) -> float:
    """Return when a position was taken, from the second of its minute, which is all that AIS tells.

    It is that second at or before its reception; up to five seconds after it as well, as clocks differ. Without a
    second it is the time of reception.
    """
    if not 0 <= second < 60:
        return received_s
    time_s = math.floor(received_s / 60) * 60.0 + second
    if time_s > received_s + 5:
        return time_s - 60
    return time_s + 60 if time_s + 60 <= received_s + 5 else time_s
