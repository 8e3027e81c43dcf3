from __future__ import annotations

import numpy as np

from data.history.lean import DAY_MS, SLICE_MS, by_entity, by_place, lean_of, lean_of_table, rows_of, table_of
from tests.data.history.factory import walk
from twin.live.observation import OBSERVATION_DTYPE


def test_a_row_loses_no_more_than_is_said() -> None:
    told = walk(20, 600)
    told["height_m"][::3] = 120.26
    told["accuracy_m"][::4] = 3.14
    told["value"][::5] = 7.123
    told["heading_deg"][::6] = told["speed_mps"][::7] = np.nan
    lean = lean_of(told, np.arange(len(told), dtype=np.int32))
    back = rows_of(lean_of_table(table_of(lean)), told)
    for name in ("id", "label", "kind", "state", "value"):
        np.testing.assert_array_equal(back[name], told[name])
    for name, loss in (
        ("time_s", 5.1e-4), ("lon_deg", 5.1e-8), ("lat_deg", 5.1e-8), ("height_m", 0.051), ("heading_deg", 0.51),
        ("speed_mps", 0.0051), ("accuracy_m", 0.051),
    ):  # fmt: skip
        np.testing.assert_allclose(back[name], told[name], atol=loss, rtol=0)


def test_numbers_that_do_not_fit_are_cut_not_turned_round() -> None:
    told = np.zeros(2, OBSERVATION_DTYPE)
    told["height_m"] = 9000, -9000
    told["speed_mps"] = 1e9, 0
    told["accuracy_m"] = np.inf, 1e30
    lean = lean_of(told, np.zeros(2, np.int32))
    assert lean["height"].tolist() == [32767, -32768]
    assert lean["speed"].tolist() == [32767, 0]
    assert lean["accuracy"].tolist() == [-1, 32767]


def test_both_orders_hold_the_same_rows_each_once() -> None:
    told = walk(30, 3000)
    lean = lean_of(told, (np.arange(len(told)) % 30).astype(np.int32))
    chance = np.random.default_rng(3)
    other = lean[5:6].copy()
    other["lon"] += 1  # the same time, another place: another fact
    shuffled = np.concatenate([lean, lean[:100], other])[chance.permutation(len(lean) + 101)]
    once = by_entity(shuffled)
    assert len(once) == len(lean) + 1
    assert (np.diff(once["entity"].astype(np.int64) * DAY_MS + once["t"] % DAY_MS) >= 0).all()
    placed = by_place(once)
    assert sorted(row.tobytes() for row in placed) == sorted(row.tobytes() for row in once)
    slot = placed["t"] // SLICE_MS
    assert (np.diff(slot) >= 0).all()
    cells = np.stack([placed["lon"] // 100_000, placed["lat"] // 100_000, slot])
    changes = np.flatnonzero((np.diff(cells) != 0).any(axis=0))
    assert len(changes) + 1 == len(np.unique(cells, axis=1).T)  # a cell of a slice lies in one piece
