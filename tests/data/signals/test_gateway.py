from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from data.home import Home
from data.signals import centre, gateway, releases
from data.signals.controller import Controller
from data.signals.gateway import Before, Gateway, Switched, gateway_of
from data.signals.releases import Release
from data.signals.server import Server
from tests.data.signals.made import FACTORY, JUNCTION, NEW, NOW_S
from tests.twin.signals.made import plan
from twin.errors import BadInputError, MissingPieceError
from twin.signals.timetable import DAY_S, Slot, Timetable

OTHER = replace(JUNCTION, id=2)


@contextmanager
def served(*controllers: Controller) -> Iterator[Gateway]:
    """Serve controllers on a thread of their own."""
    ready, ports, loop = threading.Event(), [], asyncio.new_event_loop()
    over = asyncio.Event()

    async def serve() -> None:
        server = Server({controller.junction.id: controller for controller in controllers}, lambda: NOW_S)
        await server.open()
        ports.append(server.port)
        ready.set()
        await over.wait()
        await server.close()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert ready.wait(60)
    try:
        yield Gateway(port=ports[0])
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(60)
        loop.close()


def test_an_arterial_is_released_watched_and_taken_back() -> None:
    one, two = Controller(JUNCTION, FACTORY), Controller(OTHER, FACTORY)
    with served(one, two) as address:
        switched = gateway.release(address, [(JUNCTION, NEW), (OTHER, NEW)], NOW_S)
        assert (one.plan, two.plan) == (NEW, replace(NEW, junction=2))
        seen = gateway.seen(address, (1, 2), lambda: NOW_S)
        assert [(told.plan, told.stage) for told in seen.values()] == [(2, NEW.stage_at(NOW_S)[0])] * 2
        gateway.go_back(address, switched.before)
        assert (one.plan, two.plan) == (FACTORY, replace(FACTORY, junction=2))


def test_if_one_does_not_all_keep_what_they_ran(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(centre, "ANSWER_S", 0.05)
    one = Controller(JUNCTION, FACTORY)
    with served(one) as address:
        with pytest.raises(MissingPieceError, match="controller 2"):
            gateway.release(address, [(JUNCTION, NEW), (OTHER, NEW)], NOW_S)
        assert gateway.seen(address, (1, 2), lambda: NOW_S).keys() == {1}
    assert one.plan == FACTORY


def test_nobody_there_is_said() -> None:
    with pytest.raises(MissingPieceError, match="no controllers"):
        gateway.seen(Gateway(port=1), (1,), lambda: NOW_S)


@pytest.mark.parametrize("text", ["port = 0", "port = 'x'", "udp = 1", "host = ", "\x00"])
def test_a_file_of_settings_that_makes_no_sense_is_refused(tmp_path: Path, text: str) -> None:
    home = Home(*[tmp_path] * 4)
    assert gateway_of(home) == Gateway()
    (home.data / gateway.FILE).write_text(text, "utf-8")
    with pytest.raises(BadInputError):
        gateway_of(home)


def test_a_day_of_plans_runs_by_the_time_of_day_and_is_taken_back() -> None:
    noon_s = (NOW_S + 28_800.0) // DAY_S * DAY_S - 28_800.0 + 12 * 3600.0
    one = Controller(JUNCTION, FACTORY, gentle=True)
    early, late = plan(40.0, 8.0, 13.0, offset_s=3.0), plan(30.0, 12.0, 20.0, offset_s=9.0)
    day = Timetable((Slot(6 * 3600.0, "早", early), Slot(13 * 3600.0, "午", NEW), Slot(20 * 3600.0, "夜", late)))
    remembered: list[gateway.Switched] = []
    with served(one) as address:
        switched = gateway.release_day(address, [(JUNCTION, day)], NOW_S, remembered.append)
        assert remembered == [switched]
        runs = []
        for hour in (0.5, 6.5, 12.9, 13.5, 21.0):
            one.stage(noon_s + (hour - 12.0) * 3600.0)
            runs.append(one.plan)
        assert runs == [late, early, early, NEW, late]
        over = one._runs
        assert over.ends_s > over.begin_s >= noon_s + 8 * 3600.0
        again = gateway.release_day(address, [(JUNCTION, day)], NOW_S)
        assert again.after != switched.after
        gateway.go_back(address, switched.before)
        assert (one.running, one.plan) == (1, FACTORY)


def test_what_was_released_is_known_after_a_restart_and_a_cut_line_does_no_harm(tmp_path: Path) -> None:
    home = Home(*[tmp_path] * 4)
    assert releases.standing(home, "demo") is None
    switched = Switched({1: Before(1, 0x21)}, {1: 2})
    first, second = (
        Release(NOW_S + at, "li", "demo", "中山路", {1: "中山路—1街"}, switched, (NEW,)) for at in (0.0, 60.0)
    )
    releases.remember(home, first)
    with (tmp_path / "signals" / releases.FILE).open("ab") as file:
        file.write(b'{"at_s": 12.0, "who"')
    assert releases.standing(home, "demo") == first
    releases.remember(home, second)
    assert releases.standing(home, "other") is None
    assert releases.standing(home, "demo") == second
    releases.went_back(home, second, "wang", NOW_S + 99.0)
    assert releases.standing(home, "demo") == first
    assert releases.releases(home, "demo")[1].back_by == "wang"
    (tmp_path / "signals" / releases.FILE).write_bytes(b"no\n{}\n")
    with pytest.raises(BadInputError):
        releases.standing(home, "demo")


def test_the_plans_of_a_day_are_known_after_a_restart_and_each_is_due_at_its_time(tmp_path: Path) -> None:
    home = Home(*[tmp_path] * 4)
    day = Timetable((Slot(6 * 3600.0, "早", plan(40.0, 8.0, 13.0)), Slot(13 * 3600.0, "午", NEW)))
    switched = Switched({1: Before(1, 0x21)}, {1: 4})
    kept = Release(NOW_S, "li", "demo", "中山路", {1: "中山路—1街"}, switched, days=(day,))
    releases.remember(home, kept)
    assert releases.standing(home, "demo") == kept
    midnight_s = (NOW_S + 28_800.0) // DAY_S * DAY_S - 28_800.0 + DAY_S
    for hour, number in ((1.0, 5), (7.0, 4), (14.0, 5)):
        (duty,) = kept.duties(0.0, midnight_s + hour * 3600.0).values()
        assert (duty.number, duty.plan) == (number, day.slots[number - 4].plan)
        begun = {1.0: NOW_S, 7.0: midnight_s + 6 * 3600.0, 14.0: midnight_s + 13 * 3600.0}[hour]
        assert duty.since_s == pytest.approx(begun, abs=1.0)


def test_what_fails_is_written_down_as_gone_back(tmp_path: Path) -> None:
    home = Home(*[tmp_path] * 4)
    kept = Release(NOW_S, "li", "demo", "中山路", {}, Switched({}, {}), (NEW,))
    releases.remember(home, kept)
    with pytest.raises(MissingPieceError), releases.undone_on_failure(home, [kept], "li"):
        raise MissingPieceError("controller 2 does not answer")
    assert releases.standing(home, "demo") is None
