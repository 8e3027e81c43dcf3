"""Green bands by a mixed-integer program (MAXBAND), with the order of the left turns free at each signal.

After Little, Kelson and Gartner (1981), written out with a free integer a signal and not with loop constraints, which
can be over-constrained. Times are in seconds at one given cycle, so that speeds that vary are linear: cycles are
scanned outside. Solved by HiGHS through SciPy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from twin.geo import FloatArray

Window = tuple[float, float]
"""When a green begins in the signal's own cycle, and how long it lasts, both in seconds."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to run a signal: the greens of the two directions."""

    out: Window
    back: Window


@dataclass(frozen=True, slots=True)
class Waves:
    """A question for the widest bands.

    Parameters
    ----------
    cycle_s : float
    choices : sequence of sequence of Choice
        For each of ``n`` signals what it may run.
    least_s, most_s : (n - 1,) arrays
        Fastest and slowest travel from each signal to the next, the same both ways.
    weights : (float, float)
        Of a second of band in either direction.
    equal : bool
        Both bands must be as wide.
    least_band_s : (float, float)
        No answer below these counts.
    """

    cycle_s: float
    choices: Sequence[Sequence[Choice]]
    least_s: FloatArray
    most_s: FloatArray
    weights: tuple[float, float] = (1.0, 1.0)
    equal: bool = False
    least_band_s: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Bands:
    """The widest bands that were found.

    Parameters
    ----------
    out_s, back_s : float
        Widths.
    chosen : (n,) int array
        Which choice each signal runs.
    offset_s : (n,) array
        Within the cycle, the first is 0.
    travel_out_s, travel_back_s : (n - 1,) arrays
        Between neighbours.
    sure : bool
        True where no wider bands exist; False where time was up.
    """

    out_s: float
    back_s: float
    chosen: np.ndarray[tuple[int], np.dtype[np.int64]]
    offset_s: FloatArray
    travel_out_s: FloatArray
    travel_back_s: FloatArray
    sure: bool


def widest(waves: Waves, time_s: float = 10.0) -> Bands | None:
    """Return the widest bands, or None where there are none (or none was found in the time)."""
    model = _Model(waves)
    answer = milp(
        model.cost, integrality=model.whole, bounds=Bounds(model.low, model.high),
        constraints=LinearConstraint(model.matrix(), model.row_low, model.row_high),
        options={"time_limit": time_s, "mip_rel_gap": 1e-6},
    )  # fmt: skip
    return model.read(answer.x, bool(answer.status == 0)) if answer.x is not None else None


@dataclass(slots=True)
class _Model:
    """Columns: offsets, integers of ``back``, choices, travel times out and back, band beginnings and widths."""

    waves: Waves
    rows: list[tuple[Mapping[int, float], float, float]] = field(default_factory=list)
    low: FloatArray = field(init=False)
    high: FloatArray = field(init=False)
    cost: FloatArray = field(init=False)
    whole: FloatArray = field(init=False)
    first: list[int] = field(init=False)

    def __post_init__(self) -> None:
        waves, n = self.waves, len(self.waves.choices)
        counts = [len(choices) for choices in waves.choices]
        self.first = [int(at) for at in 2 * n + np.concatenate([[0], np.cumsum(counts)])]
        self.travel_out = self.first[-1]
        self.travel_back = self.travel_out + n - 1
        self.begin, self.width = self.travel_back + n - 1, self.travel_back + n + 1
        size = self.width + 2
        self.low, self.high = np.full(size, -np.inf), np.full(size, np.inf)
        self.cost, self.whole = np.zeros(size), np.zeros(size)
        self._columns(n)
        for signal in range(n):
            self._one_choice(signal)
            for back in (False, True):
                self._band_within_green(signal, back)
        if waves.equal:
            self.rows.append(({self.width: 1.0, self.width + 1: -1.0}, 0.0, 0.0))

    travel_out: int = field(init=False)
    travel_back: int = field(init=False)
    begin: int = field(init=False)
    width: int = field(init=False)

    @property
    def row_low(self) -> FloatArray:
        return np.array([row[1] for row in self.rows])

    @property
    def row_high(self) -> FloatArray:
        return np.array([row[2] for row in self.rows])

    def matrix(self) -> coo_array:
        at = [(row, column, value) for row, (terms, _, _) in enumerate(self.rows) for column, value in terms.items()]
        row, column, value = zip(*at, strict=True)
        return coo_array((value, (row, column)), shape=(len(self.rows), len(self.cost)))

    def _columns(self, n: int) -> None:
        """Bound the columns; the integers are as many cycles as a journey there and back can take."""
        waves = self.waves
        self.low[0] = self.high[0] = 0.0
        most = np.ceil(2 * waves.most_s.sum() / waves.cycle_s) + 4
        integers, choices = slice(n, 2 * n), slice(2 * n, self.travel_out)
        self.low[integers], self.high[integers], self.whole[integers] = -most, most, 1
        self.low[n] = self.high[n] = 0.0
        self.low[choices], self.high[choices], self.whole[choices] = 0.0, 1.0, 1
        for start in (self.travel_out, self.travel_back):
            self.low[start : start + n - 1], self.high[start : start + n - 1] = waves.least_s, waves.most_s
        self.low[self.width : self.width + 2] = waves.least_band_s
        self.high[self.width : self.width + 2] = waves.cycle_s
        self.cost[self.width : self.width + 2] = -np.asarray(waves.weights)

    def _one_choice(self, signal: int) -> None:
        self.rows.append((dict.fromkeys(range(self.first[signal], self.first[signal + 1]), 1.0), 1.0, 1.0))

    def _band_within_green(self, signal: int, back: bool) -> None:
        """The band begins at the signal after its green does, and ends before that ends."""
        waves, n = self.waves, len(self.waves.choices)
        windows = [choice.back if back else choice.out for choice in waves.choices[signal]]
        columns = range(self.first[signal], self.first[signal + 1])
        way = {self.begin + back: 1.0, signal: -1.0}
        start = self.travel_back + signal if back else self.travel_out
        way |= dict.fromkeys(range(start, start + (n - 1 - signal if back else signal)), 1.0)
        if back:
            way[n + signal] = -waves.cycle_s
        begins = {column: -window[0] for column, window in zip(columns, windows, strict=True)}
        ends = {column: -window[0] - window[1] for column, window in zip(columns, windows, strict=True)}
        self.rows.append((way | begins, 0.0, np.inf))
        self.rows.append((way | ends | {self.width + back: 1.0}, -np.inf, 0.0))

    def read(self, x: FloatArray, sure: bool) -> Bands:
        n = len(self.waves.choices)
        chosen = [int(np.argmax(x[self.first[row] : self.first[row + 1]])) for row in range(n)]
        return Bands(
            float(x[self.width]), float(x[self.width + 1]), np.array(chosen), x[:n] % self.waves.cycle_s,
            x[self.travel_out : self.travel_out + n - 1], x[self.travel_back : self.travel_back + n - 1], sure,
        )  # fmt: skip
