"""The auditor's panel: trails are read, asked and verified, and what is out of the ordinary is shown."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import datetime

import pandas as pd
from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QDockWidget, QWidget

from app.commands import Call, Command
from app.features.feature import Context, Entry, Feature
from app.jobs import Cancelled
from app.jobs import Report as Tell
from app.widgets.audit_panel import AuditPanel, Read
from data.audit.columns import read_entries
from data.audit.notary import take_checkpoints
from data.audit.report import Report, standing, verify_all
from twin.audit.lookups import DAY_S, unusual
from twin.audit.questions import Question, matching
from twin.errors import CancelledError

NOTARY_MS = 60_000
SIZE_PX = (1040, 760)


class Auditor(QObject, Feature):
    """Reads and verifies off the window's thread; takes checkpoints that are due, whoever is signed in."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.window)
        self._context, self._desk = context, context.desk
        self._entries = pd.DataFrame()
        self.panel = AuditPanel(context.desk)
        self.panel.asked.connect(self._ask)
        self._notary = QTimer(self)
        self._notary.setInterval(NOTARY_MS)
        self._notary.timeout.connect(self._take_checkpoints)
        self._notary.start()

    def entries(self) -> Iterator[Entry]:
        """Return the commands; ``days`` is how far back is read."""
        yield Entry(Command("auditor.open", self._open, "audit.read"), "app", "shield-check")
        yield Entry(Command("auditor.read", self._read, "audit.read"), "", "arrows-clockwise")
        yield Entry(Command("auditor.verify", self._verify, "audit.read"), "app", "check-circle")

    def panels(self) -> Mapping[str, QWidget]:
        """Return the panel."""
        return {"auditor": self.panel}

    def close(self) -> None:
        """Take no more checkpoints."""
        self._notary.stop()

    def _open(self, _call: Call) -> None:
        """Show the panel over the map, wide enough for its tables."""
        dock = self._context.window.findChild(QDockWidget, "dock-auditor")
        if dock is None:
            return
        dock.setFloating(True)
        dock.resize(*SIZE_PX)
        dock.move(self._context.window.geometry().center() - dock.rect().center())
        dock.show()
        dock.raise_()

    def _read(self, call: Call) -> None:
        home, days = self._desk.session.home, int(call.arguments.get("days") or self.panel.days)
        offset = datetime.now().astimezone().utcoffset()
        offset_s = offset.total_seconds() if offset else 0.0
        question = self.panel.question()

        def work(_tell: Tell, cancelled: Cancelled) -> tuple[pd.DataFrame, Read]:
            entries = read_entries(home, time.time() - days * DAY_S, cancelled)
            found = matching(entries, question)
            return entries, Read(found.head(AuditPanel.MOST), len(found), unusual(entries, offset_s), standing(home))

        self.panel.begin()
        self._desk.jobs.submit("job.audit_read", work, self._on_read, self.panel.tell, key="auditor")

    def _on_read(self, answer: tuple[pd.DataFrame, Read]) -> None:
        self._entries, read = answer
        self.panel.show_read(read)

    def _ask(self, question: Question) -> None:
        entries = self._entries
        if entries.empty:
            return

        def work(*_: object) -> tuple[pd.DataFrame, int]:
            found = matching(entries, question)
            return found.head(AuditPanel.MOST), len(found)

        self._desk.jobs.submit(
            "job.audit_read", work, lambda found: self.panel.show_entries(*found), self.panel.tell, key="auditor-ask",
            quiet=True,
        )  # fmt: skip

    def _verify(self, _call: Call) -> None:
        home = self._desk.session.home

        def work(tell: Tell, cancelled: Cancelled) -> list[Report]:
            def progress(done: int, of: int) -> None:
                if cancelled():
                    raise CancelledError("interrupted")
                tell(done / max(of, 1), "")

            return verify_all(home, progress=progress)

        self.panel.begin()
        self._desk.jobs.submit("job.audit_verify", work, self.panel.show_reports, self.panel.tell, key="auditor")

    def _take_checkpoints(self) -> None:
        home = self._desk.session.home
        self._desk.jobs.submit(
            "job.audit_checkpoint", lambda *_: take_checkpoints(home, time.time()), lambda _: None, self.panel.tell,
            key="notary", quiet=True,
        )  # fmt: skip
