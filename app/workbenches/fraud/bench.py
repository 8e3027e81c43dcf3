"""The fraud workbench."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from app.commands import Call, Command
from app.desk import Desk
from app.workbenches.fraud.panel import FraudPanel
from data.records.database import open_records
from data.store.cases import CaseStore
from twin.fraud.case import Case, new_case


class FraudBench:
    """Cases, kept on this desk."""

    name = "fraud"

    def __init__(self) -> None:
        self._store: CaseStore | None = None

    def panel(self, desk: Desk) -> FraudPanel:
        """Return the case list."""
        return FraudPanel(desk)

    def commands(self, desk: Desk) -> Sequence[Command]:
        """Open a case, and list the cases: both on record.

        Each returns what writes or reads them, to be called off the window's thread.
        """
        store = self._store = CaseStore(lambda: open_records(desk.session.home))

        def open_case(call: Call) -> Callable[[], Case]:
            asked = new_case(call.arguments["title"], call.arguments["amount"], datetime.now(UTC))
            return lambda: store.add(asked, call.actor.id)

        return (
            Command("fraud.open_case", open_case, "case.open", needs_purpose=True, sensitive=True, in_palette=False),
            Command("fraud.list_cases", lambda _call: store.all, "case.list", in_palette=False),
        )

    def close(self) -> None:
        """Let go of the records."""
        if self._store is not None:
            self._store.close()
