"""What the system tells when its own screen is locked, or the machine goes to sleep."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable

from PySide6.QtCore import SLOT, QAbstractNativeEventFilter, QByteArray, QCoreApplication, QObject, Slot
from PySide6.QtDBus import QDBusConnection
from PySide6.QtWidgets import QWidget

SAVERS = ("org.freedesktop.ScreenSaver", "org.gnome.ScreenSaver", "org.cinnamon.ScreenSaver", "org.mate.ScreenSaver",
          "com.deepin.ScreenSaver")  # fmt: skip
"""Interfaces on the session's bus whose signal ``ActiveChanged`` tells that a screen is blanked or locked."""
LOGIN, LOGIN_SESSION = "org.freedesktop.login1.Manager", "org.freedesktop.login1.Session"
LOGIN_SERVICE = "org.freedesktop.login1"
WM_WTSSESSION_CHANGE, WTS_SESSION_LOCK = 0x02B1, 0x7
"""What Windows sends a window that asked for it: learn.microsoft.com, "WM_WTSSESSION_CHANGE message"."""
THIS_SESSION = 0
"""NOTIFY_FOR_THIS_SESSION."""


class ScreenLocks(QObject):
    """Calls ``locked`` whenever the system locks its screen or goes to sleep; what is missing here tells nothing."""

    def __init__(
        self,
        locked: Callable[[], None],
        window: QWidget,
        own: QDBusConnection | None = None,
        system: QDBusConnection | None = None,
    ) -> None:
        super().__init__(window)
        self._locked = locked
        self._filter: _WindowsFilter | None = None
        self.heard: list[str] = []
        if sys.platform == "win32":
            self._filter = _WindowsFilter(locked, int(window.winId()))
        else:
            self._listen(own or QDBusConnection.sessionBus(), system or QDBusConnection.systemBus())

    def close(self) -> None:
        """Listen no more."""
        if self._filter is not None:
            self._filter.close()

    def _listen(self, own: QDBusConnection, system: QDBusConnection) -> None:
        for interface in SAVERS:
            self._hear(own, "", interface, "ActiveChanged", "_on_active(bool)")
        self._hear(system, LOGIN_SERVICE, LOGIN, "PrepareForSleep", "_on_active(bool)")
        self._hear(system, LOGIN_SERVICE, LOGIN_SESSION, "Lock", "_on_lock()", _own_session())

    def _hear(self, bus: QDBusConnection, service: str, interface: str, signal: str, slot: str, path: str = "") -> None:
        told = SLOT(slot)
        if bus.isConnected() and bus.connect(service, path, interface, signal, self, told):  # type: ignore[call-overload]  # its hints want bytes, which it refuses
            self.heard.append(f"{interface}.{signal}")

    @Slot(bool)
    def _on_active(self, active: bool) -> None:
        if active:
            self._locked()

    @Slot()
    def _on_lock(self) -> None:
        self._locked()


def _own_session() -> str:
    """Return the object that logind has for this session; empty (any session's) where it is not told.

    Characters that are no letters or digits are escaped in object paths: sd_bus_path_encode(3).
    """
    name = os.environ.get("XDG_SESSION_ID", "")
    escaped = "".join(
        char if char.isascii() and (char.isalpha() or (char.isdecimal() and at)) else f"_{ord(char):02x}"
        for at, char in enumerate(name)
    )
    return f"/org/freedesktop/login1/session/{escaped}" if name else ""


class _WindowsFilter(QAbstractNativeEventFilter):
    """Hears what Windows tells a window of its session."""

    def __init__(self, locked: Callable[[], None], handle: int) -> None:
        super().__init__()
        self._locked, self._handle = locked, handle
        self._calls = ctypes.CDLL("wtsapi32")
        self._calls.WTSRegisterSessionNotification.argtypes = [ctypes.c_void_p, ctypes.c_ulong]
        self._calls.WTSUnRegisterSessionNotification.argtypes = [ctypes.c_void_p]
        self._calls.WTSRegisterSessionNotification(handle, THIS_SESSION)
        if (app := QCoreApplication.instance()) is not None:
            app.installNativeEventFilter(self)

    def close(self) -> None:
        if (app := QCoreApplication.instance()) is not None:
            app.removeNativeEventFilter(self)
        self._calls.WTSUnRegisterSessionNotification(self._handle)

    def nativeEventFilter(self, kind: QByteArray | bytes | bytearray | memoryview, message: int) -> tuple[bool, int]:
        told = _Message.from_address(int(message))
        if told.message == WM_WTSSESSION_CHANGE and told.wparam == WTS_SESSION_LOCK:
            self._locked()
        return False, 0


class _Message(ctypes.Structure):
    """The beginning of Windows' MSG."""

    _fields_ = (("hwnd", ctypes.c_void_p), ("message", ctypes.c_uint), ("wparam", ctypes.c_size_t))
