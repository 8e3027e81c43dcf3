"""Every command of the command line asks for a permission, has its words in both languages, and is audited."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.cli import open_session, verb_modules
from app.commands import Command, Commands
from app.texts import LANGUAGES, Texts
from twin.access import DEMO_ACTOR, Actor, AuditEntry
from twin.audit.shown import digest
from twin.errors import NotAllowedError


class Sink:
    """An audit record in memory."""

    def __init__(self) -> None:
        self.entries: list[AuditEntry] = []

    def write(self, entry: AuditEntry) -> None:
        self.entries.append(entry)

    def close(self) -> None:
        pass


@pytest.fixture
def every(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Command]:
    monkeypatch.setenv("ZHIAN_HOME", str(tmp_path))
    session = open_session()
    session.commands.close()
    return [command for verb in verb_modules() for command in verb.commands(session)]


def test_every_command_has_a_permission_and_a_title_in_both_languages(every: list[Command]) -> None:
    assert {"layer.list", "layer.export", "audit.verify", "audit.list"} <= {command.id for command in every}
    for command in every:
        assert re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", command.permission), command.id
        for language in LANGUAGES:
            assert Texts(language)(f"command.{command.id}").strip(), command.id


def test_a_stranger_may_run_none_of_them_and_each_try_is_on_record(every: list[Command]) -> None:
    sink = Sink()
    commands = Commands(Actor("x", "某人"), sink)
    for command in every:
        commands.add(command)
        with pytest.raises(NotAllowedError):
            commands.run(command.id)
    assert [entry.resource.kind for entry in sink.entries] == [command.id for command in every]
    assert not any(entry.decision.allowed or entry.decision.unmask for entry in sink.entries)


def test_what_is_shown_has_its_hash_on_record_before_it_is() -> None:
    audit = Sink()
    commands = Commands(DEMO_ACTOR, audit)
    commands.add(Command("thing.list", lambda _: [1, 2], permission="thing.read", sensitive=True, shows=True))
    assert commands.run("thing.list", about="x") == [1, 2]
    asked, seen = audit.entries
    assert (asked.action, asked.shown) == ("thing.read", "")
    assert (seen.action, seen.resource.kind, seen.resource.id, seen.shown) == (
        "shown", "thing.list", "x", digest([1, 2]),
    )  # fmt: skip
