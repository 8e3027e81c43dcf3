"""Records as rows of their tables, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields

import msgspec
import sqlalchemy as sa

from data.forms import learn
from data.operations.tables import TABLE
from twin.operations.records import Record
from twin.operations.store import R

learn(*TABLE)
_COLUMNS = {kind: tuple((field.name, str(field.type).startswith("tuple")) for field in fields(kind)) for kind in TABLE}
"""Of each kind of record its columns, and which of them hold several values."""


def row_of(record: Record) -> dict[str, object]:
    """Return a record's columns."""
    return {field.name: _kept(getattr(record, field.name)) for field in fields(record)}


def record_of(kind: type[R], row: Mapping[str, object]) -> R:
    """Return the record of a row."""
    plain = {name: _read(row[name], is_list) for name, is_list in _COLUMNS[kind]}
    return msgspec.convert(plain, kind)


def select(kind: type[R]) -> sa.Select[tuple[object, ...]]:
    """Return the question for all records of a kind."""
    return sa.select(TABLE[kind])


def _kept(value: object) -> object:
    if isinstance(value, tuple):
        return msgspec.json.encode(value).decode()
    return None if isinstance(value, float) and math.isnan(value) else value


def _read(value: object, is_list: bool) -> object:
    if value is None:
        return math.nan
    return msgspec.json.decode(str(value)) if is_list else value
