"""A text to a device, on its way through a running engine, and the device's answer on its way back.

The order comes through the inbox (:mod:`data.sync.messages`); the answer goes into a file of its own, which who ordered
it waits for and removes.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path

import msgspec

from data.connectors.contract import Answer, Telling
from data.home import Home
from data.sync.messages import Text
from data.sync.source import RunningSource
from twin.errors import UsageError, ZhianError
from twin.words import pack, say, unpack

WAIT_S = 15.0
POLL_S = 0.05
_answers = msgspec.json.Decoder(Answer)


def answer_path(home: Home, twin: str, reply: str) -> Path:
    """Return where the answer to an order is put."""
    return home.runtime / f"answers-{twin}" / f"{reply}.json"


async def tell(name: str, source: RunningSource | None, text: Text) -> Answer:
    """Hand a text to a device of a source and return what it answered, or why it did not."""
    try:
        connector = _connector(name, source)
        async with asyncio.timeout(WAIT_S):
            return await connector.tell(text.device, text.text, emergency=text.emergency)
    except TimeoutError:
        return Answer(False, say("no answer came within {seconds} s; the text may have been shown", seconds=WAIT_S))
    except ZhianError as error:
        return Answer(False, error.sentence)
    except Exception as error:  # noqa: BLE001 - one faulty connector must not stop the engine; it is answered
        return Answer(False, say("fault in the connector: {name}: {error}", name=type(error).__name__, error=error))


def _connector(name: str, source: RunningSource | None) -> Telling:
    if source is None:
        raise UsageError(say("there is no source {source!r}", source=name))
    if source.connector is None:
        raise UsageError(say("{name} is down: {reason}", name=name, reason=source.reason))
    if not isinstance(source.connector, Telling):
        raise UsageError(say("a source of the kind {kind} takes no texts", kind=source.settings.kind))
    return source.connector


def put_answer(home: Home, twin: str, reply: str, answer: Answer) -> None:
    """Leave an answer for who ordered; those that nobody fetched for an hour go."""
    path = answer_path(home, twin, reply)
    path.parent.mkdir(parents=True, exist_ok=True)
    for old in path.parent.glob("*.json"):
        if old.stat().st_mtime < time.time() - 3600:
            old.unlink(missing_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_bytes(msgspec.json.encode(replace(answer, words=pack(answer.words))))
    fresh.replace(path)


def await_answer(home: Home, twin: str, reply: str, seconds: float = WAIT_S + 5.0) -> Answer:
    """Wait for the answer to an order and take it away.

    Raises
    ------
    twin.errors.UsageError
        If the engine does not answer.
    """
    path, until = answer_path(home, twin, reply), time.monotonic() + seconds
    while not path.exists():
        if time.monotonic() > until:
            raise UsageError(say("the engine of {twin} did not answer", twin=twin))
        time.sleep(POLL_S)
    answer = _answers.decode(path.read_bytes())
    path.unlink()
    return replace(answer, words=unpack(answer.words))
