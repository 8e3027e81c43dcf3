"""Reads the messages that tell where a vehicle is and how it does, by pymavlink's tables; pure.

The fields are those of https://mavlink.io/en/messages/common.html.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pymavlink.dialects.v20 import ardupilotmega as dialect

HEARTBEAT, SYS_STATUS, SYSTEM_TIME, GPS_RAW, POSITION, BATTERY, TEXT = 0, 1, 2, 24, 33, 147, 253
READ = frozenset({HEARTBEAT, SYS_STATUS, SYSTEM_TIME, GPS_RAW, POSITION, BATTERY, TEXT})
UNIX_US = 1_262_304_000_000_000
"""2010 in microseconds since 1970; times below it are since the start of the vehicle."""
_NOT_A_PILOT = dialect.MAV_AUTOPILOT_INVALID


class MessageError(ValueError):
    """A message that cannot be read; the text is the reason."""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """``vehicle`` and ``status`` as in MAV_TYPE and MAV_STATE."""

    vehicle: int
    pilot: bool
    armed: bool
    status: int


@dataclass(frozen=True, slots=True)
class Battery:
    """``charge`` as in MAV_BATTERY_CHARGE_STATE; 0 if it is not told."""

    remaining_percent: int
    charge: int


@dataclass(frozen=True, slots=True)
class Clock:
    """What time it is, since 1970 and since the start of the vehicle; 0 if it does not know."""

    unix_s: float
    boot_s: float


@dataclass(frozen=True, slots=True)
class Position:
    """Where it is; NaN where it tells nothing.

    Parameters
    ----------
    unix_s, boot_s : float
        One of them is told.
    home_m, sea_m : float
        Height above the place it started from, and above the sea.
    accuracy_m : float
        Of GPS.
    fused : bool
        Whether the vehicle's own estimate rather than what the receiver says.
    """

    unix_s: float
    boot_s: float
    lon_deg: float
    lat_deg: float
    home_m: float
    sea_m: float
    heading_deg: float
    speed_mps: float
    accuracy_m: float
    fused: bool


Message = Heartbeat | Battery | Clock | Position | None


def read_message(frame: bytes) -> Message:
    """Return what a frame of one of :data:`READ` says; None for a text, and for a position without a fix.

    Raises
    ------
    MessageError
        If it cannot be decoded.
    """
    try:
        message = dialect.MAVLink(None).decode(bytearray(frame))
    except dialect.MAVError as error:
        raise MessageError("message not readable") from error
    reader = _READERS.get(message.get_msgId())
    return reader(message) if reader is not None else None


def _heartbeat(m: dialect.MAVLink_heartbeat_message) -> Heartbeat:
    armed = bool(m.base_mode & dialect.MAV_MODE_FLAG_SAFETY_ARMED)
    return Heartbeat(m.type, m.autopilot != _NOT_A_PILOT, armed, m.system_status)


def _sys_status(m: dialect.MAVLink_sys_status_message) -> Battery:
    return Battery(m.battery_remaining, 0)


def _battery(m: dialect.MAVLink_battery_status_message) -> Battery:
    return Battery(m.battery_remaining, m.charge_state)


def _system_time(m: dialect.MAVLink_system_time_message) -> Clock:
    return Clock(m.time_unix_usec / 1e6 if m.time_unix_usec > UNIX_US else 0.0, m.time_boot_ms / 1e3)


def _position(m: dialect.MAVLink_global_position_int_message) -> Position | None:
    if m.lat == m.lon == 0:
        return None  # sent before the vehicle knows where it is
    return Position(
        math.nan, m.time_boot_ms / 1e3, m.lon / 1e7, m.lat / 1e7, m.relative_alt / 1e3, m.alt / 1e3,
        m.hdg / 100 if m.hdg <= 36000 else math.nan, math.hypot(m.vx, m.vy) / 100, math.nan, True,
    )  # fmt: skip


def _gps(m: dialect.MAVLink_gps_raw_int_message) -> Position | None:
    if m.fix_type < dialect.GPS_FIX_TYPE_2D_FIX:
        return None
    since_1970 = m.time_usec > UNIX_US
    return Position(
        m.time_usec / 1e6 if since_1970 else math.nan, math.nan if since_1970 else m.time_usec / 1e6,
        m.lon / 1e7, m.lat / 1e7, math.nan, m.alt / 1e3, m.cog / 100 if m.cog <= 36000 else math.nan,
        m.vel / 100 if m.vel != 0xFFFF else math.nan, m.h_acc / 1e3 if m.h_acc else math.nan, False,
    )  # fmt: skip


_READERS: dict[int, Callable[[Any], Message]] = {
    HEARTBEAT: _heartbeat, SYS_STATUS: _sys_status, BATTERY: _battery, SYSTEM_TIME: _system_time, POSITION: _position,
    GPS_RAW: _gps,
}  # fmt: skip
