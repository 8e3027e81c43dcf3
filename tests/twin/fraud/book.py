"""A fraud desk in memory, for tests of the rules: a book, and who works at it."""

from __future__ import annotations

from collections.abc import Sequence

from twin.fraud.asking import evidence_mark
from twin.fraud.bank import Answer
from twin.fraud.deeds import (
    AskMeasure,
    By,
    Decide,
    Deed,
    NewPayment,
    OpenCase,
    ReportAnswer,
    ReportSent,
    Submit,
    Verdict,
)
from twin.fraud.doing import do
from twin.fraud.draft import Change
from twin.fraud.records import FraudCase, Instruction, Measure, Payment, Record
from twin.fraud.same import is_same
from twin.fraud.store import R
from twin.operations.states import NotPossibleError

NOW_S = 1_795_400_000.0
ACCOUNT, OTHER = "ICBC:6222021204000000008", "ABC:6228480402564890018"
PAID = NewPayment(ACCOUNT, 190_000_000, NOW_S - 900.0, "张三", "CCB:6217001210000000005", "李四", "R1")


class MemoryBook:
    """:class:`twin.fraud.store.Book` in a dictionary."""

    def __init__(self) -> None:
        self.records: dict[tuple[type[Record], str], Record] = {}
        self.changes: list[Change] = []

    def do(self, deed: Deed, by: By) -> tuple[Change, ...]:
        """Do a deed and keep what it changed."""
        changes = do(self, deed, by)
        for change in changes:
            self.records[type(change.after), change.after.id] = change.after
        self.changes += changes
        return changes

    def one(self, kind: type[R], id_: str) -> R:
        found = self.records.get((kind, id_))
        if not isinstance(found, kind):
            raise NotPossibleError(f"there is no {id_}")
        return found

    def all(self, kind: type[R]) -> tuple[R, ...]:
        return tuple(one for one in self.records.values() if isinstance(one, kind))

    def of(self, kind: type[R], case: str) -> tuple[R, ...]:
        def belongs(one: Record) -> bool:
            return (one.merged_into if isinstance(one, FraudCase) else one.case) == case

        return tuple(one for one in self.all(kind) if belongs(one))

    def within(self, kind: type[R], states: Sequence[str]) -> tuple[R, ...]:
        return tuple(one for one in self.all(kind) if one.state in states)

    def made(self, kind: type[R], head: str) -> int:
        return sum(id_.startswith(head) for of_kind, id_ in self.records if of_kind is kind)

    def next_case(self, day: str) -> str:
        return f"FZ{day.replace('-', '')}-{sum(one.day == day for one in self.all(FraudCase)) + 1:04d}"

    def stops(self, account: str) -> int:
        spent = (one for one in self.all(Instruction) if one.account == account and one.nth > 0)
        return sum(one.state not in ("failed", "withdrawn") for one in spent)

    def same(self, payment: NewPayment) -> Payment | None:
        return next((one for one in self.all(Payment) if is_same(payment, one)), None)


def by(actor: str, at_s: float = NOW_S, *roles: str) -> By:
    """Return somebody at a time."""
    return By(actor, at_s, roles=frozenset(roles))


def lead(at_s: float = NOW_S) -> By:
    return by("lead", at_s, "fraud_lead")


def head(at_s: float = NOW_S) -> By:
    return by("head", at_s, "county_head")


def opened(book: MemoryBook, *payments: NewPayment) -> FraudCase:
    """Open the cashier's case."""
    deed = OpenCase("冒充老板", 190_000_000, "boss", victim="李四", payments=payments or (PAID,))
    (case,) = (change.after for change in book.do(deed, by("ann")) if isinstance(change.after, FraudCase))
    return case


def asked(book: MemoryBook, case: FraudCase, at_s: float = NOW_S, **other: object) -> tuple[Measure, Instruction]:
    """Ask for the stop of the case's first payment, and submit it."""
    told: dict[str, object] = {"payment": f"{case.number}-P01", "basis": "止付审批表", "reason": "被骗资金", **other}
    changes = book.do(AskMeasure(case.number, "bob", **told), by("ann", at_s))  # type: ignore[arg-type]  # by name
    measure = next(change.after for change in changes if isinstance(change.after, Measure))
    instruction = next(change.after for change in changes if isinstance(change.after, Instruction))
    book.do(Submit((instruction.id,)), by("ann", at_s))
    return measure, book.one(Instruction, instruction.id)


def yes(book: MemoryBook, instruction: str) -> Verdict:
    """Return a tick of who has looked at the evidence."""
    found = book.one(Instruction, instruction)
    return Verdict(instruction, evidence_mark(found, book.one(Measure, found.measure)))


def approve(book: MemoryBook, instruction: str, who: By) -> None:
    book.do(Decide((yes(book, instruction),)), who)


def executed(book: MemoryBook, instruction: str, at_s: float, held_fen: int = 142_000_000) -> Measure:
    """Send an approved instruction and have the bank do it."""
    program = by("program", at_s)
    book.do(ReportSent(instruction), program)
    book.do(ReportAnswer(instruction, Answer(instruction, "executed", int(at_s), held_fen=held_fen)), program)
    return book.one(Measure, book.one(Instruction, instruction).measure)


def stopped(book: MemoryBook, at_s: float = NOW_S) -> Measure:
    """Return a measure that is in force, of a fresh case."""
    _, instruction = asked(book, opened(book), at_s)
    approve(book, instruction.id, lead(at_s))
    return executed(book, instruction.id, at_s)
