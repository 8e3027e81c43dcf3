"""The wake keeps where each entity was, under its own name, and no more than it may."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from twin.live.frame import TrackFrame
from twin.live.observation import OBSERVATION_DTYPE
from twin.live.wake import FEWEST_SLOTS, Wake


def _frame(ids: list[str], x: float) -> TrackFrame:
    rows = np.zeros(len(ids), OBSERVATION_DTYPE)
    rows["id"], rows["kind"] = [name.encode() for name in ids], 3
    position = np.column_stack([np.full(len(ids), x), np.arange(len(ids)), np.zeros(len(ids))]).astype(np.float32)
    return TrackFrame(rows, position, np.zeros(len(ids), np.uint8), 1, 0.0)


def _x(wake: Wake, name: str, since_s: float = -np.inf) -> list[float]:
    at: NDArray[np.float32] = wake.paths(np.array([name.encode()], "S32"), since_s, 10_000).position_m[:, 0, 0]
    return [float(value) for value in at if np.isfinite(value)]


def test_samples_are_found_again_by_name_whatever_the_order() -> None:
    wake = Wake(minutes=1.0)
    wake.add(_frame(["a", "b"], 1.0), 0.0)
    wake.add(_frame(["b", "c", "a"], 2.0), 10.0)
    wake.add(_frame(["c"], 3.0), 20.0)
    assert (_x(wake, "a"), _x(wake, "b"), _x(wake, "c")) == ([1.0, 2.0], [1.0, 2.0], [2.0, 3.0])
    assert _x(wake, "nobody") == []


def test_it_takes_a_sample_only_when_it_is_time() -> None:
    wake = Wake(minutes=10.0)
    for tenth in range(100):
        wake.add(_frame(["a"], float(tenth)), tenth / 10)
    assert wake.samples == len(_x(wake, "a")) < 12


def test_old_samples_give_way_to_new_ones() -> None:
    wake = Wake(minutes=1.0)
    for second in range(0, 3000, 2):
        wake.add(_frame(["a"], float(second)), float(second))
    kept = _x(wake, "a")
    assert kept == sorted(kept)
    assert kept[-1] == 2998.0
    assert len(kept) <= 400
    assert _x(wake, "a", since_s=2990.0) == [2990.0, 2992.0, 2994.0, 2996.0, 2998.0]


@pytest.mark.parametrize("at_s", [-500.0, 5000.0])
def test_another_time_begins_anew(at_s: float) -> None:
    wake = Wake()
    wake.add(_frame(["a"], 1.0), 0.0)
    wake.add(_frame(["a"], 2.0), at_s)
    assert _x(wake, "a") == [2.0]


def test_it_keeps_within_its_memory_for_very_many() -> None:
    wake = Wake(minutes=10.0, size_bytes=2_000_000)
    names = [f"e{i}" for i in range(20_000)]
    for second in range(0, 200, 20):
        wake.add(_frame(names, float(second)), float(second))
    assert wake.step_s == pytest.approx(600.0 / FEWEST_SLOTS)
    assert len(_x(wake, "e19999")) == wake.samples


def test_paths_are_thinned_out_and_keep_their_newest_point() -> None:
    wake = Wake(minutes=1.0)
    for second in range(0, 60, 2):
        wake.add(_frame(["a", "b"], float(second)), float(second))
    paths = wake.paths(np.array([b"a", b"b"], "S32"), -np.inf, 20)
    assert paths.position_m.shape[0] <= 10
    assert paths.time_s[-1] == 58.0


def test_those_who_left_do_not_fill_it_for_ever() -> None:
    wake = Wake(minutes=1.0)
    for second in range(40):
        wake.add(_frame([f"{second}-{i}" for i in range(500)], 0.0), 2.0 * second)
    assert len(wake._ids) <= 2500


def test_what_was_before_is_taken_as_far_as_there_is_room_and_gives_way_first() -> None:
    wake = Wake(minutes=1.0)
    wake.fill([(-5.0, _frame(["a"], -5.0))])
    wake.add(_frame(["a"], 0.0), 0.0)
    earlier = [(float(second), _frame(["gone", "a"], float(second))) for second in range(-500, 0, 5)]
    wake.fill([*earlier, (10.0, _frame(["a"], 99.0))])
    assert _x(wake, "a") == [float(second) for second in range(-500, 1, 5)]
    assert _x(wake, "gone") == [float(second) for second in range(-500, 0, 5)]
    for second in range(2, 3000, 2):
        wake.add(_frame(["a"], float(second)), float(second))
    kept = _x(wake, "a")
    assert kept == sorted(kept)
    assert kept[0] > 0.0


def test_what_is_kept_of_many_is_not_forgotten_over_a_past_of_few() -> None:
    wake = Wake(minutes=1.0)
    wake.add(_frame([f"e{number}" for number in range(2000)], 1.0), 0.0)
    wake.fill([(-5.0, _frame(["e7"], 0.0))])
    assert (_x(wake, "e7"), _x(wake, "e8")) == ([0.0, 1.0], [1.0])


def test_there_is_no_more_before_than_room() -> None:
    wake = Wake(minutes=1.0, size_bytes=1)
    wake.add(_frame(["a"], 0.0), 0.0)
    wake.fill([(float(second), _frame(["a"], float(second))) for second in range(-500, 0, 5)])
    assert _x(wake, "a") == [float(second) for second in range(-5 * (FEWEST_SLOTS - 1), 1, 5)]
