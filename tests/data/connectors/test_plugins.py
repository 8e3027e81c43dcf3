"""Plug-ins: the page's own example works end to end, and a bad one costs nothing else."""

from __future__ import annotations

import asyncio
import importlib.metadata
import json
import re
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.cli import main
from data.connectors import plugins, registry
from data.connectors.contract import SourceSettings
from data.home import Home
from data.sync.engine import Engine
from data.sync.messages import Log, Message, Status
from tests.services import HOST, free_port
from tests.small_county import home_with_county, small_county
from twin.errors import BadInputError, UsageError

PAGE = Path(__file__).resolve().parents[3] / "docs" / "plug-ins.md"
EMPTY = "def open_source(settings, city):\n    return settings.name\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    monkeypatch.setenv("ZHIAN_HOME", str(tmp_path))
    monkeypatch.setenv("ZHIAN_LANGUAGE", "en")
    home = Home.of_user()
    plugins.folder_of(home).mkdir(mode=0o755)
    yield home
    for name in [name for name in list(sys.modules) if name.split(".")[0] == plugins.NAMESPACE]:
        del sys.modules[name]


def put(home: Home, name: str, code: str) -> Path:
    path = plugins.folder_of(home) / name
    path.parent.mkdir(mode=0o755, exist_ok=True)
    path.write_text(code, "utf-8")
    path.chmod(0o644)
    return path


def opened(kind: str) -> object:
    return registry.open_source(SourceSettings("mine", kind), small_county())


def test_the_pages_example_shows_its_rows_in_the_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIAN_HOME", str(tmp_path))
    home, port, said = home_with_county(tmp_path), free_port(socket.SOCK_DGRAM), list[Message]()
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert len([line for line in code.splitlines() if line.strip()]) <= 40
    put(home, "road_sweepers.py", code)
    settings = SourceSettings("sweepers", "road-sweepers", {"port": port})
    bad = SourceSettings("bad", "faulty")
    put(home, "faulty.py", "raise SystemExit('not today')")
    engine = Engine(home, "small", said.append)
    vars(engine)["_settings"] = (bad, settings)

    async def run() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(engine.run())
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sweeper:
                async with asyncio.timeout(60):
                    while not any(isinstance(message, Status) and message.entities == 1 for message in said):
                        told = {"id": "S-07", "lon": 120.92, "lat": 30.84, "kmh": 12}
                        sweeper.sendto(json.dumps(told).encode(), (HOST, port))
                        await asyncio.sleep(0.05)
            engine.quit()

    asyncio.run(run())
    logs = [message for message in said if isinstance(message, Log)]
    assert [log.key for log in logs if log.source == "sweepers"][:2] == ["source_report", "source_up"]
    (down,) = [log for log in logs if log.source == "bad" and log.key == "source_down"]
    assert "it cannot be imported: SystemExit: not today" in down.values["reason"]


def test_a_package_is_a_plug_in_and_its_files_find_each_other(home: Home) -> None:
    put(home, "tram_lines/source.py", "from .words import WORD\n" + EMPTY.replace("settings.name", "WORD"))
    put(home, "tram_lines/words.py", "WORD = 'tram'\n")
    assert opened("tram-lines") == "tram"
    assert opened("tram-lines") == "tram"  # imported once
    assert "tram-lines" in registry.kinds()
    assert "zhian_plugins.tram_lines.words" in sys.modules


def test_a_plug_in_stands_in_nobodys_place(home: Home) -> None:
    put(home, "json.py", EMPTY)
    put(home, "jt808.py", "raise RuntimeError('this must not run')")
    assert opened("json") == "mine"
    assert json.loads("[]") == []
    assert opened("jt808").__class__.__name__ == "Jt808"


@pytest.mark.parametrize(
    ("name", "mode", "problem"),
    [
        ("mine.py", 0o666, "others may write to it"),
        ("mine.py", 0o664, "others may write to it"),
        (".", 0o777, "others"),
    ],
)
def test_what_others_may_write_is_not_run(home: Home, name: str, mode: int, problem: str) -> None:
    put(home, "mine.py", "raise RuntimeError('this must not run')")
    (plugins.folder_of(home) / name).chmod(mode)
    with pytest.raises(BadInputError, match=problem):
        opened("mine")


def test_neither_is_a_package_with_one_such_file_nor_a_link_to_one_nor_one_compiled_by_others(home: Home) -> None:
    put(home, "mine/source.py", EMPTY)
    put(home, "mine/words.py", "").chmod(0o666)
    elsewhere = home.state / "elsewhere.py"
    elsewhere.write_text(EMPTY)
    elsewhere.chmod(0o666)
    (plugins.folder_of(home) / "linked.py").symlink_to(elsewhere)
    for kind in ("mine", "linked"):
        with pytest.raises(BadInputError, match="others may write to it"):
            opened(kind)
    put(home, "plain.py", EMPTY)
    (plugins.folder_of(home) / "__pycache__").mkdir()
    (plugins.folder_of(home) / "__pycache__").chmod(0o777)
    with pytest.raises(BadInputError, match="others may write to it"):
        opened("plain")


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("x = ", "SyntaxError"), ("import nowhere", "ModuleNotFoundError"), ("1 / 0", "ZeroDivisionError"),
        ("import sys; sys.exit(3)", "SystemExit: 3"), ("x = 1", "it has no `open_source`"), ("\0", "cannot be"),
    ],
)  # fmt: skip
def test_a_faulty_one_says_what_is_wrong_and_leaves_nothing_behind(home: Home, code: str, problem: str) -> None:
    put(home, "faulty.py", code)
    with pytest.raises(BadInputError, match=re.escape(problem)):
        opened("faulty")
    if "open_source" not in problem:
        assert "zhian_plugins.faulty" not in sys.modules
    put(home, "faulty.py", EMPTY + "# mended, and longer than before, so that no compiled one is taken for it\n")
    for name in [name for name in list(sys.modules) if name.startswith("zhian_plugins.")]:
        del sys.modules[name]
    assert opened("faulty") == "mine"


def test_what_is_no_plug_in_is_passed_over(home: Home) -> None:
    for name in ("notes.txt", "_draft.py", "no-name.py", ".hidden.py", "empty/readme.md"):
        put(home, name, "")
    assert plugins.found(home) == ()
    with pytest.raises(UsageError, match="there is no connector of the kind 'notes'"):
        opened("notes")


def test_the_verb_lists_what_was_added_and_what_of_it_works(
    home: Home, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["plugins"]) == 0
    assert str(plugins.folder_of(home)) in capsys.readouterr().out
    put(home, "fine.py", EMPTY)
    assert main(["plugins"]) == 0
    put(home, "jt808.py", EMPTY)
    put(home, "faulty.py", "1 / 0")
    point = importlib.metadata.EntryPoint("far", "nowhere:open_source", registry.GROUP)
    offered = {registry.GROUP: [point]}
    monkeypatch.setattr("app.verbs.plugins.entry_points", lambda group: offered.get(group, []))
    capsys.readouterr()
    assert main(["--json", "plugins"]) == 1
    told = {added["name"]: added["problem"] for added in map(json.loads, capsys.readouterr().out.splitlines())}
    assert told == {
        "fine": "", "jt808": "there is another connector of this kind",
        "faulty": "it cannot be imported: ZeroDivisionError: division by zero",
        "far": "ModuleNotFoundError: No module named 'nowhere'",
    }  # fmt: skip


def test_other_packages_offer_connectors_through_an_entry_point(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    point = importlib.metadata.EntryPoint("more", "data.connectors.demo_life.source:open_source", registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group, name="more": [point] if name == "more" else [])
    assert "more" in registry.kinds()
    assert opened("more").__class__.__module__.startswith("data.connectors.demo_life")
