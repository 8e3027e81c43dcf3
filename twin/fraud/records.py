"""What the fraud desk's work is made of. Records are frozen; a deed answers with fresh ones, each one version on.

Money is whole fen, times are seconds since 1970-01-01 UTC (0 for what has not happened), accounts ``<bank>:<number>``.
Names, telephones, accounts and stories tell of people: they are masked until a purpose was stated
(:mod:`twin.fraud.masking`), and are never part of an id.
"""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one field of a record came from; the last one of a field counts, those before it are its past.

    Parameters
    ----------
    field : str
    source : str
        ``typed``, ``receipt``, ``bank`` (a message), ``case`` (it was taken over from one), ``other_report``.
    place : str
        Where in it: the receipt's fingerprint and line, the number of the message, the number of the case.
    by : str
    at_s : float
    was : str
        What stood there before; of ``other_report`` what a second report said, where the first counts.
    """

    field: str
    source: str
    place: str
    by: str
    at_s: float
    was: str = ""


@dataclass(frozen=True, slots=True)
class FraudCase:
    """A case; what was said once at the first call is here, and nothing asks for it again.

    Parameters
    ----------
    number, day : str
        ``FZ20261123-0001``, and the local day it counts in.
    amount_fen : int
        The loss as reported; :func:`twin.fraud.summary.loss_fen` is that of its payments.
    kind : str
        One of :data:`twin.fraud.states.KINDS`.
    level : str
        One of :data:`twin.fraud.states.LEVELS`.
    reports : tuple of str
        Numbers of the reports (stations, telephone) that told of it; the same one twice is the same case.
    merged_into : str
        The case it was found to belong to.
    split_from : str
    """

    number: str
    version: int
    status: str
    day: str
    title: str
    amount_fen: int
    opened_at_s: float
    opened_by: str
    district: str = ""
    street: str = ""
    kind: str = "other"
    level: str = "county"
    victim: str = ""
    victim_phone: str = ""
    victim_account: str = ""
    story: str = ""
    happened_s: float = 0.0
    reports: tuple[str, ...] = ()
    merged_into: str = ""
    split_from: str = ""
    changed_s: float = 0.0
    origins: tuple[Origin, ...] = ()

    @property
    def id(self) -> str:
        """Return its number."""
        return self.number

    @property
    def state(self) -> str:
        """Return its status."""
        return self.status

    @property
    def case(self) -> str:
        """Return the case it belongs to."""
        return self.number


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that the victim sent: the beginning of every trace, and what a bank checks a stop by.

    Parameters
    ----------
    bank_reference : str
        The bank's own number of it.
    receipt : str
        Fingerprint of the receipt it was read from; empty if it was typed.
    doubts : tuple of str
        What is odd about it, as words of :mod:`twin.fraud.receipt`: ``account_short``, ``in_the_future`` …
    """

    id: str
    version: int
    state: str
    case: str
    from_account: str
    from_holder: str
    to_account: str
    to_holder: str
    amount_fen: int
    paid_at_s: float
    bank_reference: str = ""
    receipt: str = ""
    doubts: tuple[str, ...] = ()
    origins: tuple[Origin, ...] = ()


@dataclass(frozen=True, slots=True)
class Measure:
    """A hold on one account for one case: asked for, stopped, extended, frozen, lifted or run out.

    Parameters
    ----------
    holder, amount_fen, paid_at_s : str, int, float
        The payment the bank checks it by.
    evidence : str
        What it rests on, in words: the payment, the legs of a trace with their rule.
    trace_hash : str
        SHA-256 of the trace that was on the screen; empty for an account the victim paid to.
    began_s, ends_s : float
        Of the hold in force, by the bank's clock.
    stops : int
        How many stops were executed for it: none, one or two.
    held_fen, returned_fen : int
    earlier : tuple of str
        Who held the account before us.
    reason : str
        Why it failed.
    urgent : bool
        Stopped first, papers later.
    papers_s : float
        When its papers were filed.
    cleared_s : float
        When the account was found to have nothing to do with it; three days from then it is lifted.
    cleared_why : str
    warned : tuple of str
        Warnings of its clocks that were given.
    """

    id: str
    version: int
    state: str
    case: str
    account: str
    holder: str
    amount_fen: int
    paid_at_s: float
    evidence: str
    trace_hash: str = ""
    layer: int = 1
    began_s: float = 0.0
    ends_s: float = 0.0
    stops: int = 0
    held_fen: int = 0
    returned_fen: int = 0
    earlier: tuple[str, ...] = ()
    reason: str = ""
    urgent: bool = False
    papers_s: float = 0.0
    cleared_s: float = 0.0
    cleared_why: str = ""
    ended_s: float = 0.0
    warned: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Instruction:
    """One thing a bank is to do for a measure, from draft to its final answer; two officers and an approver.

    Parameters
    ----------
    verb : str
        One of :data:`twin.fraud.bank.MEASURES`.
    nth : int
        Which stop of its account it is: 1 or 2; 0 for what is no stop. The database lets an account have each once.
    months : int
        Of a freeze or renewal.
    amount_fen : int
        Of a return.
    basis, reason : str
        The paper it rests on; why it was asked for.
    asked_by, second, approved_by : str
        Three different accounts.
    approver_role : str
        The role in which it was approved.
    shown : str
        SHA-256 of the evidence that who approved it had on the screen.
    signature : str
        Of the bytes that go out, base64.
    failed_why, note : str
        What the bank answered.
    """

    id: str
    version: int
    state: str
    case: str
    measure: str
    account: str
    verb: str
    nth: int
    months: int
    amount_fen: int
    to_account: str
    to_holder: str
    basis: str
    reason: str
    asked_by: str
    second: str
    asked_s: float
    submitted_s: float = 0.0
    approved_by: str = ""
    approver_role: str = ""
    approved_s: float = 0.0
    shown: str = ""
    sent_back_why: str = ""
    signed_by: str = ""
    signed_s: float = 0.0
    sent_s: float = 0.0
    tries: int = 0
    tried_s: float = 0.0
    answered_s: float = 0.0
    failed_why: str = ""
    note: str = ""
    bank: str = ""


@dataclass(frozen=True, slots=True)
class Appeal:
    """What the holder of an account says against a measure; it has a clock of its own."""

    id: str
    version: int
    state: str
    case: str
    measure: str
    by_whom: str
    grounds: str
    received_s: float
    acknowledged_s: float = 0.0
    decided_s: float = 0.0
    decided_by: str = ""
    decision: str = ""
    warned: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Grant:
    """Somebody else may see, or work on, a case until a time.

    Parameters
    ----------
    to : str
        ``account:<id>``, ``role:<role>``, ``district:<district>`` or ``agency:<agency>``.
    may : str
        ``read`` or ``work``.
    """

    id: str
    version: int
    state: str
    case: str
    to: str
    may: str
    begins_s: float
    ends_s: float
    given_by: str
    ended_by: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """What goes back to one victim from one measure."""

    measure: str
    case: str
    to_account: str
    to_holder: str
    lost_fen: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class ReturnPlan:
    """How frozen money goes back.

    Parameters
    ----------
    basis : str
        ``single`` (one deposit), ``timestamps`` (traced), ``pro_rata`` (to what each lost, after 30 days of notice).
    objections : tuple of str
    """

    id: str
    version: int
    state: str
    case: str
    measure: str
    basis: str
    shares: tuple[Share, ...]
    proposed_by: str
    proposed_s: float
    noticed_s: float = 0.0
    approved_by: str = ""
    approved_s: float = 0.0
    objections: tuple[str, ...] = ()
    why: str = ""


Record = FraudCase | Payment | Measure | Instruction | Appeal | Grant | ReturnPlan


@dataclass(frozen=True, slots=True)
class Event:
    """One record that a deed changed, and from which state to which."""

    number: int
    at_s: float
    by: str
    deed: str
    kind: str
    record: str
    case: str
    before: str
    after: str
    why: str


def names(kind: type[Record]) -> tuple[str, ...]:
    """Return the fields of a kind of record."""
    return tuple(field.name for field in fields(kind))
