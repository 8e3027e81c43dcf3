"""What comes of each deed: the rules of the day's work, one function a deed.

The rules read a :class:`twin.operations.store.Book` and answer with changes; who keeps them is not their business. A
deed either changes all it should or is refused with a sentence. The clock may be set back at any time: nothing is ever
stamped earlier than what it follows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from twin.operations import answering, deeds, duty, handing, handling, joint, sending
from twin.operations.deeds import By, Deed
from twin.operations.draft import Change, Draft
from twin.operations.store import Book

RULES: Mapping[type[Deed], Callable[..., None]] = {
    deeds.ConfirmAlerts: answering.confirm,
    deeds.DismissAlerts: answering.dismiss,
    deeds.PassAlerts: answering.pass_on,
    deeds.RestoreAlerts: answering.restore,
    deeds.OpenIncident: handling.open_one,
    deeds.ClaimIncident: handling.claim,
    deeds.MergeIncidents: handling.merge,
    deeds.AnswerStep: handling.answer_step,
    deeds.AddNote: handling.note,
    deeds.Escalate: handling.escalate,
    deeds.Resolve: handling.resolve,
    deeds.Close: handling.close,
    deeds.Reopen: handling.reopen,
    deeds.EnrolUnit: sending.enrol,
    deeds.SetUnit: sending.set_state,
    deeds.SendUnits: sending.send,
    deeds.ReportDispatch: sending.report,
    deeds.HandOver: handing.hand_over,
    deeds.AnswerTask: handing.answer,
    deeds.SendNotice: handing.write,
    deeds.AskDoor: handing.ask_door,
    deeds.ReportMessage: handing.report_message,
    deeds.PlanWatch: duty.plan_watch,
    deeds.TurnWatch: duty.turn_watch,
    deeds.PlanPatrol: duty.plan_patrol,
    deeds.ReportPatrol: duty.report_patrol,
    deeds.OpenJoint: joint.open_case,
    deeds.CallIn: joint.call_in,
    deeds.WriteMinutes: joint.write_minutes,
    deeds.TurnJoint: joint.turn,
}


def do(book: Book, deed: Deed, by: By) -> tuple[Change, ...]:
    """Return what a deed changes.

    Raises
    ------
    twin.operations.states.NotPossibleError
        If what is there does not allow it.
    twin.errors.UsageError
        If it makes no sense.
    """
    draft = Draft(book)
    RULES[type(deed)](deed, draft, by)
    return draft.changes
