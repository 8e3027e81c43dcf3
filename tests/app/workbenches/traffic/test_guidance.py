"""The page of guidance through the real window: asked, drawn, sent, withdrawn; layout and origins beside it."""

from __future__ import annotations

import json

import numpy as np
import pytest

from app.main_window import MainWindow
from app.traffic_planning import Origins
from app.workbenches.traffic import flows
from app.workbenches.traffic.charts import dots_of
from app.workbenches.traffic.guidance import CHOSEN, FLOWS, Advising
from data.traffic.announcing import outbox_of
from data.traffic.planning import Planning, Question
from tests.app.conftest import until
from tests.small_county import small_county
from twin.access import Purpose
from twin.traffic.messages import Screen
from twin.traffic.origins import Cells

BUSY = 5000.0


@pytest.fixture(scope="module")
def advising(only_window: MainWindow) -> Advising:
    only_window.arrangement.docks["guidance"].show()
    return next(feature for feature in only_window.features if isinstance(feature, Advising))


@pytest.fixture(scope="module")
def busiest() -> str:
    plan = Planning(small_county())
    model, load, _ = plan.flows(Question(trips=BUSY))
    rows = np.argsort(-load.link * (model.link >= 0)).tolist()
    return next(name for row in rows if (name := str(plan.names[model.graph.road[model.link[row]]])))


def test_advice_is_worked_out_drawn_sent_and_withdrawn(window: MainWindow, advising: Advising, busiest: str) -> None:
    tab = advising.panel.ways
    until(lambda: tab.road.findText(busiest) >= 0)
    tab.choose_road(busiest)
    assert tab.question().roads == (busiest,)
    tab.choose_road(busiest, (3, 4))
    assert (tab.question().roads, tab.question().links) == ((), (3, 4))
    tab.road.setEditText("another")
    assert tab.question().roads == ("another",), "what was chosen on the map is forgotten once another is named"
    window.acts.run("guidance.ask", question=Question((busiest,), 0.3, BUSY))
    until(lambda: tab.answer is not None, 60.0)
    assert tab.answer is not None
    assert tab.answer.guidance.says
    assert "车小时" in tab.big.text()
    assert tab.chart.isVisibleTo(tab)
    for view in flows.VIEWS:
        tab.view_wanted.emit(view)
        assert FLOWS in window.map.extras.drawings
    window.session.commands.purpose = Purpose("traffic", "G60")
    tab.send.click()
    folder = outbox_of(window.session.home, "small")
    until(lambda: (folder / "datex.xml").exists(), 60.0)
    until(lambda: "已发布" in tab.state.text(), 60.0)
    assert json.loads((folder / "navigation.json").read_text("utf-8"))["advice"]
    tab.withdraw.click()
    until(lambda: "已撤回" in tab.state.text(), 60.0)
    assert json.loads((folder / "navigation.json").read_text("utf-8"))["advice"] == []
    window.session.commands.purpose = None


def test_a_measure_is_put_on_the_map_and_costed(window: MainWindow, advising: Advising) -> None:
    tab = advising.panel.layout_tab
    tab.pick.click()
    tool = window.map._hand.tool
    assert tool is not None
    graph = advising._planning().model().graph
    node = graph.node_m[graph.tail[0]] - np.asarray(graph.origin_m)
    tool._take(1e7, 1e7)  # type: ignore[attr-defined]  # a click far from every road chooses none
    assert window.map._hand.tool is tool
    tool._take(float(node[0]), float(node[1]))  # type: ignore[attr-defined]  # a click on a road
    assert window.map._hand.tool is None
    assert CHOSEN in window.map.extras.drawings
    until(lambda: bool(tab.ranked), 60.0)
    assert tab.table.shown_rows() == 1
    assert "维持现状" in tab.verdict.text()
    tab.chosen.emit(0)


def test_origins_are_told_without_few(window: MainWindow, advising: Advising) -> None:
    tab = advising.panel.origins
    cells = Cells(np.array([0]), np.array([1]), np.array([9]), np.array([7]), 3)
    tab.show_origins(Origins(12, ("甲", "乙"), cells, (("东街", "西街", 0.75),), np.zeros(3, np.int64)), "东街")
    assert tab.table.shown_rows() == 1
    assert "3 个起讫对不足 5 车" in tab.story.text()
    assert "东街 → 西街 75%" in tab.turns.text()
    window.acts.run("origins.ask", road="")
    until(lambda: "0 段行程" in tab.story.text() or tab._words != "正在计算……" != tab.story.text(), 60.0)


def test_the_picture_of_a_screen_has_its_dots() -> None:
    screen = Screen("V1", "", 0, 8, 3)
    dots = dots_of(screen, ("人民大道封闭", "请改走春文街"))
    assert dots.shape == (48, 128)
    rows = np.flatnonzero(dots.any(axis=1))
    assert rows[0] >= 8
    assert rows[-1] <= 40
    columns = np.flatnonzero(dots.any(axis=0))
    assert columns[0] >= 16
    assert columns[-1] < 112
    assert not dots_of(screen, ()).any()
