"""Standing orders in the window: what scripts may export, asked for here and confirmed by another person."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from PySide6.QtCore import QObject

from app.commands import Call, Command
from app.features.feature import Context, Entry, Feature
from app.opening import Opened
from app.verbs.order import DAY_S, told_of
from app.widgets.orders import OrdersDialog
from data.accounts.opening import open_accounts, open_orders
from data.accounts.orders import OrderStore
from twin.access import Resource
from twin.accounts import Account
from twin.errors import ZhianError
from twin.orders import Order, Terms
from twin.requests import Deed

MAKE = "order.make"
Read = tuple[list[Order], list[Account]]


class Orders(QObject, Feature):
    """A dialog, and the work behind it off the window's thread."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.window)
        self._context, self._desk = context, context.desk
        self._twin = ""
        self.dialog: OrdersDialog | None = None
        context.opening.opened.connect(self._on_opened)

    def entries(self) -> Iterator[Entry]:
        """Return the commands; making one asks for its own permission, and for a second person, when it is done."""
        yield Entry(Command("orders.open", self._open, "order.read"), "app", "clipboard-text")
        yield Entry(Command("orders.make", self._make, "order.read", in_palette=False))
        yield Entry(Command("orders.end", self._end, "order.end", in_palette=False))

    def close(self) -> None:
        """Close the dialog."""
        if self.dialog is not None:
            self.dialog.close()

    def _on_opened(self, opened: Opened) -> None:
        self._twin = opened.name

    def _open(self, _call: Call) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
        dialog = OrdersDialog(self._desk.look, self._twin, self._context.window)
        dialog.make.connect(self._on_make)
        dialog.end.connect(lambda name: self._desk.run("orders.end", about=name, name=name, refused=dialog.say))
        self.dialog = dialog
        self._work(lambda _: None)
        dialog.open()

    def _on_make(self, account: str, terms: Terms, days: int) -> None:
        if self.dialog is not None:
            given = {"account": account, "terms": terms, "days": float(days)}
            self._desk.run("orders.make", about=account, refused=self.dialog.say, **given)

    def _make(self, call: Call) -> None:
        told = call.arguments
        account, terms, days = told["account"], told["terms"], told["days"]
        deed = Deed(MAKE, Resource(MAKE, account), told_of(told), call.purpose)

        def make(store: OrderStore) -> None:
            with call.held(deed) as second:
                store.make(account, terms, days * DAY_S, call.actor.id, second)

        self._work(make)

    def _end(self, call: Call) -> None:
        self._work(lambda store: store.end(call.arguments["name"], call.actor.id))

    def _work(self, act: Callable[[OrderStore], object]) -> None:
        home, rules = self._desk.session.home, self._desk.session.commands.rules

        def work(*_: object) -> Read:
            with contextlib.closing(open_orders(home, rules)) as store:
                act(store)
                orders = store.orders()
            with contextlib.closing(open_accounts(home, rules)) as accounts:
                return orders, [account for account in accounts.accounts() if account.service]

        self._desk.jobs.submit("job.orders", work, self._show, self._on_failed, key="orders", quiet=True)

    def _show(self, read: Read) -> None:
        if self.dialog is not None:
            self.dialog.say("")
            self.dialog.show_orders(*read, self._desk.session.commands.purpose)

    def _on_failed(self, error: Exception) -> None:
        words = self._desk.look.texts.error(error) if isinstance(error, ZhianError) else str(error)
        if self.dialog is not None:
            self.dialog.say(words)
        self._context.acts.told.emit(words)
