"""The joint duty room, 8+X: cases that the police settle together with others, from the first word to the follow-up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from twin.errors import UsageError
from twin.operations import deeds
from twin.operations.agencies import Agency
from twin.operations.deeds import By
from twin.operations.draft import Draft
from twin.operations.records import JOINT_KINDS, Incident, JointCase, Minutes
from twin.operations.rule import line, must_be_one_of
from twin.operations.states import JOINT, MINUTES, NotPossibleError
from twin.words import said, say

LARGEST_FEN = 10**14
LONGEST_TEXT = 20_000


def open_case(deed: deeds.OpenJoint, draft: Draft, by: By) -> None:
    """Bring a case to the room."""
    must_be_one_of(deed.kind, JOINT_KINDS)
    title = line(deed.title)
    if not title:
        raise UsageError("say in a few words what happened")
    if len(deed.parties) < 1 or not deed.partners:
        raise UsageError("a joint case has at least one party and one partner")
    if not 0 <= deed.amount_fen <= LARGEST_FEN:
        raise UsageError("the amount is out of range")
    if deed.incident:
        draft.one(Incident, deed.incident)
    draft.add(JointCase(
        draft.number("J", by.at_s), 1, JOINT.first, deed.kind, title, tuple(map(line, deed.parties)),
        tuple(dict.fromkeys(deed.partners)), deed.place, deed.street, by.at_s, by.actor, incident=deed.incident,
        amount_fen=deed.amount_fen, changed_s=by.at_s,
    ))  # fmt: skip


def call_in(deed: deeds.CallIn, draft: Draft, by: By) -> None:
    """Call others in."""
    case = _open(draft, deed.case)
    fresh = tuple(name for name in dict.fromkeys(deed.agencies) if name not in (*case.partners, *case.called_in))
    if not fresh:
        raise UsageError("name agencies that are not there yet")
    _turned(draft, replace(case, called_in=(*case.called_in, *fresh)), by, ", ".join(fresh))


def write_minutes(deed: deeds.WriteMinutes, draft: Draft, by: By) -> None:
    """Keep minutes; with the first a case is in mediation."""
    case = _open(draft, deed.case)
    absent = [name for name in deed.present if name not in (*case.partners, *case.called_in)]
    if absent:
        raise UsageError(say("{agency} takes no part in this case: call it in first", agency=absent[0]))
    if not deed.text.strip() or len(deed.text) > LONGEST_TEXT:
        raise UsageError(say("minutes have 1 to {longest} characters", longest=LONGEST_TEXT))
    draft.add(Minutes(
        draft.number("N", by.at_s), 1, MINUTES.first, case.id, by.at_s, deed.present, deed.text.strip(), by.actor
    ))  # fmt: skip
    _turned(draft, replace(case, state="mediating") if case.state in (JOINT.first, "broken") else case, by)


def turn(deed: deeds.TurnJoint, draft: Draft, by: By) -> None:
    """Agree, look after it, refer elsewhere, close."""
    case, text = draft.one(JointCase, deed.case), line(deed.text)
    at_s = max(by.at_s, case.changed_s)
    fresh = replace(case, state=deed.state)
    if deed.state == "agreed":
        if not text or deed.follow_s <= at_s:
            raise UsageError("an agreement has a text, and a day to come on which it is looked after")
        fresh = replace(fresh, agreement=text, agreed_s=at_s, follow_s=deed.follow_s)
    elif deed.state in ("kept", "broken"):
        fresh = replace(fresh, followed_s=at_s, note=text)
    elif deed.state == "referred" and not text:
        raise UsageError("say to whom, and why")
    elif deed.state == "closed":
        fresh = replace(fresh, closed_s=at_s)
    _turned(draft, fresh, by, text)


def known(names: Iterable[str], agencies: Mapping[str, Agency]) -> tuple[str, ...]:
    """Return names of agencies; refused if one of them is none."""
    for name in (asked := tuple(names)):
        if name not in agencies:
            raise UsageError(say("there is no agency {agency}", agency=name))
    return asked


def must_be_followed(case: JointCase, at_s: float) -> bool:
    """Tell whether it is time to look whether an agreement is kept."""
    return case.state == "agreed" and at_s >= case.follow_s


def _open(draft: Draft, id_: str) -> JointCase:
    case = draft.one(JointCase, id_)
    if case.state not in ("open", "mediating", "broken"):
        raise NotPossibleError(
            say("{case} is {state}: nothing is negotiated any more", case=id_, state=said(case.state))
        )
    return case


def _turned(draft: Draft, case: JointCase, by: By, why: str = "") -> None:
    draft.keep(replace(case, changed_s=max(by.at_s, case.changed_s)), why)
