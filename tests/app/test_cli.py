"""A command line loads the verb it asks for, and each verb finds its commands in its own module."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from types import ModuleType

import pytest

from app.cli import asked_for, main, make_parser, open_session, verb_modules

RUNS = re.compile(r"commands\.run\(\s*\"([a-z_.]+)\"")


def verbs_of(modules: list[ModuleType]) -> set[str]:
    (action,) = (a for a in make_parser(modules, "en")._actions if a.dest == "verb")
    assert action.choices is not None
    return {str(name) for name in action.choices}


def test_each_verb_is_in_the_module_that_is_loaded_for_it() -> None:
    everything = verbs_of(verb_modules())
    assert len(everything) > 30
    for verb in everything:
        (module,) = asked_for(["--json", verb])
        assert verb in verbs_of(verb_modules((module,)))


@pytest.mark.parametrize("argv", [[], ["--help"], ["exprot"], ["journal"], ["alert", "list"], ["lists"]])
def test_what_names_no_verb_or_perhaps_two_is_read_with_all_of_them(argv: list[str]) -> None:
    assert asked_for(argv) == ()


def test_a_verb_that_does_not_exist_is_answered_with_all_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["exprot"])
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert all(word in told for word in ("export", "quarantine", "traffic"))


@pytest.mark.parametrize("module", verb_modules(), ids=lambda module: module.__name__)
def test_what_a_verb_runs_is_in_its_module(module: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIAN_HOME", str(tmp_path))
    session = open_session()
    session.commands.close()
    has = {command.id for command in module.commands(session)}
    assert set(RUNS.findall(inspect.getsource(module))) <= has
