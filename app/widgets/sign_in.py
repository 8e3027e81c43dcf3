"""Where an account and its password are typed; before the first pixel of data, and where the window is locked."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QFormLayout, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from app.jobs import Jobs
from app.look import Look
from app.session import Session
from app.who import signed_in, signed_in_by_card
from app.widgets.parts import label, line
from data.accounts.opening import has_accounts, open_accounts
from data.accounts.store import AccountStore
from data.accounts.trust import FOLDER
from twin.access import Actor
from twin.accounts import Account
from twin.errors import NotAllowedError, ZhianError
from twin.words import say

FIELD_PX = 280
FIELDS = ("account", "person", "password", "fresh", "again", "pin")
PAGES = {
    "sign_in": ("account", "password"),
    "change": ("fresh", "again"),
    "first": ("account", "person", "fresh", "again"),
    "card": ("pin",),
}
"""What is asked for on each page."""


class SignInForm(QWidget):
    """Asks for account and password, then for a password of one's own where the first one must be changed.

    Where nobody has an account yet it makes the first one, an administrator's.

    Parameters
    ----------
    look : Look
    session : Session
    account : str
        Whose password is asked for; empty to ask for the account too.
    first : bool
        Nobody has an account yet.
    """

    done = Signal(object)
    """Account."""

    def __init__(self, look: Look, session: Session, account: str = "", first: bool = False) -> None:
        super().__init__()
        self._look, self._session = look, session
        self._jobs = Jobs(self)
        self._page = "first" if first else "sign_in"
        self.person, self.pin = line(64), _secret()
        self.account, self.password, self.fresh, self.again = line(32), _secret(), _secret(), _secret()
        self.account.setText(account)
        self.account.setReadOnly(bool(account))
        self.explain, self.problem = label("quiet", wrap=True), label("calmError", wrap=True)
        self.go = QPushButton()
        self.go.setDefault(True)
        self.go.clicked.connect(self.send)
        self.other = QPushButton()
        self.other.setFlat(True)
        self.other.setAutoDefault(False)
        self.other.clicked.connect(self._change_way)
        self._form = QFormLayout()
        self._form.setSpacing(12)
        self._labels = {name: label() for name in FIELDS}
        for name, words in self._labels.items():
            field: QLineEdit = getattr(self, name)
            field.setMinimumWidth(FIELD_PX)
            field.returnPressed.connect(self.send)
            words.setBuddy(field)
            self._form.addRow(words, field)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(self.explain)
        layout.addLayout(self._form)
        layout.addWidget(self.problem)
        buttons = QHBoxLayout()
        buttons.addWidget(self.other)
        buttons.addStretch(1)
        buttons.addWidget(self.go)
        layout.addLayout(buttons)
        look.language_changed.connect(self.retranslate)
        self._show_page()

    def close_jobs(self) -> None:
        """Let go of the thread."""
        self._jobs.close()

    def send(self) -> None:
        """Check what was typed, off this thread: a password takes a while to check by design."""
        if self._jobs.running():
            return
        account, password, person = self.account.text().strip(), self.password.text(), self.person.text().strip()
        if not all(getattr(self, name).text().strip() for name in PAGES[self._page]):
            self.say(self._look.texts("sign_in.incomplete"))
        elif self._page == "card":
            pin = self.pin.text()
            self._ask(lambda store: self._by_card(store, pin), self._on_signed)
        elif self._page == "sign_in":
            self._ask(lambda store: signed_in(store, self._session.commands.audit, account, password), self._on_signed)
        elif self.fresh.text() != self.again.text():
            self.say(self._look.texts.said("the two passwords differ"))
        elif self._page == "first":
            fresh = self.fresh.text()
            self._ask(lambda store: store.make_first(account, person, fresh), self._on_signed)
        else:
            fresh = self.fresh.text()
            self._ask(lambda store: store.set_password(account, password, fresh), self._on_signed)

    def retranslate(self, *_: object) -> None:
        """Write its words in the language of the moment."""
        texts = self._look.texts
        for name, words in self._labels.items():
            words.setText(texts(f"sign_in.{name}"))
        self.explain.setText(texts(f"sign_in.pages.{self._page}"))
        self.go.setText(texts(f"sign_in.deeds.{self._page}"))
        self.other.setText(texts("sign_in.by_password" if self._page == "card" else "sign_in.by_card"))

    def _ask(self, act: Callable[[AccountStore], Account], then: Callable[[Account], None]) -> None:
        home, rules = self._session.home, self._session.commands.rules

        def work(*_: object) -> Account:
            with contextlib.closing(open_accounts(home, rules)) as store:
                return act(store)

        self.say("")
        self.go.setEnabled(False)
        self._jobs.submit("job.sign_in", work, then, self._on_refused)

    def _by_card(self, store: AccountStore, pin: str) -> Account:
        account = signed_in_by_card(store, self._session.home, self._session.commands.audit, pin)
        if self.account.isReadOnly() and account.id != self.account.text():
            raise NotAllowedError(say("this is not the card of {name}", name=self.account.text()))
        return account

    def _change_way(self) -> None:
        self._page = "sign_in" if self._page == "card" else "card"
        self._show_page()

    def _on_signed(self, account: Account) -> None:
        self.go.setEnabled(True)
        if account.must_change and self._page != "card":
            self._page = "change"
            self._show_page()
            return
        for field in (self.password, self.fresh, self.again, self.pin):
            field.clear()
        self.done.emit(account)

    def _on_refused(self, error: Exception) -> None:
        self.go.setEnabled(True)
        if self._page == "sign_in":
            self.password.clear()
            self.password.setFocus()
        self.say(self._look.texts.error(error) if isinstance(error, ZhianError) else str(error))

    def _show_page(self) -> None:
        for name in self._labels:
            self._form.setRowVisible(getattr(self, name), name in PAGES[self._page])
        self.say("")
        self.other.setVisible(self._page in ("sign_in", "card") and (self._session.home.data / FOLDER).is_dir())
        self.retranslate()
        empty = [getattr(self, name) for name in PAGES[self._page] if not getattr(self, name).text()]
        (empty or [self.account])[0].setFocus()

    def say(self, problem: str) -> None:
        """Tell what is wrong, or why it is asked."""
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))


class SignInDialog(QDialog):
    """The form before there is a window; with ``locked`` over a window that this actor left alone."""

    def __init__(
        self, look: Look, session: Session, locked: Actor | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        texts = look.texts
        self._locked = locked is not None
        self.setWindowTitle(texts("app.title"))
        self.setModal(True)
        self.signed_in: Account | None = None
        first = not has_accounts(session.home)
        self.form = SignInForm(look, session, locked.id if locked is not None else "", first)
        self.form.done.connect(self._on_done)
        title = label("calmTitle")
        title.setText(texts("sign_in.locked", name=locked.name) if locked is not None else texts("app.title"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(32, 24, 32, 24)
        layout.setSpacing(16)
        layout.addWidget(title)
        layout.addWidget(self.form)

    def reject(self) -> None:
        """Close without an account; over a locked window there is no such way out."""
        if not self._locked:
            self.form.close_jobs()
            super().reject()

    def close_form(self) -> None:
        """Let go of the form."""
        self.form.close_jobs()
        self.accept()

    def _on_done(self, account: Account) -> None:
        self.signed_in = account
        self.close_form()


def _secret() -> QLineEdit:
    made = line(256)
    made.setEchoMode(QLineEdit.EchoMode.Password)
    return made
