"""Holds as banks answer and clocks run: stopped, extended, frozen, lifted, ended by themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from twin.errors import UsageError
from twin.fraud.asking import draft_instruction, take_back
from twin.fraud.bank import ANSWERS, EXTEND, FAILED, FREEZE, LIFT, RECALL, RENEW, RETURN, STOP, Answer
from twin.fraud.clocks import Deadline, appeal_deadlines, deadlines, freeze_ends_s, is_over, stop_ends_s
from twin.fraud.deeds import By, Clear, FilePapers, Mind, ReportAnswer, ReportSent
from twin.fraud.draft import Draft
from twin.fraud.records import Appeal, Grant, Instruction, Measure, ReturnPlan
from twin.fraud.sharing import must_work_on
from twin.fraud.states import IN_FORCE, OUT, WAITING
from twin.operations.states import NotPossibleError
from twin.words import say

SKEW_S = 300.0
"""A bank's clock may be wrong by so much; beyond it the earlier time of ours counts: no hold is thought longer."""


def sent(deed: ReportSent, draft: Draft, by: By) -> None:
    """Count an attempt; the first makes it sent."""
    instruction = draft.one(Instruction, deed.instruction)
    tried = replace(instruction, tries=instruction.tries + 1, tried_s=by.at_s, bank=deed.bank or instruction.bank)
    draft.keep(tried if instruction.state in OUT else replace(tried, state="sent", sent_s=by.at_s))


def answered(deed: ReportAnswer, draft: Draft, by: By) -> None:
    """Take an answer; one that was taken before changes nothing, and a final one stands."""
    instruction, answer = draft.one(Instruction, deed.instruction), deed.answer
    if answer.id != deed.instruction or answer.state not in ANSWERS:
        raise UsageError(say("this is no answer to {instruction}", instruction=deed.instruction))
    if instruction.state not in OUT or answer.state == instruction.state:
        return
    kept = draft.keep(
        replace(instruction, state=answer.state, answered_s=by.at_s, failed_why=answer.reason, note=answer.note),
        answer.reason,
    )
    if answer.state == FAILED:
        _failed(draft, kept)
    elif answer.state == "executed":
        measure = draft.one(Measure, kept.measure)
        draft.keep(_EXECUTED[kept.verb](measure, kept, _safe_time(kept, answer, by), answer))
        _end_plan(draft, kept)
        if kept.verb == LIFT:
            _supersede(draft, kept)


def goes_out(instruction: Instruction, measure: Measure) -> bool:
    """Tell whether an instruction is to be sent, again if need be: to a cleared account nothing but its lift goes."""
    over = measure.cleared_s > 0 or measure.state in ("lifted", "closed")
    return instruction.state in ("signed", *OUT) and (instruction.verb == LIFT or not over)


def _supersede(draft: Draft, lift: Instruction) -> None:
    """End what was still out when a hold was lifted; whether the bank did it is not known, so a stop stays spent."""
    for other in draft.of(Instruction, lift.case):
        if other.measure == lift.measure and other.state in OUT:
            draft.keep(replace(other, state="superseded"), "lifted")


def _failed(draft: Draft, instruction: Instruction) -> None:
    measure = draft.one(Measure, instruction.measure)
    if measure.state == "asked":
        draft.keep(replace(measure, state="failed", reason=instruction.failed_why), instruction.failed_why)


def _safe_time(instruction: Instruction, answer: Answer, by: By) -> float:
    plausible = instruction.sent_s - SKEW_S <= answer.at_s <= by.at_s + SKEW_S
    return float(answer.at_s) if plausible else instruction.sent_s


def _ends(ours_s: float, began_s: float, answer: Answer) -> float:
    """Return when a hold ends: by the law, or by the bank's word if that is earlier."""
    return min(ours_s, float(answer.ends_s)) if began_s < answer.ends_s else ours_s


def _stopped(measure: Measure, instruction: Instruction, at_s: float, answer: Answer) -> Measure:
    if measure.state in ("frozen", "returned"):  # it was frozen before the bank said that it had stopped it again
        return replace(measure, stops=measure.stops + 1)
    earlier = tuple(one.by for one in answer.earlier)
    state = {"asked": "stopped"}.get(measure.state, "extended")
    return replace(
        measure, state=state, began_s=at_s, ends_s=_ends(stop_ends_s(at_s), at_s, answer), stops=measure.stops + 1,
        held_fen=answer.held_fen, earlier=earlier, ended_s=0.0,
    )  # fmt: skip


def _frozen(measure: Measure, instruction: Instruction, at_s: float, answer: Answer) -> Measure:
    ends_s = _ends(freeze_ends_s(at_s, instruction.months), at_s, answer)
    earlier = tuple(one.by for one in answer.earlier)
    return replace(
        measure, state="frozen", began_s=at_s, ends_s=ends_s, held_fen=answer.held_fen, earlier=earlier, ended_s=0.0
    )


def _renewed(measure: Measure, instruction: Instruction, at_s: float, answer: Answer) -> Measure:
    ends_s = _ends(freeze_ends_s(measure.ends_s, instruction.months), measure.ends_s, answer)
    state = "frozen" if measure.state == "expired" else measure.state
    return replace(measure, state=state, ends_s=ends_s, held_fen=answer.held_fen or measure.held_fen, ended_s=0.0)


def _lifted(measure: Measure, instruction: Instruction, at_s: float, answer: Answer) -> Measure:
    return measure if measure.state not in IN_FORCE else replace(measure, state="lifted", ended_s=at_s)


def _returned(measure: Measure, instruction: Instruction, at_s: float, answer: Answer) -> Measure:
    returned_fen = measure.returned_fen + instruction.amount_fen
    return replace(measure, state="returned" if measure.state == "frozen" else measure.state, returned_fen=returned_fen)


def _recalled(measure: Measure, instruction: Instruction, at_s: float, answer: Answer) -> Measure:
    return replace(measure, state="closed", returned_fen=answer.returned_fen, ended_s=at_s)


_EXECUTED: Mapping[str, Callable[[Measure, Instruction, float, Answer], Measure]] = {
    STOP: _stopped, EXTEND: _stopped, FREEZE: _frozen, RENEW: _renewed, LIFT: _lifted, RETURN: _returned,
    RECALL: _recalled,
}  # fmt: skip


def _end_plan(draft: Draft, instruction: Instruction) -> None:
    if instruction.verb != RETURN:
        return
    plan = draft.one(ReturnPlan, instruction.basis)
    of_plan = [one for one in draft.of(Instruction, plan.case) if one.verb == RETURN and one.basis == plan.id]
    if plan.state == "approved" and all(one.state == "executed" for one in of_plan):
        draft.keep(replace(plan, state="done"))


def papers(deed: FilePapers, draft: Draft, by: By) -> None:
    """Note that the papers of an urgent measure are there."""
    measure = draft.one(Measure, deed.measure)
    must_work_on(draft, measure.case, by)
    if not deed.basis.strip():
        raise UsageError("name the paper")
    if not measure.urgent or measure.papers_s:
        raise NotPossibleError(say("{measure} waits for no papers", measure=measure.id))
    draft.keep(replace(measure, papers_s=by.at_s, evidence=f"{measure.evidence} · {deed.basis}"))


def clear(deed: Clear, draft: Draft, by: By) -> None:
    """Say that an account has nothing to do with the case."""
    measure = draft.one(Measure, deed.measure)
    must_work_on(draft, measure.case, by)
    clear_measure(draft, measure, deed.second, deed.why, by)


def clear_measure(draft: Draft, measure: Measure, second: str, why: str, by: By) -> None:
    """Begin the three days, take back what else was asked for, and put the lift before who approves."""
    if measure.state not in IN_FORCE:
        raise NotPossibleError(say("{measure} holds nothing", measure=measure.id))
    if measure.cleared_s:
        raise NotPossibleError(say("the account of {measure} was cleared: it is lifted", measure=measure.id))
    lifting = False
    for instruction in draft.of(Instruction, measure.case):
        if instruction.measure == measure.id and instruction.state in WAITING:
            if instruction.verb == LIFT:
                lifting = True
            else:
                take_back(draft, instruction, "the account was cleared")
    kept = draft.keep(replace(measure, cleared_s=by.at_s, cleared_why=why), "cleared")
    if not lifting:
        draft_instruction(draft, kept, LIFT, second, why, why, by, state="submitted")


def mind(deed: Mind, draft: Draft, by: By) -> None:
    """End what has run out and note the warnings whose time has come; done twice it changes nothing."""
    for measure in draft.within(Measure, IN_FORCE):
        told = _fresh(deadlines(measure), measure.warned, by.at_s)
        warned = replace(measure, warned=(*measure.warned, *told))
        if is_over(measure, by.at_s):
            draft.keep(replace(warned, state="expired", ended_s=measure.ends_s), " ".join(told))
        elif told:
            draft.keep(warned, " ".join(told))
    for appeal in draft.within(Appeal, ("received", "acknowledged")):
        if told := _fresh(appeal_deadlines(appeal), appeal.warned, by.at_s):
            draft.keep(replace(appeal, warned=(*appeal.warned, *told)), " ".join(told))
    for grant in draft.within(Grant, ("given",)):
        if by.at_s >= grant.ends_s:
            draft.keep(replace(grant, state="ended"), "its time is over")


def _fresh(running: Iterable[Deadline], warned: tuple[str, ...], now_s: float) -> tuple[str, ...]:
    due = [mark for deadline in running for mark in deadline.warnings_due(now_s)]
    return tuple(mark for mark in due if mark not in warned)
