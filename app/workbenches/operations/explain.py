"""Why an alert fired, in the operator's words: what was seen, of whom, and what would have kept it silent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app import formats
from app.texts import Texts
from twin.access import mask_name, mask_plate
from twin.live.kinds import KINDS
from twin.rules.hit import Hit, Limit, ListedEntry, Reading, Subject

LAYER_OF = {kind.name: kind.layer for kind in KINDS}
KIND_TEXTS = ("kind", "device_kind", "site_kind", "state")
SIGNS = {"<": "<", "<=": "≤", "=": "=", "<>": "≠", ">=": "≥", ">": ">"}


@dataclass(frozen=True, slots=True)
class Explained:
    """One line: what it is of, the words, and whether it warns."""

    name: str
    words: str
    warns: bool = False


def explained(hits: Sequence[Hit], texts: Texts, unmask: bool) -> tuple[Explained, ...]:
    """Return the lines of the newest hit; nothing if there is none."""
    if not hits:
        return ()
    hit = hits[0]
    lines = [
        Explained(texts("explain.who"), "，".join(_subject(one, texts, unmask) for one in hit.subjects) or "—"),
        Explained(texts("explain.when"), _when(hit, len(hits), texts)),
        *(Explained(_word("reading", one.name, texts), _value(one, texts)) for one in hit.readings),
    ]
    if hit.area:
        lines.append(Explained(texts("explain.area"), hit.area))
    if hit.step:
        lines.append(Explained(texts("explain.step"), hit.step))
    lines += [line for entry in hit.entries for line in _entry(entry, texts, unmask)]
    lines += [Explained(texts("explain.unless"), _limit(limit, texts)) for limit in hit.unless]
    lines.append(
        Explained(texts("explain.rule"), texts("explain.version", scenario=hit.scenario, hash=hit.version[:8]))
    )
    return tuple(lines)


def in_brief(hit: Hit, texts: Texts) -> str:
    """Return what a hit rests on in one line: where, the values, the lists; of whom it is not said."""
    readings = [f"{_word('reading', one.name, texts)} {_value(one, texts)}" for one in hit.readings
                if isinstance(one.value, float)]  # fmt: skip
    return " · ".join(
        [*[hit.area] * bool(hit.area), *readings, *(_word("ref_list", one.list, texts) for one in hit.entries)]
    )


def masked_label(kind: str, label: str, unmask: bool) -> str:
    """Return a label as it may be shown: names of people and plates lose their middle."""
    layer = LAYER_OF.get(kind, "")
    if unmask or layer not in ("vehicles", "people"):
        return label
    return mask_name(label) if layer == "people" else mask_plate(label)


def shown_label(subject: Subject, unmask: bool) -> str:
    """Return what a subject is called as it may be shown; a card is somebody's, whatever read it."""
    if subject.link == "card" and not unmask:
        return mask_plate(subject.label)
    return masked_label(subject.kind, subject.label, unmask)


def _subject(subject: Subject, texts: Texts, unmask: bool) -> str:
    """Return whom it is about: of a plate the vehicle is known, never who drives it."""
    name = f"{_kind(subject.kind, texts)} {shown_label(subject, unmask)}".strip()
    return texts("explain.linked", name=name) if subject.link == "plate" else name


def _when(hit: Hit, count: int, texts: Texts) -> str:
    age = formats.age(max(hit.age_s, 0.0), texts.language)
    words = texts("explain.seen", time=formats.clock(hit.at_s), age=age)
    return words if count == 1 else f"{words} · {texts('explain.hits', count=count)}"


def _value(reading: Reading, texts: Texts) -> str:
    return _figure(reading.value, reading.unit, texts)


def _limit(limit: Limit, texts: Texts) -> str:
    if limit.sign in ("inside", "outside"):
        return texts(f"explain.{limit.sign}", area=limit.value)
    name = _word("reading", limit.name, texts)
    if f"sign.{limit.sign}" in texts:
        return texts(f"sign.{limit.sign}", name=name, list=_word("ref_list", str(limit.value), texts))
    return f"{name} {SIGNS.get(limit.sign, limit.sign)} {_figure(limit.value, limit.unit, texts)}"


def _figure(value: float | str, unit: str, texts: Texts) -> str:
    if isinstance(value, str):
        return _kind(value, texts)
    if unit == "s":
        return formats.age(value, texts.language)
    if unit == "m":
        return formats.distance(value)
    if unit == "m/s":
        return f"{value * 3.6:.0f} km/h"
    return f"{value:,.4g} {unit}".strip()


def _entry(entry: ListedEntry, texts: Texts, unmask: bool) -> list[Explained]:
    """Return what a list says; its key and note are shown for a purpose only."""
    as_of = f"{formats.local_time(entry.as_of_s):%Y-%m-%d}"
    key = entry.key if unmask else mask_plate(entry.key)
    lines = [
        Explained(
            texts("explain.list"),
            f"{_word('ref_list', entry.list, texts)} · {key}{f' · {entry.note}' if unmask and entry.note else ''}",
        ),
        Explained(texts("explain.source"), f"{entry.source} · {entry.owner} · {as_of}"),
    ]
    if entry.overdue:
        lines.append(Explained(texts("explain.list"), texts("explain.overdue", date=as_of), warns=True))
    if entry.legal_basis:
        lines.append(Explained(texts("explain.basis"), entry.legal_basis))
    return lines


def _kind(name: str, texts: Texts) -> str:
    return next((texts(f"{part}.{name}") for part in KIND_TEXTS if f"{part}.{name}" in texts), name)


def _word(section: str, name: str, texts: Texts) -> str:
    return texts(f"{section}.{name}") if f"{section}.{name}" in texts else name
