"""Back-test: a scenario over the recorded past before it is switched on, beside the version that counts now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from twin.cql2.read import read
from twin.cql2.tree import Node
from twin.geo import FloatArray, LocalFrame
from twin.live.kinds import KINDS
from twin.live.observation import OBSERVATION_DTYPE, ObservationArray
from twin.rules.batch import codes_of
from twin.rules.conditions import VEHICLES
from twin.rules.evaluate import Rules, Setting
from twin.rules.hit import Hit
from twin.rules.scenario import Loaded, Near, Stands

STEP_S = 1.0
"""So much of the past is one batch; live it is what came between two looks."""
PIECE_S = 1800.0
"""So much is asked of the history at once."""
EXAMPLES = 10


class PastRows(Protocol):
    """What was told, as it is kept."""

    def rows(self, where: Node | None, kinds: Sequence[str], begin_s: float, end_s: float) -> ObservationArray:
        """Return the rows of some kinds in a time (both ends included) for which a filter holds, oldest first."""
        ...


@dataclass(frozen=True)
class BackTest:
    """What a scenario would have found.

    Parameters
    ----------
    scenario, version : str
    begin_s, end_s : float
    rows : int
        How many rows of the past were looked at.
    hits : tuple of Hit
        Oldest first.
    """

    scenario: str
    version: str
    begin_s: float
    end_s: float
    rows: int
    hits: tuple[Hit, ...]

    def by_hour(self) -> list[tuple[float, int]]:
        """Return how many there were in each hour, from the first to the last hour of the time."""
        first, last = int(self.begin_s // 3600), max(int(np.ceil(self.end_s / 3600)), int(self.begin_s // 3600) + 1)
        counts = np.bincount(
            [min(max(int(hit.at_s // 3600), first), last - 1) - first for hit in self.hits], minlength=last - first
        )
        return [((first + hour) * 3600.0, int(count)) for hour, count in enumerate(counts)]

    def examples(self, most: int = EXAMPLES) -> tuple[Hit, ...]:
        """Return some of them, spread over the time."""
        if len(self.hits) <= most:
            return self.hits
        return tuple(self.hits[int(place)] for place in np.linspace(0, len(self.hits) - 1, most))

    def fresh(self, before: BackTest) -> tuple[Hit, ...]:
        """Return those that another version would not have given."""
        known = {hit.id for hit in before.hits}
        return tuple(hit for hit in self.hits if hit.id not in known)


def back_test(loaded: Loaded, setting: Setting, past: PastRows, begin_s: float, end_s: float) -> BackTest:
    """Run a scenario over a time.

    Rows that its watch leaves out are never asked for; time passes in steps of :data:`STEP_S`, as it does live.

    Raises
    ------
    twin.errors.ZhianError
        If the scenario cannot be made ready, or the history cannot be read.
    """
    rules = Rules([loaded], setting)
    hits: list[Hit] = []
    looked, nothing = 0, np.zeros(0, OBSERVATION_DTYPE)
    for rows in _pieces(loaded, past, begin_s, end_s):
        looked += len(rows)
        for batch, now_s in _batches(rows):
            hits += rules.take(batch, _placed(batch, setting.city.frame), now_s)
    hits += rules.take(nothing, np.zeros((0, 2)), end_s)
    return BackTest(loaded.id, loaded.version, begin_s, end_s, looked, tuple(hits))


def _pieces(loaded: Loaded, past: PastRows, begin_s: float, end_s: float) -> Iterator[ObservationArray]:
    """Yield the rows that the scenario needs, a piece of the time at once."""
    watch, when = loaded.scenario.watch, loaded.scenario.when
    if watch is None or when is None:
        return
    codes = set(codes_of(watch).tolist())
    where = read(watch.where) if watch.where else None
    if isinstance(when, Near):
        codes |= set(codes_of(when.to).tolist())
        where = None  # it would leave out those to whom the distance is measured
    if isinstance(when, Stands) and when.queue:
        codes |= set(VEHICLES.tolist())
        where = None  # it would leave out those who stand around it
    kinds = [KINDS[code].name for code in sorted(codes)]
    at_s = begin_s
    while at_s < end_s or at_s == begin_s:
        until_s = min(at_s + PIECE_S, end_s)
        rows = past.rows(where, kinds, at_s, until_s)
        yield rows if at_s == begin_s else rows[rows["time_s"] > at_s]
        if until_s >= end_s:
            return
        at_s = until_s


def _batches(rows: ObservationArray) -> Iterator[tuple[ObservationArray, float]]:
    """Yield the rows of each step in which there are any, and the step's end."""
    if not len(rows):
        return
    step = np.floor(rows["time_s"] / STEP_S)
    edges = np.flatnonzero(np.diff(step)) + 1
    for begin, end in zip([0, *edges.tolist()], [*edges.tolist(), len(rows)], strict=True):
        yield rows[begin:end], float(rows["time_s"][begin:end].max())


def _placed(rows: ObservationArray, frame: LocalFrame) -> FloatArray:
    return np.column_stack(frame.to_local(rows["lon_deg"], rows["lat_deg"]))
