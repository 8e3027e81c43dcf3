"""Looking back: where everything was at an instant, from the lake and from the chunks that are not sealed yet.

Made for a slider that is dragged: pieces of five minutes are kept in memory as they are first touched, and an instant
is put together of two or three of them. Not for two threads at once; the window asks from one job.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from data.history import manifest as table
from data.history.entities import Entities
from data.history.files import ENTITY, MINUTE_MS, PLACE
from data.history.happenings import happenings_of, urgent_rows
from data.history.lean import DAY_MS, HOUR_MS, SLICE_MS, LeanArray, joined, lean_of, rows_of
from data.history.manifest import File, Manifest, lake_path
from data.history.pieces import Listing, Piece, Pieces, last_of
from data.home import Home
from data.sync.chunks import DamagedChunkError, chunks, journal_id
from data.sync.journal import journal_path
from twin.city.city import City
from twin.geo import FloatArray
from twin.live.frame import TrackFrame, empty_frame
from twin.live.happening import APART_S, Happening
from twin.live.kinds import KINDS
from twin.live.observation import ObservationArray
from twin.live.table import SILENT_FOR
from twin.world import SourceState, World

LOOK_AGAIN_S = 1.0
"""What was recorded since is looked for so often at most."""
LONGEST_S = 600.0
DAY_S = DAY_MS / 1000
NEXT_S = 0.0015
"""So far apart are two instants at least that are not the same: times are kept to the millisecond."""
_SHOWN_MS = np.array([min(kind.stale_after_s * SILENT_FOR, LONGEST_S) * 1000 for kind in KINDS], np.int64)
"""How old the last word of an entity may be, by kind: as in the live table, but ten minutes at most."""


@dataclass(slots=True)
class _Tail:
    """What is in the journal and not in the lake yet."""

    journal: str = ""
    sealed: int = -1
    upto: int = 0
    parts: list[LeanArray] = field(default_factory=list)

    def rows(self) -> LeanArray:
        """Return the rows, as one array."""
        if len(self.parts) != 1:
            self.parts = [joined(self.parts)]
        return self.parts[0]


class History:
    """One twin's past.

    Parameters
    ----------
    city : City, optional
        In whose frame positions are given; needed for :meth:`tracks_at` and :meth:`world_at` only.
    clock : callable
        Monotonic.

    Raises
    ------
    twin.errors.IntegrityError, twin.errors.DiskError, OSError
        From any method, if the lake cannot be read.
    """

    def __init__(
        self, folder: Path, journal: Path, city: City | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.folder, self.journal, self._city, self._clock = folder, journal, city, clock
        self.manifest = Manifest(folder)
        self._listing, self._listed = Listing(), (0, 0, 0)
        self._pieces = Pieces(folder)
        self._told: dict[tuple[str, int, int], Any] = {}
        self._entities = Entities()
        self._tail = _Tail()
        self._looked = -np.inf
        self._version = 0

    @classmethod
    def of(cls, home: Home, twin: str, city: City | None = None) -> History:
        """Open the history of a twin; one that has none yet is empty."""
        return cls(lake_path(home, twin), journal_path(home, twin), city)

    def close(self) -> None:
        """Let go of the files."""
        self.manifest.close()

    def span(self) -> tuple[float, float] | None:
        """Return the first and last time that are known, seconds since 1970-01-01 UTC; None while nothing is."""
        self._look()
        first, last = self._edges_ms()
        return (first / 1000, last / 1000) if first <= last else None

    def _edges_ms(self) -> tuple[int, int]:
        """Return the first and last time that are known; the last is before the first while nothing is."""
        tail = self._tail.rows()
        edges = [edge for edge in (self._listing.edges_ms(), _edges_ms(tail)) if edge is not None]
        return min((first for first, _ in edges), default=0), max((last for _, last in edges), default=-1)

    def activity(self, begin_s: float, end_s: float, bins: int = 288) -> NDArray[np.int64]:
        """Return how many states are known in each of equal parts of a time, to the nearest minute.

        Returns
        -------
        (bins,) int array
        """
        self._look()
        first, last = int(begin_s // 60), int(np.ceil(end_s / 60))
        told: dict[int, int] = self._once("activity", first, last, self._lake_activity)
        minutes = np.concatenate([np.fromiter(told, np.int64), self._tail.rows()["t"] // MINUTE_MS])
        weights = np.concatenate([np.fromiter(told.values(), np.int64), np.ones(len(minutes) - len(told), np.int64)])
        counts = np.histogram(minutes * 60.0, bins, (begin_s, end_s), weights=weights)[0]
        return counts.astype(np.int64)

    def _lake_activity(self, first: int, last: int) -> dict[int, int]:
        with self.manifest.look() as connection:
            return table.activity(connection, first, last)

    def _once(self, name: str, begin: int, end: int, ask: Callable[[int, int], Any]) -> Any:
        """Return what the lake tells of a time; it is asked again only when other files count."""
        if (name, begin, end) not in self._told:
            self._told[name, begin, end] = ask(begin, end)
        return self._told[name, begin, end]

    def recorded_hours(self) -> NDArray[np.int64]:
        """Return the hours since 1970-01-01 UTC in which something is known, (N,), in order."""
        self._look()
        return np.unique(np.concatenate([self._listing.hours(), self._tail.rows()["t"] // HOUR_MS]))

    def happenings(self, begin_s: float, end_s: float) -> tuple[Happening, ...]:
        """Return the alarms and faults that began in a time, both ends included, oldest first."""
        self._look()
        begin_ms, end_ms = round((begin_s - APART_S) * 1000), round(end_s * 1000)  # what goes on does not begin
        lake: LeanArray = self._once("urgent", begin_ms, end_ms, self._lake_urgent)
        tail = self._tail.rows()
        tail = tail[(tail["t"] >= begin_ms) & (tail["t"] <= end_ms)]
        return tuple(one for one in happenings_of(joined([lake, tail]), self._entities) if one.at_s >= begin_s)

    def next_happening(self, at_s: float, way: int) -> Happening | None:
        """Return the first alarm or fault after an instant, or with ``way`` -1 the last one before it; None without."""
        span = self.span()
        if span is None:
            return None
        day_s = min(max(at_s, span[0]), span[1]) // DAY_S * DAY_S
        while span[0] - DAY_S < day_s <= span[1]:
            found = self.happenings(day_s, day_s + DAY_S - 0.001)
            there = [one for one in found if (one.at_s - at_s) * way > NEXT_S]
            if there:
                return there[0 if way > 0 else -1]
            day_s += math.copysign(DAY_S, way)
        return None

    def _lake_urgent(self, begin_ms: int, end_ms: int) -> LeanArray:
        try:
            return urgent_rows(self.folder, self.snapshot(ENTITY, begin_ms, end_ms)[0], begin_ms, end_ms)
        except FileNotFoundError:
            return urgent_rows(self.folder, self.snapshot(ENTITY, begin_ms, end_ms)[0], begin_ms, end_ms)

    def day_activity(self, day_begin_s: float) -> NDArray[np.int64]:
        """Return how many states are known in each minute of the 24 hours from a time on, as a (1440,) array."""
        return self.activity(day_begin_s, day_begin_s + DAY_MS / 1000, 1440)

    def tracks_at(self, instant_s: float) -> TrackFrame:
        """Return where everything was: each entity's last state, if it is not too old for its kind."""
        if self._city is None:
            raise ValueError("positions need a city")
        lean, rows = self._states_at(instant_s)
        if not len(lean):
            return empty_frame()
        self._version += 1
        source = self._entities.source()[lean["entity"]]
        return TrackFrame(rows, _placed(self._city, rows), source, self._version, float(rows["time_s"].max()))

    def states_at(self, instant_s: float) -> ObservationArray:
        """Return each entity's last state, if it is not too old for its kind."""
        return self._states_at(instant_s)[1]

    def _states_at(self, instant_s: float) -> tuple[LeanArray, ObservationArray]:
        self._look()
        lean = self._last_states(round(instant_s * 1000))
        return lean, rows_of(lean, self.told_of(lean))

    def world_at(self, instant_s: float) -> World:
        """Return the twin at an instant, for every layer; it says of itself that it is no longer so.

        Raises
        ------
        ValueError
            If the history was opened without a city.
        """
        if self._city is None:
            raise ValueError("a world needs a city")
        tracks = self.tracks_at(instant_s)
        sources = tuple(
            SourceState(name, "history", up=True, reason="", last_s=tracks.at_s, rate_hz=0.0) for name in self.sources()
        )
        return World(self._city, tracks, sources, instant_s, live=False)

    def sources(self) -> tuple[str, ...]:
        """Return the names of all sources, in the order of :attr:`TrackFrame.source`."""
        return self._entities.sources()

    def rows_between(self, begin_s: float, end_s: float) -> ObservationArray:
        """Return all states after ``begin_s`` up to ``end_s``, oldest first."""
        self._look()
        begin_ms, end_ms = round(begin_s * 1000) + 1, round(end_s * 1000)
        lean = joined(list(self._slices(begin_ms, end_ms)))
        return rows_of(lean, self.told_of(lean))

    def frame_between(self, begin_s: float, end_s: float) -> TrackFrame:
        """Return all states of a time, both ends included, as one frame: an entity stands in it many times."""
        rows = self.rows_between(begin_s - 0.001, end_s)
        if not len(rows) or self._city is None:
            return empty_frame()
        self._version += 1
        nowhere = np.zeros(len(rows), np.uint8)
        return TrackFrame(rows, _placed(self._city, rows), nowhere, self._version, float(rows["time_s"].max()))

    def snapshot(self, order: str, begin_ms: int, end_ms: int) -> tuple[list[File], LeanArray]:
        """Return the files of an order that touch a time (both ends included), and the rows that are in no file yet."""
        with self.manifest.look() as connection:
            found = table.files(connection, order, begin_ms, end_ms)
            self._bring_up_to_date(connection)
        self._follow()
        tail = self._tail.rows()
        return found, tail[(tail["t"] >= begin_ms) & (tail["t"] <= end_ms)]

    def told_of(self, lean: LeanArray) -> ObservationArray:
        """Return id, label and kind of lean rows, as rows whose other columns tell nothing."""
        return self._entities.told_of(lean["entity"])

    def told(self) -> ObservationArray:
        """Return id, label and kind of every entity by its number, as rows whose other columns tell nothing."""
        return self._entities.told()

    def numbers_of(self, key: bytes) -> list[int]:
        """Return the numbers that an entity's id has had."""
        self._look()
        return [entity.number for entity in self._entities if entity.id == key]

    def ids_labelled(self, label: str) -> list[str]:
        """Return the ids of the entities that have ever borne a label."""
        self._look()
        found = {entity.id.decode(errors="replace") for entity in self._entities if entity.label == label.encode()}
        return sorted(found)

    def warm(self, instant_s: float) -> None:
        """Read what an instant needs into memory; who asks for it afterwards waits less."""
        self._look()
        at_ms = round(instant_s * 1000)
        for _ in self._pieces_of(at_ms - int(LONGEST_S * 1000), at_ms):
            pass

    def _last_states(self, at_ms: int) -> LeanArray:
        pieces = list(self._pieces_of(at_ms - int(LONGEST_S * 1000), at_ms))
        lean = joined([piece.last_upto(at_ms) for piece in pieces])
        lean = last_of(lean, self._entities.same()[lean["entity"]])
        kind = np.minimum(self._entities.told()["kind"][lean["entity"]], len(KINDS) - 1)
        return np.asarray(lean[at_ms - lean["t"] <= _SHOWN_MS[kind]])

    def _slices(self, begin_ms: int, end_ms: int) -> Iterator[LeanArray]:
        """Yield the rows of a time (both ends included), in the order of time."""
        for piece in self._pieces_of(begin_ms, end_ms):
            first, last = np.searchsorted(piece.rows["t"], [begin_ms, end_ms + 1])
            yield piece.rows[first:last]

    def _pieces_of(self, begin_ms: int, end_ms: int) -> Iterator[Piece]:
        """Yield the pieces that touch a time, oldest first."""
        first_ms, last_ms = self._edges_ms()
        for number in range(max(begin_ms, first_ms) // SLICE_MS, min(end_ms, last_ms) // SLICE_MS + 1):
            yield self._piece(number)

    def _piece(self, number: int) -> Piece:
        """Return a slice's piece; if a file was deleted meanwhile, of what there is now."""
        try:
            return self._piece_listed(number)
        except FileNotFoundError:
            self._looked = -np.inf
            self._look()
            return self._piece_listed(number)

    def _piece_listed(self, number: int) -> Piece:
        files = self._listing.touching(number * SLICE_MS, (number + 1) * SLICE_MS - 1)
        return self._pieces.piece(number, files, self._tail.rows(), self._tail.upto)

    def _look(self) -> None:
        """Take note of what was sealed and recorded since the last look."""
        if self._clock() - self._looked < LOOK_AGAIN_S:
            return
        with self.manifest.look() as connection:
            listed = table.signature(connection)
            if listed != self._listed:
                self._listing, self._listed = Listing(table.files(connection, PLACE)), listed
                self._told.clear()
            self._bring_up_to_date(connection)
        self._follow()
        self._looked = self._clock()

    def _bring_up_to_date(self, connection: sa.Connection) -> None:
        """Begin a new tail if something was sealed."""
        journal = journal_id(self.journal) if self.journal.exists() else ""
        sealed = table.sealed_upto(connection, journal)
        if (journal, sealed) != (self._tail.journal, self._tail.sealed):
            self._entities = Entities(table.entities(connection))
            self._tail = _Tail(journal, sealed, sealed)

    def _follow(self) -> None:
        """Read on in the journal; numbers given here hold until the next sealing."""
        tail = self._tail
        while True:
            before = tail.upto
            try:
                for chunk in chunks(self.journal, tail.upto):
                    tail.parts.append(lean_of(chunk.rows, self._entities.numbers(chunk)[0]))
                    tail.upto = chunk.at
            except DamagedChunkError as error:
                tail.upto = error.at
            if tail.upto == before:
                return


def _edges_ms(tail: LeanArray) -> tuple[int, int] | None:
    return (int(tail["t"].min()), int(tail["t"].max())) if len(tail) else None


def _placed(city: City, rows: ObservationArray) -> NDArray[np.float32]:
    east, north = city.frame.to_local(rows["lon_deg"], rows["lat_deg"])
    ground: FloatArray = city.ground_m(east + city.frame.origin_m[0], north + city.frame.origin_m[1])
    return np.column_stack([east, north, ground + rows["height_m"]]).astype(np.float32)
