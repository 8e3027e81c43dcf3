from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from data.traffic.store import TrafficStore
from tests.data.router.grid import grid, street, town
from twin.errors import BadInputError
from twin.traffic.graph import road_graph
from twin.traffic.slots import SLOT_S, Slots


def some(slot: list[int], link: list[int], metres: float = 100.0) -> Slots:
    count = len(slot)
    return Slots(
        np.array(slot), np.array(link), np.full(count, metres), *(np.full(count, 10.0) for _ in fields(Slots)[3:])
    )


def test_what_was_added_is_read_again(tmp_path: Path) -> None:
    store = TrafficStore(tmp_path, road_graph(grid()))
    store.add(some([11, 12, 300], [3, 1, 2]))
    store.add(some([12], [1], 50.0))
    found = store.between(11 * SLOT_S, 301 * SLOT_S)
    assert found.slot.tolist() == [11, 12, 300]
    assert found.link.tolist() == [3, 1, 2]
    assert found.metres.tolist() == [100.0, 150.0, 100.0]
    assert found.queue_m.tolist() == [10.0, 10.0, 10.0]
    assert len(store.between(0, 11 * SLOT_S)) == 0
    assert store.newest_s() == 25 * 3600.0


def test_replacing_forgets_what_was_there(tmp_path: Path) -> None:
    store = TrafficStore(tmp_path, road_graph(grid()))
    store.add(some([5, 6], [1, 1]))
    store.replace(some([6], [2]))
    assert store.between(0, 3600).link.tolist() == [2]


def test_a_road_that_is_no_more_is_left_out(tmp_path: Path) -> None:
    graph = road_graph(grid())
    TrafficStore(tmp_path, graph).add(some([5, 5], [0, 1]))
    fewer = road_graph(town(street(str(graph.road_ids[graph.road[1]]), (0, 0), (1, 0)), street("new", (1, 0), (2, 0))))
    assert TrafficStore(tmp_path, fewer).between(0, 3600).link.tolist() == [0]


@pytest.mark.parametrize("bytes_kept", [0, 20, 400])
def test_a_damaged_file_is_named(tmp_path: Path, bytes_kept: int) -> None:
    store = TrafficStore(tmp_path, road_graph(grid()))
    store.add(some([5], [0]))
    (path,) = tmp_path.glob("*/*.parquet")
    path.write_bytes(path.read_bytes()[:bytes_kept])
    with pytest.raises(BadInputError, match=path.name):
        store.between(0, 3600)
