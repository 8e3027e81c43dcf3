"""What comes from the radars of an arterial as bytes of GB/T 43229-2023, as seconds that the loop understands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from data.signals.frames import FrameError
from data.signals.radar import (
    FLOW_NOW,
    PASSAGE_NOW,
    UPLOAD,
    Table,
    decode,
    lanes,
    queues,
    split,
)
from twin.geo import FloatArray
from twin.signals.radar import Second


class Feed:
    """One line of radars: takes bytes as they come and hands on whole seconds.

    A radar uploads flow and passage of all its lanes once a second; the second is whole with the later of the two.

    Parameters
    ----------
    junctions : mapping of int to int
        The junction of each radar's number.
    green : callable
        Movements of a junction that are green now, as its controller says.
    clock : callable
        Seconds since 1970.
    """

    def __init__(
        self, junctions: Mapping[int, int], green: Callable[[int], frozenset[str]], clock: Callable[[], float]
    ) -> None:
        self._junctions, self._green, self._clock = junctions, green, clock
        self._rest = b""
        self._flow: dict[int, tuple[FloatArray, FloatArray]] = {}
        self.bad = 0

    def feed(self, received: bytes) -> Iterator[Second]:
        """Yield the seconds that are whole with these bytes; what is no message is counted in ``bad``."""
        frames, self._rest = split(self._rest + received)
        for frame in frames:
            try:
                second = self._take(decode(frame))
            except FrameError:
                self.bad += 1
                continue
            if second is not None:
                yield second

    def _take(self, table: Table) -> Second | None:
        junction = self._junctions.get(table.sender.number)
        if junction is None or table.operation != UPLOAD:
            return None
        if table.subject == FLOW_NOW:
            seen = lanes(table)
            order = np.argsort(seen.lane)
            self._flow[junction] = (seen.vehicles[order].astype(np.float64), seen.speed_kmh[order])
        elif table.subject == PASSAGE_NOW and junction in self._flow:
            lane, queue_m = queues(table)
            passed, speed = self._flow.pop(junction)
            if len(lane) != len(passed):
                raise FrameError("lanes of flow and passage differ")
            return Second(junction, self._clock(), self._green(junction), passed.astype(np.int64),
                          queue_m[np.argsort(lane)], np.where(speed > 0, speed, np.nan))  # fmt: skip
        return None
