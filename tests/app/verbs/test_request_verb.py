"""``zhian request``: two accounts, one deed, by the command line."""

from __future__ import annotations

import contextlib
import json
import time
from pathlib import Path

import pytest

from app.cli import main
from data.access_rules import rules_of
from data.accounts.opening import open_accounts
from data.accounts.tickets import VARIABLE, write_ticket
from data.audit.reading import entries
from data.home import Home
from twin.accounts import Account


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("ZHIAN_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("data.accounts.store.hashed", lambda _password: "none")  # they act by tickets here
    home = Home.of_user()
    with contextlib.closing(open_accounts(home, rules_of(home))) as store:
        for name, role in (
            ("chen", "supervisor"),
            ("zhao", "supervisor"),
            ("li", "operator"),
            ("root", "administrator"),
            ("wang", "investigator"),
        ):
            store.add(Account(name, name, frozenset({role})))
    return home


def test_one_asks_another_confirms_or_refuses(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def zhian(who: str, *words: str) -> int:
        with contextlib.closing(open_accounts(home, rules_of(home))) as store:
            monkeypatch.setenv(VARIABLE, write_ticket(home, store.actor(who), time.time()))
        capsys.readouterr()
        return main([*words])

    (tmp_path / "stone").write_text("no tombstone")
    forget = ("history", "forget", str(tmp_path / "stone"), "--twin", "small")
    assert zhian("chen", *forget) == 5
    assert "第二人" in capsys.readouterr().err
    assert zhian("zhao", "request", "list", "--json") == 0
    asked = json.loads(capsys.readouterr().out)
    assert (asked["asked_by"], asked["deed"]["action"], asked["state"]) == ("chen", "history.forget", "open")
    name = asked["id"]
    assert zhian("li", "request", "show", name) == 2
    assert zhian("li", "request", "confirm", name) == 5
    assert zhian("root", "request", "confirm", name) == 5
    assert zhian("chen", "request", "confirm", name) == 5
    assert zhian("zhao", "request", "confirm", name, "--json") == 0
    assert json.loads(capsys.readouterr().out)["decided_by"] == "zhao"
    assert zhian("chen", *forget) == 4  # it was carried out, and refused what is no tombstone
    assert zhian("zhao", "request", "show", name) == 0
    assert "sha256" in capsys.readouterr().out
    (tmp_path / "stone").write_text("another one")
    assert zhian("chen", *forget) == 5
    assert zhian("zhao", "request", "list", "--json") == 0
    other = json.loads(capsys.readouterr().out.splitlines()[0])["id"]
    assert other != name
    assert zhian("zhao", "request", "refuse", other) == 2
    assert zhian("zhao", "request", "refuse", other, "--reason", "不合规定") == 0
    assert zhian("chen", *forget) == 5
    assert "不合规定" in capsys.readouterr().err
    steps = [(entry["actor"], bool(entry["allowed"])) for entry in entries(home.state / "trail.sqlite")
             if entry["action"] in ("history.forget", "request.decide")]  # fmt: skip
    assert steps == [
        ("chen", False), ("li", True), ("root", False), ("chen", True), ("zhao", True), ("chen", True), ("chen", False),
        ("chen", False), ("zhao", True), ("zhao", True), ("chen", False),
    ]  # fmt: skip


def test_a_watch_list_is_taken_after_a_second_persons_word_whenever_that_comes(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def zhian(who: str, *words: str) -> int:
        with contextlib.closing(open_accounts(home, rules_of(home))) as store:
            monkeypatch.setenv(VARIABLE, write_ticket(home, store.actor(who), time.time()))
        capsys.readouterr()
        return main([*words])

    file = tmp_path / "wanted.csv"
    file.write_text("key,note,until,legal_basis,owner\n浙F·00001,布控,2099-01-01,依据,wang\n", "utf-8")
    bring = [
        "list",
        "import",
        "wanted",
        str(file),
        "--source",
        "所内",
        "--owner",
        "wang",
        "--watch",
        "--purpose",
        "布控",
    ]
    assert zhian("wang", *bring) == 5
    assert zhian("chen", "request", "list", "--json") == 0
    name = json.loads(capsys.readouterr().out)["id"]
    assert zhian("chen", "request", "confirm", name) == 0
    file.write_text(file.read_text("utf-8") + "浙F·00002,布控,2099-01-01,依据,wang\n", "utf-8")
    assert zhian("wang", *bring) == 5  # that is another list
    file.write_text("".join(file.read_text("utf-8").splitlines(keepends=True)[:2]), "utf-8")
    assert zhian("wang", *bring) == 0
