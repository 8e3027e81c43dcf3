"""A deed that needs two persons: refused and asked for, confirmed by another, done once, each step on record."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path

import pytest

from app.commands import Call, Command, Commands
from app.exporting import Wish, export_layer
from app.second import KeptRequests
from data.access_rules import rules_of
from data.accounts.opening import open_accounts, open_requests
from data.home import Home
from tests.app.conftest import Audit, home_at
from tests.data.export.county import AT_S, frame
from twin.access import DEMO_ACTOR, Actor, Purpose
from twin.accounts import Account
from twin.city.city import City
from twin.errors import DiskError, NotAllowedError
from twin.world import World

PURPOSE = Purpose("核查", "J-1")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setattr("data.accounts.store.hashed", lambda _password: "none")  # nobody signs in here
    home = home_at(tmp_path)
    with contextlib.closing(open_accounts(home, rules_of(home))) as store:
        for name, role in (("wang", "investigator"), ("chen", "supervisor"), ("zhao", "supervisor")):
            store.add(Account(name, name, frozenset({role})))
    return home


def commands_of(home: Home, name: str) -> tuple[Commands, Audit]:
    rules, audit = rules_of(home), Audit()
    with contextlib.closing(open_accounts(home, rules)) as store:
        commands = Commands(store.actor(name), audit, rules, KeptRequests(home, rules, audit))
    commands.purpose = PURPOSE
    return commands, audit


def confirm(home: Home, by: str) -> None:
    rules = rules_of(home)
    with contextlib.closing(open_accounts(home, rules)) as accounts:
        actor = accounts.actor(by)
    with contextlib.closing(open_requests(home, rules)) as store:
        store.confirm(store.requests(actor)[0].id, actor)


def test_a_command_that_needs_two_persons_runs_once_after_the_second_ones_word(home: Home) -> None:
    commands, audit = commands_of(home, "zhao")
    ran: list[str] = []
    disk = [DiskError("interrupted")]

    def bury(call: Call) -> None:
        if disk:
            raise disk.pop()
        ran.append(call.arguments["file"])

    commands.add(Command("history.forget", bury, "history.forget"))
    for _ in range(2):
        with pytest.raises(NotAllowedError, match="a second person must confirm"):
            commands.run("history.forget", file="a")
    confirm(home, "chen")
    with pytest.raises(NotAllowedError, match="a second person must confirm"):
        commands.run("history.forget", file="b")
    with pytest.raises(DiskError):
        commands.run("history.forget", file="a")
    commands.run("history.forget", file="a")
    with pytest.raises(NotAllowedError):
        commands.run("history.forget", file="a")
    assert ran == ["a"]
    steps = [(entry.decision.allowed, entry.details["second"]) for entry in audit.entries]
    assert steps == [
        (False, ""),
        (False, ""),
        (False, ""),
        (True, "chen"),
        (False, "chen"),
        (True, "chen"),
        (False, ""),
    ]


def test_many_rows_of_people_leave_only_with_two_persons(home: Home, tmp_path: Path, small_city: City) -> None:
    world, rows = World(small_city, frame(small_city), (), AT_S, live=True), 60
    wish = Wish("vehicles", tmp_path / "out.geojson", overwrite=True)
    commands, audit = commands_of(home, "wang")
    commands.rules = replace(commands.rules, bulk_rows=rows - 1)

    def export(call: Call) -> int:
        return export_layer(call.arguments["wish"], world, "demo", call).rows

    commands.add(Command("layer.export", export, "layer.export", sensitive=True))
    with pytest.raises(NotAllowedError, match="a second person"):
        commands.run("layer.export", wish=wish)
    assert not wish.target.exists()
    assert audit.entries[-1].details["rows"] == str(rows)
    confirm(home, "chen")
    with pytest.raises(NotAllowedError):
        commands.run("layer.export", wish=replace(wish, target=tmp_path / "other.geojson"))
    assert commands.run("layer.export", wish=wish) == rows
    small = replace(wish, target=tmp_path / "few.geojson", where="kind = 'bus'")
    assert commands.run("layer.export", wish=small) < rows


def test_where_everything_is_invented_one_person_is_enough(home: Home) -> None:
    audit = Audit()
    commands = Commands(DEMO_ACTOR, audit, rules_of(home), KeptRequests(home, rules_of(home), audit))
    commands.add(Command("history.forget", lambda _call: 7, "history.forget"))
    assert commands.run("history.forget") == 7


def test_who_may_not_at_all_is_not_asked_for(home: Home) -> None:
    commands, _ = commands_of(home, "wang")
    commands.add(Command("history.forget", lambda _call: 7, "history.forget"))
    with pytest.raises(NotAllowedError, match="no role"):
        commands.run("history.forget")
    with contextlib.closing(open_requests(home, rules_of(home))) as store:
        assert store.requests(Actor("x", "x", frozenset({"supervisor"}))) == []
