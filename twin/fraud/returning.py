"""Money goes back: directly where one deposit or the timestamps show whose it is, else pro rata after 30 days.

Rules for the return of frozen funds in telecom fraud cases (2016), art. 8. All sums are whole fen and add up.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from twin.errors import UsageError
from twin.fraud.asking import role_to_approve
from twin.fraud.bank import RETURN, Moved
from twin.fraud.clocks import NOTICE_S
from twin.fraud.deeds import ApproveReturn, By, NoticeReturn, ObjectToReturn, ProposeReturn, WithdrawReturn
from twin.fraud.draft import Draft
from twin.fraud.records import Instruction, Measure, Payment, ReturnPlan, Share
from twin.fraud.sharing import must_work_on
from twin.fraud.states import RETURNING
from twin.operations.states import NotPossibleError
from twin.words import say

SINGLE, TIMESTAMPS, PRO_RATA = "single", "timestamps", "pro_rata"
SAME_S = 300.0
"""A bank's time of a payment and the victim's may differ by so much."""


@dataclass(frozen=True, slots=True)
class Remaining:
    """What is left on an account of one deposit."""

    deposit: Moved
    left_fen: int


def remaining(account: str, moved: Sequence[Moved], held_fen: int) -> tuple[Remaining, ...]:
    """Return what is left of each deposit, by timestamps: what came first went out first.

    Parameters
    ----------
    account : str
    moved : sequence of Moved
        All that moved on it since before the first of the deposits, in any order.
    held_fen : int
        What is held; what is left of deposits beyond it is taken from the oldest.

    Returns
    -------
    tuple of Remaining
        Deposits of which something is left, oldest first; they add up to at most ``held_fen``.
    """
    left: list[tuple[Moved, int]] = []
    for leg in sorted(moved, key=lambda one: (one.at_s, one.to_account != account, one.id)):
        if leg.to_account == account:
            left.append((leg, leg.amount_fen))
        elif leg.from_account == account:
            left = _less(left, leg.amount_fen)
    total = sum(fen for _, fen in left)
    return tuple(Remaining(leg, fen) for leg, fen in _less(left, max(total - held_fen, 0)))


def _less(left: Sequence[tuple[Moved, int]], gone_fen: int) -> list[tuple[Moved, int]]:
    rest: list[tuple[Moved, int]] = []
    for leg, fen in left:
        taken = min(fen, gone_fen)
        gone_fen -= taken
        if fen > taken:
            rest.append((leg, fen - taken))
    return rest


def traced(measure: Measure, payments: Sequence[Payment], moved: Sequence[Moved]) -> tuple[str, tuple[Share, ...]]:
    """Return whose the held money is by single deposit or timestamps, and by which of the two.

    Parameters
    ----------
    payments : sequence of Payment
        Of all victims, into the held account.

    Returns
    -------
    basis : str
        Empty if timestamps do not tell it: then it goes pro rata.
    shares : tuple of Share
    """
    rest = remaining(measure.account, moved, measure.held_fen - measure.returned_fen)
    shares: list[Share] = []
    open_ = list(payments)
    for one in rest:
        payment = next((payment for payment in open_ if _is(payment, one.deposit)), None)
        if payment is None:
            return "", ()
        open_.remove(payment)
        shares.append(
            Share(measure.id, payment.case, payment.from_account, payment.from_holder, payment.amount_fen, one.left_fen)
        )
    if not shares:
        return "", ()
    deposits = sum(leg.to_account == measure.account for leg in moved)
    return (SINGLE if deposits == 1 else TIMESTAMPS), tuple(shares)


def _is(payment: Payment, deposit: Moved) -> bool:
    if payment.bank_reference and payment.bank_reference == deposit.id:
        return True
    near = abs(payment.paid_at_s - deposit.at_s) <= SAME_S and payment.amount_fen == deposit.amount_fen
    return near and payment.from_account in ("", deposit.from_account)


def pro_rata(held_fen: int, lost_fen: Mapping[str, int]) -> dict[str, int]:
    """Divide what is held by what each lost, to the fen, by largest remainders; nobody gets more than was lost.

    Parameters
    ----------
    held_fen : int
    lost_fen : mapping of str to int
        Of each victim, by any key; the key decides between equal remainders.

    Returns
    -------
    dict of str to int
        They add up to ``min(held_fen, sum(lost_fen))``.
    """
    total = sum(lost_fen.values())
    shared = min(held_fen, total)
    if shared <= 0:
        return dict.fromkeys(lost_fen, 0)
    parts = {key: divmod(shared * lost, total) for key, lost in lost_fen.items()}
    given = {key: whole for key, (whole, _) in parts.items()}
    for key in sorted(parts, key=lambda key: (-parts[key][1], key))[: shared - sum(given.values())]:
        given[key] += 1
    return given


def propose(deed: ProposeReturn, draft: Draft, by: By) -> None:
    """Put a plan on record."""
    measure = draft.one(Measure, deed.measure)
    must_work_on(draft, measure.case, by)
    if measure.state not in ("frozen", "returned"):
        raise NotPossibleError(say("{measure} is not frozen: money goes back from a freeze", measure=measure.id))
    for other in draft.of(ReturnPlan, measure.case):
        if other.measure == measure.id and other.state in ("proposed", "noticed", "approved"):
            raise NotPossibleError(say("{plan} is under way", plan=other.id))
    _check_shares(deed, measure)
    id_ = draft.next_id(ReturnPlan, measure.case)
    draft.add(
        ReturnPlan(id_, 0, RETURNING.first, measure.case, measure.id, deed.basis, deed.shares, by.actor, by.at_s,
                   why=deed.why)
    )  # fmt: skip


def _check_shares(deed: ProposeReturn, measure: Measure) -> None:
    if deed.basis not in (SINGLE, TIMESTAMPS, PRO_RATA) or not deed.shares:
        raise UsageError("a plan has a basis (single, timestamps, pro_rata) and shares")
    if deed.basis == SINGLE and len(deed.shares) != 1:
        raise UsageError("a single deposit has one share")
    for share in deed.shares:
        if share.measure != measure.id or not 0 < share.amount_fen <= share.lost_fen or not share.to_account:
            raise UsageError("a share is from this account, to an account, and no more than was lost")
    if sum(share.amount_fen for share in deed.shares) > measure.held_fen - measure.returned_fen:
        raise UsageError("the shares are more than is held")


def notice(deed: NoticeReturn, draft: Draft, by: By) -> None:
    """Begin the 30 days."""
    plan = draft.one(ReturnPlan, deed.plan)
    must_work_on(draft, plan.case, by)
    if plan.basis != PRO_RATA:
        raise NotPossibleError("only a plan pro rata is put up for notice")
    draft.turn(replace(plan, state="noticed", noticed_s=by.at_s))


def object_to(deed: ObjectToReturn, draft: Draft, by: By) -> None:
    """Put an objection on record; the plan can no longer be approved as it is."""
    plan = draft.one(ReturnPlan, deed.plan)
    if plan.state not in ("proposed", "noticed") or not deed.objection.strip():
        raise NotPossibleError(say("{plan} cannot be objected to now, or not without words", plan=plan.id))
    draft.keep(replace(plan, objections=(*plan.objections, deed.objection)), "objection")


def withdraw(deed: WithdrawReturn, draft: Draft, by: By) -> None:
    """Take a plan back, before any of it went out."""
    plan = draft.one(ReturnPlan, deed.plan)
    must_work_on(draft, plan.case, by)
    if plan.state == "approved":
        raise NotPossibleError(say("{plan} has gone out", plan=plan.id))
    draft.turn(replace(plan, state="withdrawn"), deed.why)


def approve(deed: ApproveReturn, draft: Draft, by: By) -> None:
    """Have the money go back: one signed instruction a share."""
    plan = draft.one(ReturnPlan, deed.plan)
    measure = draft.one(Measure, plan.measure)
    if by.actor in (plan.proposed_by, deed.second) or deed.second in ("", plan.proposed_by):
        raise NotPossibleError("who proposed it, the second officer and who approves it are three persons")
    if deed.shown != plan_mark(plan):
        raise NotPossibleError(say("{plan} is not what was shown: look again", plan=plan.id))
    if plan.objections:
        raise NotPossibleError(say("{plan} was objected to: withdraw it and make another", plan=plan.id))
    if plan.basis == PRO_RATA and (plan.state != "noticed" or by.at_s < plan.noticed_s + NOTICE_S):
        raise NotPossibleError("a plan pro rata is approved after 30 days of notice")
    draft.turn(replace(plan, state="approved", approved_by=by.actor, approved_s=by.at_s))
    for share in plan.shares:
        fresh = Instruction(
            draft.next_id(Instruction, plan.case), 0, "signed", plan.case, measure.id, measure.account, RETURN, 0, 0,
            share.amount_fen, share.to_account, share.to_holder, plan.id, plan.why or plan.basis, plan.proposed_by,
            deed.second, plan.proposed_s, plan.proposed_s, by.actor, "", by.at_s, deed.shown, signed_by=by.actor,
            signed_s=by.at_s,
        )  # fmt: skip
        draft.add(replace(fresh, approver_role=role_to_approve(fresh, measure, by)))


def plan_mark(plan: ReturnPlan) -> str:
    """Return what is equal for two plans of which an approval holds: the shares and the basis."""
    return hashlib.sha256(repr((plan.id, plan.basis, plan.shares, plan.objections)).encode()).hexdigest()
