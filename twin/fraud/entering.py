"""Cases and payments as they are entered: once, each field with where it came from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from twin.errors import UsageError
from twin.fraud.case import LARGEST_YUAN, LONGEST_TITLE
from twin.fraud.clocks import CHINA, DAY_S
from twin.fraud.deeds import AddPayments, By, Correct, NewPayment, OpenCase, TurnCase, WithdrawPayment
from twin.fraud.draft import Draft
from twin.fraud.records import FraudCase, Measure, Origin, Payment
from twin.fraud.sharing import must_work_on
from twin.fraud.states import CASE, KINDS, LEVELS, PAYMENT
from twin.operations.states import NotPossibleError
from twin.words import say

LARGEST_FEN = int(LARGEST_YUAN * 100)
LONGEST_STORY = 20_000
CASE_FIELDS = ("title", "kind", "level", "victim", "victim_phone", "victim_account", "story", "district", "street")
PAYMENT_FIELDS = ("to_account", "to_holder", "from_account", "from_holder", "bank_reference")
FIGURES: dict[str, Callable[[str], float]] = {"amount_fen": int, "paid_at_s": float, "happened_s": float}
AHEAD_S = 300.0
"""Clocks of banks may be ahead of ours by so much; what is later is doubted."""


def open_case(deed: OpenCase, draft: Draft, by: By) -> None:
    """Open a case, or join the one that has one of its payments."""
    title = _title(deed.title)
    _check_amount(deed.amount_fen)
    if deed.kind not in KINDS or deed.level not in LEVELS:
        raise UsageError(say("there is no such kind or level: {kind}, {level}", kind=deed.kind, level=deed.level))
    for payment in deed.payments:
        known = draft.same(payment)
        if known is not None:
            _join(draft, draft.one(FraudCase, known.case), deed, by)
            return
    day = f"{datetime.fromtimestamp(by.at_s, CHINA):%Y-%m-%d}"
    told = {name: getattr(deed, name) for name in CASE_FIELDS if name != "title"}
    case = FraudCase(
        draft.next_case(day), 0, CASE.first, day, title, deed.amount_fen, by.at_s, by.actor,
        happened_s=deed.happened_s, reports=(deed.report,) if deed.report else (), changed_s=by.at_s,
        origins=tuple(Origin(name, "typed", deed.report, by.actor, by.at_s) for name in ("title", *told)
                      if getattr(deed, name)),
        **told,
    )  # fmt: skip
    draft.add(case)
    _enter(draft, case.number, deed.payments, by)


def _join(draft: Draft, case: FraudCase, deed: OpenCase, by: By) -> None:
    """Take a second report of a case in: what was not known is filled in, what differs is kept beside it."""
    fresh: dict[str, str] = {}
    origins = list(case.origins)
    for name in CASE_FIELDS:
        said, stands = getattr(deed, name), getattr(case, name)
        if not said or said == stands or (name in ("kind", "level") and said in ("other", "county")):
            continue
        if stands and not (name == "kind" and stands == "other"):
            origins.append(Origin(name, "other_report", deed.report, by.actor, by.at_s, said))
        else:
            fresh[name] = said
            origins.append(Origin(name, "typed", deed.report, by.actor, by.at_s, stands))
    reports = case.reports if not deed.report or deed.report in case.reports else (*case.reports, deed.report)
    changed = replace(case, **fresh, reports=reports, origins=tuple(origins), changed_s=by.at_s)  # type: ignore[arg-type]  # texts, by CASE_FIELDS
    draft.keep(changed, "reported again")
    _enter(draft, case.number, deed.payments, by)


def add_payments(deed: AddPayments, draft: Draft, by: By) -> None:
    """Enter more payments."""
    must_work_on(draft, deed.case, by)
    _enter(draft, deed.case, deed.payments, by)


def _enter(draft: Draft, case: str, payments: Iterable[NewPayment], by: By) -> None:
    for payment in payments:
        _check_amount(payment.amount_fen)
        known = draft.same(payment)
        if known is not None:
            if known.case != case:
                raise NotPossibleError(say("the payment is one of case {case}: merge the two", case=known.case))
            continue
        if any(_alike(payment, other) for other in draft.of(Payment, case)):
            continue
        sources = {one.field: one for one in payment.sources}
        origins = tuple(
            Origin(name, one.source if (one := sources.get(name)) else "typed", one.place if one else "", by.actor,
                   by.at_s)
            for name in (*PAYMENT_FIELDS, "amount_fen", "paid_at_s") if getattr(payment, name)
        )  # fmt: skip
        doubts = tuple(dict.fromkeys((*payment.doubts, *_doubts(payment, by.at_s))))
        draft.add(
            Payment(
                draft.next_id(Payment, case), 0, PAYMENT.first, case, payment.from_account, payment.from_holder,
                payment.to_account, payment.to_holder, payment.amount_fen, payment.paid_at_s, payment.bank_reference,
                payment.receipt, doubts, origins,
            )
        )  # fmt: skip


def _alike(payment: NewPayment, other: Payment) -> bool:
    return (payment.to_account, payment.amount_fen, payment.paid_at_s, payment.bank_reference) == (
        other.to_account, other.amount_fen, other.paid_at_s, other.bank_reference
    )  # fmt: skip


def _doubts(payment: NewPayment, now_s: float) -> Iterable[str]:
    if payment.paid_at_s > now_s + AHEAD_S:
        yield "in_the_future"
    if payment.paid_at_s < now_s - 366 * DAY_S:
        yield "long_ago"
    if not payment.amount_fen:
        yield "no_amount"


def withdraw_payment(deed: WithdrawPayment, draft: Draft, by: By) -> None:
    """Take a payment out that was entered by mistake."""
    payment = draft.one(Payment, deed.payment)
    must_work_on(draft, payment.case, by)
    draft.turn(replace(payment, state="withdrawn"), deed.why)


def correct(deed: Correct, draft: Draft, by: By) -> None:
    """Change one field; what stood there before stays among its origins."""
    is_payment = "-P" in deed.record
    known = (*PAYMENT_FIELDS, "amount_fen", "paid_at_s") if is_payment else (*CASE_FIELDS, "amount_fen", "happened_s")
    if deed.field not in known:
        raise UsageError(say("{field} cannot be corrected: {known}", field=deed.field, known=", ".join(known)))
    value = _valued(deed.field, deed.value)
    record: FraudCase | Payment
    record = draft.one(Payment, deed.record) if is_payment else draft.one(FraudCase, deed.record)
    must_work_on(draft, record.case, by)
    was = str(getattr(record, deed.field))
    origins = (*record.origins, Origin(deed.field, deed.source, deed.place, by.actor, by.at_s, was))
    if isinstance(record, FraudCase):
        draft.keep(replace(record, **{deed.field: value}, origins=origins, changed_s=by.at_s))  # type: ignore[arg-type]  # of the field's type, by _valued
    else:
        draft.keep(replace(record, **{deed.field: value}, origins=origins))  # type: ignore[arg-type]  # as above


def _valued(field: str, text: str) -> str | float:
    if field in FIGURES:
        try:
            value = FIGURES[field](text)
        except (ValueError, OverflowError):
            raise UsageError(say("{field} is a whole number", field=field)) from None
        if field == "amount_fen":
            _check_amount(int(value))
        if not 0 <= value < 1e11 * 100:
            raise UsageError(say("{field} is out of range", field=field))
        return value
    if (field == "kind" and text not in KINDS) or (field == "level" and text not in LEVELS):
        raise UsageError(say("there is no such kind or level: {kind}, {level}", kind=text, level=text))
    return _title(text) if field == "title" else text[:LONGEST_STORY]


def turn(deed: TurnCase, draft: Draft, by: By) -> None:
    """File, close, open again or withdraw a case; one that is merged is turned by what it was merged into."""
    case = must_work_on(draft, deed.case, by)
    if deed.state not in ("open", "filed", "closed", "withdrawn") or case.status == "merged":
        raise NotPossibleError(say("the case {case} cannot become {state} this way", case=deed.case, state=deed.state))
    if deed.state in ("closed", "withdrawn"):
        _close_measures(draft, deed.case)
    draft.turn(replace(case, status=deed.state, changed_s=by.at_s), deed.why)


def _close_measures(draft: Draft, case: str) -> None:
    for measure in draft.of(Measure, case):
        if measure.state in ("asked", "stopped", "extended", "frozen"):
            raise NotPossibleError(say("{measure} is open: lift it first, or wait for its end", measure=measure.id))
        if measure.state in ("returned", "lifted", "expired", "failed"):
            draft.turn(replace(measure, state="closed"))


def _title(text: str) -> str:
    title = " ".join(text.split())
    if not title or len(title) > LONGEST_TITLE:
        raise UsageError(say("a title has 1 to {longest} characters", longest=LONGEST_TITLE))
    return title


def _check_amount(amount_fen: int) -> None:
    if not 0 <= amount_fen <= LARGEST_FEN:
        raise UsageError("an amount is 0 fen to a trillion yuan")
