"""The list of what needs two persons, in the real window."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from app.commands import Command
from app.features.requests import Requests
from app.main_window import MainWindow
from data.access_rules import rules_of
from data.accounts.opening import open_accounts, open_requests
from data.accounts.requests import RequestStore
from tests.app.conftest import home_at, make_window, shared_home, until
from twin.access import Actor, Purpose, Resource
from twin.accounts import Account
from twin.city.city import City
from twin.requests import CONFIRMED, DONE, REFUSED, Deed

RESOURCE = Resource("layer.export", "small/vehicles", True)


@pytest.fixture
def asked(
    qapp: QApplication,
    tmp_path: Path,
    made_home: Path,
    small_city: City,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Iterator[tuple[MainWindow, RequestStore, Actor]]:
    monkeypatch.setattr("data.accounts.store.hashed", lambda _password: "none")  # nobody signs in here
    root = shared_home(tmp_path, made_home)
    home = home_at(root)
    with contextlib.closing(open_accounts(home, rules_of(home))) as accounts:
        for name, role in (("wang", "investigator"), ("chen", "supervisor")):
            accounts.add(Account(name, name, frozenset({role})))
        wang, chen = accounts.actor("wang"), accounts.actor("chen")
    window = make_window(root, small_city, {"chen": chen, "wang": wang}[getattr(request, "param", "chen")])
    with contextlib.closing(open_requests(home, rules_of(home))) as store:
        yield window, store, wang
    window.close()
    window.deleteLater()


def test_the_second_person_sees_exactly_what_is_asked_and_answers(
    asked: tuple[MainWindow, RequestStore, Actor],
) -> None:
    window, store, wang = asked
    panel = next(feature for feature in window.features if isinstance(feature, Requests)).panel
    window.acts.run("panel.requests")
    until(lambda: "没有" in panel.explain.text())
    window.acts.run("asked.confirm")
    assert "选中" in window.status.said.text()
    first, other = (
        store.ask(
            wang, Deed("layer.export.bulk", RESOURCE, {"target": target}, Purpose("核查", "J-1"), {"rows": "9,999"})
        )
        for target in ("a.gpkg", "b.gpkg")
    )
    panel.seen.emit()
    until(lambda: len(panel.table.rows.keys) == 2)
    panel.choose(first.id)
    assert all(word in panel.explain.text() for word in ("a.gpkg", "9,999", "核查", "J-1"))
    panel.confirm.click()
    until(lambda: store.request(first.id).state == CONFIRMED)
    until(lambda: not panel.confirm.isEnabled())
    panel.choose(other.id)
    panel.refuse.click()
    until(lambda: "理由" in panel.problem.text())
    panel.reason.setText("范围过大")
    panel.refuse.click()
    until(lambda: store.request(other.id).state == REFUSED)
    assert store.request(other.id).decided_by == "chen"


def news(window: MainWindow) -> list[str]:
    return [event.key for event in window.log.events if event.key.startswith("event.request_")]


def test_who_can_confirm_is_told_once_without_the_list_being_open(
    asked: tuple[MainWindow, RequestStore, Actor],
) -> None:
    window, store, wang = asked
    feature = next(feature for feature in window.features if isinstance(feature, Requests))
    store.ask(wang, Deed("layer.export.bulk", RESOURCE, {"target": "a.gpkg"}, Purpose("核查", "J-1")))
    for _ in range(2):
        feature.look()
        until(lambda: news(window) and not window.jobs.is_running("requests"))
    assert news(window) == ["event.request_waits"]
    assert "wang" in window.status.said.text()


@pytest.mark.parametrize("asked", ["wang"], indirect=True)
def test_who_asked_carries_it_out_from_the_list(asked: tuple[MainWindow, RequestStore, Actor]) -> None:
    window, store, wang = asked
    feature = next(feature for feature in window.features if isinstance(feature, Requests))
    commands, ran = window.session.commands, list[str]()
    commands.add(Command("test.watch", lambda call: ran.append(call.second), "list.watch", in_palette=False))
    commands.purpose = Purpose("布控", "J-2")
    assert window.acts.run("test.watch", about="list", plate="x") is None
    (request,) = store.requests(wang)
    store.confirm(request.id, store._accounts.actor("chen"))
    commands.purpose = None  # what it was for is kept with it
    feature.look()
    until(lambda: news(window) == ["event.request_confirmed"])
    feature.panel.choose(request.id)
    assert feature.panel.again.isEnabled()
    feature.panel.again.click()
    assert store.request(request.id).state == DONE
    assert ran == ["chen"]
    window.acts.run("asked.again", name=request.id)
    assert ran == ["chen"]  # once
