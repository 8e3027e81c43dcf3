from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from data.home import Home
from data.signals import centre, gateway
from data.signals.controller import Controller
from data.signals.gateway import Gateway, gateway_of
from data.signals.server import Server
from tests.data.signals.made import FACTORY, JUNCTION, NEW, NOW_S
from twin.errors import BadInputError, MissingPieceError

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
