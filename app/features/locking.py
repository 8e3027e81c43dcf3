"""Who is signed in: keeps the seat; locks the window when it is left alone, with the screen, or without the card."""

from __future__ import annotations

import contextlib
import os
import platform
import time
from collections.abc import Iterator
from datetime import datetime

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QCursor, QGuiApplication, QWindow
from PySide6.QtWidgets import QApplication, QWidget

from app.card_watch import CardWatch
from app.commands import Command
from app.features.feature import Context, Entry, Feature
from app.screen_locks import ScreenLocks
from app.widgets.parts import named
from app.widgets.sign_in import SignInDialog
from data.accounts.opening import open_accounts
from data.accounts.store import AccountStore
from data.accounts.tickets import VARIABLE, write_ticket
from twin.access import Actor
from twin.accounts import Account
from twin.errors import NotAllowedError, ZhianError

ROUND_MS = 3_000
SEAT_S = 30.0
"""How often the seat is said to be taken; the account itself is looked at each round."""
TOUCHES = frozenset({QEvent.Type.KeyPress, QEvent.Type.MouseButtonPress, QEvent.Type.Wheel, QEvent.Type.TouchBegin})


class Locking(QObject, Feature):
    """A feature of the window; where nobody has an account it does nothing.

    Every three seconds it looks whether the account may still be here, and what it may; each half minute it says that
    the account is at this seat. It writes the ticket that the window's processes act by. How long nobody was there is
    told by a clock that nobody can set.
    """

    def __init__(self, context: Context) -> None:
        super().__init__(context.window)
        self._context, self._session = context, context.desk.session
        self._signed_in = context.desk.session.signed_in
        self._seat = platform.node()
        self.touched_s, self._seated_s = time.monotonic(), -SEAT_S
        self._pointer = QCursor.pos()
        self._store: AccountStore | None = None
        self._hidden: list[QWidget] = []
        self.screen: LockScreen | None = None
        self._screens: ScreenLocks | None = None
        self.card = CardWatch(self._session.home, self.lock, self)
        self._timer = QTimer(self)
        self._timer.setInterval(ROUND_MS)
        self._timer.timeout.connect(self.look)
        if self._signed_in:
            app = QApplication.instance()
            assert isinstance(app, QGuiApplication)  # noqa: S101 - a window without a program cannot be
            app.focusWindowChanged.connect(self._watch)
            self._watch(app.focusWindow())
            self._write_ticket()
            self._timer.start()
            self._screens = ScreenLocks(self.lock, context.window)
            self.card.start()
            QTimer.singleShot(0, self.look)

    def entries(self) -> Iterator[Entry]:
        """Return its command."""
        if self._signed_in:
            yield Entry(Command("seat.lock", lambda _: self.lock(), "view", "Ctrl+Alt+L"), "app", "lock")

    def close(self) -> None:
        """Stop looking, and leave the seat."""
        self._timer.stop()
        self.card.close()
        if self._screens is not None:
            self._screens.close()
        if self._store is not None:
            self._store.close()
        if self.screen is not None:
            self.screen.leave()
        if os.environ.pop(VARIABLE, None) is not None:
            with contextlib.suppress(ZhianError), contextlib.closing(self._accounts()) as store:
                store.leave_seat(self._session.commands.actor.id, self._seat)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Note that somebody is there: what is typed and pressed comes to the window that has the focus."""
        if event.type() in TOUCHES:
            self.touched_s = time.monotonic()
        return super().eventFilter(watched, event)

    def _watch(self, window: QWindow | None) -> None:
        # Not the program itself: then Python would be handed every object, also half made and half destroyed.
        if window is not None:
            window.installEventFilter(self)

    def look(self) -> None:
        """Lock if nobody was there for long, and keep the seat."""
        if (pointer := QCursor.pos()) != self._pointer:
            self._pointer, self.touched_s = pointer, time.monotonic()
        minutes = self._context.desk.settings.values.lock_minutes
        if time.monotonic() - self.touched_s >= 60 * minutes:
            self.lock()
        jobs, now_s, name = self._context.desk.jobs, time.monotonic(), self._session.commands.actor.id
        if jobs.is_running("seat"):
            return  # a database that does not answer is not asked by ever more threads
        due = now_s - self._seated_s >= SEAT_S

        def keep(*_: object) -> Account:
            store = self._kept_store()
            if due:
                store.take_seat(name, self._seat)
                self._seated_s = now_s
            return store.account(name)

        jobs.submit("job.seat", keep, self._on_kept, self._on_refused, key="seat", quiet=True)

    def lock(self) -> None:
        """Hide everything behind a page that asks for the password; what runs goes on."""
        if self.screen is not None or not self._signed_in:
            return
        if (modal := QApplication.activeModalWidget()) is not None:
            modal.close()
        others = (widget for widget in QApplication.topLevelWidgets() if widget is not self._context.window)
        self._hidden = [widget for widget in others if widget.isVisible()]
        for widget in self._hidden:
            widget.hide()
        if self._session.commands.purpose is not None:
            self._context.desk.run("purpose.clear")
        self.screen = LockScreen(self._context)
        self.screen.dialog.form.done.connect(self._unlock)

    def _kept_store(self) -> AccountStore:
        """Return the accounts, opened once: to open them costs far more than a look."""
        if self._store is None:
            self._store = self._accounts()
        return self._store

    def _accounts(self) -> AccountStore:
        return open_accounts(self._session.home, self._session.commands.rules)

    def _unlock(self, account: Account) -> None:
        self.screen = None
        for widget in self._hidden:
            widget.show()
        self.touched_s = time.monotonic()
        self._on_kept(account)

    def _on_kept(self, account: Account) -> None:
        """Take the account as it is now: roles may have been taken away, the shift may be over."""
        if barred := account.barred(time.time()):
            self._on_refused(NotAllowedError(barred))
            return
        actor = account.actor(datetime.now().astimezone())
        if actor.roles != self._session.commands.actor.roles:
            self._tell_of_change(actor)
        self._session.commands.actor = actor
        self._write_ticket()

    def _tell_of_change(self, actor: Actor) -> None:
        desk = self._context.desk
        desk.log.add("problem", "event.rights_changed", roles=", ".join(sorted(actor.roles)))
        if self._session.commands.purpose is not None:
            desk.run("purpose.clear")

    def _write_ticket(self) -> None:
        os.environ[VARIABLE] = write_ticket(self._session.home, self._session.commands.actor, time.time())

    def _on_refused(self, error: Exception) -> None:
        if isinstance(error, NotAllowedError):
            self.lock()
            if self.screen is not None:
                self.screen.dialog.form.say(self._context.desk.look.texts.error(error))


class LockScreen(QWidget):
    """Covers the whole window with nothing, and asks for the password in a dialog that lets nothing past it."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.window)
        named(self, "calm").setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        desk = context.desk
        self._window = context.window
        self.dialog = SignInDialog(desk.look, desk.session, desk.session.commands.actor, context.window)
        self.dialog.form.done.connect(self.leave)
        self._window.installEventFilter(self)
        self.setGeometry(self._window.rect())
        self.show()
        self.raise_()
        self.dialog.open()

    def leave(self, *_: object) -> None:
        """Show the window again."""
        self._window.removeEventFilter(self)
        self.dialog.close_form()
        self.hide()
        self.deleteLater()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Cover the window whatever its size."""
        if event.type() == QEvent.Type.Resize:
            self.setGeometry(self._window.rect())
            self.raise_()
        return super().eventFilter(watched, event)
