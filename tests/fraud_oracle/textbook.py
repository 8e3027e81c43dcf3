"""The worked examples of ``textbook.toml`` as questions with what must come out."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from tests.fraud_oracle.oracle import Leg, Question


@dataclass(frozen=True, slots=True)
class Example:
    """A worked example.

    Parameters
    ----------
    remaining : mapping
        By rule: what must remain by account, and nothing else.
    carried : mapping
        By rule: what each leg but the roots must carry, and no other.
    """

    name: str
    source: str
    question: Question
    remaining: Mapping[str, Mapping[int, int]]
    carried: Mapping[str, Mapping[int, int]]


def examples() -> list[Example]:
    """Return all examples; accounts are numbered in the order of their names."""
    text = Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
    return [_example(told) for told in msgspec.convert(tomllib.loads(text)["example"], list[_Told])]


class _Told(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    source: str
    note: str
    unit: str
    legs: list[tuple[int, str, str, int]]
    roots: list[int]
    openings: dict[str, int] = {}
    remaining: dict[str, dict[str, int]] = {}
    carried: dict[str, dict[str, int]] = {}


def _example(told: _Told) -> Example:
    names = sorted({name for row in told.legs for name in row[1:3]})
    numbers = {name: number for number, name in enumerate(names)}
    return Example(
        name=told.name, source=told.source,
        question=Question(
            legs=[Leg(id_, id_, numbers[src], numbers[dst], amount) for id_, src, dst, amount in told.legs],
            roots=frozenset(told.roots), until=len(told.legs), threshold_ppm=0,
            openings={numbers[name]: amount for name, amount in told.openings.items()},
        ),
        remaining={rule: {numbers[name]: fen for name, fen in by.items()} for rule, by in told.remaining.items()},
        carried={rule: {int(leg): fen for leg, fen in by.items()} for rule, by in told.carried.items()},
    )  # fmt: skip
