"""The chart of the case in hand: its board, where everything stands, what is chosen; every view follows it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.desk import Desk
from twin.access import mask_name
from twin.fraud.account import mask_account
from twin.fraud.chart.board import (
    Account,
    Board,
    Chart,
    Flow,
    Merge,
    Note,
    Patch,
    brought,
    merged,
    noted,
    removed,
    split,
)
from twin.fraud.chart.layout import forced, layered
from twin.fraud.chart.shape import Shape, shape_of
from twin.geo import FloatArray

LAYOUTS = ("hop", "time", "force")


class CaseChart(QObject):
    """Holds the chart; where accounts stand is worked out off the window's thread."""

    changed = Signal()
    """Other accounts, flows, notes or places."""
    chosen_changed = Signal()

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.chart = Chart()
        self.shape: Shape = shape_of(Board())
        self.places: FloatArray = np.zeros((0, 2))
        self.layout = LAYOUTS[0]
        self.chosen: tuple[str, ...] = ()
        self.flows_chosen: frozenset[str] = frozenset()
        self._moved: dict[str, tuple[float, float]] = {}

    @property
    def board(self) -> Board:
        """What is on it now."""
        return self.chart.board

    @property
    def flows(self) -> tuple[Flow, ...]:
        """All flows, those of merged accounts from and to what they stand in."""
        return tuple(self.board.flows.values())

    def begin(self, board: Board) -> None:
        """Show another board; what was done before cannot be undone on it."""
        self.chart = Chart(board)
        self.chosen, self.flows_chosen = (), frozenset()
        self._follow()
        self.chosen_changed.emit()

    # Changing

    def do(self, patch: Patch) -> None:
        """Change the board."""
        self.chart.do(patch)
        self._follow()

    def bring(self, title: str, accounts: Iterable[Account], flows: Iterable[Flow]) -> int:
        """Bring accounts and flows; return how many were not there."""
        patch = brought(self.board, title, accounts, flows)
        if patch.accounts or patch.flows:
            self.do(patch)
        return len(patch.accounts) + len(patch.flows)

    def merge(self, why: str) -> None:
        """Let the chosen accounts stand in the first of them; errors as of :func:`twin.fraud.chart.board.merged`."""
        into = self.chosen[0] if self.chosen else ""
        merge = Merge(into, why, self._desk.session.commands.actor.id, time.time())
        self.do(merged(self.board, self._title("merge"), self.chosen, merge))
        self.choose((into,))

    def split(self) -> None:
        """Let what stands in the chosen accounts stand by itself again."""
        for key in self.chosen:
            if self.board.inside(key):
                self.do(split(self.board, self._title("split"), key))

    def note(self, text: str) -> None:
        """Write a note on the chosen account."""
        if self.chosen:
            note = Note(text, self._desk.session.commands.actor.id, time.time())
            self.do(noted(self._title("note"), self.chosen[0], note))

    def remove(self) -> None:
        """Take the chosen accounts from the chart."""
        if self.chosen:
            self.do(removed(self.board, self._title("remove"), self.chosen))

    def move(self, places: dict[str, tuple[float, float]]) -> None:
        """Put accounts where a hand dragged them."""
        self.do(Patch(self._title("move"), places=places))

    def undo(self) -> str:
        """Take the last step back and return its title."""
        title = self.chart.undo()
        self._follow()
        return title

    def redo(self) -> str:
        """Do again what was taken back, and return its title."""
        title = self.chart.redo()
        self._follow()
        return title

    def _title(self, what: str) -> str:
        return self._desk.look.texts(f"chart.{what}")

    # Choosing

    def choose(self, keys: Iterable[str], flows: Iterable[str] = ()) -> None:
        """Choose accounts and flows, everywhere at once; those that are not on the chart are left out."""
        board = self.board
        standing = dict.fromkeys(board.stands_in(key) for key in keys if key in board.accounts)
        picked = frozenset(flow for flow in flows if flow in board.flows)
        if (tuple(standing), picked) != (self.chosen, self.flows_chosen):
            self.chosen, self.flows_chosen = tuple(standing), picked
            self.chosen_changed.emit()

    # Where everything stands

    def arrange(self, layout: str) -> None:
        """Lay it out another way; what a hand moved stays where it is."""
        self.layout = layout
        self._lay_out()

    def _follow(self) -> None:
        """Take the board's new shape; who was there keeps the place until the layout is done."""
        before = dict(zip(self.shape.keys, self.places.tolist(), strict=True))
        self.shape = shape_of(self.board)
        self._place([before.get(key, (0.0, 0.0)) for key in self.shape.keys])
        kept = tuple(key for key in self.chosen if key in self.board.accounts and key not in self.board.merges)
        flows = frozenset(flow for flow in self.flows_chosen if flow in self.board.flows)
        if (kept, flows) != (self.chosen, self.flows_chosen):
            self.chosen, self.flows_chosen = kept, flows
            self.chosen_changed.emit()
        self._lay_out()

    def _lay_out(self) -> None:
        shape, layout = self.shape, self.layout

        def work(_report: object, cancelled: object) -> FloatArray:
            place = layered(shape, by_time=layout == "time")
            return forced(shape, place, cancelled) if layout == "force" else place  # type: ignore[arg-type]  # a Cancelled

        def done(place: FloatArray) -> None:
            if shape is self.shape:
                self._place(place)

        self._desk.jobs.submit("job.chart", work, done, key="chart", quiet=layout != "force")

    def _place(self, place: object) -> None:
        places = np.array(place, np.float64).reshape(-1, 2)
        by_hand = self.board.places
        if by_hand:
            for row, key in enumerate(self.shape.keys):
                if key in by_hand:
                    places[row] = by_hand[key]
        self.places = places
        self.changed.emit()

    # Words

    def written(self, key: str) -> str:
        """Return an account as it may be read now: masked until a purpose was stated."""
        return key if self._desk.session.commands.purpose is not None else re.sub(r"\*{4,}", "****", mask_account(key))

    def named(self, holder: str) -> str:
        """Return a name as it may be read now."""
        stated = self._desk.session.commands.purpose is not None
        return holder if stated or not holder else mask_name(holder)
