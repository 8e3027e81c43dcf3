"""Cases merged and split, and both undone. A merge moves nothing; a split moves payments and remembers whence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from twin.errors import UsageError
from twin.fraud.clocks import CHINA
from twin.fraud.deeds import By, MergeCases, SplitCase, UnmergeCase, UnsplitCase
from twin.fraud.draft import Draft
from twin.fraud.records import FraudCase, Instruction, Measure, Origin, Payment
from twin.fraud.sharing import must_work_on
from twin.fraud.states import CASE
from twin.operations.states import NotPossibleError
from twin.words import say


def merge(deed: MergeCases, draft: Draft, by: By) -> None:
    """Say that cases belong to another; what was merged into them comes along."""
    into = must_work_on(draft, deed.into, by)
    if into.status not in ("open", "filed"):
        raise NotPossibleError(say("the case {case} is {state}", case=into.number, state=into.status))
    if not deed.cases or deed.into in deed.cases:
        raise UsageError("name cases that are to be merged into another one")
    for number in deed.cases:
        case = must_work_on(draft, number, by)
        for part in draft.of(FraudCase, number):
            draft.keep(replace(part, merged_into=into.number, changed_s=by.at_s), deed.why)
        draft.turn(replace(case, status="merged", merged_into=into.number, changed_s=by.at_s), deed.why)


def unmerge(deed: UnmergeCase, draft: Draft, by: By) -> None:
    """Have a case stand for itself again; one that was merged into it meanwhile stays where it is."""
    case = must_work_on(draft, deed.case, by)
    draft.turn(replace(case, status=CASE.first, merged_into="", changed_s=by.at_s), "taken apart")


def split(deed: SplitCase, draft: Draft, by: By) -> None:
    """Make a case of some payments; measures on the accounts they went to go with them."""
    case = must_work_on(draft, deed.case, by)
    payments = [draft.one(Payment, id_) for id_ in dict.fromkeys(deed.payments)]
    all_of = [one for one in draft.of(Payment, deed.case) if one.state == "entered"]
    if not payments or any(payment.case != deed.case for payment in payments) or len(payments) >= len(all_of):
        raise UsageError("name some payments of the case, not all of them")
    number = draft.next_case(f"{datetime.fromtimestamp(by.at_s, CHINA):%Y-%m-%d}")
    fresh = replace(
        case, number=number, version=0, status=CASE.first, day=f"{datetime.fromtimestamp(by.at_s, CHINA):%Y-%m-%d}",
        title=deed.title, amount_fen=sum(one.amount_fen for one in payments), opened_at_s=by.at_s, opened_by=by.actor,
        split_from=deed.case, merged_into="", changed_s=by.at_s,
        origins=tuple(Origin(one.field, "case", deed.case, by.actor, by.at_s) for one in case.origins),
    )  # fmt: skip
    draft.add(fresh)
    _move(draft, payments, deed.case, number, by)


def unsplit(deed: UnsplitCase, draft: Draft, by: By) -> None:
    """Move what was split off back; the case that was made for it is withdrawn."""
    case = must_work_on(draft, deed.case, by)
    if not case.split_from:
        raise NotPossibleError(say("the case {case} was not split off another", case=deed.case))
    _move(draft, draft.of(Payment, deed.case), deed.case, case.split_from, by)
    draft.turn(replace(case, status="withdrawn", changed_s=by.at_s), "split undone")


def _move(draft: Draft, payments: Sequence[Payment], here: str, there: str, by: By) -> None:
    accounts = {payment.to_account for payment in payments}
    for payment in payments:
        origin = Origin("case", "case", here, by.actor, by.at_s, here)
        draft.keep(replace(payment, case=there, origins=(*payment.origins, origin)))
    for measure in draft.of(Measure, here):
        if measure.account in accounts:
            draft.keep(replace(measure, case=there))
            for instruction in draft.of(Instruction, here):
                if instruction.measure == measure.id:
                    draft.keep(replace(instruction, case=there))
