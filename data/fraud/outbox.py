"""Sends what was signed to banks: the same bytes with the same id until an answer is final, each attempt on record.

A letter is on disk before it leaves, so that whatever is killed on the way, the next attempt is the same letter. A bank
does one id once, so that an attempt too many changes nothing. Two desks may send at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from data.banks.ways import Ways
from data.fraud.store import SqlFraud
from twin.fraud.bank import FREEZE, RENEW, RETURN, Answer, Ask, Bank, NoAnswerError, UnreadableAnswerError
from twin.fraud.clocks import freeze_ends_s
from twin.fraud.deeds import By, ReportAnswer, ReportSent
from twin.fraud.holding import goes_out
from twin.fraud.records import Instruction, Measure, Payment
from twin.fraud.states import OUT
from twin.operations.states import NotPossibleError

FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
AT_ONCE = 16
"""So many banks are spoken to at a time: one that hangs holds nobody else up."""


class Outbox:
    """Sends for one desk.

    Parameters
    ----------
    actor : str
        For whom it sends.
    pause_s : float
        Before the second attempt; it doubles with each.
    """

    def __init__(
        self, store: SqlFraud, ways: Ways, actor: str, now_s: Callable[[], float] = time.time,
        pause_s: float = FIRST_PAUSE_S,
    ) -> None:  # fmt: skip
        self._store, self._ways, self._actor, self._now_s, self._pause_s = store, ways, actor, now_s, pause_s

    def waiting(self) -> tuple[Instruction, ...]:
        """Return what is to be sent, now or later, the oldest first."""
        found = reversed(self._store.find(Instruction, ("signed", *OUT), limit=100_000))
        measures = {one.id: one for one in self._store.find(Measure, limit=100_000)}
        return tuple(one for one in found if goes_out(one, measures[one.measure]))

    def round(self) -> int:
        """Send what is due, many at a time, and return how many were finally answered."""
        due = [one for one in self.waiting() if self._is_due(one)]
        if not due:
            return 0
        with ThreadPoolExecutor(min(AT_ONCE, len(due))) as senders:
            return sum(senders.map(self._send, due))

    def _is_due(self, instruction: Instruction) -> bool:
        if instruction.state == "signed":
            return True
        pause_s = min(self._pause_s * 2.0 ** min(instruction.tries - 1, 20), LONGEST_PAUSE_S)
        return abs(self._now_s() - instruction.tried_s) >= pause_s

    def _send(self, instruction: Instruction) -> bool:
        """Make one attempt; true if it was answered for good."""
        bank = self._ways.to(instruction.account)
        if bank is None:
            return False  # it waits until the bank's way is set; the list of clocks shows it
        ask = self._asked(instruction)
        letter = self._letter(instruction, bank, ask) if instruction.verb in bank.can else b""
        try:
            self._store.do(ReportSent(instruction.id, bank.name), self._by())
        except NotPossibleError:
            return False  # it was withdrawn, or answered, meanwhile
        self._store.record(instruction.id, self._now_s(), "out", bank.name, letter)
        if instruction.verb not in bank.can:
            return self._take(bank, Answer(ask.id, "failed", int(self._now_s()), "unsupported"), b"")
        try:
            reply = bank.carry(ask.id, letter)
        except NoAnswerError as error:
            self._store.record(instruction.id, self._now_s(), "none", bank.name, b"", str(error))
            return False
        return self._heard(bank, ask, reply)

    def _heard(self, bank: Bank, ask: Ask, reply: bytes) -> bool:
        try:
            answer = bank.read(ask, reply)
        except UnreadableAnswerError as error:
            self._store.record(ask.id, self._now_s(), "unread", bank.name, reply, str(error))
            return False
        return self._take(bank, answer, reply)

    def _take(self, bank: Bank, answer: Answer, reply: bytes) -> bool:
        """Keep an answer; one that says otherwise than a final one before is kept as a contradiction."""
        self._store.record(answer.id, self._now_s(), "in", bank.name, reply)
        done = self._store.do(ReportAnswer(answer.id, answer), self._by())
        stands = self._store.one(Instruction, answer.id).state
        if not done.records and stands not in (answer.state, *OUT):
            self._store.record(answer.id, self._now_s(), "contradiction", bank.name, reply, stands)
        return stands not in OUT

    def _letter(self, instruction: Instruction, bank: Bank, ask: Ask) -> bytes:
        """Return the bytes of the first attempt, or write them."""
        for message in self._store.messages(instruction.id):
            if message.way == "out":
                return message.body
        return bank.write(ask)

    def _asked(self, instruction: Instruction) -> Ask:
        measure = self._store.one(Measure, instruction.measure)
        payments = self._store.find(Payment, ("entered",), case=measure.case, to_account=measure.account)
        same = [one for one in payments if one.amount_fen == measure.amount_fen and one.paid_at_s == measure.paid_at_s]
        return ask_of(instruction, measure, same[0].bank_reference if same else "")

    def _by(self) -> By:
        return By(self._actor, self._now_s())


def ask_of(instruction: Instruction, measure: Measure, payment: str = "") -> Ask:
    """Return what a bank is asked."""
    until_s = 0.0
    if instruction.verb == FREEZE:
        until_s = freeze_ends_s(instruction.signed_s, instruction.months)
    elif instruction.verb == RENEW:
        until_s = freeze_ends_s(measure.ends_s, instruction.months)
    return Ask(
        instruction.id, instruction.verb, instruction.account, instruction.case, measure.id, measure.holder,
        instruction.amount_fen if instruction.verb == RETURN else measure.amount_fen, int(measure.paid_at_s),
        int(until_s), 0, instruction.to_account, instruction.to_holder, payment, int(instruction.asked_s),
        (instruction.asked_by, instruction.second, instruction.approved_by), instruction.basis,
    )  # fmt: skip
