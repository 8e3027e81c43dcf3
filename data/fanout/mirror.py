"""What a desk knows of an engine far away: its live table, kept equal by the frames that come."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from data.fanout.frames import (
    MOST,
    NAME_DTYPE,
    STATE_DTYPE,
    STATE_FIELDS,
    BadFrameError,
    Frame,
    SourcesFrame,
    from_columns,
)
from twin.geo import BoolArray
from twin.live.observation import OBSERVATION_DTYPE
from twin.live.table import LiveTable
from twin.words import Said, unpack
from twin.world import SourceState


@dataclass(slots=True)
class _Channel:
    """How far a channel has come here, and what its numbers mean."""

    epoch: int = 0
    sequence: int = 0
    whole: bool = False
    parts: list[Frame] = field(default_factory=list)
    names: NDArray[np.void] = field(default_factory=lambda: np.zeros(0, NAME_DTYPE))
    """What each number stands for, by number."""
    mine: BoolArray = field(default_factory=lambda: np.zeros(0, np.bool_))
    """Which numbers are of entities that no other channel tells of by now."""
    told: tuple[int, int] = (0, 0)
    """Epoch and sequence that the newest word about the sources told of."""


class Mirror:
    """Fills a live table from frames.

    Parameters
    ----------
    ask : callable
        Given the name of a channel whose key frame is needed.
    layers : collection of str
        Those that come here; empty for all.
    """

    def __init__(
        self, table: LiveTable, ask: Callable[[str], None], layers: Collection[str] = (),
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._table, self._ask, self._layers, self._clock, self._monotonic = table, ask, layers, clock, monotonic
        self._channels: dict[str, _Channel] = {}
        self._owner: dict[bytes, tuple[_Channel, int]] = {}
        self._states: dict[str, SourceState] = {}
        self.gaps = 0
        """How often frames were missing."""

    def take(self, name: str, frame: Frame) -> None:
        """Take a frame of a channel; one that does not follow on the last is not used, and a key frame asked for."""
        channel = self._channels.setdefault(name, _Channel())
        if frame.key:
            self._take_key(name, channel, frame)
            return
        if frame.epoch != channel.epoch and frame.sequence == 1:
            self._begin(channel, frame.epoch)
        if (frame.epoch, frame.sequence) == (channel.epoch, channel.sequence + 1) and channel.whole:
            channel.sequence += 1
            self._apply(name, channel, [frame])
        elif frame.epoch != channel.epoch or frame.sequence > channel.sequence:
            self._miss(name, channel)

    def take_sources(self, prefix: str, frame: SourcesFrame) -> None:
        """Take how the sources of a zone and classification do; ``prefix`` is what its channels' names begin with."""
        for layer, sequence in frame.sequences.items():
            if layer in self._layers or not self._layers:
                self._check(prefix + layer, frame.epoch, sequence)
        for name, channel in self._channels.items():
            if name.startswith(prefix) and name.removeprefix(prefix) not in frame.sequences and channel.mine.any():
                self._begin(channel, frame.epoch)
        now = self._clock()
        for state, age_s in zip(frame.sources, frame.ages_s, strict=False):
            self._tell(replace(state, reason=unpack(state.reason), last_s=now - age_s if age_s >= 0 else 0.0))

    def _check(self, name: str, epoch: int, sequence: int) -> None:
        """Miss what was told of already by the word before this one, and has not come."""
        channel = self._channels.setdefault(name, _Channel())
        here = channel.epoch, channel.sequence if channel.whole else -1
        if channel.epoch != epoch or (channel.told[0] == epoch and here < channel.told):
            self._miss(name, channel)
        channel.told = epoch, sequence

    def down(self, reason: Said) -> None:
        """Tell that nothing is known of any source at present."""
        for state in self._states.values():
            self._table.tell_source(self._source(state.name), replace(state, up=False, reason=reason, rate_hz=0.0))

    @property
    def states(self) -> Iterable[SourceState]:
        """How the sources did when they were last heard of."""
        return self._states.values()

    def _tell(self, state: SourceState) -> None:
        self._states[state.name] = state
        self._table.tell_source(self._table.source(state.name, state.kind), state)

    def _source(self, name: str) -> int:
        known = self._states.get(name)
        return self._table.source(name, known.kind if known else "")

    def _miss(self, name: str, channel: _Channel) -> None:
        if channel.whole:
            self.gaps += 1
        channel.whole = False
        self._ask(name)

    def _begin(self, channel: _Channel, epoch: int) -> None:
        """Forget what a channel told and expect its first frame."""
        self._drop(channel, np.flatnonzero(channel.mine))
        channel.epoch, channel.sequence, channel.whole = epoch, 0, True
        channel.parts.clear()

    def _take_key(self, name: str, channel: _Channel, frame: Frame) -> None:
        """Collect the parts of a key frame; it counts once all have come, one after the other."""
        if channel.whole and (frame.epoch, frame.sequence) == (channel.epoch, channel.sequence):
            return
        expected = [(part.epoch, part.sequence, part.parts) for part in channel.parts[:1]]
        if frame.part != len(channel.parts) or (expected and expected[0] != (frame.epoch, frame.sequence, frame.parts)):
            channel.parts.clear()
        if frame.part == len(channel.parts):
            channel.parts.append(frame)
        if len(channel.parts) == frame.parts:
            parts = list(channel.parts)
            self._begin(channel, frame.epoch)
            channel.sequence = frame.sequence
            self._apply(name, channel, parts)

    def _apply(self, name: str, channel: _Channel, frames: list[Frame]) -> None:
        try:
            for frame in frames:
                self._read(channel, frame)
        except (BadFrameError, OverflowError) as error:
            self._miss(name, channel)
            raise BadFrameError(f"{name}: {error}") from None

    def _read(self, channel: _Channel, frame: Frame) -> None:
        self._drop(channel, np.frombuffer(frame.gone[: len(frame.gone) // 4 * 4], "<u4"))
        self._name(channel, from_columns(frame.named, NAME_DTYPE))
        self._update(channel, frame.sources, from_columns(frame.told, STATE_DTYPE))

    def _name(self, channel: _Channel, named: NDArray[np.void]) -> None:
        """Learn what numbers stand for; told anew, an entity may have been wound back, or been another channel's."""
        if not len(named):
            return
        numbers, keys = named["number"], named["id"].tolist()
        if (most := int(numbers.max()) + 1) > MOST:
            raise BadFrameError(f"an entity has the number {most - 1}")
        if most > len(channel.mine):
            room = min(max(2 * most, 1024), MOST) - len(channel.mine)
            channel.names = np.concatenate([channel.names, np.zeros(room, NAME_DTYPE)])
            channel.mine = np.concatenate([channel.mine, np.zeros(room, np.bool_)])
        self._table.drop(keys)
        for key, number in zip(keys, numbers.tolist(), strict=True):
            if (before := self._owner.get(key)) is not None:
                before[0].mine[before[1]] = False
            self._owner[key] = channel, number
        channel.names[numbers], channel.mine[numbers] = named, True

    def _update(self, channel: _Channel, sources: Iterable[str], told: NDArray[np.void]) -> None:
        """Take states into the table, but for what another channel tells of by now."""
        if len(told) and told["number"].max() >= len(channel.mine):
            raise BadFrameError("a state of an entity that was never named")
        told = told[channel.mine[told["number"]]]
        rows = np.zeros(len(told), OBSERVATION_DTYPE)
        for column in ("id", "label", "kind"):
            rows[column] = channel.names[column][told["number"]]
        for column in STATE_FIELDS:
            rows[column] = told[column]
        now, heard = self._clock(), self._monotonic()
        for index, source in enumerate(sources):
            some = np.flatnonzero(told["source"] == index)
            self._table.update(self._source(source), rows[some], told["position_m"][some], now, heard)

    def _drop(self, channel: _Channel, numbers: NDArray[np.unsignedinteger] | NDArray[np.signedinteger]) -> None:
        """Remove the entities of these numbers, but for what another channel tells of by now."""
        mine = numbers[numbers < len(channel.mine)]
        mine = mine[channel.mine[mine]]
        keys = channel.names["id"][mine].tolist()
        channel.mine[mine] = False
        for key in keys:
            del self._owner[key]
        if keys:
            self._table.drop(keys)
