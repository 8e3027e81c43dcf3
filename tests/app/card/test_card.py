from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.card.sections import CardSections
from app.instruments.feature import Instruments
from app.instruments.pen import Pen
from app.main_window import MainWindow
from app.map.events import Pick
from tests.app.conftest import StillEngine, still_frame, until
from twin.card.day import Moment
from twin.card.parts import Line
from twin.city.city import City
from twin.city.search import Found

CAR = Pick("vehicles", "car-1", (0.0, 0.0, 0.0))


@pytest.fixture
def card(window: MainWindow, small_city: City) -> CardSections:
    """Return the card of a window whose engine has just told of everything."""
    engine, world = window.engine, window.live.world
    assert isinstance(engine, StillEngine)
    assert world is not None
    version = world.tracks.version + 1
    engine.show(replace(still_frame(small_city), version=version))
    until(lambda: window.live.world is not None and window.live.world.tracks.version == version)
    return window.details.sections


def known(card: CardSections, part: str) -> bool:
    section = card.parts[part]
    return bool(section.model.answers) or "……" not in section.empty.text()


def site(city: City) -> Pick:
    return Pick("sites", str(city.table("sites")["id"].iloc[0]), (0.0, 0.0, 0.0))


def test_a_card_tells_who_is_near_and_where_it_is(window: MainWindow, card: CardSections, small_city: City) -> None:
    window.selection.select([site(small_city)])
    until(lambda: all(known(card, name) for name in card.parts), 90.0)
    assert not card.isHidden()
    keys = [answer.value.key for answer in card.parts["units"].model.answers]
    assert keys == ["officer-1"]
    assert card.parts["where"].model.answers
    assert card.parts["day"].empty.text() == window.look.texts("card.no_day")


def test_names_of_people_are_masked_until_a_purpose_is_stated(
    window: MainWindow, card: CardSections, small_city: City
) -> None:
    window.selection.select([site(small_city)])
    until(lambda: card.parts["units"].model.answers)
    assert "王**" in card.parts["units"].model.answers[0].title
    window.acts.run("purpose.state", text="走失老人", minutes=5)
    until(lambda: "王小明" in card.parts["units"].model.answers[0].title)


def test_the_day_of_an_entity_needs_a_purpose(window: MainWindow, card: CardSections) -> None:
    window.selection.select([CAR])
    assert card.parts["day"].empty.text() == window.look.texts("card.day_purpose")
    window.acts.run("purpose.state", text="走失老人", minutes=5)
    until(lambda: card.parts["day"].empty.text() == window.look.texts("card.no_day"), 90.0)


def test_a_unit_that_is_chosen_is_followed_with_its_way_drawn(
    window: MainWindow, card: CardSections, small_city: City
) -> None:
    window.selection.select([site(small_city)])
    until(lambda: card.parts["units"].model.answers)
    card.chosen.emit(card.parts["units"].model.answers[0].value)
    assert window.selection.picks[0].key == "officer-1"
    assert window.acts.by_id["selection.follow"].isChecked()
    until(lambda: "card-route" in window.map.extras.drawings)
    window.selection.clear()
    assert "card-route" not in window.map.extras.drawings
    assert card.isHidden()


def test_a_camera_that_is_chosen_is_flown_to(window: MainWindow, card: CardSections) -> None:
    window.selection.select([CAR])
    line = Line("cameras", "d1", "路口", "", "camera", (10.0, 20.0, 3.0), 50.0, 0.0)
    card.chosen.emit(line)
    assert window.selection.picks == (Pick("cameras", "d1", (10.0, 20.0, 3.0)),)


def test_a_moment_is_gone_back_to(window: MainWindow, card: CardSections, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []
    monkeypatch.setattr(window.look_back, "go_to", asked.append)
    card.chosen.emit(Moment("stop", 1000.0, 1200.0))
    assert asked == [1000.0]


def test_a_bare_place_has_a_card_too(window: MainWindow, card: CardSections, small_city: City) -> None:
    lon, lat = small_city.frame.to_lonlat(0.0, 0.0)
    found = Found("point", "", "120.9, 30.8", "", "point_wgs-84", float(lon), float(lat), 800.0)
    window.top.search.chosen.emit(found)
    until(lambda: window.details.title.text() == "120.9, 30.8")
    until(lambda: all(known(card, name) for name in card.parts), 90.0)


def test_the_card_speaks_both_languages(window: MainWindow, card: CardSections, small_city: City) -> None:
    window.selection.select([site(small_city)])
    until(lambda: card.parts["units"].model.answers)
    window.look.set_language("en")
    assert card.parts["units"].title.text() == "Nearest units"


def test_an_answer_of_a_selection_that_is_gone_is_dropped(
    window: MainWindow, card: CardSections, small_city: City
) -> None:
    window.selection.select([site(small_city)])
    window.selection.select([CAR])
    until(lambda: known(card, "units") and not window.jobs.is_running("card.units"))
    assert [answer.value.key for answer in card.parts["units"].model.answers] == ["officer-1"]


@pytest.mark.parametrize(("command", "count"), [("reach.minutes", 3), ("reach.inward", 3), ("reach.metres", 2)])
def test_how_far_one_comes_is_a_result(
    window: MainWindow, card: CardSections, small_city: City, command: str, count: int
) -> None:
    book = next(feature for feature in window.features if isinstance(feature, Instruments)).book
    book.forget_loose()
    window.selection.select([site(small_city)])
    until(lambda: known(card, "units"))
    window.acts.run(command)
    until(lambda: len(book.loose) == count, 60.0)
    sizes = [result.figure for result in book.loose.values()]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] > 0
    book.forget_loose()


def test_without_a_selection_the_next_click_says_from_where(window: MainWindow, card: CardSections) -> None:
    book = next(feature for feature in window.features if isinstance(feature, Instruments)).book
    book.forget_loose()
    window.map.view_whole()
    window.acts.run("reach.minutes")
    assert isinstance(window.map.tool, Pen)
    window.map.tool._done(np.array([[0.0, 0.0, 3.0]]))
    assert window.map.tool is None
    until(lambda: len(book.loose) == 3, 60.0)
    (widest, *_) = book.loose.values()
    assert "120." in widest.name
    assert "speeds=traffic" in widest.details
    book.forget_loose()
