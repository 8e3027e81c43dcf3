"""The chart's board: each step can be taken back, nothing counts twice, merges keep who said so and why."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.twin.fraud.chart.made import account, board_of, flow, small_flows
from twin.errors import BadInputError
from twin.fraud.chart.board import Chart, Merge, Note, brought, merged, noted, removed, split
from twin.fraud.chart.shape import shape_of

MERGE = Merge(account(1), "同一手机号", "wang", 1.0)


def test_parallel_flows_are_one_link_and_each_counts_once_even_if_brought_twice() -> None:
    flows = (*small_flows(), flow(9, 1, 2, 7, 1, 650.0))
    chart = Chart(board_of(flows))
    chart.do(brought(chart.board, "again", chart.board.accounts.values(), flows))
    shape = shape_of(chart.board)
    rows = {key: at for at, key in enumerate(shape.keys)}
    (link,) = ((shape.source == rows[account(1)]) & (shape.target == rows[account(2)])).nonzero()[0]
    assert (shape.traced_fen[link], shape.count[link]) == (100_000_007, 2)
    assert shape.traced_fen.sum() == sum(one.traced_fen for one in flows)


def test_merged_accounts_are_one_with_their_provenance_and_come_apart_again() -> None:
    chart = Chart(board_of(small_flows()))
    before = chart.board
    chart.do(merged(chart.board, "merge", [account(1), account(2), account(3)], MERGE))
    assert chart.board.inside(account(1)) == (account(2), account(3))
    assert chart.board.merges[account(2)] == MERGE
    shape = shape_of(chart.board)
    assert len(shape.keys) == 4
    assert shape.traced_fen.sum() == sum(one.traced_fen for one in small_flows())
    chart.do(split(chart.board, "split", account(1)))
    assert chart.board == before


@pytest.mark.parametrize(("keys", "why"), [([account(1)], "x"), ([account(1), account(2)], "  ")])
def test_a_merge_needs_two_accounts_and_a_reason(keys: list[str], why: str) -> None:
    with pytest.raises(BadInputError):
        merged(board_of(small_flows()), "merge", keys, Merge(account(1), why, "wang", 1.0))


def test_what_is_taken_away_takes_its_flows_notes_and_merges_with_it_and_comes_back_whole() -> None:
    chart = Chart(board_of(small_flows()))
    chart.do(merged(chart.board, "merge", [account(1), account(2)], MERGE))
    chart.do(noted("note", account(2), Note("二级卡", "wang", 2.0)))
    before = chart.board
    chart.do(removed(chart.board, "remove", [account(1)]))
    assert not {account(1), account(2)} & set(chart.board.accounts)
    assert all(account(1) not in (one.source, one.target) for one in chart.board.flows.values())
    assert chart.undo() == "remove"
    assert chart.board == before


@given(
    st.lists(st.tuples(st.sampled_from(["merge", "remove", "note", "undo", "redo"]), st.integers(0, 5)), max_size=25)
)
def test_undoing_everything_is_the_beginning_and_redoing_it_the_end(steps: list[tuple[str, int]]) -> None:
    chart = Chart(board_of(small_flows()))
    begin = chart.board
    for what, number in steps:
        key, other = account(number), account((number + 1) % 6)
        if what == "merge" and chart.board.stands_in(key) != chart.board.stands_in(other):
            chart.do(merged(chart.board, "merge", [key, other], Merge(key, "x", "wang", 1.0)))
        elif what == "remove":
            chart.do(removed(chart.board, "remove", [key]))
        elif what == "note":
            chart.do(noted("note", key, Note(f"{number}", "wang", 1.0)))
        elif what == "undo":
            chart.undo()
        elif what == "redo":
            chart.redo()
    while chart.redo():
        pass
    end, count = chart.board, chart.steps[0]
    for _ in range(count):
        chart.undo()
    assert (chart.board, chart.undo()) == (begin, "")
    for _ in range(count):
        chart.redo()
    assert chart.board == end
