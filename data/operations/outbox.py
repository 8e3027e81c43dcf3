"""Sends what goes out: orders to terminals, texts to be read out, notices; each at least once, and what came of it.

Who made a message sends it; another desk takes it over when that has not happened for a while. A terminal that is
told twice shows the same text twice, which is better than not at all.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Protocol

import msgspec

from data.connectors.contract import Answer
from data.home import Home
from data.sync.messages import Order, Text, leave_order
from data.sync.shared import table_path
from data.sync.tell import await_answer
from twin.errors import ZhianError
from twin.operations.deeds import By, ReportDispatch, ReportMessage
from twin.operations.records import Dispatch, Message
from twin.operations.states import DISPATCH, NotPossibleError
from twin.operations.store import Operations
from twin.words import said, say

TAKEN_OVER_S = 15.0
AGAIN_S, MOST_TRIES = 20.0, 5
"""What was not delivered is tried again after so long, so many times in all; then a person must read it out."""


ANSWERS, MOST_ANSWER_BYTES = "answers", 65_536


class _Answer(msgspec.Struct, frozen=True):
    answer: str


class Carrier(Protocol):
    """A way out for messages of one channel."""

    def __call__(self, message: Message) -> Answer:
        """Deliver a message and say what came of it; raises :class:`twin.errors.ZhianError` if there is no way."""
        ...


def through_engine(home: Home, twin: str) -> Carrier:
    """Return what shows a text on a terminal that is connected to the engine of a twin."""

    def carry(message: Message) -> Answer:
        if not table_path(home, twin).exists():
            return Answer(False, say("no engine runs for {twin}: start it with `zhian sync`", twin=twin))
        text = Text(message.device, message.text, True, uuid.uuid4().hex)
        leave_order(home, twin, Order("tell", message.source, text=text))
        return await_answer(home, twin, text.reply)

    return carry


def into_folder(folder: Path) -> Carrier:
    """Return what leaves notices as files for the system that sends SMS or prints letters; each file whole or not."""

    def carry(message: Message) -> Answer:
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / f".{message.id}.new"
        with fresh.open("w", encoding="utf-8") as file:
            json.dump({"version": 1, **asdict(message)}, file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        fresh.chmod(0o600)
        fresh.replace(folder / f"{message.id}.json")
        return Answer(True, said("left in the outbox folder"))

    return carry


def carriers_of(home: Home, twin: str) -> dict[str, Carrier]:
    """Return the ways out that there are; radio has none: a person reads it out and says so."""
    engine, folder = through_engine(home, twin), into_folder(outbox_folder(home))
    return {"jt808": engine, "cot": engine, "sms": folder, "letter": folder, "door": folder}


def outbox_folder(home: Home) -> Path:
    """Return where messages are left for other systems; what these answer they leave in its folder ``answers``."""
    return home.data / "outbox"


def answered(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield what other systems answered to messages, as ``answers/<id>.json`` with ``{"answer": "…"}``; each once.

    What is no answer is set aside as ``<id>.json.refused``.
    """
    for path in sorted((folder / ANSWERS).glob("*.json")):
        try:
            told = msgspec.json.decode(path.read_bytes()[:MOST_ANSWER_BYTES], type=_Answer)
        except (msgspec.DecodeError, UnicodeDecodeError):
            path.replace(path.with_name(f"{path.name}.refused"))
            continue
        path.unlink()
        yield path.stem, told.answer


class Outbox:
    """Sends what waits.

    Parameters
    ----------
    actor : str
        For whom it sends.
    folder : Path, optional
        The outbox folder, whose answers are taken.
    """

    def __init__(
        self, store: Operations, carriers: Mapping[str, Carrier], actor: str, now_s: Callable[[], float] = time.time,
        folder: Path | None = None,
    ) -> None:  # fmt: skip
        self._store, self._carriers, self._actor, self._now_s = store, carriers, actor, now_s
        self._folder = folder

    def round(self) -> int:
        """Send what is due and return how many messages were delivered; may take as long as the terminals do."""
        for message, words in answered(self._folder) if self._folder is not None else ():
            with contextlib.suppress(NotPossibleError):  # it is not of this desk, or was answered by other words
                self._store.do(ReportMessage(message, "answered", words), By(self._actor, self._now_s()))
        waiting = self._store.find(Message, ("waiting", "failed"))
        return sum(self._send(message) for message in reversed(waiting) if self._due(message))

    def _due(self, message: Message) -> bool:
        if message.channel not in self._carriers or message.tries >= MOST_TRIES:
            return False
        now_s = self._now_s()
        if message.state == "failed":
            return abs(now_s - message.ended_s) > AGAIN_S
        return message.made_by == self._actor or abs(now_s - message.made_s) > TAKEN_OVER_S

    def _send(self, message: Message) -> bool:
        try:
            if message.state == "failed":
                self._report(message, "waiting", "")
            answer = self._carried(message)
            self._report(message, "sent" if answer.done else "failed", answer.words)
            if answer.received:
                self._acknowledge(message, answer.words)
        except NotPossibleError:
            return False  # it was called back, or sent by another desk meanwhile
        return answer.done

    def _acknowledge(self, message: Message, words: str) -> None:
        """Take the terminal's answer for the unit's, unless the order was taken back or the unit said more already."""
        if message.dispatch and self._store.one(Dispatch, message.dispatch).state == DISPATCH.first:
            self._store.do(ReportDispatch(message.dispatch, "acknowledged", words), By(self._actor, self._now_s()))

    def _carried(self, message: Message) -> Answer:
        try:
            return self._carriers[message.channel](message)
        except (ZhianError, OSError) as error:
            return Answer(False, say("{reason}", reason=error))

    def _report(self, message: Message, state: str, words: str) -> None:
        self._store.do(ReportMessage(message.id, state, words), By(self._actor, self._now_s()))
