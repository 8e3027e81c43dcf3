"""``zhian account``: from the first account on everybody signs in, and may only what the role says."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pkcs11
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from app.cli import main
from data.accounts.tickets import VARIABLE, write_ticket
from data.accounts.trust import FOLDER
from data.audit.reading import entries
from data.home import Home
from data.store.twin_folder import save_city
from tests.data.accounts.pki import MODULE, PIN, Authority, pem, put_on_card, reader
from tests.layers.tiny import tiny_city
from twin.access import Actor

GOOD, OTHER = "Regen-im-Mai-7", "Schnee-im-Juni-8"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ZHIAN_HOME", str(tmp_path / "home"))
    return tmp_path


def file(folder: Path, password: str) -> str:
    path = folder / "password"
    path.write_text(password + "\n", "utf-8")
    return str(path)


@pytest.fixture
def first(home: Path) -> list[str]:
    """How the administrator of a fresh installation signs in."""
    assert main(["account", "first", "root", "--person", "管理员", "--new-password-file", file(home, GOOD)]) == 0
    return ["--account", "root", "--password-file", file(home, GOOD)]


def test_before_the_first_account_nobody_signs_in(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["layers"]) == 0
    assert capsys.readouterr().out


@pytest.mark.usefixtures("first")
def test_from_the_first_account_on_everybody_does(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["layers"]) == 5
    assert "--account" in capsys.readouterr().err
    assert main(["account", "first", "other", "--person", "某人", "--new-password-file", "nowhere"]) == 4


def test_a_wrong_password_is_refused_and_on_record(first: list[str], home: Path) -> None:
    assert main([*first[:2], "--password-file", file(home, OTHER), "layers"]) == 5
    tries = [entry for entry in entries(Home.of_user().state / "trail.sqlite") if entry["action"] == "account.sign_in"]
    assert [(entry["actor"], bool(entry["allowed"])) for entry in tries] == [("root", False)]


def test_a_role_may_what_the_rules_say_and_no_more(
    first: list[str], home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*first, "account", "add", "sun", "--person", "孙审计", "--role", "auditor", "--json"]) == 0
    password = json.loads(capsys.readouterr().out)["password"]
    sun = ["--account", "sun", "--password-file", file(home, password)]
    assert main([*sun, "audit", "list"]) == 5
    assert "初始密码" in capsys.readouterr().err
    changing = ["account", "password", "sun", "--password-file", file(home, password), "--new-password-file"]
    fresh = home / "fresh"
    fresh.write_text(OTHER, "utf-8")
    assert main([*changing, str(fresh)]) == 0
    sun = ["--account", "sun", "--password-file", str(fresh)]
    assert main([*sun, "audit", "list"]) == 0
    assert main([*sun, "account", "list"]) == 5
    assert main([*sun, "layers"]) == 5
    assert "sun" in capsys.readouterr().err
    assert main(["--account", "root", "--password-file", file(home, GOOD), "account", "close", "sun"]) == 0
    assert main([*sun, "audit", "list"]) == 5
    assert "停用" in capsys.readouterr().err


def test_what_an_account_reaches_is_changed_piece_by_piece(
    first: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    asked = [
        "account",
        "add",
        "li",
        "--person",
        "李",
        "--role",
        "operator",
        "--street",
        "罗星",
        "--shift",
        "08:00-20:00",
    ]
    assert main([*first, *asked]) == 0
    assert (
        main([*first, "account", "change", "li", "--street", "西塘", "--street", "大云", "--role", "supervisor"]) == 0
    )
    capsys.readouterr()
    assert main([*first, "account", "list", "--json"]) == 0
    li = next(one for one in map(json.loads, capsys.readouterr().out.splitlines()) if one["id"] == "li")
    assert (li["roles"], li["scope"]["streets"], li["shift"]) == (["supervisor"], ["大云", "西塘"], "08:00-20:00")
    assert main([*first, "account", "change", "li", "--role", "king"]) == 2
    assert main([*first, "account", "change", "nobody", "--role", "operator"]) == 2


@pytest.mark.usefixtures("first")
def test_a_child_acts_for_who_started_it(monkeypatch: pytest.MonkeyPatch) -> None:
    li = Actor("li", "李", frozenset({"operator"}))
    monkeypatch.setenv(VARIABLE, write_ticket(Home.of_user(), li, 0.0))
    assert main(["layers"]) == 5  # over long ago
    monkeypatch.setattr("time.time", lambda: 10.0)
    assert main(["layers"]) == 0
    assert main(["account", "list"]) == 5


def test_without_a_terminal_a_file_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["account", "first", "root", "--person", "管理员"]) == 2
    assert "--password-file" in capsys.readouterr().err


def test_a_real_twin_asks_for_its_first_administrator(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there = Home.of_user()
    there.twin("real").parent.mkdir(parents=True)
    for name, invented in (("real", False), ("demo", True)):
        save_city(dataclasses.replace(tiny_city(), invented=invented), there.twin(name))
    there.set_current("real")
    export = ["export", "roads", "--to", str(home / "roads.gpkg"), "--overwrite"]
    assert main(export) == 5
    assert "zhian account first" in capsys.readouterr().err
    assert main([*export, "--twin", "demo"]) == 0
    assert main(["layers"]) == 0
    assert main(["account", "first", "root", "--person", "管理员", "--new-password-file", file(home, "root")]) == 2
    assert main(["account", "first", "root", "--person", "管理员", "--new-password-file", file(home, GOOD)]) == 0
    capsys.readouterr()
    assert main(export) == 5
    assert "--account" in capsys.readouterr().err


def test_a_card_signs_in_on_the_command_line(
    first: list[str], home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOFTHSM2_CONF", str(reader(home)))
    ours, key = Authority(), ec.generate_private_key(ec.SECP256R1())
    card = ours.issue(key)
    put_on_card(home, key, card)
    ca, lists = pem(home / "ca", ours.certificate), pem(home / "crl", ours.revoked())
    give = [*first, "account", "card", "root", "--certificate", str(pem(home / "card", card))]
    assert main(give) == 5  # nobody's cards are believed yet
    assert main([*first, "account", "trust", "--ca", str(ca), "--crl", str(lists)]) == 0
    (Home.of_user().data / FOLDER / "module").write_text(str(MODULE))
    assert main(give) == 0
    (home / "pin").write_text(PIN)
    by_card = ["--card", "--password-file", str(home / "pin")]
    assert main([*by_card, "account", "list"]) == 0
    pem(lists, ours.revoked(card))
    assert main([*by_card, "account", "trust", "--ca", str(ca), "--crl", str(lists)]) == 0
    capsys.readouterr()
    assert main([*by_card, "account", "list"]) == 5
    assert "吊销" in capsys.readouterr().err
    pkcs11.lib(str(MODULE)).finalize()
