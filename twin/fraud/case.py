"""A fraud case as it is opened: what was lost, and when it was reported."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from twin.errors import BadInputError
from twin.words import say

LONGEST_TITLE = 120
LARGEST_YUAN = Decimal(10) ** 12


@dataclass(frozen=True, slots=True)
class NewCase:
    """What is known when a case is opened; ``amount_yuan`` is the loss as reported."""

    title: str
    amount_yuan: Decimal
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Case:
    """A case on record."""

    number: str
    title: str
    amount_yuan: Decimal
    opened_at: datetime
    status: str = "open"
    opened_by: str = ""


def case_number(day: date, serial: int) -> str:
    """Return the number of the ``serial``-th case of a day: ``FZ20261122-0001``."""
    return f"FZ{day:%Y%m%d}-{serial:04d}"


def new_case(title: str, amount: str, opened_at: datetime) -> NewCase:
    """Check what was typed and return it as a case to be opened.

    Raises
    ------
    twin.errors.BadInputError
        If the title is empty or too long, or the amount is no sum of money.
    """
    title = " ".join(title.split())
    if not title:
        raise BadInputError(say("title"), "it is empty", "say in a few words what happened")
    if len(title) > LONGEST_TITLE:
        raise BadInputError(
            say("title"),
            say("it has {length} characters", length=len(title)),
            say("use at most {longest}", longest=LONGEST_TITLE),
        )
    return NewCase(title, _yuan(amount), opened_at)


def _yuan(amount: str) -> Decimal:
    text = amount.strip().replace(",", "").replace("，", "").removeprefix("¥").removesuffix("元")
    factor = Decimal(10_000) if text.endswith("万") else Decimal(1)
    remedy = "type the loss in yuan, like 12800 or 1.28万"
    try:
        value = Decimal(text.removesuffix("万").strip()) * factor
    except InvalidOperation:
        raise BadInputError(say("amount"), say("{amount!r} is no sum of money", amount=amount), remedy) from None
    if not value.is_finite() or not 0 <= value <= LARGEST_YUAN:
        raise BadInputError(say("amount"), say("{amount!r} is out of range", amount=amount), remedy)
    return value.quantize(Decimal("0.01"))
