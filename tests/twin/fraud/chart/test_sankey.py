"""The flow picture keeps every fen, however much is put together and however often money goes round."""

from __future__ import annotations

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from tests.twin.fraud.chart.made import account, flow, small_flows
from twin.fraud.chart.board import Flow
from twin.fraud.chart.sankey import OTHER, sankey

FLOWS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 10**9), st.integers(0, 4)), max_size=40)


def test_an_account_to_which_money_came_back_stands_in_each_of_its_columns() -> None:
    picture = sankey(small_flows())
    of_it = [block for block in picture.blocks if block.key == account(1)]
    assert [(block.layer, block.again) for block in of_it] == [(1, False), (4, True)]
    assert all(band.layer < picture.layers - 1 for band in picture.bands)
    assert [block.stays_fen for block in of_it] == [50_000_000, 10_000_000]


def test_the_small_stand_together_and_say_how_many_they_are() -> None:
    flows = [flow(number, 0, number + 1, 1000 - number, 0, 0.0) for number in range(40)]
    picture = sankey(flows, top=12)
    column = [block for block in picture.blocks if block.layer == 1]
    assert len(column) == 12
    assert (column[-1].key, column[-1].others) == (OTHER, 29)


@given(FLOWS, st.integers(1, 6))
def test_no_fen_is_lost(made: list[tuple[int, int, int, int]], top: int) -> None:
    flows: list[Flow] = [flow(n, a, b, fen, hop, 0.0) for n, (a, b, fen, hop) in enumerate(made)]
    picture = sankey(flows, top)
    assert sum(band.fen for band in picture.bands) == sum(one.traced_fen for one in flows)
    came: dict[tuple[int, str], int] = defaultdict(int)
    for band in picture.bands:
        came[band.layer + 1, band.target] += band.fen
    assert {(b.layer, b.key): b.in_fen for b in picture.blocks if b.in_fen} == dict(came)
