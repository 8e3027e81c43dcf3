"""Files of sentences as recordings: each must tell when it was received, in a tag block."""

from __future__ import annotations

from pathlib import Path

from data.connectors.ais.exchange import Exchange
from data.connectors.ais.frames import SentenceError, Splitter, read_sentence
from data.connectors.ais.options import Options
from data.connectors.datagrams import Nobody
from data.connectors.listening import Heard
from data.connectors.recorded_track.recording import Problem, Recording, in_order
from data.connectors.sheet import Sheet
from twin.errors import BadInputError
from twin.live.observation import batch
from twin.words import say

READ_BYTES = 1 << 20


def read_sentences(path: str, options: Options) -> Recording:
    """Read a file of sentences.

    Raises
    ------
    twin.errors.BadInputError
        If it cannot be read, or no position in it bears a time.
    """
    now_s, lines, problems = [0.0], Splitter(), list[Problem]()
    exchange, sheet, number = Exchange(options, lambda: now_s[0]), Sheet(), 0
    try:
        with Path(path).open("rb") as file:
            while data := file.read(READ_BYTES):
                for line in lines.feed(data):
                    number += 1
                    _read(exchange, sheet, line, now_s, problems, number)
    except OSError as error:
        raise BadInputError(path, say("it cannot be read: {error}", error=error), "mend it") from None
    for line in lines.end():
        _read(exchange, sheet, line, now_s, problems, number + 1)
    if not sheet.told:
        raise BadInputError(
            path, "no position in it bears a time", "give sentences with the time of reception in a tag block (c:)"
        )
    problems += [Problem(record.message or "AIS", reason) for record, reason in sheet.refused]
    return in_order(Recording(batch("", (row for _, row in sheet.told)).rows, tuple(problems)))


def _read(
    exchange: Exchange, sheet: Sheet, line: bytes, now_s: list[float], problems: list[Problem], number: int
) -> None:
    """Read a line; one that bears no time belongs to the message begun before it, or cannot be placed."""
    try:
        sentence = read_sentence(line)
    except SentenceError as error:
        problems.append(Problem(say("line {line}", line=number), str(error)))
        return
    if sentence.received_s:
        now_s[0] = sentence.received_s
    elif sentence.number == 1:
        problems.append(Problem(say("line {line}", line=number), "no time of reception"))
        return
    exchange.read(sheet, [Heard(Nobody(), line, now_s[0])])
