from __future__ import annotations

import itertools

import numpy as np
import pytest

from twin.geo import FloatArray
from twin.signals.band import Bands, Choice, Waves, widest
from twin.signals.walker import arrivals, band


def symmetric(red_s: FloatArray, cycle_s: float) -> list[list[Choice]]:
    """Return signals whose red lies at the beginning of their cycle, the same both ways."""
    windows = [(float(red) / 2, cycle_s - float(red)) for red in red_s]
    return [[Choice(window, window)] for window in windows]


def walked(waves: Waves, found: Bands) -> tuple[float, float]:
    """Return the widths of the bands that the offsets alone give."""
    widths = []
    for back, travel in ((False, found.travel_out_s), (True, found.travel_back_s)):
        greens = []
        for signal, chosen in enumerate(found.chosen.tolist()):
            choice = waves.choices[signal][chosen]
            begin, long = choice.back if back else choice.out
            at = float(found.offset_s[signal]) + begin
            greens.append([(at, at + long)])
        widths.append(band(greens, arrivals(travel, back), waves.cycle_s)[0])
    return widths[0], widths[1]


def half_integer(red_s: FloatArray, at_s: FloatArray, cycle_s: float) -> float:
    """Return the widest equal band by Little's theorem: reds lie in phase with the first, or half a cycle off.

    All 2^(n-1) choices are tried at once; a band begins where some red ends that is in no other red, and lasts until
    the next red begins.
    """
    n = len(red_s)
    half = np.array(list(itertools.product((0.0, 0.5), repeat=n - 1)))
    middle = np.column_stack([np.zeros(len(half)), half]) * cycle_s - at_s
    begin, end = middle - red_s / 2, middle + red_s / 2
    into = (end[:, :, None] - begin[:, None, :]) % cycle_s
    inside = (into > 1e-9) & (into < red_s - 1e-9) & ~np.eye(n, dtype=bool)
    gap = (begin[:, None, :] - end[:, :, None]) % cycle_s
    gap[:, np.arange(n), np.arange(n)] = cycle_s - red_s
    width = np.where(inside.any(axis=2), 0.0, gap.min(axis=2))
    return float(width.max())


@pytest.mark.parametrize(("share", "width"), [(1 / 2, 40.0), (1 / 4, 20.0), (1 / 6, 80.0 / 6)])
def test_uniform_spacing_has_the_band_that_is_known(share: float, width: float) -> None:
    travel = np.full(5, 80.0 * share)
    waves = Waves(80.0, symmetric(np.full(6, 40.0), 80.0), travel, travel, equal=True)
    found = widest(waves)
    assert found is not None
    assert found.out_s == pytest.approx(width, abs=1e-4)
    np.testing.assert_allclose(walked(waves, found), (found.out_s, found.back_s), atol=1e-4)


@pytest.mark.parametrize("seed", range(4))
def test_the_program_finds_what_the_theorem_says(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(50):
        n, cycle = int(rng.integers(3, 6)), float(rng.uniform(60, 120))
        red = rng.uniform(0.3, 0.5, n) * cycle
        travel = rng.uniform(12.0, 45.0, n - 1)
        waves = Waves(cycle, symmetric(red, cycle), travel, travel, equal=True)
        found = widest(waves)
        assert found is not None
        known = half_integer(red, arrivals(travel, back=False), cycle)
        assert abs(found.out_s - known) < 0.01
        assert min(walked(waves, found)) == pytest.approx(found.out_s, abs=1e-3)


def test_a_free_order_of_left_turns_is_never_worse() -> None:
    rng = np.random.default_rng(7)
    travel = rng.uniform(20.0, 35.0, 5)
    lag, lead = Choice((0.0, 30.0), (13.0, 30.0)), Choice((13.0, 30.0), (0.0, 30.0))
    one = widest(Waves(75.0, [[lag]] * 6, travel, travel))
    free = widest(Waves(75.0, [[lag, lead]] * 6, travel, travel))
    assert one is not None
    assert free is not None
    assert free.out_s + free.back_s >= one.out_s + one.back_s - 1e-6


def test_a_speed_that_may_vary_is_used_and_kept_within_its_limits() -> None:
    travel = np.array([30.0, 30.0, 30.0])
    waves = Waves(80.0, symmetric(np.full(4, 50.0), 80.0), 0.9 * travel, 1.4 * travel)
    found = widest(waves)
    assert found is not None
    assert found.out_s == pytest.approx(30.0, abs=1e-3)
    assert np.all(found.travel_out_s >= 27.0 - 1e-6)
    assert np.all(found.travel_out_s <= 42.0 + 1e-6)
    np.testing.assert_allclose(walked(waves, found), (found.out_s, found.back_s), atol=1e-3)


def test_bands_that_cannot_be_are_none() -> None:
    travel = np.full(5, 80.0 / 6)
    waves = Waves(80.0, symmetric(np.full(6, 40.0), 80.0), travel, travel, least_band_s=(30.0, 30.0))
    assert widest(waves) is None


def test_the_walker_sees_a_band_over_the_end_of_the_cycle_and_none_where_there_is_none() -> None:
    assert band([[(70.0, 100.0)], [(75.0, 95.0)]], np.array([0.0, 0.0]), 80.0) == (20.0, 75.0)
    assert band([[(0.0, 30.0)], [(40.0, 70.0)]], np.array([0.0, 0.0]), 80.0)[0] == 0.0
    assert band([[(0.0, 30.0)], [(40.0, 70.0)]], np.array([0.0, 45.0]), 80.0) == (25.0, 0.0)
    assert band([[(0.0, 80.0)]], np.array([0.0]), 80.0)[0] == 80.0
