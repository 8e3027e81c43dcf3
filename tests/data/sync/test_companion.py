"""Processes beside the engine: what they print is told, they start again when they die and end with it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

import pytest

from data.sync import companion
from data.sync.child import RULES, rules_beside
from data.sync.companion import keep_running
from data.sync.engine import Engine
from data.sync.messages import Log, Message
from tests.small_county import home_with_county


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)  # the verb is all of the command line then
    monkeypatch.setattr(companion, "RESTART_S", (0.01, 0.01))


def told_by(program: str, until: int) -> list[Message]:
    """Run a program until it was told so many messages of."""

    async def run() -> list[Message]:
        told: list[Message] = []
        enough = asyncio.Event()

        def tell(message: Message) -> None:
            told.append(message)
            if len(told) >= until:
                enough.set()

        running = asyncio.ensure_future(keep_running(["-c", program], tell))
        async with asyncio.timeout(60):
            await enough.wait()
        running.cancel()
        await asyncio.wait([running])
        return told[:until]

    return asyncio.run(run())


def test_lines_are_told_and_one_that_dies_starts_again() -> None:
    told = told_by("print('two'); print('lines'); raise SystemExit(3)", 6)
    assert [message.key for message in told if isinstance(message, Log)] == [
        "companion_said", "companion_said", "companion_died",
    ] * 2  # fmt: skip
    assert isinstance(told[0], Log)
    assert told[0].values["text"] == "two"


def test_it_lets_the_engine_go_first() -> None:
    ours = os.nice(0)
    waits = f"import os, time\nwhile os.nice(0) == {ours}: time.sleep(0.01)\nprint(os.nice(0), flush=True)"
    (line,) = told_by(waits, 1)
    assert isinstance(line, Log)
    assert int(line.values["text"]) == ours + companion.BEHIND


def test_one_that_is_kept_ends_when_its_input_does() -> None:
    told_by("import sys; print('here', flush=True); sys.stdin.read(); print('x' * 200_000)", 1)


def test_a_companion_that_ends_while_its_input_is_open_ends_in_order() -> None:
    program = "from data.sync.companion import when_parent_ends; when_parent_ends(print); raise SystemExit(3)"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stderr is not None
        assert (child.wait(60), child.stderr.read()) == (3, b"")


def test_rules_run_beside_an_engine_unless_that_is_off(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine(home_with_county(tmp_path_factory.mktemp("h") / "home"), "small", lambda _: None)
    assert rules_beside("small", engine) == []
    monkeypatch.delenv(RULES)
    watching = ["watch", "--watched", "--twin", "small"]
    assert rules_beside("small", engine) == [["scenario", *watching], ["traffic", *watching]]
