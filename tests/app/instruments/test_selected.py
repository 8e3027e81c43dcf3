"""The table of the selection: what is in it, what is hidden, and what leaves it as a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication

from app.instruments.feature import Instruments
from app.instruments.selected import SelectedPanel
from app.main_window import MainWindow
from app.map.events import Pick
from tests.app.conftest import Audit, until
from twin.access import Purpose


def panel(window: MainWindow) -> SelectedPanel:
    (found,) = [feature for feature in window.features if isinstance(feature, Instruments)]
    return found.selected.panel


def selected(window: MainWindow, *picks: tuple[str, str]) -> SelectedPanel:
    window.selection.select([Pick(layer, key, (0.0, 0.0, 0.0)) for layer, key in picks])
    until(lambda: len(panel(window).model.keys) == len(picks))
    return panel(window)


@pytest.fixture
def building(window: MainWindow) -> str:
    assert window.live.city is not None
    return str(window.live.city.table("buildings")["id"].iloc[0])


def names(table: SelectedPanel) -> set[str]:
    return {str(table.model.index(row, 0).data()) for row in range(table.model.rowCount())}


def test_the_table_follows_the_selection_and_hides_names_until_a_purpose_is_stated(window: MainWindow) -> None:
    table = selected(window, ("vehicles", "car-1"), ("people", "officer-1"))
    assert names(table) == {"浙F·8***6", "王**"}
    window.purpose.state(Purpose("查找失踪老人", "A-1"), 5)
    until(lambda: names(table) == {"浙F·8K2Q6", "王小明"})
    window.purpose.clear()
    until(lambda: names(table) == {"浙F·8***6", "王**"})
    window.selection.clear()
    until(lambda: not table.model.keys)


def test_rows_are_filtered_copied_with_headings_and_become_the_selection(window: MainWindow, building: str) -> None:
    table = selected(window, ("vehicles", "car-1"), ("vehicles", "bus-1"), ("buildings", building))
    table.where.setText("公交")
    assert table.table.shown_rows() == 1
    window.acts.run("selection.copy_rows")
    lines = QGuiApplication.clipboard().text().split("\n")
    assert lines[0].split("\t") == ["名称", "图层", "类别", "编号"]
    assert len(lines) == 2
    table.where.setText("")
    table.table.selectRow(0)
    marked = table.selected_keys()
    window.acts.run("selection.only")
    assert len(window.selection.picks) == 1
    until(lambda: tuple(table.model.keys) == marked)


def test_what_is_selected_is_exported_a_file_a_layer_masked_and_on_record(
    window: MainWindow, building: str, tmp_path: Path
) -> None:
    selected(window, ("vehicles", "car-1"), ("buildings", building))
    window.acts.run("selection.export", target=str(tmp_path / "此处.geojson"))
    until(lambda: len(list(tmp_path.glob("*.provenance.json"))) == 2, 120.0)
    (car,) = json.loads((tmp_path / "此处-vehicles.geojson").read_text("utf-8"))["features"]
    assert (car["properties"]["id"], car["properties"]["label"]) == ("car-1", "浙F·8***6")
    (house,) = json.loads((tmp_path / "此处-buildings.geojson").read_text("utf-8"))["features"]
    assert house["properties"]["id"] == building
    told = json.loads((tmp_path / "此处-vehicles.geojson.provenance.json").read_text("utf-8"))
    assert (told["selected"], told["masked"]) == (1, True)
    audit = window.session.commands.audit
    assert isinstance(audit, Audit)
    entry = audit.entries[-1]
    assert (entry.action, entry.resource.kind, entry.resource.sensitive) == ("layer.export", "selection.export", True)


def test_nothing_selected_is_said(window: MainWindow) -> None:
    told: list[str] = []
    window.acts.refused.connect(lambda _id, why: told.append(why))
    window.acts.run("selection.export")
    window.acts.run("selection.only")
    assert told == ["没有选中任何对象", "请先在表格中标出要保留的行"]


def test_a_box_of_more_than_one_thing_opens_the_table(window: MainWindow, building: str) -> None:
    assert not panel(window).isVisible()
    picks = tuple(Pick("vehicles", key, (0.0, 0.0, 0.0)) for key in ("car-1", "car-2"))
    window.map.box_selected.emit(picks[:1])
    assert not panel(window).isVisible()
    window.map.box_selected.emit(picks)
    assert panel(window).isVisible()
