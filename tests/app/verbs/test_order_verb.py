"""``zhian order`` and the exports of a script: only inside an order that two persons made, and why not else."""

from __future__ import annotations

import contextlib
import json
import time
from pathlib import Path

import pytest

from app.cli import main
from data.access_rules import rules_of
from data.accounts.opening import open_accounts, open_orders
from data.accounts.tickets import VARIABLE, write_ticket
from data.home import Home
from data.store.twin_folder import save_city
from tests.layers.tiny import tiny_city
from twin.accounts import Account
from twin.errors import NotAllowedError, UsageError
from twin.orders import Terms

PEOPLE = {"chen": "supervisor", "zhao": "supervisor"}
WHY = ["--purpose", "夜间备查", "--reference", "O-7"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("ZHIAN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ZHIAN_LANGUAGE", "en")
    monkeypatch.setattr("data.accounts.store.hashed", lambda _password: "none")  # they act by tickets here
    home = Home.of_user()
    home.twin("tiny").parent.mkdir(parents=True)
    save_city(tiny_city(), home.twin("tiny"))
    home.set_current("tiny")
    with contextlib.closing(open_accounts(home, rules_of(home))) as store:
        for name, role in PEOPLE.items():
            store.add(Account(name, name, frozenset({role})))
        end_s = time.time() + 86_400
        store.add(Account("night", "夜间导出", frozenset({"service"}), service=True, expires_at_s=end_s))
    return home


def test_a_script_exports_only_what_two_persons_ordered(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def zhian(who: str, *words: str) -> int:
        with contextlib.closing(open_accounts(home, rules_of(home))) as store:
            monkeypatch.setenv(VARIABLE, write_ticket(home, store.actor(who), time.time()))
        capsys.readouterr()
        return main([*words])

    def export(layer: str, target: Path) -> int:
        return zhian("night", "export", layer, "--to", str(target), "--overwrite")

    folder = tmp_path / "out"
    folder.mkdir()
    assert export("roads", folder / "roads.gpkg") == 5
    assert "no standing order" in capsys.readouterr().err
    make = ["order", "make", "night", "--layer", "roads", "--format", "gpkg", "--to", str(folder), "--days", "30"]
    assert zhian("chen", *make) == 2  # for what?
    assert zhian("chen", *make, *WHY) == 5
    assert zhian("zhao", "request", "list", "--json") == 0
    asked = json.loads(capsys.readouterr().out)
    assert (asked["deed"]["what"]["layers"], asked["deed"]["what"]["days"]) == ("roads", "30")
    assert zhian("zhao", "request", "confirm", asked["id"]) == 0
    assert zhian("chen", *make, *WHY, "--json") == 0
    order = json.loads(capsys.readouterr().out)
    assert (order["made_by"], order["approved_by"], order["over"]) == ("chen", "zhao", "")
    assert export("roads", folder / "roads.gpkg") == 0
    told = json.loads((folder / "roads.gpkg.provenance.json").read_text("utf-8"))
    assert (told["standing_order"], told["purpose"]) == (order["id"], {"text": "夜间备查", "reference": "O-7"})
    assert zhian("chen", *make, "--rows", "1", *WHY) == 5  # another order is another request
    assert zhian("zhao", "order", "end", order["id"]) == 0
    assert zhian("zhao", "request", "list", "--json") == 0
    fewer = next(
        told["id"] for told in map(json.loads, capsys.readouterr().out.splitlines())
        if told["deed"]["what"]["most_rows"] == "1"
    )  # fmt: skip
    assert zhian("zhao", "request", "confirm", fewer) == 0
    assert zhian("chen", *make, "--rows", "1", *WHY, "--json") == 0
    order = json.loads(capsys.readouterr().out)
    assert export("roads", folder / "roads.gpkg") == 5
    assert "1 rows at most" in capsys.readouterr().err
    (folder / "way-out").symlink_to(tmp_path)
    assert export("buildings", folder / "b.gpkg") == 5
    assert "not for buildings" in capsys.readouterr().err
    assert export("roads", folder / "way-out" / "roads.gpkg") == 5
    assert str(folder) in capsys.readouterr().err
    assert zhian("zhao", "order", "end", order["id"]) == 0
    assert export("roads", folder / "roads.gpkg") == 5
    assert "ended by zhao" in capsys.readouterr().err


def test_an_order_is_for_a_script_by_two_persons_and_ends(home: Home) -> None:
    terms = Terms("tiny", frozenset({"roads"}), frozenset({"gpkg"}), "/out", "夜间备查")
    with contextlib.closing(open_orders(home, rules_of(home))) as store:
        for made_by, approved_by in (("chen", "chen"), ("chen", "")):
            with pytest.raises(NotAllowedError, match="two persons"):
                store.make("night", terms, 60.0, made_by, approved_by)
        for account, life_s in (("chen", 60.0), ("night", 0.0), ("night", float("nan")), ("night", 4e7)):
            with pytest.raises(UsageError):
                store.make(account, terms, life_s, "chen", "zhao")
        assert store.orders() == []
