from __future__ import annotations

import shutil
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from shapely.geometry import Point

from data.traffic.sumo_net import links_within, write_net
from tests.data.router.grid import grid
from tests.twin.small import table
from twin.city.city import City
from twin.errors import MissingPieceError
from twin.traffic.graph import road_graph


def with_signal(city: City) -> City:
    junction = table([Point(100, 100)], id=[101], name=[""], signal=[True], cycle_s=[80.0], offset_s=[12.0])
    return City(city.name, city.name_en, city.frame, {**city.tables, "junctions": junction}, invented=True)


def test_a_net_has_our_links_our_signals_and_our_forbidden_turns(tmp_path: Path) -> None:
    city = with_signal(grid(turns=[("no", "h01", 101, "v11")]))
    graph = road_graph(city)
    net = ET.parse(write_net(city, graph, tmp_path)).getroot()  # noqa: S314 - made here
    edges = {edge.get("id") for edge in net.findall("edge") if edge.get("function") != "internal"}
    assert edges == set(graph.names(links_within(graph, (-1, -1, 301, 301))))
    joined = {(one.get("from"), one.get("to")) for one in net.findall("connection")}
    assert ("h01", "v11") not in joined
    assert ("h01", "h11") in joined
    (logic,) = ET.parse(tmp_path / "signals.add.xml").getroot().findall("tlLogic")  # noqa: S314
    assert sum(float(phase.get("duration", "0")) for phase in logic.findall("phase")) == pytest.approx(80, abs=0.3)
    assert float(logic.get("offset", "0")) == 12.0
    node = next(node for node in net.findall("junction") if node.get("id") == logic.get("id"))
    assert (float(node.get("x", "0")), float(node.get("y", "0"))) == (100.0, 100.0)


def test_without_sumo_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_name, **_where: None)
    with pytest.raises(MissingPieceError, match="install Eclipse SUMO"):
        write_net(grid(), road_graph(grid()), tmp_path)
