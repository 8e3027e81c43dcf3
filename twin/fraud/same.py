"""Whether a payment is one that was entered before: the same report from two stations doubles nothing."""

from __future__ import annotations

from twin.fraud.deeds import NewPayment
from twin.fraud.records import Payment

SAME_S = 60.0
"""Receipts tell the minute, some banks the second."""


def is_same(payment: NewPayment, known: Payment) -> bool:
    """Tell whether a payment is one on record: of the same bank's number, or alike in account, amount and minute."""
    if known.state != "entered":
        return False
    if payment.bank_reference and known.bank_reference:
        return payment.bank_reference == known.bank_reference and payment.to_account == known.to_account
    return (
        payment.to_account == known.to_account
        and payment.amount_fen == known.amount_fen
        and abs(payment.paid_at_s - known.paid_at_s) < SAME_S
        and (payment.from_account == known.from_account or not payment.from_account or not known.from_account)
    )
