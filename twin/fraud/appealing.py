"""What holders of accounts say against a measure, and what becomes of it."""

from __future__ import annotations

from dataclasses import replace

from twin.errors import UsageError
from twin.fraud.deeds import AnswerAppeal, By, ReceiveAppeal
from twin.fraud.draft import Draft
from twin.fraud.holding import clear_measure
from twin.fraud.records import Appeal, Instruction, Measure
from twin.fraud.states import APPEAL, IN_FORCE
from twin.operations.states import NotPossibleError
from twin.words import say


def receive(deed: ReceiveAppeal, draft: Draft, by: By) -> None:
    """Take an appeal against a live measure; anybody at the desk must take it, whosever the case is."""
    measure = draft.one(Measure, deed.measure)
    if measure.state not in IN_FORCE:
        raise NotPossibleError(say("{measure} holds nothing", measure=measure.id))
    if not deed.by_whom.strip() or not deed.grounds.strip():
        raise UsageError("say who appeals and on which grounds")
    for other in draft.of(Appeal, measure.case):
        if other.measure == measure.id and other.state in APPEAL.open:
            raise NotPossibleError(say("{appeal} against {measure} is open", appeal=other.id, measure=measure.id))
    id_ = draft.next_id(Appeal, measure.case)
    draft.add(Appeal(id_, 0, APPEAL.first, measure.case, measure.id, deed.by_whom, deed.grounds, by.at_s))


def answer(deed: AnswerAppeal, draft: Draft, by: By) -> None:
    """Acknowledge or decide an appeal; nobody decides on what they asked for themselves."""
    appeal = draft.one(Appeal, deed.appeal)
    if deed.state == "acknowledged":
        draft.turn(replace(appeal, state="acknowledged", acknowledged_s=by.at_s))
        return
    if deed.state not in ("upheld", "rejected") or not deed.decision.strip():
        raise UsageError("an appeal is acknowledged, or upheld or rejected with a reason")
    for instruction in draft.of(Instruction, appeal.case):
        if instruction.measure == appeal.measure and by.actor == instruction.asked_by:
            raise NotPossibleError("who asked for the measure does not decide on the appeal")
    heard_s = appeal.acknowledged_s or by.at_s
    draft.turn(
        replace(appeal, state=deed.state, acknowledged_s=heard_s, decided_s=by.at_s, decided_by=by.actor,
                decision=deed.decision)
    )  # fmt: skip
    measure = draft.one(Measure, appeal.measure)
    if deed.state == "upheld" and measure.state in IN_FORCE and not measure.cleared_s:
        clear_measure(draft, measure, deed.second, deed.decision, by)
