"""The scenarios at work: reads the live table as any reader does, and gives what was found to a sink.

It runs in a process of its own beside the engine, so that neither the engine nor the window is ever held up by it. What
a recording plays is not now and sets nothing off. Hits that the sink does not take are offered again, oldest first.
What is remembered survives a restart (:mod:`data.rules.remembering`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from data.alone import lock
from data.home import Home
from data.rules.files import Folder
from data.rules.remembering import CHECKPOINT_S, Remembering
from data.rules.versions import note
from data.store.kept import kept_path, read_kept
from data.sync.attached import Attached
from twin.city.city import City
from twin.errors import BadInputError, UsageError, ZhianError
from twin.geo import FloatArray
from twin.live.frame import TrackFrame
from twin.live.observation import OBSERVATION_DTYPE, ObservationArray
from twin.rules.evaluate import Rules, Setting
from twin.rules.hit import Hit
from twin.rules.lists import RefList
from twin.words import say, why
from twin.world import SourceState

LOOK_S = 0.1
FILES_S = 5.0
RETRY_S = 5.0
AT_ONCE = 2000
Sink = Callable[[Sequence[Hit]], object]


class Watching:
    """Watches one twin.

    Parameters
    ----------
    city : City
        Of the twin, with sites, roads, routes, land, water and boundaries.
    folder : Folder
        The scenarios; files that changed count within :data:`FILES_S`.
    lists : callable
        Returns the reference lists as they are now; the same object while nothing changed.
    sink : callable
        Takes hits; they are safe when it returns.
    tell : callable
        Given what went wrong, once for each problem.
    """

    def __init__(
        self, home: Home, twin: str, city: City, folder: Folder, lists: Callable[[], Mapping[str, RefList]], sink: Sink,
        tell: Callable[[str], None], clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        self._home, self._table, self._city, self._folder = home, Attached(home, twin), city, folder
        self._lists, self._sink, self._tell, self._clock = lists, sink, tell, clock
        self._kept = kept_path(home, twin)
        self._known_lists = lists()
        self._waiting: list[Hit] = []
        self._problems: set[str] = set()
        self._files_due = self._sink_due = 0.0
        alone = lock(home.state / f"rules-{twin}.lock")
        if alone is None:
            raise UsageError(say("the scenarios of {twin} are watched by another process already", twin=twin))
        self._alone = alone
        self._kept_at = _changed(self._kept)
        self.rules = self._made()
        self._version, self._before = -1, np.zeros(0, OBSERVATION_DTYPE)
        self._remembering = Remembering(home.state, twin)
        self._recall()

    def run(self, stop: threading.Event) -> None:
        """Watch until told to stop."""
        try:
            while not stop.is_set():
                self.step()
                stop.wait(LOOK_S)
        finally:
            self.close()

    def close(self) -> None:
        """Keep what is remembered, and let go of the live table."""
        self._checkpoint()
        self._remembering.close()
        self._table.close()
        self._alone.close()

    def step(self) -> None:
        """Look once at what was told, at time passing, and now and then at the files."""
        now = time.monotonic()
        if (at := _changed(self._kept)) != self._kept_at:
            self._kept_at = at
            self._take_fences()
        if now >= self._files_due:
            self._files_due = now + FILES_S
            self._bring_up_to_date()
        self._table.look()
        frame, sources = self._table.frame()
        if frame.version != self._version or now >= self._files_due - FILES_S:
            self._version = frame.version
            self._waiting += self._found(frame, sources)
        if self._waiting and now >= self._sink_due:
            self._give(now)
        if now >= self._checkpoint_due:
            self._checkpoint()

    def _found(self, frame: TrackFrame, sources: Sequence[SourceState]) -> list[Hit]:
        live = np.array([source.playback is None for source in sources] or [True])
        shown = live[np.minimum(frame.source, len(live) - 1)]
        rows, place_m = frame.rows, frame.position_m[:, :2].astype(np.float64)
        if not shown.all():
            rows, place_m = rows[shown], place_m[shown]
        rows, place_m = self._news(rows, place_m)
        now_s = self._clock()
        try:
            self._remembering.note(rows, place_m, now_s)
        except OSError as error:
            self._tell_once(_unkept(error))
        return self.rules.take(rows, place_m, now_s)

    def _news(self, rows: ObservationArray, place_m: FloatArray) -> tuple[ObservationArray, FloatArray]:
        """Return what is another than at the last look; all where there is somebody new, or somebody left."""
        before, self._before = self._before, rows.copy()
        if len(before) != len(rows) or not np.array_equal(before["id"], rows["id"]):
            return rows, place_m
        other = before["time_s"] != rows["time_s"]
        return rows[other], place_m[other]

    def _recall(self) -> None:
        """Go on where others were interrupted."""
        try:
            self._waiting, good = self._remembering.recall(self.rules, self._clock())
        except OSError as error:
            self._tell_once(_unkept(error))
            good = False
        if not good:
            self.rules = self._made()
        self._checkpoint()

    def _checkpoint(self) -> None:
        self._checkpoint_due = time.monotonic() + CHECKPOINT_S
        try:
            self._remembering.keep(self.rules, self._waiting, self._clock())
        except OSError as error:
            self._tell_once(_unkept(error))

    def _give(self, now: float) -> None:
        """Give what waits to the sink, oldest first; what it does not take stays."""
        try:
            while self._waiting:
                self._sink(self._waiting[:AT_ONCE])
                del self._waiting[:AT_ONCE]
            self._problems.clear()
        except ZhianError as error:
            self._sink_due = now + RETRY_S
            self._tell_once(error.sentence)

    def _bring_up_to_date(self) -> None:
        self._folder.read()
        self._note_versions()
        for error in self._folder.refused.values():
            self._tell_once(error.sentence)
        before = self.rules.running, self._known_lists
        self.rules.replace(self._folder.scenarios.values())
        lists = self._lists()
        for listed in lists.values():
            if listed is not self._known_lists.get(listed.id):
                self.rules.replace_list(listed)
        self._known_lists = lists
        if (self.rules.running, self._known_lists) != before:
            self._checkpoint()  # what is in the log would be seen by other rules now

    def _note_versions(self) -> None:
        """Keep versions that count for the first time, for back-tests to compare with."""
        try:
            note(self._home, self._folder.scenarios.values(), self._clock())
        except OSError as error:
            self._tell_once(say("versions of scenarios cannot be kept: {reason}", reason=why(error)))

    def _take_fences(self) -> None:
        """Take what was drawn, changed or ended, at once; a file that cannot be read leaves what was."""
        try:
            fences = read_kept(self._kept, self._city.frame).fences
        except BadInputError as error:
            self._tell_once(error.sentence)
            return
        before = self.rules.running
        self.rules.replace_fences(fences)
        if self.rules.running != before:
            self._checkpoint()

    def _made(self) -> Rules:
        fences = read_kept(self._kept, self._city.frame).fences
        return Rules(self._folder.scenarios.values(), Setting(self._city, fences, self._known_lists))

    def _tell_once(self, sentence: str) -> None:
        if sentence not in self._problems:
            self._problems.add(sentence)
            self._tell(sentence)


def _unkept(error: OSError) -> str:
    return say("what the scenarios remember cannot be kept over a restart: {reason}", reason=why(error))


def _changed(path: Path) -> tuple[int, int]:
    """Return what changes with a file."""
    try:
        told = path.stat()
    except FileNotFoundError:
        return 0, 0
    return told.st_mtime_ns, told.st_size
