"""Signing in before the window, and the window that locks when it is left alone."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from PySide6.QtCore import QPoint, QProcess, Qt
from PySide6.QtGui import QCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.features.locking import Locking
from app.look import Look
from app.main_window import MainWindow
from app.session import Session
from app.widgets.sign_in import SignInDialog
from data.access_rules import rules_of
from data.accounts.opening import open_accounts
from data.accounts.store import AccountStore
from data.accounts.tickets import VARIABLE, read_ticket
from data.accounts.trust import FOLDER, keep_trust
from data.home import Home
from tests.app.conftest import let_go, make_window, session_at, shared_home, until
from tests.data.accounts.pki import MODULE, PIN, Authority, pem, put_on_card, reader
from twin.accounts import Account
from twin.city.city import City
from twin.errors import UsageError

GOOD, OTHER = "Regen-im-Mai-7", "Schnee-im-Juni-8"


def accounts(home: Home) -> AccountStore:
    return open_accounts(home, rules_of(home))


@pytest.fixture
def dialog(qapp: QApplication, tmp_path: Path) -> Iterator[tuple[SignInDialog, Session, str]]:
    session, _ = session_at(tmp_path)
    with contextlib.closing(accounts(session.home)) as store:
        store.make_first("root", "管理员", GOOD)
        first = store.add(Account("wang", "王小明", frozenset({"operator"})))
    dialog = SignInDialog(Look(qapp, session.texts, "dark"), session)
    dialog.show()
    yield dialog, session, first
    dialog.reject()
    dialog.deleteLater()


def test_nothing_typed_and_something_wrong_say_so(dialog: tuple[SignInDialog, Session, str]) -> None:
    form = dialog[0].form
    form.send()
    assert "请输入" in form.problem.text()
    form.account.setText("wang")
    form.password.setText("falsch")
    QTest.keyClick(form.password, Qt.Key.Key_Return)
    until(lambda: "账号或密码错误" in form.problem.text())
    assert form.password.text() == ""
    assert dialog[0].signed_in is None


def test_a_first_password_is_changed_before_anything_is_shown(dialog: tuple[SignInDialog, Session, str]) -> None:
    shown, session, first = dialog
    form = shown.form
    form.account.setText("wang")
    form.password.setText(first)
    form.send()
    until(lambda: form.fresh.isVisible())
    assert shown.signed_in is None
    form.fresh.setText(OTHER)
    form.again.setText(GOOD)
    form.send()
    assert "不同" in form.problem.text()
    form.again.setText(OTHER)
    form.send()
    until(lambda: shown.signed_in is not None)
    assert shown.signed_in is not None
    assert shown.signed_in.id == "wang"
    with contextlib.closing(accounts(session.home)) as store:
        assert not store.sign_in("wang", OTHER).must_change


def test_the_first_administrator_of_a_real_twin_is_made_before_anything_is_shown(
    qapp: QApplication, tmp_path: Path
) -> None:
    session, _ = session_at(tmp_path)
    dialog = SignInDialog(Look(qapp, session.texts, "dark"), session)
    dialog.show()
    form = dialog.form
    assert [form.account.isVisible(), form.person.isVisible(), form.password.isVisible()] == [True, True, False]
    form.account.setText("root")
    form.fresh.setText("admin")
    form.again.setText("admin")
    form.send()
    assert "请输入" in form.problem.text()
    form.person.setText("管理员")
    form.send()
    until(lambda: "至少 10" in form.problem.text())
    form.fresh.setText(GOOD)
    form.again.setText(GOOD)
    form.send()
    until(lambda: dialog.signed_in is not None)
    assert dialog.signed_in is not None
    assert dialog.signed_in.roles == {"administrator"}
    with contextlib.closing(accounts(session.home)) as store:
        assert store.sign_in("root", GOOD).id == "root"
    dialog.deleteLater()


def test_a_card_and_its_pin_are_the_other_way_in(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOFTHSM2_CONF", str(reader(tmp_path)))
    ours, key = Authority(), ec.generate_private_key(ec.SECP256R1())
    put_on_card(tmp_path, key, ours.issue(key))
    session, audit = session_at(tmp_path)
    keep_trust(session.home, pem(tmp_path / "ca", ours.certificate), pem(tmp_path / "crl", ours.revoked()))
    (session.home.data / FOLDER / "module").write_text(str(MODULE))
    with contextlib.closing(accounts(session.home)) as store:
        store.make_first("root", "管理员", GOOD)
        store.add(Account("wang", "王小明", frozenset({"operator"})))
    dialog = SignInDialog(Look(qapp, session.texts, "dark"), session)
    dialog.show()
    form = dialog.form
    form.other.click()
    assert [form.pin.isVisible(), form.account.isVisible(), form.password.isVisible()] == [True, False, False]
    form.pin.setText("999999")
    form.send()
    until(lambda: "PIN" in form.problem.text())
    form.pin.setText(PIN)
    form.send()
    until(lambda: "没有登记" in form.problem.text())
    with contextlib.closing(accounts(session.home)) as store:
        store.give_card("wang", "CN=王小明 012345")
        with pytest.raises(UsageError, match="wang"):
            store.give_card("root", "CN=王小明 012345")
    form.send()
    until(lambda: dialog.signed_in is not None)
    assert dialog.signed_in is not None
    assert dialog.signed_in.id == "wang"
    assert [entry.decision.allowed for entry in audit.entries] == [False, False, True]
    dialog.deleteLater()


@pytest.fixture
def seated(
    qapp: QApplication, tmp_path: Path, made_home: Path, small_city: City, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[MainWindow, Locking]]:
    monkeypatch.delenv(VARIABLE, raising=False)
    root = shared_home(tmp_path, made_home)
    home = session_at(root)[0].home
    with contextlib.closing(accounts(home)) as store:
        store.make_first("root", "管理员", GOOD)
        store.add(Account("wang", "王小明", frozenset({"operator"})))
        store.set_password("wang", store.reset("wang"), GOOD)
        wang = store.account("wang").actor(datetime.now(UTC))
    window = make_window(root, small_city, wang)
    yield window, next(feature for feature in window.features if isinstance(feature, Locking))
    let_go(window)


def test_what_the_window_starts_acts_for_who_is_signed_in(seated: tuple[MainWindow, Locking]) -> None:
    window, locking = seated
    assert read_ticket(window.session.home, os.environ[VARIABLE], time.time()) == window.session.commands.actor
    until(lambda: not window.jobs.is_running("seat"))
    with contextlib.closing(accounts(window.session.home)) as store:
        store.change("wang", roles=frozenset({"supervisor"}))
    locking.look()
    until(lambda: window.session.commands.actor.roles == {"supervisor"})
    window.close()
    assert VARIABLE not in os.environ


def test_a_locked_window_shows_nothing_until_the_password_comes(seated: tuple[MainWindow, Locking]) -> None:
    window, locking = seated
    window.acts.run("purpose.state", text="核查警情", reference="J-1")
    window.acts.run("seat.lock")
    screen = locking.screen
    assert screen is not None
    assert screen.geometry() == window.rect()
    assert window.session.commands.purpose is None
    window.resize(1366, 768)
    until(lambda: screen.geometry() == window.rect())
    form = screen.dialog.form
    screen.dialog.reject()
    assert screen.dialog.isVisible()
    assert form.account.isReadOnly()
    form.password.setText(OTHER)
    form.send()
    until(lambda: form.problem.text())
    form.password.setText(GOOD)
    form.send()
    until(lambda: locking.screen is None)
    assert not window.findChildren(type(screen)) or not screen.isVisible()


def test_it_locks_when_left_alone_and_when_the_account_is_closed(
    seated: tuple[MainWindow, Locking],
) -> None:
    window, locking = seated
    locking.touched_s = time.monotonic() - 590.0
    locking.look()
    assert locking.screen is None
    locking.touched_s -= 20.0
    locking.look()
    assert locking.screen is not None
    until(lambda: not window.jobs.is_running("seat"))
    with contextlib.closing(accounts(window.session.home)) as store:
        store.change("wang", enabled=False)
    locking.look()
    until(lambda: locking.screen is not None and "停用" in locking.screen.dialog.form.problem.text())


def test_keys_and_a_moved_pointer_tell_that_somebody_is_there(
    seated: tuple[MainWindow, Locking], qapp: QApplication
) -> None:
    window, locking = seated
    qapp.focusWindowChanged.emit(window.windowHandle())
    long_ago = locking.touched_s = time.monotonic() - 700.0
    QTest.keyClick(window.windowHandle(), Qt.Key.Key_Shift)
    assert locking.touched_s > long_ago
    locking.touched_s = long_ago
    aside = QCursor.pos() + QPoint(40, 30)
    QCursor.setPos(aside)
    until(lambda: QCursor.pos() == aside)
    locking.look()
    assert locking.touched_s > long_ago
    assert locking.screen is None


def test_it_locks_when_the_card_is_taken_out_and_when_its_driver_falls_over_meanwhile(
    seated: tuple[MainWindow, Locking], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, locking = seated
    monkeypatch.setenv("SOFTHSM2_CONF", str(reader(tmp_path)))
    ours, key = Authority(), ec.generate_private_key(ec.SECP256R1())
    put_on_card(tmp_path, key, ours.issue(key))
    keep_trust(window.session.home, pem(tmp_path / "ca", ours.certificate), pem(tmp_path / "crl", ours.revoked()))
    (window.session.home.data / FOLDER / "module").write_text(str(MODULE))
    locking.card.start()
    until(lambda: locking.card.present)
    assert locking.screen is None
    process = locking.card.findChild(QProcess)
    assert isinstance(process, QProcess)
    process.kill()
    process.waitForFinished()
    (tmp_path / "tokens").rename(tmp_path / "pocket")
    (tmp_path / "tokens").mkdir()
    locking.card.start()
    until(lambda: locking.screen is not None)
    assert not locking.card.present
