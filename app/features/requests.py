"""What needs two persons: a list of what was asked for, and the word of the second one."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app import formats
from app.commands import Call, Command
from app.desk import Desk
from app.features.feature import Context, Entry, Feature
from app.theme import ROW_PX
from app.verbs.request import particulars
from app.widgets.parts import label, line
from app.widgets.table import Table, TableColumn, TableModel
from data.accounts.opening import open_requests
from data.accounts.requests import RequestStore
from twin.errors import UsageError
from twin.requests import CONFIRMED, DONE, EXPIRED, OPEN, REFUSED, WITHDRAWN, Request

ROUND_MS = 5_000
UNSEEN = 6
"""While the panel is not seen, each so many rounds it is looked whether something waits."""
ROWS = 6
STATES = (OPEN, CONFIRMED, REFUSED, WITHDRAWN, DONE, EXPIRED)
"""In the order of the list: what waits stands first."""


class Requests(QObject, Feature):
    """Looks every five seconds while its panel is seen, else every half minute, and tells what is new to somebody.

    Where nobody has an account there is nothing to ask for.
    """

    def __init__(self, context: Context) -> None:
        super().__init__(context.window)
        self._desk, self._acts = context.desk, context.acts
        self._rounds, self._told = 0, set[tuple[str, str]]()
        self.panel = RequestsPanel(context.desk)
        self.panel.seen.connect(self.look)
        self._timer = QTimer(self)
        self._timer.setInterval(ROUND_MS)
        self._timer.timeout.connect(self._on_round)
        self._timer.start()

    def entries(self) -> Iterator[Entry]:
        """Return the two words that can be said; ``name`` is a request, the one chosen in the list if left out."""
        yield Entry(Command("asked.confirm", self._confirm, "request.decide"), "app", "check")
        yield Entry(Command("asked.refuse", self._refuse, "request.decide"), "app", "prohibit")
        yield Entry(Command("asked.again", self._again, "request.read"), "app", "play")

    def panels(self) -> Mapping[str, QWidget]:
        """Return the list."""
        return {"requests": self.panel}

    def close(self) -> None:
        """Stop looking."""
        self._timer.stop()

    def look(self) -> None:
        """Read the list, off this thread."""
        session = self._desk.session
        if session.signed_in and not self._desk.jobs.is_running("requests"):
            actor = session.commands.actor
            self._work(lambda store: store.requests(actor), key="requests")

    def _on_round(self) -> None:
        self._rounds += 1
        if self.panel.isVisible() or self._rounds % UNSEEN == 1:
            self.look()

    def _show(self, requests: list[Request]) -> None:
        self.panel.show_requests(requests)
        texts = self._desk.look.texts
        for request in requests:
            key = self._news(request)
            if key and (request.id, key) not in self._told:
                self._told.add((request.id, key))
                values = {"deed": self.panel.title_of(request), "who": request.asked_by, "second": request.decided_by}
                self._desk.log.add("command", key, **values)
                self._acts.told.emit(texts(key, **values))

    def _news(self, request: Request) -> str:
        """Return the text that tells this person of a request; empty where it is not theirs to act."""
        commands, standing = self._desk.session.commands, request.standing(time.time())
        if request.asked_by == commands.actor.id:
            return "event.request_confirmed" if standing == CONFIRMED else ""
        confirmers = commands.rules.permission(request.deed.action).confirmed_by
        return "event.request_waits" if standing == OPEN and commands.actor.roles & confirmers else ""

    def _again(self, call: Call) -> None:
        name = self._chosen(call)
        request = self.panel.request(name)
        if request is None:
            raise UsageError("choose a request in the list first")
        self._desk.session.commands.again(request.deed.mark)
        self.look()

    def _confirm(self, call: Call) -> None:
        name = self._chosen(call)

        def act(store: RequestStore) -> list[Request]:
            store.confirm(name, call.actor)
            return store.requests(call.actor)

        self._work(act)

    def _refuse(self, call: Call) -> None:
        name, reason = self._chosen(call), str(call.arguments.get("reason") or self.panel.reason.text())

        def act(store: RequestStore) -> list[Request]:
            store.refuse(name, call.actor, reason)
            return store.requests(call.actor)

        self._work(act)

    def _chosen(self, call: Call) -> str:
        name = str(call.arguments.get("name") or self.panel.chosen)
        if not name:
            raise UsageError("choose a request in the list first")
        return name

    def _work(self, act: Callable[[RequestStore], list[Request]], key: str = "") -> None:
        home, rules = self._desk.session.home, self._desk.session.commands.rules

        def work(*_: object) -> list[Request]:
            with contextlib.closing(open_requests(home, rules)) as store:
                return act(store)

        self._desk.jobs.submit("job.requests", work, self._show, self.panel.tell, key=key, quiet=True)


class RequestsPanel(QWidget):
    """The list, the particulars of the chosen request, and the two buttons."""

    seen = Signal()
    """It is shown: what it lists should be read."""
    note = Signal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._requests: dict[str, Request] = {}
        self.chosen = ""
        texts = desk.look.texts
        columns = (
            TableColumn("state", lambda rank: texts(f"requests.states.{STATES[rank]}"), token=_token),
            TableColumn("deed", width_px=180),
            TableColumn("asked_by", width_px=64),
        )
        self.table = Table(TableModel(desk.look, "requests", columns), desk.look)
        self.table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.table.setMinimumHeight(ROWS * ROW_PX)
        self.table.chosen.connect(self.choose)
        self.explain, self.problem = label("quiet", wrap=True), label("problem", wrap=True)
        self.reason = line(200)
        self.confirm, self.refuse = QPushButton(), QPushButton()
        self.confirm.clicked.connect(lambda: desk.run("asked.confirm", about=self.chosen))
        self.refuse.clicked.connect(lambda: desk.run("asked.refuse", about=self.chosen))
        buttons = QHBoxLayout()
        self.again = QPushButton()
        self.again.clicked.connect(lambda: desk.run("asked.again", about=self.chosen))
        buttons.addWidget(self.reason, 1)
        buttons.addWidget(self.again)
        buttons.addWidget(self.refuse)
        buttons.addWidget(self.confirm)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.explain)
        layout.addWidget(self.problem)
        layout.addLayout(buttons)
        desk.look.language_changed.connect(self.retranslate)
        self.retranslate()

    def show_requests(self, requests: Sequence[Request]) -> None:
        """List them, newest first."""
        now_s = time.time()
        self._requests = {request.id: request for request in requests}
        rows = [(STATES.index(one.standing(now_s)), self.title_of(one), one.asked_by) for one in requests]
        self.table.rows.set_rows(list(self._requests), rows)
        waiting = sum(STATES[row[0]] == OPEN for row in rows)
        self.note.emit(self._desk.look.texts("requests.note", count=waiting) if waiting else "")
        self.problem.hide()
        self.choose(self.chosen if self.chosen in self._requests else "")

    def choose(self, name: str) -> None:
        """Tell exactly what one asks for; only what waits for another person can be answered."""
        self.chosen = name
        texts, request = self._desk.look.texts, self._requests.get(name)
        waits = request is not None and request.standing(time.time()) == OPEN
        own = request is not None and request.asked_by == self._desk.session.commands.actor.id
        self.confirm.setEnabled(waits and not own)
        self.refuse.setEnabled(waits)
        self.refuse.setText(texts("requests.take_back" if own else "requests.refuse"))
        ready = own and request is not None and request.standing(time.time()) == CONFIRMED
        self.again.setVisible(ready)
        self.again.setEnabled(ready and request is not None and self._desk.session.commands.waits(request.deed.mark))
        self.again.setToolTip("" if self.again.isEnabled() else texts("requests.elsewhere"))
        if request is None:
            self.explain.setText(texts("requests.choose" if self._requests else "requests.empty"))
            return
        deed, until = request.deed, formats.local_time(request.expires_at_s)
        parts = [f"{deed.purpose.text} {deed.purpose.reference}".strip()] if deed.purpose else []
        parts += [f"{self._named(what)} {value}" for what, value in particulars(request)]
        parts += [f"{texts('requests.until')} {until:%m-%d %H:%M}", f"{request.decided_by} {request.reason}".strip()]
        self.explain.setText("\n".join(part for part in parts if part))

    def request(self, name: str) -> Request | None:
        """Return one of those that are listed."""
        return self._requests.get(name)

    def tell(self, error: Exception) -> None:
        """Say what went wrong."""
        texts = self._desk.look.texts
        self.problem.setText(texts.error(error))
        self.problem.show()

    def retranslate(self, *_: object) -> None:
        """Write its words in the language of the moment."""
        texts = self._desk.look.texts
        self.confirm.setText(texts("requests.confirm"))
        self.again.setText(texts("requests.again"))
        self.reason.setPlaceholderText(texts("requests.reason"))
        self.show_requests(tuple(self._requests.values()))

    def showEvent(self, event: QShowEvent) -> None:
        """Have the list read at once."""
        super().showEvent(event)
        self.seen.emit()

    def _named(self, what: str) -> str:
        key, texts = f"requests.what.{what}", self._desk.look.texts
        return texts(key) if key in texts else what

    def title_of(self, request: Request) -> str:
        """Return what it is about in a few words."""
        key = f"requests.deeds.{request.deed.action.replace('.', '_')}"
        texts = self._desk.look.texts
        return f"{texts(key) if key in texts else request.deed.action} {request.deed.resource.id}".strip()


def _token(rank: int) -> str:
    return {OPEN: "severity_2", CONFIRMED: "good"}.get(STATES[rank], "quiet")
