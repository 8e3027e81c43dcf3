"""What the operations workbench is given from the lower rooms, so that it can be tried without them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.session import Session
from app.workbenches.operations.proposals import Proposed
from app.workbenches.operations.proposing import Proposer
from app.workbenches.operations.reading import Starts
from data.audit.trail import append
from data.operations.store import SqlOperations
from data.records.database import open_records
from twin.operations.deeds import Start
from twin.operations.records import Incident, Unit
from twin.operations.store import Operations
from twin.world import World

Propose = Callable[[World, Incident, Sequence[Unit]], tuple[Proposed, ...]]
"""Returns the units that could be sent, the best first; called off the window's thread."""
Names = Callable[[str, str, str], str]
"""Gives the name of a ``scenario``, an ``agency``, a plan's ``step`` (``plan/step``) by its id, in a language."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Opens the records, knows what an incident begins with, proposes units, and knows names."""

    opened: Callable[[], Operations]
    starts: Starts
    propose: Propose
    names: Names


def parts_of(session: Session) -> Parts:
    """Return the parts of a desk: its records database, its roads, and the names that its texts know."""
    home, texts = session.home, session.texts

    def names(kind: str, key: str, language: str) -> str:
        known = f"{kind}.{key}"
        return texts.in_language(language, known) if known in texts else key.rpartition("/")[2]

    return Parts(
        lambda: SqlOperations(open_records(home), append),
        lambda scenario: Start(names("scenario", scenario, texts.language)),
        Proposer(),
        names,
    )
