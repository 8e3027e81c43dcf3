"""A warning, from being raised to its outcome: calls, visits, and when it has to be deleted.

A score does one thing: it puts somebody on the list of those who are called. Nothing in this folder knows of measures
against accounts, and a test sees to it that it stays so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from twin.errors import UsageError
from twin.fraud.dwell import Curve
from twin.fraud.warning.categories import DAY_S
from twin.fraud.warning.kinds import KINDS
from twin.operations.states import Life, NotPossibleError
from twin.words import say

KEEP_S = 30 * DAY_S
"""A warning that has no outcome by then is deleted."""
WARNING = Life("warning", {
    "waiting":  ("called", "visiting", "closed"),
    "called":   ("called", "visiting", "closed"),
    "visiting": ("visiting", "called", "closed"),
    "closed":   (),
})  # fmt: skip
CALLS = ("convinced", "doubts", "unreached", "hung_up", "paid_already", "wrong_person")
"""What came of a call: believed it, does not, nobody answered, was cut off, too late, somebody else."""
OUTCOMES = ("dissuaded", "lost", "no_fraud", "unclear")
"""How it ended: no money was lost, money was lost, it was no fraud at all (a false alarm), nobody knows."""


@dataclass(frozen=True, slots=True)
class Contact:
    """One call or visit."""

    at_s: float
    by: str
    how: str
    result: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning.

    Parameters
    ----------
    subject : str
        Whom it is about, as the records name a person; masked until a purpose was stated.
    risk : float
    reasons, against : tuple of str
        Signs of :data:`twin.fraud.warning.hints.SIGNS` that spoke for and against.
    feed : str
        Which outside source it came from; empty if a scorecard of ours raised it.
    age_band, sex, district : str
        Only to count who is called in vain; no input of any score.
    station : str
        That was asked for a visit.
    """

    id: str
    version: int
    state: str
    subject: str
    kind: str
    risk: float
    made_s: float
    reasons: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    feed: str = ""
    age_band: str = ""
    sex: str = ""
    district: str = ""
    contacts: tuple[Contact, ...] = ()
    station: str = ""
    outcome: str = ""
    lost_fen: int = 0
    closed_s: float = 0.0
    paid_s: float = 0.0

    @property
    def tries(self) -> int:
        """How often it was tried to reach the person."""
        return len(self.contacts)


def raised(
    id_: str,
    subject: str,
    kind: str,
    risk: float,
    now_s: float,
    reasons: Sequence[str] = (),
    against: Sequence[str] = (),
) -> Warned:
    """Raise a warning.

    Raises
    ------
    twin.errors.UsageError
        If there is no such type of fraud, or the risk is none.
    """
    if kind not in KINDS:
        raise UsageError(say("there is no type of fraud {kind}; there are {kinds}", kind=kind, kinds=", ".join(KINDS)))
    if not 0.0 <= risk <= 1.0:
        raise UsageError(say("a risk lies between 0 and 1, not at {risk}", risk=risk))
    return Warned(id_, 1, WARNING.first, subject, kind, risk, now_s, tuple(reasons), tuple(against))


def called(warned: Warned, contact: Contact) -> Warned:
    """Put down what came of a call.

    Raises
    ------
    twin.operations.states.NotPossibleError, twin.errors.UsageError
    """
    _one_of(contact.result, CALLS)
    return _after(warned, "called", contacts=(*warned.contacts, replace(contact, how="call")))


def visit_asked(warned: Warned, station: str, contact: Contact) -> Warned:
    """Ask a station to go there: where nobody answers, or is not believed."""
    if not station.strip():
        raise UsageError("say which station is to go there")
    return _after(
        warned, "visiting", station=station, contacts=(*warned.contacts, replace(contact, how="visit", result="asked"))
    )


def closed(warned: Warned, outcome: str, at_s: float, lost_fen: int = 0, paid_s: float = 0.0) -> Warned:
    """End it with what came of it.

    Raises
    ------
    twin.errors.UsageError
        If money is said to be lost without a sum, or a sum without a loss.
    """
    _one_of(outcome, OUTCOMES)
    if (outcome == "lost") != (lost_fen > 0):
        raise UsageError("a loss has a sum, and only a loss has one")
    return _after(warned, "closed", outcome=outcome, lost_fen=lost_fen, paid_s=paid_s, closed_s=at_s)


def _after(warned: Warned, state: str, **changes: object) -> Warned:
    WARNING.check(warned.id, warned.state, state)
    return replace(warned, version=warned.version + 1, state=state, **changes)  # type: ignore[arg-type]  # fields by name


def _one_of(word: str, words: tuple[str, ...]) -> None:
    if word not in words:
        raise UsageError(say("there is no {word}; there are {words}", word=word, words=", ".join(words)))


def overdue(warned: Warned, now_s: float) -> bool:
    """Return whether it has to be deleted: nobody found out what came of it within the time it may be kept."""
    return warned.state != "closed" and now_s >= warned.made_s + KEEP_S


@dataclass(frozen=True, slots=True)
class Turn:
    """Somebody to be called, and why now.

    Parameters
    ----------
    in_time : float
        The chance that nothing was paid yet.
    earlier : int
        How many warnings of the same person there were before.
    """

    warned: Warned
    in_time: float
    half_left_s: float
    earlier: int

    @property
    def worth(self) -> float:
        """Return what a call can still avert: risk × the chance that it comes in time."""
        return self.warned.risk * self.in_time


def turns(warnings: Sequence[Warned], curve: Curve, now_s: float) -> tuple[Turn, ...]:
    """Order the open warnings: by risk × time left, then by what is left of it.

    Parameters
    ----------
    warnings : sequence of Warned
        All, closed ones too: they tell who was warned before.
    curve : Curve
        How long it takes from a warning to a payment, as :mod:`twin.fraud.dwell` learns it.
    """
    known = Counter(one.subject for one in warnings)
    waiting = [one for one in warnings if one.state != "closed"]
    age_s = np.array([now_s - one.made_s for one in waiting], float)
    in_time, half_s = curve.at(age_s), curve.half_left_s(age_s)
    found = (
        Turn(one, float(chance), float(left), known[one.subject] - 1)
        for one, chance, left in zip(waiting, in_time, half_s, strict=True)
    )
    return tuple(sorted(found, key=lambda turn: (-turn.worth, turn.half_left_s, turn.warned.id)))


def must_visit(warned: Warned) -> bool:
    """Return whether calling again is of no use: twice unreached, or reached and not believed."""
    results = [contact.result for contact in warned.contacts if contact.how == "call"]
    return results.count("unreached") > 1 or any(result in ("doubts", "hung_up") for result in results)


def not_open(id_: str) -> NotPossibleError:
    """Say that there is no such warning."""
    return NotPossibleError(say("there is no warning {id}", id=id_))
