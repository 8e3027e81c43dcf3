"""What a message holds, before anyone says what its fields mean: pure functions of bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import methodcaller
from typing import NamedTuple, TypeVar

import msgspec

from data.connectors.mqtt.senml import Measured, SenmlError, read_pack

NOT_UTF8, NOT_JSON, TOO_DEEP = "text is not UTF-8", "not JSON, or cut short", "nested too deep"
NO_OBJECT, NO_LIST = "no object with fields", "no list at the place named by items"
_PLACE = frozenset({"lon", "lat"})
"""Units of SenML that say where a device is (RFC 8428, 12.1)."""
Fields = Mapping[str, object]
Find = Callable[[Fields], object]
Parsed = TypeVar("Parsed")
_JSON: msgspec.json.Decoder[object] = msgspec.json.Decoder(object)


class Reading(NamedTuple):
    """What one entity said about one time.

    Parameters
    ----------
    fields : mapping
        Values by name, nested as they came.
    raw : bytes
        A message that says this and nothing else.
    device : str
        What its names begin with, in SenML.
    time_s : float or None
        In SenML, seconds since 1970; None where the fields say it, or nothing does.
    ago_s : float
        In SenML with times relative to now.
    """

    fields: Fields
    raw: bytes
    device: str = ""
    time_s: float | None = None
    ago_s: float = 0.0


class Unread(NamedTuple):
    """A part of a message that cannot be read, and why."""

    raw: bytes
    reason: str


class UnreadableError(ValueError):
    """A message of which nothing can be read, in words for the quarantine."""


def read_json(payload: bytes, items: str = "") -> list[Reading | Unread]:
    """Read plain JSON: an object, or a list of them at ``items``; each item may lean on what stands around the list.

    Raises
    ------
    UnreadableError
        If nothing in it can be read.
    """
    whole = _parse(payload, _JSON.decode)
    if isinstance(whole, list) and not items:
        return [_item(whole, item, item) for item in whole]
    if not isinstance(whole, dict):
        raise UnreadableError(NO_OBJECT)
    if not items:
        return [Reading(whole, payload)]
    listed = finder(items)(whole)
    if not isinstance(listed, list):
        raise UnreadableError(NO_LIST)
    path = items.split(".")
    return [_item(whole, item, _with(whole, path, [item])) for item in listed]


def _item(whole: object, item: object, alone: object) -> Reading | Unread:
    raw = msgspec.json.encode(alone)
    if not isinstance(item, dict):
        return Unread(raw, NO_OBJECT)
    return Reading({**whole, **item} if isinstance(whole, dict) else item, raw)


def _with(whole: Mapping[str, object], path: Sequence[str], value: object) -> Mapping[str, object]:
    """Return an object in which one place holds another value."""
    head, *rest = path
    inner = whole[head]
    return {**whole, head: _with(inner, rest, value) if rest and isinstance(inner, dict) else value}


def finder(path: str) -> Find:
    """Return what looks up ``position.0`` or ``gps.lon``; it gives None if nothing stands there."""
    if "." not in path:
        return methodcaller("get", path)
    steps = [(step, int(step) if step.isdecimal() else -1) for step in path.split(".")]

    def find(fields: Fields) -> object:
        at: object = fields.get(path)
        if at is not None:
            return at
        at = fields
        for step, index in steps:
            if isinstance(at, dict):
                at = at.get(step)
            elif isinstance(at, list) and 0 <= index < len(at):
                at = at[index]
            else:
                return None
        return at

    return find


def read_senml(payload: bytes) -> list[Reading | Unread]:
    """Read a SenML pack: what it says about one device and one time is one reading.

    Where a device says its place once, it stands there in the records that follow.

    Raises
    ------
    UnreadableError
        If the pack as a whole does not hold.
    """
    resolved = _parse(payload, read_pack)
    groups: dict[tuple[str, float], list[Measured]] = {}
    places: dict[str, dict[str, Measured]] = {}
    for measured in resolved:
        if isinstance(measured, Measured):
            device, _ = _split(measured.name)
            groups.setdefault((device, measured.time_s), []).append(measured)
            if measured.unit in _PLACE:
                places.setdefault(device, {}).setdefault(measured.name, measured)
    readings: list[Reading | Unread] = [Unread(payload, str(e)) for e in resolved if isinstance(e, SenmlError)]
    alone = len(groups) == 1 and not readings
    for (device, time_s), told in groups.items():
        place = {} if alone else places.get(device, {})
        said = {measured.name for measured in told} if place else set()
        told = [m._replace(time_s=time_s) for name, m in place.items() if name not in said] + told
        place.update({measured.name: measured for measured in told if measured.unit in _PLACE})
        readings.append(_reading(device, told, payload if alone else b""))
    return readings


def _reading(device: str, told: Sequence[Measured], raw: bytes) -> Reading:
    fields: dict[str, object] = {}
    for measured in told:
        field = _split(measured.name)[1]
        if measured.value is not None:
            fields[field] = measured.value
        if measured.sum is not None:
            fields[f"{field}.sum"] = measured.sum
    first = told[0]
    said = None if first.relative else first.time_s
    return Reading(fields, raw or msgspec.json.encode([_plain(m) for m in told]), device, said, first.time_s)


def _split(name: str) -> tuple[str, str]:
    """Return device and field: ``urn:dev:ops:a7:pm25`` is ``pm25`` of ``urn:dev:ops:a7``."""
    at = max(name.rfind(":"), name.rfind("/"))
    return name[: max(at, 0)], name[at + 1 :]


def _plain(measured: Measured) -> dict[str, object]:
    """Return a resolved record as SenML."""
    plain: dict[str, object] = {"n": measured.name, "t": measured.time_s}
    if measured.unit:
        plain["u"] = measured.unit
    if measured.sum is not None:
        plain["s"] = measured.sum
    value = measured.value
    if value is not None:
        plain["vb" if isinstance(value, bool) else "vs" if isinstance(value, str) else "v"] = value
    return plain


def _parse(payload: bytes, read: Callable[[bytes], Parsed]) -> Parsed:
    """Parse JSON one way or the other.

    Raises
    ------
    UnreadableError
        If it cannot be.
    """
    try:
        return read(payload.removeprefix(b"\xef\xbb\xbf"))
    except UnicodeDecodeError:
        raise UnreadableError(NOT_UTF8) from None
    except msgspec.MsgspecError:
        raise UnreadableError(NOT_JSON) from None
    except RecursionError:
        raise UnreadableError(TOO_DEEP) from None
    except SenmlError as error:
        raise UnreadableError(str(error)) from None
