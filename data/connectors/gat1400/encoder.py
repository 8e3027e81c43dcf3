"""What a view library answers, and what its devices say; written strictly. Pure functions that return JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from data.connectors.gat1400.decoder import CHINA, Device

CONTENT_TYPE = "application/VIID+JSON; charset=utf-8"
OK, OTHER, BUSY, NOT_ALLOWED, BAD_JSON, BAD_CONTENT = 0, 1, 2, 4, 7, 8
WORDS = {
    OK: "OK", OTHER: "Error", BUSY: "Device Busy", NOT_ALLOWED: "Invalid Operation", BAD_JSON: "Invalid JSON Format",
    BAD_CONTENT: "Invalid JSON Content",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Status:
    """What became of one object: its id, the code, and words for it."""

    id: str
    code: int = OK
    words: str = ""


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes answers.

    Parameters
    ----------
    library : str
        Our own id.
    numbers : bool
        Codes as numbers; makers differ, the transcriptions that were read have texts.
    """

    library: str = ""
    numbers: bool = False

    def status(self, url: str, status: Status, now_s: float) -> bytes:
        """Return the answer about a request as a whole."""
        return msgspec.json.encode({"ResponseStatusObject": self._status(url, status, local_time(now_s))})

    def statuses(self, url: str, statuses: Sequence[Status], now_s: float) -> bytes:
        """Return the answer about each object of a request."""
        at = local_time(now_s)
        listed = [self._status(url, status, at) for status in statuses]
        return msgspec.json.encode({"ResponseStatusListObject": {"ResponseStatusObject": listed}})

    def time(self, now_s: float) -> bytes:
        """Return the answer about the time."""
        told = {"VIIDServerID": self.library, "TimeMode": "1", "LocalTime": local_time(now_s)}
        return msgspec.json.encode({"SystemTimeObject": told})

    def devices(self, devices: Sequence[Device]) -> bytes:
        """Return the list of cameras."""
        return write_devices(devices)

    def _status(self, url: str, status: Status, at: str) -> Mapping[str, object]:
        return {
            "RequestURL": url,
            "StatusCode": status.code if self.numbers else str(status.code),
            "StatusString": status.words or WORDS[status.code],
            "Id": status.id,
            "LocalTime": at,
        }


def local_time(time_s: float) -> str:
    """Return a time as ``yyyyMMddHHmmss`` of China."""
    return datetime.fromtimestamp(time_s, UTC).astimezone(CHINA).strftime("%Y%m%d%H%M%S")


def write_device_id(noun: str, device: str) -> bytes:
    """Return the body of a ``Register``, ``UnRegister`` or ``Keepalive``."""
    return msgspec.json.encode({f"{noun}Object": {"DeviceID": device}})


def write_devices(devices: Sequence[Device]) -> bytes:
    """Return cameras as a list."""
    listed = [_device(device) for device in devices]
    return msgspec.json.encode({"APEListObject": {"APEObject": listed}})


def _device(device: Device) -> Mapping[str, object]:
    place = {} if device.place is None else {"Longitude": device.place.lon_deg, "Latitude": device.place.lat_deg}
    return {"ApeID": device.id, "Name": device.name, **place, "IsOnline": "1"}


def write_passes(passes: Sequence[Mapping[str, object]]) -> bytes:
    """Return passes as the body of a ``POST`` to ``/VIID/MotorVehicles``."""
    return msgspec.json.encode({"MotorVehicleListObject": {"MotorVehicleObject": list(passes)}})
