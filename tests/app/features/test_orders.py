"""Standing orders in the real window: asked for by one, confirmed by another, made, listed and ended."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QListWidget

from app.features.orders import Orders
from data.access_rules import rules_of
from data.accounts.opening import open_accounts, open_orders, open_requests
from tests.app.conftest import home_at, let_go, make_window, shared_home, until
from twin.accounts import Account
from twin.city.city import City


def tick(choices: QListWidget, name: str) -> None:
    items = [choices.item(row) for row in range(choices.count())]
    item = next(item for item in items if item.data(Qt.ItemDataRole.UserRole) == name)
    item.setCheckState(Qt.CheckState.Checked)


def test_an_order_is_asked_for_confirmed_made_and_ended(
    qapp: QApplication, tmp_path: Path, made_home: Path, small_city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.accounts.store.hashed", lambda _password: "none")  # nobody signs in here
    root = shared_home(tmp_path, made_home)
    home = home_at(root)
    rules = rules_of(home)
    with contextlib.closing(open_accounts(home, rules)) as accounts:
        for name in ("chen", "zhao"):
            accounts.add(Account(name, name, frozenset({"supervisor"})))
        night = Account("night", "夜间导出", frozenset({"service"}), service=True, expires_at_s=time.time() + 9e6)
        accounts.add(night)
        chen, zhao = accounts.actor("chen"), accounts.actor("zhao")
    window = make_window(root, small_city, chen)
    feature = next(feature for feature in window.features if isinstance(feature, Orders))
    window.acts.run("purpose.state", text="夜间备查", reference="O-7")
    window.acts.run("orders.open")
    dialog = feature.dialog
    assert dialog is not None
    until(lambda: dialog.account.count() == 1)
    dialog.ask.click()
    assert "图层" in dialog.problem.text()
    tick(dialog.layers, "roads")
    tick(dialog.formats, "gpkg")
    dialog.folder.setText(str(tmp_path / "out"))
    dialog.rows.setValue(5000)
    dialog.ask.click()
    until(lambda: "zhian request confirm" in dialog.problem.text())
    with contextlib.closing(open_requests(home, rules)) as requests:
        (request,) = requests.requests(zhao)
        assert (request.deed.what["layers"], request.deed.what["most_rows"]) == ("roads", "5000")
        requests.confirm(request.id, zhao)
    dialog.ask.click()
    until(lambda: len(dialog.table.rows.keys) == 1)
    with contextlib.closing(open_orders(home, rules)) as orders:
        (order,) = orders.orders("night")
        assert (order.made_by, order.approved_by, order.terms.most_rows) == ("chen", "zhao", 5000)
        assert (order.terms.twin, order.purpose.reference) == ("small", "O-7")
        dialog.table.chosen.emit(order.id)
        dialog.stop.click()
        until(lambda: orders.orders("night")[0].ended_by == "chen")
    dialog.close()
    let_go(window)
