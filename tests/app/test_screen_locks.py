"""The window locks with the system's screen and when the machine goes to sleep."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest
from PySide6.QtDBus import QDBusConnection, QDBusMessage
from PySide6.QtWidgets import QApplication, QWidget

from app.screen_locks import LOGIN, LOGIN_SESSION, SAVERS, ScreenLocks, _own_session
from tests.app.conftest import until


@pytest.fixture
def bus(qapp: QApplication) -> Iterator[QDBusConnection]:
    asked = ["dbus-daemon", "--session", "--nofork", "--print-address", "--address=unix:tmpdir=/tmp"]
    with subprocess.Popen(asked, stdout=subprocess.PIPE, text=True) as daemon:
        assert daemon.stdout is not None
        yield QDBusConnection.connectToBus(daemon.stdout.readline().strip(), "zhian-test")
        QDBusConnection.disconnectFromBus("zhian-test")
        daemon.terminate()


def tell(bus: QDBusConnection, interface: str, signal: str, *values: object) -> None:
    message = QDBusMessage.createSignal("/any", interface, signal)
    message.setArguments(list(values))
    assert bus.send(message)


def test_the_systems_screen_and_sleep_lock(bus: QDBusConnection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_SESSION_ID", raising=False)
    monkeypatch.setattr("app.screen_locks.LOGIN_SERVICE", "")  # its name is the system's alone to take
    window, told = QWidget(), list[str]()
    locks = ScreenLocks(lambda: told.append("locked"), window, bus, bus)
    assert len(locks.heard) == len(SAVERS) + 2
    signals = [(SAVERS[0], "ActiveChanged", [True]), (SAVERS[1], "ActiveChanged", [True]),
               (LOGIN, "PrepareForSleep", [True]), (LOGIN_SESSION, "Lock", [])]  # fmt: skip
    for interface, signal, values in signals:
        tell(bus, SAVERS[0], "ActiveChanged", False)  # the screen is shown again: nothing to lock
        tell(bus, interface, signal, *values)
    until(lambda: len(told) == len(signals))
    locks.close()
    window.deleteLater()


@pytest.mark.parametrize(("name", "path"), [("", ""), ("3", "_33"), ("c2", "c2"), ("a-1", "a_2d1")])
def test_the_own_session_is_named_as_logind_does(name: str, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_SESSION_ID", name)
    assert _own_session() == (path and f"/org/freedesktop/login1/session/{path}")
