"""Questions to banks: who holds an account, what moved on it, what moves from now on. Nothing is held by them.

They need no second officer; purpose and case are on the audit record, and each byte is on record like an instruction's.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

from data.banks.ways import Ways
from data.fraud.store import SqlFraud
from twin.errors import UsageError
from twin.fraud.bank import QUESTIONS, Answer, Ask, Bank, NoAnswerError, UnreadableAnswerError
from twin.fraud.deeds import By
from twin.words import say

TRIES = 3
"""A person waits for the answer: after so many attempts they are told that there is none."""


class Inquiries:
    """Asks banks for one desk."""

    def __init__(self, store: SqlFraud, ways: Ways, now_s: Callable[[], float] = time.time) -> None:
        self._store, self._ways, self._now_s = store, ways, now_s

    def ask(self, verb: str, account: str, case: str, by: By, since_s: float = 0.0, id_: str = "") -> Answer:
        """Return a bank's answer; may take as long as the bank does.

        Parameters
        ----------
        verb : str
            One of :data:`twin.fraud.bank.QUESTIONS`.
        id_ : str
            Of a watch that is asked again; empty for a fresh question.

        Raises
        ------
        twin.errors.UsageError
            If the account's bank cannot be asked that.
        twin.fraud.bank.NoAnswerError, twin.fraud.bank.UnreadableAnswerError
            If nothing that is an answer came.
        """
        bank = self._ways.to(account)
        if verb not in QUESTIONS or bank is None or verb not in bank.can:
            raise UsageError(self._ways.why_not(account, verb) or say("a question is: {verbs}", verbs=str(QUESTIONS)))
        id_ = id_ or f"{case}-Q{uuid.uuid4().hex[:12]}"
        ask = Ask(
            id_, verb, account, case, from_s=int(since_s), asked_at_s=int(self._now_s()), officers=(by.actor,),
            basis=by.purpose.text if by.purpose else "",
        )  # fmt: skip
        letter = self._first_letter(id_) or bank.write(ask)
        for attempt in range(1, TRIES + 1):
            try:
                return self._attempt(bank, ask, letter)
            except (NoAnswerError, UnreadableAnswerError):
                if attempt == TRIES:
                    raise
        raise AssertionError  # the loop returns or raises

    def _first_letter(self, id_: str) -> bytes:
        """Return the bytes of a watch's first attempt: the same id always says the same."""
        return next((message.body for message in self._store.messages(id_) if message.way == "out"), b"")

    def _attempt(self, bank: Bank, ask: Ask, letter: bytes) -> Answer:
        self._store.record(ask.id, self._now_s(), "out", bank.name, letter)
        try:
            reply = bank.carry(ask.id, letter)
        except NoAnswerError as error:
            self._store.record(ask.id, self._now_s(), "none", bank.name, b"", str(error))
            raise
        try:
            answer = bank.read(ask, reply)
        except UnreadableAnswerError as error:
            self._store.record(ask.id, self._now_s(), "unread", bank.name, reply, str(error))
            raise
        self._store.record(ask.id, self._now_s(), "in", bank.name, reply)
        return answer
