"""Accounts by name: ``<bank>:<number>``, as the records, the bank's messages and the ledger's dictionary write them."""

from __future__ import annotations

from twin.errors import BadInputError
from twin.words import say

SHOWN_DIGITS = 4


def account_id(bank: str, number: str) -> str:
    """Return the id of an account: ``ICBC:6222021204000000001``."""
    return f"{bank}:{number}"


def bank_and_number(account: str) -> tuple[str, str]:
    """Return the bank's code and the number of an account's id.

    Raises
    ------
    twin.errors.BadInputError
        If it is none.
    """
    bank, colon, number = account.partition(":")
    if not (bank and colon and number):
        raise BadInputError(
            say("account"), say("it lacks the bank or the number"), say("write it as BANK:NUMBER, like ICBC:6222…")
        )
    return bank, number


def mask_account(account: str) -> str:
    """Return an account of which the bank and the last four digits are left, for where no purpose was stated."""
    bank, colon, number = account.rpartition(":")
    return f"{bank}{colon}{'*' * max(len(number) - SHOWN_DIGITS, 4)}{number[-SHOWN_DIGITS:]}"
