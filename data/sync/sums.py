"""Whether a row of the journal is what was kept, by the check sum that it carries."""

from __future__ import annotations

import operator
import zlib
from collections.abc import Callable, Sequence

import sqlalchemy as sa

from data.sync.pages import Found, Values
from data.sync.tables import CHUNKS, HELD_SUMMED, QUARANTINE, RECORDS, SUMMED, is_held_sound, is_record_sound


def is_sound(found: Found) -> bool | None:
    """Tell whether a row's own sum holds; None where it has none."""
    sums = _SUMS.get(found.table)
    return sums(found.values) if sums is not None else None


def _columns_of(table: sa.Table, names: Sequence[str]) -> Callable[[Values], Values]:
    places = table.columns.keys()
    return operator.itemgetter(*map(places.index, names))


_of_record, _of_held, _of_chunk = (
    _columns_of(table, (*names, "crc"))
    for table, names in ((RECORDS, SUMMED), (QUARANTINE, HELD_SUMMED), (CHUNKS, ("body",)))
)


def _is_record(values: Values) -> bool:
    *summed, crc = _of_record(values)
    return is_record_sound(summed, crc)


def _is_held(values: Values) -> bool | None:
    *summed, crc = _of_held(values)
    return is_held_sound(summed, crc)


def _is_chunk(values: Values) -> bool:
    body, crc = _of_chunk(values)
    return isinstance(body, bytes) and zlib.crc32(body) == crc


_SUMS: dict[str, Callable[[Values], bool | None]] = {
    RECORDS.name: _is_record,
    QUARANTINE.name: _is_held,
    CHUNKS.name: _is_chunk,
}
