"""The desk simulator: the same cases for every order, no money made, and what the published figures make us expect."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import pytest

from benchmarks.fraud_desk import orders
from benchmarks.fraud_desk.playing import NOT_ASKED, Play, View
from benchmarks.fraud_desk.world import NO_PARENT, Desk, Honest, World, make
from data.simulate.fraud.laws import HOUR_S, MINUTE_S, Laws, split_fen

DESK = Desk(cases=60)


@pytest.fixture(scope="module")
def world() -> World:
    return make(DESK, 3, Laws(), Honest())


def test_officers_and_their_speed_change_no_case(world: World) -> None:
    other = make(replace(DESK, officers=9, handling_s=1.0), 3, Laws(), Honest())
    assert np.array_equal(world.depart_s, other.depart_s)
    assert world.loss_fen == other.loss_fen != make(DESK, 4, Laws(), Honest()).loss_fen


def test_no_fen_is_made_on_the_way(world: World) -> None:
    firsts = world.parent == NO_PARENT
    assert world.fen[firsts].sum() == world.loss_fen
    passed_on = np.zeros(len(world.fen), np.int64)
    np.add.at(passed_on, world.parent[~firsts], world.fen[~firsts])
    assert (passed_on <= world.fen).all()
    assert (world.arrive_s[~firsts] == world.depart_s[world.parent[~firsts]]).all()


def test_an_order_is_worth_much_where_there_is_a_queue(world: World) -> None:
    shares = {
        name: Play(world, DESK).run(order).recovered
        for name, order in (
            ("first come", orders.first_come), ("biggest", orders.biggest_inflow), ("live", orders.live_balance),
        )
    }  # fmt: skip
    bound = Play(world, DESK).without_queue().recovered
    assert shares["first come"] + 0.1 < shares["biggest"] < shares["live"] < bound < 0.9


def test_without_a_queue_all_orders_come_to_the_bound(world: World) -> None:
    many = replace(DESK, officers=40, handling_s=10.0)
    bound = Play(world, many).without_queue()
    assert Play(world, many).run(orders.first_come).recovered == pytest.approx(bound.recovered, abs=0.01)


def test_the_desk_knows_nothing_before_it_could(world: World) -> None:
    def looking(view: View) -> int:
        assert (view.known_s <= view.now_s).all()
        assert (view.inflow_s <= view.now_s).all()
        assert (view.answer_fen <= view.inflow_fen).all()
        assert ((view.answer_fen == NOT_ASKED) == (view.answer_s == -np.inf)).all()
        assert len(np.unique(view.account)) == len(view.account)
        return 0

    Play(world, DESK).run(looking)


def test_stopping_sellers_costs_and_brings_nothing() -> None:
    only = make(Desk(cases=40), 1, Laws(layers=1), Honest(share=1.0))
    outcome = Play(only, replace(DESK, handling_s=20 * HOUR_S)).run(orders.newest)
    assert outcome.wrong_yuan_hours > 0
    assert (
        Play(make(Desk(cases=40), 1, Laws(layers=1), Honest(share=0.0)), DESK).run(orders.newest).wrong_yuan_hours == 0
    )


def test_money_lies_as_long_as_the_law_says() -> None:
    laws, chance = Laws(), Random(1)
    dwell_s = np.array([laws.dwell_s(chance) for _ in range(20_000)])
    assert (dwell_s <= 15 * MINUTE_S).mean() == pytest.approx(0.28, abs=0.015)
    assert (dwell_s <= HOUR_S).mean() == pytest.approx(0.53, abs=0.015)
    assert dwell_s.max() <= 72 * HOUR_S
    for age_s in (60.0, 1800.0, 20_000.0, 200_000.0):
        assert (dwell_s > age_s).mean() == pytest.approx(laws.still_there(age_s), abs=0.015)


@pytest.mark.parametrize(("amount", "parts"), [(1, 3), (2, 2), (100, 1), (10**9, 3)])
def test_an_amount_is_cut_without_loss(amount: int, parts: int) -> None:
    cut = split_fen(amount, parts, Random(2))
    assert sum(cut) == amount
    assert min(cut) >= 1
