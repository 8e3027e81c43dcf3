"""What can be done next with a measure, and why not what cannot: the deeds themselves are asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from twin.fraud.deeds import By, Clear, Deed, FilePapers, FollowMeasure, ReceiveAppeal
from twin.fraud.records import Measure

SOMEBODY = "-"
"""Stands for the second officer and the words that are not said yet."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step; ``why_not`` is empty where it can be taken."""

    name: str
    why_not: str


def next_steps(measure: Measure, by: By, why_not: Callable[[Deed, By], str]) -> tuple[Step, ...]:
    """Return the steps there are for a measure.

    Parameters
    ----------
    why_not : callable
        Says why a deed would be refused: :meth:`data.fraud.store.SqlFraud.why_not`.
    """
    deeds: dict[str, Deed] = {
        verb: FollowMeasure(measure.id, verb, SOMEBODY, SOMEBODY, SOMEBODY)
        for verb in ("extend", "freeze", "renew", "lift")
    }
    deeds |= {
        "papers": FilePapers(measure.id, SOMEBODY),
        "clear": Clear(measure.id, SOMEBODY, SOMEBODY),
        "appeal": ReceiveAppeal(measure.id, SOMEBODY, SOMEBODY),
    }
    return tuple(Step(name, why_not(deed, by)) for name, deed in deeds.items())
