"""A parcel that went through the gate, as an entry of the journal: what is kept, what is refused and why."""

from __future__ import annotations

from collections.abc import Iterable

from data.connectors.contract import Parcel, Record, SourceSettings
from data.sync.gate import Passed
from data.sync.journal import Entry, Origin
from twin.networks import Border, Rule


def entry_of(settings: SourceSettings, parcel: Parcel, passed: Passed, border: Border) -> Entry:
    """Return the entry; what may not come in from the source's network is refused, or comes without what may not."""
    failed = [parcel.records[i] for i in passed.failed_index.tolist()]
    refused = [*parcel.refused, *zip(failed, passed.reasons, strict=True)]
    records = [parcel.records[i] for i in passed.index.tolist()]
    others = list(parcel.records[len(parcel.rows) :])
    labels = parcel.labels
    if not border.is_open:
        rules = [border.by_kind[kind] for kind in passed.rows["kind"].tolist()]
        records = list(map(_stripped, records, rules))
        others, barred = _let_in(others, border)
        refused += barred
        labels = labels if border.otherwise.allow and "label" not in border.otherwise.withheld() else {}
    origin = Origin(settings.name, settings.zone, settings.classification)
    return Entry(origin, parcel.arrival_s, parcel.received, records + others, refused, parcel.gaps, labels, passed.rows)


def _let_in(others: Iterable[Record], border: Border) -> tuple[list[Record], list[tuple[Record, str]]]:
    """Split records that tell no position into those that come in and those that do not."""
    rule = border.otherwise
    if rule.allow:
        return [_stripped(record, rule) for record in others], []
    return [], [(record, border.refusal(rule)) for record in others]


def _stripped(record: Record, rule: Rule) -> Record:
    return record._replace(raw=b"") if "raw" in rule.withheld() else record
