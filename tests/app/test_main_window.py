from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLineEdit

from app.arrangement import WORKSPACES
from app.facts import entity_facts
from app.main_window import MainWindow
from app.map.events import Pick
from app.settings import SettingsFile
from app.widgets.event_log import EventPanel
from app.widgets.top_bar import MENU_PX
from tests.app.conftest import Audit, OpenWindow, until
from twin.access import Purpose
from twin.audit.shown import ACTION, digest
from twin.city.search import Found
from twin.words import say
from twin.world import Playback

CAR = Pick("vehicles", "car-1", (0.0, 0.0, 0.0))


def test_every_dock_has_a_name_and_can_be_closed_floated_and_brought_back(window: MainWindow) -> None:
    docks = window.arrangement.docks
    assert set(docks) >= {"layers", "details", "events", "networks", "traffic", "fraud", "sites"}
    assert len({dock.objectName() for dock in docks.values()}) == len(docks)
    for name, dock in docks.items():
        shown = dock.isVisible()
        window.acts.run(f"panel.{name}")
        assert dock.isVisible() is not shown
        dock.setFloating(True)
        assert dock.isFloating()
        dock.setFloating(False)


@pytest.mark.parametrize("size", [(1920, 1080), (1366, 768)])
def test_the_map_keeps_most_of_the_window_in_every_workspace(window: MainWindow, size: tuple[int, int]) -> None:
    window.resize(*size)
    window.selection.select([CAR])
    for workspace in WORKSPACES:
        window.arrangement.show(workspace.name)
        window.arrangement.arrange()
        window.arrangement.docks["details"].show()
        QApplication.processEvents()
        share = window.map.width() * window.map.height() / (window.width() * window.height())
        assert share >= 0.55, (workspace.name, share)
        assert (window.width(), window.height()) == size


def test_the_top_row_has_room_on_a_small_screen_in_both_languages(window: MainWindow) -> None:
    window.resize(1366, 768)
    for language in ("zh", "en"):
        window.look.set_language(language)
        QApplication.processEvents()
        assert window.top.minimumSizeHint().width() <= 1366, language
        assert window.top.menu.width() >= MENU_PX
    window.look.set_language("zh")


def test_docks_come_back_as_they_were_left(open_window: OpenWindow) -> None:
    first = open_window()
    until(lambda: first.arrangement.current == "watch")
    first.arrangement.docks["events"].hide()
    first.arrangement.docks["traffic"].show()
    first.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, first.arrangement.docks["traffic"])
    first.close()
    second = open_window()
    until(lambda: second.arrangement.current == "watch")
    docks = second.arrangement.docks
    assert not docks["events"].isVisible()
    assert docks["traffic"].isVisible()
    assert second.dockWidgetArea(docks["traffic"]) == Qt.DockWidgetArea.LeftDockWidgetArea
    second.acts.run("layout.reset")
    assert docks["events"].isVisible()
    assert not docks["traffic"].isVisible()


def test_a_workspace_is_left_and_found_again_as_it_was(window: MainWindow) -> None:
    until(lambda: window.arrangement.current == "watch")
    window.arrangement.docks["events"].hide()
    window.acts.run("workspace.traffic")
    assert window.arrangement.docks["traffic"].isVisible()
    assert window.layers.states["congestion"].visible
    window.acts.run("workspace.watch")
    assert not window.arrangement.docks["events"].isVisible()
    assert not window.arrangement.docks["traffic"].isVisible()
    assert not window.layers.states["congestion"].visible


def test_a_panel_with_nothing_to_say_is_closed(window: MainWindow) -> None:
    details = window.arrangement.docks["details"]
    assert not details.isVisible()
    window.map.picked.emit(CAR)
    until(details.isVisible)
    window.acts.run("selection.clear")
    until(lambda: not details.isVisible())


def test_what_is_picked_on_the_map_fills_the_details(window: MainWindow) -> None:
    window.map.picked.emit(CAR)
    until(lambda: window.details.title.text() == "浙F·8***6")
    facts = window.details.facts
    assert facts is not None
    assert {fact.name for fact in facts.facts} >= {"kind", "state", "time", "speed_mps", "heading_deg"}


def test_a_feature_of_the_city_shows_its_columns(window: MainWindow) -> None:
    city = window.live.city
    assert city is not None
    site = city.table("sites").iloc[0]
    window.map.picked.emit(Pick("sites", str(site["id"]), (0.0, 0.0, 0.0)))
    until(lambda: window.details.title.text() == site["name"])


def test_plates_and_names_are_masked_until_a_purpose_is_stated(window: MainWindow) -> None:
    window.map.picked.emit(CAR)
    assert "8K2Q6" not in window.details.title.text()
    assert "*" in window.wiring.card(CAR)
    window.acts.run("purpose.state", text="走失老人查找", reference="JQ20261122-0031", minutes=5)
    assert window.details.title.text() == "浙F·8K2Q6"
    assert "8K2Q6" in window.wiring.card(CAR)
    assert "走失老人查找" in window.top.purpose.text()
    audit, facts = window.session.commands.audit, window.details.facts
    assert isinstance(audit, Audit)
    assert facts is not None
    (entry,) = [entry for entry in audit.entries if entry.action == ACTION]  # what was shown is on record, by its hash
    assert (entry.resource.kind, entry.resource.id, entry.shown) == (
        "details.show", CAR.key, digest((facts.title, facts.facts))
    )  # fmt: skip
    assert entry.purpose is not None
    window.acts.run("purpose.clear")
    assert window.details.title.text() == "浙F·8***6"
    assert window.session.commands.purpose is None


def test_a_purpose_ends_by_itself(window: MainWindow) -> None:
    window.purpose.state(Purpose("试"), minutes=0.002)
    until(lambda: window.session.commands.purpose is None)


def test_an_officer_shows_as_a_masked_name(window: MainWindow) -> None:
    world = window.live.world
    assert world is not None
    facts = entity_facts(world, Pick("people", "officer-1", (0.0, 0.0, 0.0)), unmask=False)
    assert facts is not None
    assert facts.title == "王**"


def test_search_finds_a_town_flies_there_and_selects_it(window: MainWindow) -> None:
    box = window.top.search
    window.acts.run("search.focus")
    box.setText("西塘")
    box.textEdited.emit("西塘")
    until(box.popup.isVisible)
    assert box.popup.model.answers[0].title == "西塘镇"
    before = window.map.camera()
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert window.selection.picks[0].layer == "places"
    until(lambda: window.map.camera().focus_m != before.focus_m)
    assert window.map.camera().distance_m <= before.distance_m + 1.0
    assert not box.popup.isVisible()


def test_a_hidden_plate_cannot_be_guessed_by_searching(window: MainWindow) -> None:
    assert answers(window, "8K2Q6") == []
    window.purpose.state(Purpose("走失老人查找"), 5)
    assert answers(window, "8K2Q6") == ["car-1"]


def answers(window: MainWindow, text: str) -> list[str]:
    """Return the ids of what a search finds."""
    told: list[tuple[Found, ...]] = []
    window.acts.run("search.find", text=text, then=told.append)
    until(lambda: bool(told))
    return [found.id for found in told[0]]


def test_searching_for_nothing_known_says_so(window: MainWindow) -> None:
    window.top.search.setText("没有这个地方")
    window.top.search.ask()
    until(window.top.search.popup.isVisible)
    assert window.top.search.popup.model.rowCount() == 0


def test_the_palette_runs_a_command_found_in_either_language(window: MainWindow) -> None:
    for typed in ("toggle-free", "between dark", "深色与浅"):
        window.acts.run("palette.open")
        window.command_palette.setText(typed)
        answers = [answer.value for answer in window.command_palette.popup.model.answers]
        assert (answers[:1] == ["theme.toggle"]) is (typed != "toggle-free")
    name = window.look.theme.name
    QTest.keyClick(window.command_palette, Qt.Key.Key_Return)
    assert window.look.theme.name != name
    assert not window.command_palette.isVisible()


def test_the_theme_changes_at_run_time_and_is_kept(window: MainWindow) -> None:
    window.acts.run("theme.toggle")
    assert window.look.theme.name == "light"
    assert SettingsFile.in_folder(window.session.home.data).values.theme == "light"
    window.acts.run("theme.toggle")


def test_what_went_wrong_is_read_in_the_language_of_the_moment(window: MainWindow) -> None:
    wrong = say("{name} is down: {reason}", name="卡口", reason=say("ended"))
    window.log.add("problem", "engine.log.source_down", reason=wrong)
    events = window.arrangement.docks["events"].findChild(EventPanel)
    assert isinstance(events, EventPanel)
    assert events.list.item(0).text() == "数据源中断：卡口 已中断：已结束"
    window.look.set_language("en")
    assert events.list.item(0).text() == "The source is down: 卡口 is down: ended"


def test_the_language_changes_everywhere_at_run_time(window: MainWindow) -> None:
    window.map.picked.emit(CAR)
    until(lambda: window.details.facts is not None)
    window.acts.run("language.toggle")
    assert window.top.tabs["watch"].text() == "Watch"
    assert window.arrangement.docks["layers"].windowTitle() == "Layers"
    assert window.acts.by_id["view.north"].text() == "North up"
    assert window.details.kind.text() == "Vehicles"
    chinese = [w.text() for w in window.findChildren(QAbstractButton) if any("一" <= c <= "鿿" for c in w.text())]
    assert chinese == [window.look.texts("command.language.toggle")]
    window.acts.run("language.toggle")
    assert window.top.tabs["watch"].text() == "值守"


def test_layer_choices_reach_the_map(window: MainWindow) -> None:
    window.acts.run("layer.show", name="vehicles", visible=False)
    assert window.map._states["vehicles"].visible is False
    window.acts.run("layer.filter", name="vehicles", where="kind = 'bus'")
    assert window.map._states["vehicles"].where == "kind = 'bus'"
    window.acts.run("layer.move", name="vehicles", place=0)
    assert window.layers.order[0] == "vehicles"


def test_a_filter_that_cannot_be_read_is_refused_in_words(window: MainWindow) -> None:
    said: list[str] = []
    window.acts.run("layer.filter", name="vehicles", where="kind ==", refused=said.append)
    assert said
    assert window.layers.states["vehicles"].where == ""


def test_the_layer_tree_tells_counts_and_why_there_is_nothing(window: MainWindow) -> None:
    until(lambda: "vehicles" in window.layers.statuses and window.layers.statuses["vehicles"].count == 3)
    assert window.layers.statuses["imagery"].reason


def test_layers_come_back_as_chosen(open_window: OpenWindow) -> None:
    first = open_window()
    first.acts.run("layer.show", name="water", visible=False)
    first.acts.run("layer.set_opacity", name="buildings", opacity=0.5)
    first.close()
    second = open_window()
    assert second.layers.states["water"].visible is False
    assert second.map._states["buildings"].opacity == 0.5


def test_coordinates_of_the_selection_are_copied(window: MainWindow) -> None:
    window.map.picked.emit(CAR)
    window.acts.run("selection.copy_coordinates")
    lon, lat = (float(part) for part in QGuiApplication.clipboard().text().split(","))
    assert 120 < lon < 122
    assert 30 < lat < 32


def test_following_keeps_the_camera_on_the_entity(window: MainWindow) -> None:
    world = window.live.world
    assert world is not None
    window.map.picked.emit(CAR)
    window.acts.run("selection.follow")
    window.follower.on_world(world)
    x, y, _ = window.map.camera().focus_m
    assert (x, y) == pytest.approx(tuple(world.tracks.position_m[0, :2].tolist()), abs=0.1)
    window.acts.run("selection.clear")
    assert not window.acts.by_id["selection.follow"].isChecked()


def test_roads_get_speeds_from_the_vehicles_on_them(window: MainWindow) -> None:
    window.acts.run("workspace.traffic")
    panel = window.bench_panels["traffic"]
    until(lambda: panel._roads is not None)  # type: ignore[attr-defined]  # TrafficPanel


def test_a_site_is_flown_to_and_its_nearest_units_are_listed(window: MainWindow) -> None:
    window.acts.run("workspace.sites")
    panel = window.bench_panels["sites"]
    table = panel.table  # type: ignore[attr-defined]  # SitesPanel
    until(lambda: table.rows.rowCount() >= 10)
    count = table.rows.rowCount()
    table.chosen.emit(table.rows.keys[0])
    assert window.selection.picks[0].layer == "sites"
    assert panel.near.rows.rowCount() == 1  # type: ignore[attr-defined]  # the officer
    panel.kind.setCurrentIndex(1)  # type: ignore[attr-defined]
    assert 0 < table.rows.rowCount() < count


def test_a_new_case_needs_a_purpose_and_is_there_after_a_restart(open_window: OpenWindow) -> None:
    first = open_window()
    assert first.acts.run("fraud.open_case", title="冒充客服退款", amount="1.28万") is None
    assert "用途" in first.status.said.text()
    first.purpose.state(Purpose("立案", "JQ1"), 5)
    form = first.arrangement.docks["fraud"].panel.form  # type: ignore[attr-defined]  # FraudPanel
    first.acts.run("fraud.new_case")
    assert form.isVisible()
    form.title.setText("冒充客服退款")
    form.amount.setText("多少")
    form.submit()
    assert form.problem.text()
    form.amount.setText("1.28万")
    form.submit()
    until(lambda: not form.isVisible())
    first.close()
    second = open_window()
    panel = second.arrangement.docks["fraud"].panel
    second.arrangement.show("fraud")
    until(lambda: panel.cases)  # type: ignore[attr-defined]  # FraudPanel
    assert [case.title for case in panel.cases] == ["冒充客服退款"]  # type: ignore[attr-defined]  # FraudPanel


def test_controls_have_names_for_those_who_hear_them(window: MainWindow) -> None:
    window.selection.select([CAR])
    mute = [
        f"{control.objectName()} {type(control).__name__} in {type(control.parent()).__name__}"
        for kind in (QAbstractButton, QLineEdit, QComboBox)
        for control in window.findChildren(kind)
        if control.isVisible()
        and not (control.accessibleName() or getattr(control, "text", str)())
        and not control.objectName().startswith("qt_")
        and not isinstance(control.parent(), QLineEdit)
    ]
    assert mute == []


def test_what_is_not_now_says_so(window: MainWindow) -> None:
    assert window.engine is not None
    now = window.engine.sources
    past = replace(now[0], playback=Playback(1000.0, 2000.0, 1500.0, 1.0, False))
    window.engine.sources = (past,)  # type: ignore[misc]  # the still engine of the test
    until(lambda: window.top.clock.mode == "replay")
    assert "回放" in window.top.clock.words.text()
    assert window.time_bar.about == "recording"
    assert window.stage.property("framed") == "true"
    window.engine.sources = now  # type: ignore[misc]
    until(lambda: window.top.clock.mode == "live")
    assert window.time_bar.about == "history"
    assert window.stage.property("framed") == "false"


def test_an_error_nobody_caught_becomes_a_sentence(window: MainWindow) -> None:
    window.report_crash("KeyError: x")
    assert "KeyError: x" in window.status.said.text()
