"""What the desk asks of a bank or a payment firm, and what it answers.

The ministry's wire schema is not public. Whoever has it writes one class with the three methods of :class:`Bank` and
names what it can; ``docs/bank-adapter.md`` tells how, and tells the wire of the simulator.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from twin.errors import ZhianError

STOP, EXTEND, FREEZE, RENEW, LIFT, RETURN = "stop", "extend", "freeze", "renew", "lift", "return"
HOLDER, TRANSACTIONS, WATCH, RECALL = "holder", "transactions", "watch", "recall"
MEASURES = (STOP, EXTEND, FREEZE, RENEW, LIFT, RETURN)
"""What changes an account, and needs two officers; ``extend`` is the second stop."""
QUESTIONS = (HOLDER, TRANSACTIONS, WATCH)
"""What only asks; ``watch`` has the bank tell of what moves from now on."""
VERBS = (*MEASURES, *QUESTIONS, RECALL)
"""All that can be asked; ``recall`` asks for one payment back, which between countries is all there is."""

ACKNOWLEDGED, EXECUTED, FAILED = "acknowledged", "executed", "failed"
ANSWERS = (ACKNOWLEDGED, EXECUTED, FAILED)
REASONS = (
    "no_such_account", "name_mismatch", "amount_mismatch", "time_mismatch", "account_closed", "third_stop",
    "not_stopped", "not_frozen", "no_money", "refused", "unsupported", "bad_signature", "bad_message", "expired",
)  # fmt: skip
"""Why a bank may fail an instruction; words of its own beside them are kept in ``note``."""


class NoAnswerError(ZhianError):
    """A bank did not answer in time: what was asked may have been done or not, and is asked again with the same id."""


class UnreadableAnswerError(ZhianError):
    """What a bank answered is no answer to what was asked; the bytes are on record."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing asked of a bank. The same id always means the same thing: a bank does it once.

    Parameters
    ----------
    id : str
        Of the instruction; the key by which the bank knows it again.
    verb : str
        One of :data:`VERBS`.
    account : str
        ``<bank>:<number>``.
    case, measure : str
        What it belongs to; ``measure`` names the hold that is extended, lifted or returned from.
    holder : str
        The name as the victim's receipt has it.
    amount_fen, paid_at_s : int
        The payment by which account and name are checked. Of a return: what goes back.
    until_s : int
        When the hold shall end by itself; 0 where the verb has no end.
    from_s : int
        Of ``transactions``: since when; of ``watch``: 0.
    to_account, to_holder : str
        Of a return: the victim's account.
    payment : str
        The bank's own number of the payment, where it is known; a recall needs it.
    asked_at_s : int
    officers : tuple of str
        Who asked, who is named second, who approved; by their service numbers.
    basis : str
        The paper it rests on.
    """

    id: str
    verb: str
    account: str
    case: str = ""
    measure: str = ""
    holder: str = ""
    amount_fen: int = 0
    paid_at_s: int = 0
    until_s: int = 0
    from_s: int = 0
    to_account: str = ""
    to_holder: str = ""
    payment: str = ""
    asked_at_s: int = 0
    officers: tuple[str, ...] = ()
    basis: str = ""


@dataclass(frozen=True, slots=True)
class Earlier:
    """Somebody else's hold on the account that came before."""

    by: str
    held_fen: int
    until_s: int


@dataclass(frozen=True, slots=True)
class Moved:
    """A transfer as a bank tells it; ``balance_fen`` is what was left on the asked account after it, −1 if unsaid."""

    id: str
    from_account: str
    to_account: str
    at_s: int
    amount_fen: int
    balance_fen: int = -1
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a bank said.

    Parameters
    ----------
    id : str
        Of what was asked.
    state : str
        ``acknowledged`` (it has it; ask again later with the same id), ``executed`` or ``failed``.
    at_s : int
        When, by the bank's clock; of a stop the moment from which its 48 hours run.
    reason : str
        Of one that failed: one of :data:`REASONS`.
    note : str
        The bank's own words.
    held_fen : int
        What the hold covers; less than was asked for is a partial one.
    balance_fen : int
        What is on the account; −1 if unsaid.
    ends_s : int
        When the hold ends by the bank's clock; 0 if unsaid.
    returned_fen : int
        What went back.
    earlier : tuple of Earlier
        Holds that came before: ours waits behind them.
    holder : str
        The name on the account.
    moved : tuple of Moved
        Transfers, oldest first.
    """

    id: str
    state: str
    at_s: int
    reason: str = ""
    note: str = ""
    held_fen: int = 0
    balance_fen: int = -1
    ends_s: int = 0
    returned_fen: int = 0
    earlier: tuple[Earlier, ...] = ()
    holder: str = ""
    moved: tuple[Moved, ...] = ()


class Bank(Protocol):
    """A way to one or more banks.

    Writing and reading are pure, so that the bytes can be kept before they go out and after they came in; a second
    attempt sends the very same bytes.
    """

    @property
    def name(self) -> str:
        """Return what it is called on record."""
        ...

    @property
    def can(self) -> frozenset[str]:
        """Return which of :data:`VERBS` it has."""
        ...

    def write(self, ask: Ask) -> bytes:
        """Return what goes out, signed."""
        ...

    def carry(self, id_: str, letter: bytes) -> bytes:
        """Send what was written and return what comes back, as it came.

        Raises
        ------
        NoAnswerError
            If nothing came in time; the bank may have done it.
        """
        ...

    def read(self, ask: Ask, reply: bytes) -> Answer:
        """Return what a reply says.

        Raises
        ------
        UnreadableAnswerError
            If it is no answer to this.
        """
        ...
