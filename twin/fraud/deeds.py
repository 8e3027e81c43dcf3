"""What a person, or the program for a person, can do at the fraud desk: frozen requests.

:func:`twin.fraud.doing.do` says what comes of each, ``data/fraud`` keeps it. Each deed names the permission that
:func:`twin.access.decide` is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from twin.access import Purpose
from twin.fraud.bank import Answer
from twin.fraud.records import Share


@dataclass(frozen=True, slots=True)
class By:
    """Who does it, when, for which purpose, in which roles, and how far the account reaches (empty: everywhere)."""

    actor: str
    at_s: float
    purpose: Purpose | None = None
    roles: frozenset[str] = frozenset()
    districts: frozenset[str] = frozenset()
    agencies: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Sourced:
    """Where a field was read: see :class:`twin.fraud.records.Origin`."""

    field: str
    source: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class NewPayment:
    """A payment as it was typed or read from a receipt; fields that are not in ``sources`` were typed."""

    to_account: str
    amount_fen: int
    paid_at_s: float
    to_holder: str = ""
    from_account: str = ""
    from_holder: str = ""
    bank_reference: str = ""
    receipt: str = ""
    doubts: tuple[str, ...] = ()
    sources: tuple[Sourced, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenCase:
    """What was said at the first call. If one of its payments is known it joins that case and doubles nothing."""

    permission: ClassVar[str] = "case.open"
    title: str
    amount_fen: int
    kind: str = "other"
    level: str = "county"
    victim: str = ""
    victim_phone: str = ""
    victim_account: str = ""
    story: str = ""
    happened_s: float = 0.0
    report: str = ""
    district: str = ""
    street: str = ""
    payments: tuple[NewPayment, ...] = ()


@dataclass(frozen=True, slots=True)
class AddPayments:
    """More payments of a case; those it has are left."""

    permission: ClassVar[str] = "case.open"
    case: str
    payments: tuple[NewPayment, ...]


@dataclass(frozen=True, slots=True)
class WithdrawPayment:
    """A payment was entered by mistake."""

    permission: ClassVar[str] = "case.open"
    payment: str
    why: str


@dataclass(frozen=True, slots=True)
class Correct:
    """Another value for a field of a case or a payment; the one before stays on record."""

    permission: ClassVar[str] = "case.open"
    record: str
    field: str
    value: str
    source: str = "typed"
    place: str = ""


@dataclass(frozen=True, slots=True)
class TurnCase:
    """A case is filed (立案), closed, opened again, or withdrawn."""

    permission: ClassVar[str] = "case.open"
    case: str
    state: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class MergeCases:
    """Cases are one: all of them is seen in ``into``; nothing is moved, so that it can be undone."""

    permission: ClassVar[str] = "case.merge"
    cases: tuple[str, ...]
    into: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class UnmergeCase:
    """A case stands for itself again."""

    permission: ClassVar[str] = "case.merge"
    case: str


@dataclass(frozen=True, slots=True)
class SplitCase:
    """Some payments are a case of their own; their measures go with them."""

    permission: ClassVar[str] = "case.merge"
    case: str
    payments: tuple[str, ...]
    title: str


@dataclass(frozen=True, slots=True)
class UnsplitCase:
    """What was split off goes back where it came from."""

    permission: ClassVar[str] = "case.merge"
    case: str


@dataclass(frozen=True, slots=True)
class ShareCase:
    """Somebody else may ``read`` or ``work`` on a case until a time."""

    permission: ClassVar[str] = "case.share"
    case: str
    to: str
    may: str
    ends_s: float
    why: str


@dataclass(frozen=True, slots=True)
class EndGrant:
    """A grant ends before its time."""

    permission: ClassVar[str] = "case.share"
    grant: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class AskMeasure:
    """A draft: stop (or, with ``freeze``, freeze) an account; with ``recall``, ask for the one payment back.

    ``payment`` is that of the case the bank checks it by; without it, of an account further on, its particulars are
    given. ``urgent`` is stopped first, its papers follow.
    """

    permission: ClassVar[str] = "measure.ask"
    case: str
    second: str
    basis: str
    reason: str
    payment: str = ""
    account: str = ""
    holder: str = ""
    amount_fen: int = 0
    paid_at_s: float = 0.0
    evidence: str = ""
    trace_hash: str = ""
    layer: int = 1
    freeze: bool = False
    months: int = 6
    urgent: bool = False
    recall: bool = False


@dataclass(frozen=True, slots=True)
class FollowMeasure:
    """A draft for a hold there is: ``extend``, ``freeze``, ``renew`` or ``lift`` it."""

    permission: ClassVar[str] = "measure.ask"
    measure: str
    verb: str
    second: str
    basis: str
    reason: str
    months: int = 6


@dataclass(frozen=True, slots=True)
class Submit:
    """Put drafts before who approves."""

    permission: ClassVar[str] = "measure.ask"
    instructions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Take instructions back that have not left the house."""

    permission: ClassVar[str] = "measure.ask"
    instructions: tuple[str, ...]
    why: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One tick of a batch: an instruction, the evidence that was shown for it, and yes or, with a reason, no."""

    instruction: str
    shown: str
    approved: bool = True
    why: str = ""


@dataclass(frozen=True, slots=True)
class Decide:
    """Approve some instructions and send others back, each on its own evidence; with ``sign`` they are signed too."""

    permission: ClassVar[str] = "measure.approve"
    verdicts: tuple[Verdict, ...]
    sign: bool = True


@dataclass(frozen=True, slots=True)
class Sign:
    """Sign what was approved: it goes out."""

    permission: ClassVar[str] = "measure.approve"
    instructions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReportSent:
    """An instruction goes out for the first or another time."""

    permission: ClassVar[str] = "measure.send"
    instruction: str
    bank: str = ""


@dataclass(frozen=True, slots=True)
class ReportAnswer:
    """What a bank answered."""

    permission: ClassVar[str] = "measure.send"
    instruction: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class FilePapers:
    """The papers of a measure that came first are there."""

    permission: ClassVar[str] = "measure.ask"
    measure: str
    basis: str


@dataclass(frozen=True, slots=True)
class Clear:
    """An account was found to have nothing to do with the case: it is to be lifted within three days."""

    permission: ClassVar[str] = "measure.ask"
    measure: str
    second: str
    why: str


@dataclass(frozen=True, slots=True)
class Mind:
    """Look at the clocks: end what has run out, and note the warnings whose time has come."""

    permission: ClassVar[str] = "measure.send"


@dataclass(frozen=True, slots=True)
class ReceiveAppeal:
    """The holder of an account objects to a live measure."""

    permission: ClassVar[str] = "appeal.work"
    measure: str
    by_whom: str
    grounds: str


@dataclass(frozen=True, slots=True)
class AnswerAppeal:
    """An appeal is acknowledged, upheld or rejected; upheld, the account counts as cleared.

    ``second`` is the second officer of the lift that follows.
    """

    permission: ClassVar[str] = "appeal.work"
    appeal: str
    state: str
    decision: str = ""
    second: str = ""


@dataclass(frozen=True, slots=True)
class ProposeReturn:
    """How frozen money is to go back: see :mod:`twin.fraud.returning`, which works the shares out."""

    permission: ClassVar[str] = "measure.ask"
    measure: str
    basis: str
    shares: tuple[Share, ...]
    why: str = ""


@dataclass(frozen=True, slots=True)
class NoticeReturn:
    """The 30 days of public notice begin."""

    permission: ClassVar[str] = "measure.ask"
    plan: str


@dataclass(frozen=True, slots=True)
class ObjectToReturn:
    """Somebody objects to a plan, or a new victim reports: it has to be made anew."""

    permission: ClassVar[str] = "measure.ask"
    plan: str
    objection: str


@dataclass(frozen=True, slots=True)
class WithdrawReturn:
    """A plan is not carried out."""

    permission: ClassVar[str] = "measure.ask"
    plan: str
    why: str


@dataclass(frozen=True, slots=True)
class ApproveReturn:
    """A head of a county-level organ approves a plan; its instructions go out, ``second`` named beside who proposed."""

    permission: ClassVar[str] = "measure.approve"
    plan: str
    second: str
    shown: str


Deed = (
    OpenCase | AddPayments | WithdrawPayment | Correct | TurnCase | MergeCases | UnmergeCase | SplitCase | UnsplitCase
    | ShareCase | EndGrant | AskMeasure | FollowMeasure | Submit | Withdraw | Decide | Sign | ReportSent | ReportAnswer
    | FilePapers | Clear | Mind | ReceiveAppeal | AnswerAppeal | ProposeReturn | NoticeReturn | ObjectToReturn
    | WithdrawReturn | ApproveReturn
)  # fmt: skip
