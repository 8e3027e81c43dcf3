"""The money of a case through the real window: one choice through four views, steps taken back, masks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import networkx as nx
import pypdf
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from app.main_window import MainWindow
from app.map.events import Pick
from app.workbenches.fraud.bench import FraudBench
from app.workbenches.fraud.marks import LAYER
from app.workbenches.fraud.money import Money
from layers.layer import Symbols
from tests.app.conftest import until
from tests.app.workbenches.fraud.made import account, source


@pytest.fixture
def money(window: MainWindow) -> Iterator[Money]:
    found = next(feature for feature in window.features if isinstance(feature, FraudBench)).money
    window.arrangement.show("fraud")
    found.show_source(source(), "fifo")
    until(lambda: not window.jobs.is_running("chart"), 60.0)
    found.panel.tabs.setCurrentIndex(0)
    yield found
    found.show_source(None)


def click(widget: object, place: QPointF) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=place.toPoint())  # type: ignore[call-overload]  # a widget


def test_one_choice_goes_through_all_views(window: MainWindow, money: Money) -> None:
    panel, case = money.panel, money.case
    click(panel.chart, panel.chart.place_of(account(4)))
    assert case.chosen == (account(4),)
    panel.tabs.setCurrentIndex(1)
    window.repaint()
    click(panel.sankey, panel.sankey.room_of(2, account(2)).center())
    assert case.chosen == (account(2),)
    panel.tabs.setCurrentIndex(2)
    times = panel.times
    at = QPointF(times.x_of(case.board.flows["t7"].at_s), 10.0)
    begin = QPointF(times.x_of(case.board.flows["t6"].at_s) - 15, 10.0)
    QTest.mousePress(times, Qt.MouseButton.LeftButton, pos=begin.toPoint())
    QTest.mouseMove(times, at.toPoint())
    QTest.mouseRelease(times, Qt.MouseButton.LeftButton, pos=at.toPoint())
    assert case.flows_chosen == {"t6", "t7", "t8"}
    panel.tabs.setCurrentIndex(3)
    panel.table.select_key("t1")
    panel.table.chosen.emit("t1")
    assert [*case.chosen] == [account(0), account(1)]
    for number in range(4):
        panel.tabs.setCurrentIndex(number)
        assert not panel.tabs.currentWidget().grab().isNull()


def test_a_merge_asks_why_and_every_step_is_taken_back(window: MainWindow, money: Money) -> None:
    case, panel = money.case, money.panel
    case.choose([account(2), account(3)])
    window.acts.run("chart.merge", refused=panel.say)
    assert "理由" in panel.problem.text()
    panel.words.setText("同一部手机")
    window.acts.run("chart.merge")
    assert case.board.inside(account(2)) == (account(3),)
    panel.words.setText("二级卡")
    window.acts.run("chart.note")
    window.acts.run("chart.expand")
    until(panel.outward.isVisible, 60.0)
    assert "2" in panel.outward.text()  # counted before anything is brought
    assert len(case.board.flows) == 8
    panel.outward.click()
    until(lambda: len(case.board.flows) == 10, 60.0)
    window.acts.run("chart.bring", account=account(2), outward=True)
    until(lambda: not window.jobs.is_running("around"), 60.0)
    assert len(case.board.flows) == 10  # nothing comes twice
    for _ in range(3):
        window.acts.run("chart.undo")
    assert case.board == source().traced.boards["fifo"]
    for _ in range(3):
        window.acts.run("chart.redo")
    assert case.board.notes[account(2)].text == "二级卡"


def test_an_account_is_dragged_and_stays_through_another_layout(window: MainWindow, money: Money) -> None:
    chart, case = money.panel.chart, money.case
    begin = chart.place_of(account(5)).toPoint()
    QTest.mousePress(chart, Qt.MouseButton.LeftButton, pos=begin)
    QTest.mouseMove(chart, begin + begin.__class__(-30, 40))
    QTest.mouseRelease(chart, Qt.MouseButton.LeftButton, pos=begin + begin.__class__(-30, 40))
    (key,) = case.board.places
    assert key == account(5)
    window.acts.run("chart.layout", layout="force")
    until(lambda: not window.jobs.is_running("chart"), 60.0)
    row = case.shape.keys.index(key)
    assert tuple(case.places[row]) == pytest.approx(case.board.places[key])


def test_ways_the_middle_and_parts_are_found(window: MainWindow, money: Money) -> None:
    case = money.case
    case.choose([account(0), account(4)])
    window.acts.run("chart.path")
    assert case.flows_chosen == {"t1", "t2", "t4"}
    window.acts.run("chart.middle")
    until(lambda: case.chosen == (account(1),), 60.0)
    window.acts.run("chart.parts")
    assert len(case.chosen) == 6
    said: list[str] = []
    window.acts.run("chart.path", refused=said.append)
    assert said


def test_numbers_are_masked_until_a_purpose_is_stated_and_saved_only_with_one(
    window: MainWindow, money: Money, tmp_path: Path
) -> None:
    target = tmp_path / "chart.graphml"
    said: list[str] = []
    window.acts.run("chart.save", target=str(target), refused=said.append)
    assert said
    assert account(1) not in " ".join(str(row) for row in money.panel.table.rows._rows)
    window.acts.run("purpose.state", text="侦办", minutes=5)
    until(lambda: account(1) in " ".join(str(row) for row in money.panel.table.rows._rows), 60.0)
    window.acts.run("chart.save", target=str(target))
    until(target.exists, 60.0)
    assert nx.read_graphml(target).number_of_edges() == 8


def test_another_rule_shows_other_legs(window: MainWindow, money: Money) -> None:
    window.acts.run("chart.rule", rule="lifo")
    assert set(money.case.board.flows) == {"t1", "t2", "t3", "t4", "t5", "t6"}
    assert money.panel.rule.currentData() == "lifo"
    assert "后进先出" in money.panel.summary.text()


def test_the_report_is_the_same_to_the_byte_when_made_again(window: MainWindow, money: Money, tmp_path: Path) -> None:
    said: list[str] = []
    window.acts.run("fraud.report", target=str(tmp_path / "a.pdf"), refused=said.append)
    assert said  # nobody stated a purpose
    window.acts.run("purpose.state", text="侦办", minutes=5)
    names = ("a.pdf", "b.pdf", "a.docx", "b.docx")
    for name in names:
        window.acts.run("fraud.report", target=str(tmp_path / name))
        until((tmp_path / name).exists, 60.0)
    until(lambda: not any(job.title == "job.report" for job in window.jobs.running()), 60.0)
    first, second, third, fourth = ((tmp_path / name).read_bytes() for name in names)
    assert first == second
    assert third == fourth
    text = "".join(page.extract_text() for page in pypdf.PdfReader(tmp_path / "a.pdf").pages)
    for words in ("涉案资金追查报告", "先进先出 − 按比例", account(3), "用途：侦办", "1,900,000.00 元"):
        assert words in text


def test_a_branch_on_the_map_chooses_its_bank_s_accounts_and_they_ring_it(window: MainWindow, money: Money) -> None:
    bench = next(feature for feature in window.features if isinstance(feature, FraudBench))
    until(lambda: LAYER in window.map.extras.drawings, 60.0)
    drawn = window.map.extras.drawings[LAYER].drawings[0]
    assert isinstance(drawn, Symbols)
    key = next(key for key in drawn.rows.columns["id"].tolist() if key.startswith("ICBC-"))
    window.selection.select((Pick(LAYER, key, (0.0, 0.0, 0.0)),))
    assert len(money.case.chosen) == 6
    money.case.choose(())
    assert bench.marks._banks == frozenset()
    money.case.choose((account(1),))
    assert bench.marks._banks == {"ICBC"}
    window.map.settle()
    assert not window.map.picture().isNull()
    window.arrangement.show("watch")
    until(lambda: LAYER not in window.map.extras.drawings, 60.0)
