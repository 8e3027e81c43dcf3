"""SenML in JSON (RFC 8428): a pack's records with everything that its base fields say about them."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

_MOST = sys.float_info.max

ABSOLUTE_S = 2.0**28
"""A smaller time is relative to now (RFC 8428, 4.5.3)."""
VERSIONS = frozenset({*range(11), 26})
"""Version 10 is RFC 8428's; 26 adds the secondary units of RFC 8798 (RFC 9100, 4)."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9\-:./_]*")
_VALUES = {"v": float, "vs": str, "vb": bool, "vd": str}
_NUMBERS = ("bt", "bv", "bs", "v", "s", "t", "ut")
_TEXTS = ("bn", "bu", "n", "u", "vs", "vd")


class Measured(NamedTuple):
    """One resolved record.

    Parameters
    ----------
    time_s : float
        Seconds since 1970; where ``relative``, seconds from now.
    value : number, text, bool or None
        None where the record has a sum alone.
    """

    name: str
    time_s: float
    relative: bool
    unit: str
    value: float | str | bool | None
    sum: float | None


class SenmlError(ValueError):
    """A pack that does not hold, in words for the quarantine."""


class _Base:
    """What earlier records of the pack said about those that follow."""

    def __init__(self) -> None:
        self.name, self.unit = "", ""
        self.time_s = 0.0
        self.value: float | None = None
        self.sum: float | None = None

    def take(self, record: Mapping[str, object]) -> None:
        self.name = str(record.get("bn", self.name))
        self.unit = str(record.get("bu", self.unit))
        self.time_s = _number(record, "bt", self.time_s)
        self.value = _maybe(record, "bv", self.value)
        self.sum = _maybe(record, "bs", self.sum)


def resolve(pack: object) -> list[Measured | SenmlError]:
    """Return the records of a pack; a record that does not hold stands as its error, and costs no other.

    Raises
    ------
    SenmlError
        If the pack as a whole does not hold.
    """
    if not isinstance(pack, list):
        raise SenmlError("SenML is no list of records")
    _check_version(pack)
    return list(_resolved(pack))


def _resolved(pack: Sequence[object]) -> Iterator[Measured | SenmlError]:
    base = _Base()
    for record in pack:
        try:
            measured = _resolve(base, record)
        except SenmlError as error:
            yield error
            continue
        if measured is not None:
            yield measured


def _resolve(base: _Base, record: object) -> Measured | None:
    """Return what a record says; None if it says nothing of its own but sets what follows."""
    if not isinstance(record, dict):
        raise SenmlError("SenML record is no object")
    _check_types(record)
    base.take(record)
    values = [label for label in _VALUES if label in record]
    if len(values) > 1:
        raise SenmlError("SenML record has more than one value")
    plain = not values and "s" not in record
    if plain and not {"n", "t", "u", "ut"} & record.keys():
        return None
    name, time_s = base.name + str(record.get("n", "")), base.time_s + _number(record, "t", 0.0)
    if not _NAME.fullmatch(name):
        raise SenmlError("SenML name missing or with other signs")
    if plain and base.value is None and base.sum is None:
        raise SenmlError("SenML record has no value")
    unit = str(record.get("u", base.unit))
    return Measured(name, time_s, time_s < ABSOLUTE_S, unit, _value(base, record, values), _sum(base, record))


def _value(base: _Base, record: Mapping[str, object], values: Sequence[str]) -> float | str | bool | None:
    """Return the value; a base value is added to a number, and stands alone where there is none."""
    if values and values[0] != "v":
        value = record[values[0]]
        return value if isinstance(value, str | bool) else None
    if not values and (base.value is None or "s" in record):
        return None
    return (base.value or 0.0) + _number(record, "v", 0.0)


def _sum(base: _Base, record: Mapping[str, object]) -> float | None:
    if base.sum is None and "s" not in record:
        return None
    return (base.sum or 0.0) + _number(record, "s", 0.0)


def _check_version(pack: Sequence[object]) -> None:
    versions = {_number(record, "bver", 0.0) for record in pack if isinstance(record, dict) and "bver" in record}
    if len(versions) > 1 or not versions <= VERSIONS:
        raise SenmlError("SenML version unknown")
    labels = {str(label) for record in pack if isinstance(record, dict) for label in record}
    if any(label.endswith("_") for label in labels):
        raise SenmlError("SenML label that must be understood")  # RFC 8428, 4.4


def _check_types(record: Mapping[str, object]) -> None:
    for label in _NUMBERS:
        _number(record, label, 0.0)
    if not all(isinstance(record.get(label, ""), str) for label in _TEXTS):
        raise SenmlError("SenML text is no text")
    if not isinstance(record.get("vb", False), bool):
        raise SenmlError("SenML truth value is none")


def _number(record: Mapping[str, object], label: str, default: float) -> float:
    value = record.get(label, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _MOST:
        raise SenmlError("SenML number is none")
    return float(value)


def _maybe(record: Mapping[str, object], label: str, default: float | None) -> float | None:
    return _number(record, label, 0.0) if label in record else default
