"""What the frames of a table make of another table, whatever is lost on the way."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.fanout.changes import Changes, Channel
from data.fanout.frames import (
    ROWS_AT_ONCE,
    BadFrameError,
    Frame,
    SourcesFrame,
    live_subject,
    pack_word,
    token,
    unpack_word,
)
from data.fanout.mirror import Mirror
from tests.twin.live.factory import Pair, rows, times
from twin.live.observation import OBSERVATION_DTYPE
from twin.world import SourceState

CHANNEL = Channel("a", "b", "vehicles")


class Wire:
    """A table, its changes, and a mirror of it; what is on the wire can be lost."""

    def __init__(self, capacity: int = 64) -> None:
        self.far, self.near = Pair(capacity), Pair(capacity)
        self.second = self.far.table.source("other", "demo-life")
        self.far.table.tell_source(self.far.source, _state("demo", "a"))
        self.far.table.tell_source(self.second, _state("other", "c"))
        self.near.table.keep_sources([])
        self.changes, self.asked = Changes(1), list[str]()
        self.mirror = Mirror(self.near.table, self.asked.append)

    def step(self, lost: random.Random | None = None, share: float = 0.0) -> None:
        sources = self.far.reader.sources()
        for channel, frame in self.changes.take(self.far.reader.frame(), sources):
            if lost is None or lost.random() >= share:
                self.send(channel, frame)
        self.near.table.commit(1.0)

    def send(self, channel: Channel, frame: Frame) -> None:
        word = unpack_word(pack_word(frame))
        assert isinstance(word, Frame)
        self.mirror.take(".".join(channel), word)

    def tell_sources(self) -> None:
        for zone in "ac":
            sequences = {c.layer: n for c, n in self.changes.sequences.items() if c.zone == zone}
            self.mirror.take_sources(f"{zone}.b.", SourcesFrame(self.changes.epoch, sequences, (), ()))

    def answer(self) -> None:
        while self.asked:
            channel = Channel(*self.asked.pop().split("."))
            for frame in self.changes.key(channel):
                self.send(channel, frame)
        self.near.table.commit(1.0)

    def same(self) -> bool:
        far, near = self.far.reader.frame(), self.near.reader.frame()
        names = [[state.name for state in pair.reader.sources()] for pair in (self.far, self.near)]
        sides = [
            sorted(
                (row.tobytes(), place.tobytes(), names[side][source])
                for row, place, source in zip(frame.rows, frame.position_m, frame.source.tolist(), strict=True)
            )
            for side, frame in enumerate((far, near))
        ]
        return sides[0] == sides[1]


def _state(name: str, zone: str) -> SourceState:
    return SourceState(name, "demo-life", True, "", 1.0, 1.0, None, zone, "b")


def _life(wire: Wire, chance: random.Random) -> None:
    """Let something happen in the far table."""
    source = chance.choice([wire.far.source, wire.second])
    keys = [f"e{chance.randrange(30)}" for _ in range(chance.randrange(1, 9))]
    match chance.randrange(8):
        case 0:
            wire.far.table.drop([key.encode() for key in keys])
            wire.far.table.commit(2.0)
        case 1:
            wire.far.table.forget(source)
            wire.far.tell(rows(*((key, 1.0) for key in keys)), source=source)
        case _:
            kind = chance.choice(["car", "drone", "officer"])
            told = rows(*((key, chance.uniform(1, 1000)) for key in dict.fromkeys(keys)), kind=kind)
            wire.far.tell(told, source=source)


@pytest.mark.parametrize("seed", range(5))
def test_two_tables_are_equal_after_every_step(seed: int) -> None:
    wire, chance = Wire(), random.Random(seed)
    for _ in range(200):
        _life(wire, chance)
        wire.step()
        assert wire.same()
    assert wire.asked == []
    assert wire.mirror.gaps == 0


@pytest.mark.parametrize("seed", range(5))
def test_whatever_is_lost_two_words_about_the_sources_later_the_tables_are_equal_again(seed: int) -> None:
    wire, chance = Wire(), random.Random(seed)
    for _ in range(30):
        for _ in range(8):
            _life(wire, chance)
            wire.step(chance, 0.3)
        for _ in range(2):
            wire.tell_sources()
            wire.answer()
        assert wire.same()
    assert wire.mirror.gaps > 10


def test_a_new_epoch_begins_afresh_and_what_it_does_not_know_leaves() -> None:
    wire = Wire()
    wire.far.tell(rows(("old", 9.0)))
    wire.far.tell(rows(("boat", 9.0), kind="drone"))
    wire.step()
    wire.far.table.drop([b"boat"])
    wire.far.tell(rows(("new", 1.0)))
    wire.changes = Changes(2)
    wire.step()
    wire.tell_sources()
    wire.near.table.commit(1.0)
    assert wire.same()
    assert wire.asked == []


def test_a_big_key_frame_comes_in_parts_and_counts_once_all_are_there() -> None:
    count = ROWS_AT_ONCE + 10
    wire = Wire(count)
    wire.far.tell(rows(*((f"e{n}", 5.0) for n in range(count))))
    lost = [frame for _, frame in wire.changes.take(wire.far.reader.frame(), wire.far.reader.sources())]
    assert len(lost) == 2
    first, second = wire.changes.key(CHANNEL)
    wire.send(CHANNEL, second)
    wire.send(CHANNEL, first)
    wire.near.table.commit(1.0)
    assert times(wire.near) == {}
    wire.send(CHANNEL, second)
    wire.near.table.commit(1.0)
    assert wire.same()


def test_only_what_changed_travels() -> None:
    wire = Wire()
    wire.far.tell(rows(("a", 1.0), ("b", 1.0)))
    wire.step()
    wire.far.tell(rows(("b", 2.0)))
    ((channel, frame),) = wire.changes.take(wire.far.reader.frame(), wire.far.reader.sources())
    assert channel == CHANNEL
    assert (frame.named, len(frame.told)) == (b"", 62)
    assert len(frame.told) < OBSERVATION_DTYPE.itemsize / 2


def test_subjects_hold_any_word() -> None:
    assert live_subject("嘉善", "公安网", "", "vehicles").count(".") == 5
    assert token("a.b *>") == "a%2Eb%20%2A%3E"
    assert len({token(word) for word in ("", "%", "-", ".", "%2E")}) == 5


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.binary(max_size=60), st.integers(0, 3), st.integers(0, 3))
def test_no_bytes_harm_the_reader(raw: bytes, columns: bytes, part: int, parts: int) -> None:
    with pytest.raises(BadFrameError):
        unpack_word(raw)
    wire = Wire()
    wire.far.tell(rows(("a", 1.0)))
    wire.step()
    hostile = Frame(1, 2, part, parts, ("demo",), columns, columns, columns)
    try:
        wire.send(CHANNEL, hostile)
    except BadFrameError:
        assert parts or wire.asked
    assert np.isfinite(wire.near.reader.frame().at_s)
