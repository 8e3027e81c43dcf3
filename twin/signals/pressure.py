"""Max-pressure: the stage runs next whose approaches hold most and whose exits have room, and nobody is forgotten.

After Varaiya, "Max pressure control of a network of signalized intersections" (Transportation Research C 36, 2013), on
counts near the stop line. What stands ahead counts by the room it leaves, as in Gregoire et al., "Capacity-aware
backpressure traffic signal control" (IEEE Transactions on Control of Network Systems 2, 2015): plain differences leave
an arterial at red while the queue at its next signal is as long. With a least green, a loss for each change, and a
guard: who has waited at red for too long is served next, whatever else waits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.geo import BoolArray, FloatArray


@dataclass(frozen=True, slots=True)
class Pressure:
    """How one junction is run.

    Parameters
    ----------
    serves : (P, M) bool array
        Which of ``M`` approach lanes have green in each of ``P`` stages.
    weight : (P, M) array
        1 where a lane goes freely, less where it has to find gaps.
    least_green_s, longest_s : float
        Where somebody stands longer than ``longest_s`` without a break, the guard turns to that lane.
    stay : float
        The running stage counts so many vehicles more, for a change costs time.
    patience_s : float
        Who stands for so long counts twice.
    """

    serves: BoolArray
    weight: FloatArray
    least_green_s: float = 8.0
    longest_s: float = 90.0
    stay: float = 1.0
    patience_s: float = 20.0

    def next_stage(
        self, stage: int, green_s: float, near: FloatArray, stood_s: FloatArray, full: FloatArray, since_s: FloatArray
    ) -> int:
        """Return the stage to run now.

        Parameters
        ----------
        stage : int
            That runs, for ``green_s``.
        near : (M,) array
            Vehicles before the stop line of each lane.
        stood_s : (M,) array
            The seconds that those who stand there have stood, together.
        full : (M,) array
            How much of the road that each lane leads to is taken by vehicles that stand, 0 to 1.
        since_s : (M,) array
            How long somebody has stood there without a break.
        """
        if green_s < self.least_green_s:
            return stage
        held = (near + stood_s / self.patience_s) * (1.0 - full)
        pressure: FloatArray = self.weight @ held
        overdue = np.where(self.serves.any(axis=0), since_s, 0.0)
        if overdue.max(initial=0.0) > self.longest_s:
            return int(np.argmax(self.weight[:, int(np.argmax(overdue))]))
        pressure[stage] += self.stay
        best = int(np.argmax(pressure))
        return best if pressure[best] > pressure[stage] else stage
