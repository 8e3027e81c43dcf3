"""Instructions from draft to signed: what may be asked for, and by whom it may be approved."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

from twin.errors import UsageError
from twin.fraud.account import bank_and_number
from twin.fraud.bank import EXTEND, FREEZE, LIFT, RECALL, RENEW, RETURN, STOP
from twin.fraud.clocks import FREEZE_MONTHS, LONG_MONTHS, MOST_STOPS
from twin.fraud.deeds import AskMeasure, By, Decide, FollowMeasure, Sign, Submit, Verdict, Withdraw
from twin.fraud.draft import Draft
from twin.fraud.records import Instruction, Measure, Payment
from twin.fraud.sharing import must_work_on
from twin.fraud.states import COUNTY_HEAD, IN_FORCE, INSTRUCTION, LEAD, MEASURE, MUNICIPAL_HEAD, OUT, WAITING
from twin.operations.states import NotPossibleError
from twin.words import said, say

FROM: dict[str, tuple[str, ...]] = {
    EXTEND: ("stopped",), FREEZE: ("stopped", "extended"), RENEW: ("frozen", "returned"), LIFT: IN_FORCE,
}  # fmt: skip
"""In which states of its measure a step may be asked for."""


def ask(deed: AskMeasure, draft: Draft, by: By) -> None:
    """Draft the first stop, or freeze, of an account for a case."""
    must_work_on(draft, deed.case, by)
    measure = _measure(deed, draft)
    bank_and_number(measure.account)
    if not (measure.holder and measure.amount_fen > 0 and measure.paid_at_s > 0):
        raise UsageError("a stop needs the holder, the account, the amount and the time of a payment: all must match")
    if not measure.evidence.strip():
        raise UsageError("say what the measure rests on")
    for other in draft.of(Measure, deed.case):
        if other.account == measure.account and other.state in ("asked", *IN_FORCE):
            raise NotPossibleError(say("{measure} holds this account already for the case", measure=other.id))
    verb = RECALL if deed.recall else FREEZE if deed.freeze else STOP
    draft.add(measure)
    draft_instruction(draft, measure, verb, deed.second, deed.basis, deed.reason, by, deed.months)


def _measure(deed: AskMeasure, draft: Draft) -> Measure:
    id_ = draft.next_id(Measure, deed.case)
    told = (deed.account, deed.holder, deed.amount_fen, deed.paid_at_s, deed.evidence)
    if deed.payment:
        payment = draft.one(Payment, deed.payment)
        if payment.case != deed.case or payment.state != "entered":
            raise UsageError(say("the payment {payment} is none of the case", payment=deed.payment))
        evidence = deed.evidence or payment.id
        told = (payment.to_account, payment.to_holder, payment.amount_fen, payment.paid_at_s, evidence)
    return Measure(
        id_, 0, MEASURE.first, deed.case, *told, trace_hash=deed.trace_hash, layer=deed.layer, urgent=deed.urgent
    )


def follow(deed: FollowMeasure, draft: Draft, by: By) -> None:
    """Draft the next step of a hold there is."""
    measure = draft.one(Measure, deed.measure)
    must_work_on(draft, measure.case, by)
    if deed.verb not in FROM:
        raise UsageError(say("a measure can be: {verbs}", verbs=", ".join(FROM)))
    if measure.state not in FROM[deed.verb]:
        raise NotPossibleError(
            say("{measure} is {state}: it cannot be asked to {verb}", measure=measure.id, state=said(measure.state),
                verb=said(deed.verb))
        )  # fmt: skip
    if measure.cleared_s and deed.verb != LIFT:
        raise NotPossibleError(say("the account of {measure} was cleared: it is lifted", measure=measure.id))
    draft_instruction(draft, measure, deed.verb, deed.second, deed.basis, deed.reason, by, deed.months)


def draft_instruction(
    draft: Draft, measure: Measure, verb: str, second: str, basis: str, reason: str, by: By, months: int = 0,
    state: str = INSTRUCTION.first,
) -> Instruction:  # fmt: skip
    """Add an instruction for a measure.

    Raises
    ------
    twin.operations.states.NotPossibleError
        If the same is under way, or the account had its two stops.
    twin.errors.UsageError
        If what it says makes no sense.
    """
    if not second or second == by.actor:
        raise UsageError("name a second officer, another person than who asks")
    if not reason.strip() or not (basis.strip() or measure.urgent):
        raise UsageError("say the reason and the paper it rests on; only an urgent measure has its papers later")
    if verb in (FREEZE, RENEW) and not 1 <= months <= LONG_MONTHS:
        raise UsageError(say("a freeze is for 1 to {longest} months", longest=LONG_MONTHS))
    for other in draft.of(Instruction, measure.case):
        if other.measure == measure.id and other.verb == verb and other.state in (*WAITING, *OUT):
            raise NotPossibleError(say("{instruction} asks for that already", instruction=other.id))
    nth = 0
    if verb in (STOP, EXTEND):
        nth = draft.stops(measure.account) + 1
        if nth > MOST_STOPS:
            raise NotPossibleError("the account has had its two stops: there is no third one, only a freeze")
    return draft.add(
        Instruction(
            draft.next_id(Instruction, measure.case), 0, state, measure.case, measure.id, measure.account, verb, nth,
            months if verb in (FREEZE, RENEW) else 0, 0, "", "", basis, reason, by.actor, second, by.at_s,
            submitted_s=by.at_s if state == "submitted" else 0.0,
        )
    )  # fmt: skip


def submit(deed: Submit, draft: Draft, by: By) -> None:
    """Put drafts before who approves."""
    for id_ in deed.instructions:
        instruction = draft.one(Instruction, id_)
        must_work_on(draft, instruction.case, by)
        draft.turn(replace(instruction, state="submitted", submitted_s=by.at_s, sent_back_why=""))


def withdraw(deed: Withdraw, draft: Draft, by: By) -> None:
    """Take back what has not left the house; a measure that was only asked for goes with it."""
    for id_ in deed.instructions:
        instruction = draft.one(Instruction, id_)
        must_work_on(draft, instruction.case, by)
        take_back(draft, instruction, deed.why)


def take_back(draft: Draft, instruction: Instruction, why: str) -> None:
    """Withdraw one instruction."""
    draft.turn(replace(instruction, state="withdrawn"), why)
    measure = draft.one(Measure, instruction.measure)
    if measure.state == "asked":
        draft.turn(replace(measure, state="withdrawn"), why)


def approvers(instruction: Instruction, measure: Measure) -> tuple[str, ...]:
    """Return the roles of which one must approve an instruction; who imposed a hold also lifts it."""
    heads = (COUNTY_HEAD, MUNICIPAL_HEAD)
    if instruction.verb in (FREEZE, RENEW, RETURN):
        return heads if instruction.months <= FREEZE_MONTHS else (MUNICIPAL_HEAD,)
    return heads if instruction.verb == LIFT and measure.state in ("frozen", "returned") else (LEAD, *heads)


def evidence_mark(instruction: Instruction, measure: Measure) -> str:
    """Return the SHA-256 of all that an approval rests on: what was on the screen must be what is approved."""
    told = [
        instruction.id, instruction.verb, instruction.nth, instruction.months, instruction.amount_fen,
        instruction.to_account, instruction.basis, instruction.reason, instruction.asked_by, instruction.second,
        measure.id, measure.state, measure.account, measure.holder, measure.amount_fen, measure.paid_at_s,
        measure.evidence, measure.trace_hash, measure.layer, measure.cleared_why,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()


def decide(deed: Decide, draft: Draft, by: By) -> None:
    """Approve or send back each instruction of a batch: all of it, or nothing if one cannot be decided."""
    if not deed.verdicts:
        raise UsageError("there is nothing to decide")
    for verdict in deed.verdicts:
        instruction = draft.one(Instruction, verdict.instruction)
        if not verdict.approved:
            _send_back(instruction, verdict, draft, by)
            continue
        approved = draft.turn(_approved(instruction, verdict.shown, draft, by))
        if deed.sign:
            draft.turn(replace(approved, state="signed", signed_by=by.actor, signed_s=by.at_s))


def _send_back(instruction: Instruction, verdict: Verdict, draft: Draft, by: By) -> None:
    _check_stranger(instruction, by)
    if not verdict.why.strip():
        raise UsageError(say("say why {instruction} is sent back", instruction=instruction.id))
    draft.turn(replace(instruction, state="sent_back", sent_back_why=verdict.why), verdict.why)


def _approved(instruction: Instruction, shown: str, draft: Draft, by: By) -> Instruction:
    _check_stranger(instruction, by)
    measure = draft.one(Measure, instruction.measure)
    role = role_to_approve(instruction, measure, by)
    if shown != evidence_mark(instruction, measure):
        raise NotPossibleError(say("the evidence of {instruction} is not what was shown: look again",
                                   instruction=instruction.id))  # fmt: skip
    return replace(
        instruction, state="approved", approved_by=by.actor, approved_s=by.at_s, approver_role=role, shown=shown
    )


def role_to_approve(instruction: Instruction, measure: Measure, by: By) -> str:
    """Return the role in which somebody may approve an instruction.

    Raises
    ------
    twin.operations.states.NotPossibleError
    """
    roles = approvers(instruction, measure)
    for role in roles:
        if role in by.roles:
            return role
    raise NotPossibleError(
        say("{instruction} is approved by: {roles}", instruction=instruction.id, roles=", ".join(roles))
    )


def _check_stranger(instruction: Instruction, by: By) -> None:
    if by.actor in (instruction.asked_by, instruction.second):
        raise NotPossibleError(say("who asked for {instruction} cannot decide on it", instruction=instruction.id))


def sign(deed: Sign, draft: Draft, by: By) -> None:
    """Sign what was approved."""
    for id_ in deed.instructions:
        instruction = draft.one(Instruction, id_)
        _check_stranger(instruction, by)
        draft.turn(replace(instruction, state="signed", signed_by=by.actor, signed_s=by.at_s))
