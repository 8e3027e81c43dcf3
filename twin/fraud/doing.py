"""What comes of each deed: the rules of the fraud desk, one function a deed.

The rules read a :class:`twin.fraud.store.Book` and answer with changes; who keeps them is not their business. A deed
either changes all it should or is refused with a sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from twin.fraud import appealing, asking, entering, holding, joining, returning, sharing
from twin.fraud import deeds as d
from twin.fraud.draft import Change, Draft
from twin.fraud.store import Book

RULES: Mapping[type[d.Deed], Callable[..., None]] = {
    d.OpenCase: entering.open_case,
    d.AddPayments: entering.add_payments,
    d.WithdrawPayment: entering.withdraw_payment,
    d.Correct: entering.correct,
    d.TurnCase: entering.turn,
    d.MergeCases: joining.merge,
    d.UnmergeCase: joining.unmerge,
    d.SplitCase: joining.split,
    d.UnsplitCase: joining.unsplit,
    d.ShareCase: sharing.share,
    d.EndGrant: sharing.end,
    d.AskMeasure: asking.ask,
    d.FollowMeasure: asking.follow,
    d.Submit: asking.submit,
    d.Withdraw: asking.withdraw,
    d.Decide: asking.decide,
    d.Sign: asking.sign,
    d.ReportSent: holding.sent,
    d.ReportAnswer: holding.answered,
    d.FilePapers: holding.papers,
    d.Clear: holding.clear,
    d.Mind: holding.mind,
    d.ReceiveAppeal: appealing.receive,
    d.AnswerAppeal: appealing.answer,
    d.ProposeReturn: returning.propose,
    d.NoticeReturn: returning.notice,
    d.ObjectToReturn: returning.object_to,
    d.WithdrawReturn: returning.withdraw,
    d.ApproveReturn: returning.approve,
}


def do(book: Book, deed: d.Deed, by: d.By) -> tuple[Change, ...]:
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
