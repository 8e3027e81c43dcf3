"""Where accounts stand: layers by hop or time, or by forces; always at places of their own."""

from __future__ import annotations

import numpy as np

from tests.twin.fraud.chart.made import account, board_of, large_flows, small_flows
from twin.fraud.chart.board import Board
from twin.fraud.chart.layout import forced, layered
from twin.fraud.chart.shape import shape_of


def test_layers_stand_from_left_to_right_by_hop() -> None:
    shape = shape_of(board_of(small_flows()))
    place = layered(shape)
    for row in range(len(shape.keys)):
        assert (place[shape.hop < shape.hop[row], 0] < place[row, 0]).all()
    assert len(np.unique(place, axis=0)) == len(place)


def test_by_time_nobody_stands_left_of_who_had_the_money_before() -> None:
    shape = shape_of(board_of(small_flows()))
    place = layered(shape, by_time=True)
    order = np.argsort(shape.first_s)
    assert (np.diff(place[order, 0]) >= 0).all()


def test_barycentres_leave_fewer_crossings_than_the_order_of_the_keys() -> None:
    shape = shape_of(board_of(large_flows(150)))
    place = layered(shape)
    plain = place.copy()
    rng = np.random.default_rng(1)
    for column in np.unique(place[:, 0]):
        (rows,) = np.nonzero(place[:, 0] == column)
        plain[rows, 1] = rng.permutation(place[rows, 1])

    def crossings(at: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> int:
        a, b = at[shape.source], at[shape.target]
        same = (a[:, None, 0] == a[None, :, 0]) & (b[:, None, 0] == b[None, :, 0])
        return int((same & ((a[:, None, 1] - a[None, :, 1]) * (b[:, None, 1] - b[None, :, 1]) < 0)).sum() // 2)

    assert crossings(place) < 0.8 * crossings(plain)


def test_five_thousand_accounts_are_layered_and_no_two_stand_on_each_other() -> None:
    shape = shape_of(board_of(large_flows(5000)))
    place = layered(shape)
    assert place.shape == (5000, 2)
    assert np.isfinite(place).all()
    assert len(np.unique(place.round(3), axis=0)) == 5000


def test_forces_bring_together_what_is_linked_and_are_the_same_each_time() -> None:
    shape = shape_of(board_of(large_flows(200)))
    begin = layered(shape)
    place = forced(shape, begin)
    assert (place == forced(shape, begin)).all()
    linked = np.linalg.norm(place[shape.source] - place[shape.target], axis=1).mean()
    rng = np.random.default_rng(3)
    others = np.linalg.norm(place[rng.permutation(200)] - place, axis=1).mean()
    assert linked < 0.8 * others
    assert (forced(shape, begin, lambda: True) != place).any()


def test_a_board_with_nothing_and_with_one_account_has_places() -> None:
    assert layered(shape_of(Board())).shape == (0, 2)
    lone = Board(accounts={account(1): board_of(small_flows()).accounts[account(1)]})
    shape = shape_of(lone)
    assert forced(shape, layered(shape, by_time=True)).shape == (1, 2)
