"""What is asked of a chart, and what other programs are given of it."""

from __future__ import annotations

import io

import networkx as nx
import numpy as np
import pytest

from tests.twin.fraud.chart.made import account, board_of, flow, small_flows
from twin.fraud.chart.board import Note, noted
from twin.fraud.chart.exporting import exported
from twin.fraud.chart.graph import centrality, components, earliest_path, paths
from twin.fraud.chart.shape import shape_of


def test_ways_are_told_the_shortest_first() -> None:
    found = paths(shape_of(board_of(small_flows())), account(0), account(5))
    assert found[0] == (account(0), account(1), account(5))
    assert len(found) == 3
    assert paths(shape_of(board_of(small_flows())), account(5), account(0)) == ()
    assert paths(shape_of(board_of(small_flows())), account(5), "nobody:1") == ()


def test_money_never_leaves_an_account_before_it_came() -> None:
    flows = (
        flow(1, 0, 1, 5, 0, 100.0),
        flow(2, 1, 2, 5, 1, 50.0),
        flow(3, 1, 3, 5, 1, 200.0),
        flow(4, 3, 2, 5, 2, 300.0),
    )
    way = earliest_path(board_of(flows), account(0), account(2))
    assert [one.id for one in way] == ["t1", "t3", "t4"]
    assert earliest_path(board_of(flows[:2]), account(0), account(2)) == ()


def test_the_middle_and_the_parts_are_found() -> None:
    flows = (*small_flows(), flow(20, 8, 9, 1, 1, 0.0))
    shape = shape_of(board_of(flows))
    assert max(centrality(shape), key=lambda key: centrality(shape)[key]) == account(1)
    assert [len(part) for part in components(shape)] == [6, 2]


@pytest.mark.parametrize("kind", ["graphml", "gexf"])
def test_what_is_exported_is_read_back_by_others_with_every_flow(kind: str) -> None:
    board = board_of(small_flows())
    board = board.patched(noted("note", account(1), Note("收款 <主卡> & 其他", "wang", 1.0)))[0]
    text = exported(board, kind, {account(1): np.array([1.0, 2.0])}, lambda number: "***" + number[-2:])
    assert account(1) not in text
    read = nx.read_graphml if kind == "graphml" else nx.read_gexf
    graph = read(io.BytesIO(text.encode()))
    assert graph.number_of_edges() == len(small_flows())
    assert sum(edge["traced_fen"] for _, _, edge in graph.edges(data=True)) == sum(f.traced_fen for f in small_flows())
    assert "收款 <主卡> & 其他" in {node["note"] for _, node in graph.nodes(data=True)}
