"""What changed between two frames of the live table, channel by channel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from data.fanout.frames import MOST, NAME_DTYPE, ROWS_AT_ONCE, STATE_DTYPE, STATE_FIELDS, Frame, to_columns
from twin.geo import BoolArray
from twin.live.frame import TrackFrame, empty_frame
from twin.live.kinds import KINDS
from twin.world import SourceState

IntArray = NDArray[np.int64]
NOWHERE = -1
_LAYERS = sorted({kind.layer for kind in KINDS})
_LAYER_OF = np.array([_LAYERS.index(kind.layer) for kind in KINDS])


class Channel(NamedTuple):
    """What one zone, one classification and one layer tell."""

    zone: str
    classification: str
    layer: str


class Changes:
    """Compares each frame with the one before and numbers what comes of it.

    Parameters
    ----------
    epoch : int
        Of this run; another one makes every desk begin afresh.
    """

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch
        self.sequences: dict[Channel, int] = {}
        self._channels: list[Channel] = []
        self._sources: tuple[SourceState, ...] = ()
        self._frame = empty_frame()
        self._numbers = np.empty(0, np.uint32)
        self._channel = np.empty(0, np.int64)
        self._number_of: dict[bytes, int] = {}
        self._next = 0

    @property
    def full(self) -> bool:
        """Whether the numbers of this epoch are used up, so that another one has to begin."""
        return self._next > MOST // 2

    def take(self, frame: TrackFrame, sources: tuple[SourceState, ...]) -> Iterator[tuple[Channel, Frame]]:
        """Yield the deltas from the frame before to this one; what leaves a channel is told before what enters one."""
        numbers = self._number(frame)
        before = self._places_before(numbers)
        self._sources = sources
        channel = self._channels_of(frame)
        old = np.where(before >= 0, self._channel[before] if len(self._channel) else NOWHERE, NOWHERE)
        back = (before >= 0) & (frame.rows["time_s"] < self._of_before("time_s", before))
        moved = (old != channel) | back
        named = moved | (before < 0) | self._differs(frame, before, ("id", "label", "kind"))
        told = named | self._state_differs(frame, before)
        lost = np.ones(len(self._numbers), np.bool_)
        lost[before[before >= 0]] = False
        lost[before[(before >= 0) & moved]] = True
        gone_numbers, gone_channel = self._numbers[lost], self._channel[lost]
        self._frame, self._numbers, self._channel = frame, numbers, channel
        yield from self._gone(gone_numbers, gone_channel)
        yield from self._told(named, told)

    def key(self, channel: Channel) -> Iterator[Frame]:
        """Yield the parts of a key frame; it stands at the number of the newest delta."""
        if channel not in self._channels:
            return
        rows = np.flatnonzero(self._channel == self._channels.index(channel))
        pieces = _pieces(rows) or [rows]
        for part, piece in enumerate(pieces):
            yield self._frame_of(piece, piece, self.sequences.get(channel, 0), part, len(pieces))

    def _number(self, frame: TrackFrame) -> NDArray[np.uint32]:
        """Return each entity's number, a new one for what was not known."""
        ids, count = frame.rows["id"], len(self._numbers)
        first = 0
        if len(ids) >= count and np.array_equal(ids[:count], self._frame.rows["id"]):
            first = count  # nothing left the table, which is nearly always so
        else:
            here = set(ids.tolist())
            self._number_of = {key: number for key, number in self._number_of.items() if key in here}
        fresh = np.empty(len(ids) - first, np.uint32)
        for place, key in enumerate(ids[first:].tolist()):
            number = self._number_of.get(key)
            if number is None:
                number = self._number_of[key] = self._next
                self._next += 1
            fresh[place] = number
        return np.concatenate([self._numbers[:first], fresh])

    def _places_before(self, numbers: NDArray[np.uint32]) -> IntArray:
        """Return where each entity stood in the frame before; -1 if it was not there."""
        place = np.full(self._next, NOWHERE, np.int64)
        place[self._numbers] = np.arange(len(self._numbers))
        return place[numbers]

    def _channels_of(self, frame: TrackFrame) -> IntArray:
        found = np.full((256, len(_LAYERS)), NOWHERE, np.int64)
        layer = _LAYER_OF[frame.rows["kind"]]
        for source, layer_index in {*zip(frame.source.tolist(), layer.tolist(), strict=True)}:
            if source < len(self._sources):
                state = self._sources[source]
                channel = Channel(state.zone, state.classification, _LAYERS[layer_index])
                if channel not in self._channels:
                    self._channels.append(channel)
                found[source, layer_index] = self._channels.index(channel)
        return np.asarray(found[frame.source, layer])

    def _of_before(self, field: str, before: IntArray) -> NDArray[np.float64]:
        column = self._frame.rows[field]
        return column[before] if len(column) else np.zeros(len(before))

    def _differs(self, frame: TrackFrame, before: IntArray, fields: Sequence[str]) -> BoolArray:
        """Mark what differs from before in any of these fields; numbers that are none equal each other."""
        differs = np.zeros(len(frame), np.bool_)
        if len(self._frame):
            for field in fields:
                new, old = frame.rows[field], self._frame.rows[field][before]
                same = new == old
                differs |= ~(same | ((new != new) & (old != old))) if new.dtype.kind == "f" else ~same
        return differs

    def _state_differs(self, frame: TrackFrame, before: IntArray) -> BoolArray:
        differs = self._differs(frame, before, STATE_FIELDS)
        if len(self._frame):
            differs |= (frame.position_m != self._frame.position_m[before]).any(axis=1)
            differs |= frame.source != self._frame.source[before]
        return differs

    def _gone(self, numbers: NDArray[np.uint32], channels: IntArray) -> Iterator[tuple[Channel, Frame]]:
        for index in np.unique(channels[channels >= 0]).tolist():
            channel = self._channels[index]
            gone = numbers[channels == index].astype("<u4").tobytes()
            yield channel, Frame(self.epoch, self._count(channel), gone=gone)

    def _told(self, named: BoolArray, told: BoolArray) -> Iterator[tuple[Channel, Frame]]:
        for index in np.unique(self._channel[told & (self._channel >= 0)]).tolist():
            channel = self._channels[index]
            for piece in _pieces(np.flatnonzero(told & (self._channel == index))):
                yield channel, self._frame_of(piece[named[piece]], piece, self._count(channel))

    def _count(self, channel: Channel) -> int:
        self.sequences[channel] = self.sequences.get(channel, 0) + 1
        return self.sequences[channel]

    def _frame_of(self, named: IntArray, told: IntArray, sequence: int, part: int = 0, parts: int = 0) -> Frame:
        names = np.zeros(len(named), NAME_DTYPE)
        names["number"] = self._numbers[named]
        for field in ("id", "label", "kind"):
            names[field] = self._frame.rows[field][named]
        states = np.zeros(len(told), STATE_DTYPE)
        sources, states["source"] = np.unique(self._frame.source[told], return_inverse=True)
        states["number"], states["position_m"] = self._numbers[told], self._frame.position_m[told]
        for field in STATE_FIELDS:
            states[field] = self._frame.rows[field][told]
        words = [self._sources[index].name for index in sources.tolist()]
        return Frame(self.epoch, sequence, part, parts, words, b"", to_columns(names), to_columns(states))


def _pieces(rows: IntArray) -> list[IntArray]:
    return [rows[at : at + ROWS_AT_ONCE] for at in range(0, len(rows), ROWS_AT_ONCE)]
