"""SenML in JSON (RFC 8428): a pack's records with everything that its base fields say about them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from math import isfinite
from typing import NamedTuple

import msgspec

ABSOLUTE_S = 2.0**28
"""A smaller time is relative to now (RFC 8428, 4.5.3)."""
VERSIONS = frozenset({*range(11), 26})
"""Version 10 is RFC 8428's; 26 adds the secondary units of RFC 8798 (RFC 9100, 4)."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9\-:./_]*")
_MUST = re.compile(rb'_"\s*:')
"""A label that must be understood ends so (RFC 8428, 4.4); none of those that we know does."""


class Record(msgspec.Struct, frozen=True):
    """One record as it came; labels as in RFC 8428, table 1."""

    bn: str | None = None
    bt: float | None = None
    bu: str | None = None
    bv: float | None = None
    bs: float | None = None
    bver: float | None = None
    n: str = ""
    u: str | None = None
    v: float | None = None
    vs: str | None = None
    vb: bool | None = None
    vd: str | None = None
    s: float | None = None
    t: float | None = None
    ut: float | None = None

    def values(self) -> list[float | str | bool]:
        """Return what it gives as its value; more than one is none."""
        if self.vs is None and self.vb is None and self.vd is None:
            return [] if self.v is None else [self.v]
        return [value for value in (self.v, self.vs, self.vb, self.vd) if value is not None]


_PACK: msgspec.json.Decoder[list[Record]] = msgspec.json.Decoder(list[Record])


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

    __slots__ = ("name", "sum", "time_s", "unit", "value")

    def __init__(self) -> None:
        self.name, self.unit, self.time_s = "", "", 0.0
        self.value: float | None = None
        self.sum: float | None = None

    def take(self, record: Record) -> None:
        self.name = self.name if record.bn is None else record.bn
        self.unit = self.unit if record.bu is None else record.bu
        self.time_s = self.time_s if record.bt is None else record.bt
        self.value = self.value if record.bv is None else record.bv
        self.sum = self.sum if record.bs is None else record.bs


def read_pack(payload: bytes) -> list[Measured | SenmlError]:
    """Return the records of a pack; a record that does not hold stands as its error, and costs no other.

    Raises
    ------
    SenmlError
        If the pack as a whole does not hold.
    msgspec.MsgspecError, UnicodeDecodeError, RecursionError
        If it is no JSON.
    """
    try:
        records: Sequence[Record | SenmlError] = _PACK.decode(payload)
    except msgspec.ValidationError:
        records = _one_by_one(msgspec.json.decode(payload))
    if _MUST.search(payload):
        raise SenmlError("SenML label that must be understood")
    versions = {record.bver for record in records if isinstance(record, Record) and record.bver is not None}
    if len(versions) > 1 or not versions <= VERSIONS:
        raise SenmlError("SenML version unknown")
    return list(_resolved(records))


def _one_by_one(pack: object) -> list[Record | SenmlError]:
    if not isinstance(pack, list):
        raise SenmlError("SenML is no list of records")
    return [_convert(record) for record in pack]


def _convert(record: object) -> Record | SenmlError:
    try:
        return msgspec.convert(record, Record)
    except msgspec.ValidationError:
        return SenmlError("SenML record with a field of the wrong type")


def _resolved(records: Sequence[Record | SenmlError]) -> Iterator[Measured | SenmlError]:
    base = _Base()
    for record in records:
        try:
            measured = _resolve(base, record) if isinstance(record, Record) else record
        except SenmlError as error:
            measured = error
        if measured is not None:
            yield measured


def _resolve(base: _Base, record: Record) -> Measured | None:
    """Return what a record says; None if it says nothing of its own but sets what follows."""
    base.take(record)
    values = record.values()
    if len(values) > 1:
        raise SenmlError("SenML record has more than one value")
    plain = not values and record.s is None
    if plain and not record.n and record.t is None and record.u is None and record.ut is None:
        return None
    name, time_s = base.name + record.n, base.time_s + (record.t or 0.0)
    if not _NAME.fullmatch(name):
        raise SenmlError("SenML name missing or with other signs")
    if plain and base.value is None and base.sum is None:
        raise SenmlError("SenML record has no value")
    value = values[0] if values else None
    if record.v is not None or (plain and base.value is not None):
        value = (base.value or 0.0) + (record.v or 0.0)
    total = None if base.sum is None and record.s is None else (base.sum or 0.0) + (record.s or 0.0)
    unit = base.unit if record.u is None else record.u
    if not isfinite(time_s + (value if type(value) is float else 0.0) + (total or 0.0)):
        raise SenmlError("SenML number is none")
    return Measured(name, time_s, time_s < ABSOLUTE_S, unit, value, total)
