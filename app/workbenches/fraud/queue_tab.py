"""What to stop first: accounts of all open cases in order, each with its reasons; the first stops as one batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from app.look import Look
from app.widgets.parts import label
from app.workbenches.fraud.money_words import sum_of
from app.workbenches.operations.section import Item, Section, scrolled

MARKS = {"stop": ("▲", "warn"), "freeze": ("◆", "warn"), "check": ("●", "plain"), "watch": ("○", "plain"),
         "wait": ("■", "good"), "asked": ("→", "quiet")}  # fmt: skip
MOST = 60


@dataclass(frozen=True, slots=True)
class Place:
    """A place of the queue: what to do with an account, for which case, how much is there, and why it is here."""

    account: str
    case: str
    action: str
    still_fen: int
    reasons: tuple[str, ...]
    in_batch: bool


class QueueTab(QWidget):
    """Lists the places; the button names how many accounts it will ask to stop."""

    batch_wished = Signal()
    chosen = Signal(str)
    """An account."""

    def __init__(self, look: Look, written: Callable[[str], str]) -> None:
        super().__init__()
        self._look, self._written = look, written
        self.places: tuple[Place, ...] = ()
        self.list, self.batch = Section(), QPushButton()
        self.trouble = label("problem", wrap=True)
        self.trouble.hide()
        self.batch.setProperty("primary", "true")
        self.batch.clicked.connect(self.batch_wished)
        page = QWidget()
        scrolled(page, (self.list,))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 4, 4)
        layout.addWidget(self.trouble)
        layout.addWidget(page, 1)
        layout.addWidget(self.batch)

    @property
    def count(self) -> int:
        """How many accounts are still to be taken."""
        return sum(place.action in ("stop", "freeze", "check") for place in self.places)

    def show_places(self, places: Sequence[Place]) -> None:
        """Show the queue."""
        if tuple(places) != self.places:
            self.places = tuple(places)
            self.retranslate()

    def retranslate(self) -> None:
        """Write everything in the language of the moment."""
        texts = self._look.texts
        items = [self._item(number, place) for number, place in enumerate(self.places[:MOST], 1)]
        self.list.show_items(texts("fraud.stop_first"), items, texts("fraud.nothing_to_stop"))
        count = sum(place.in_batch for place in self.places)
        self.batch.setText(texts("fraud.stop_batch", count=count))
        self.batch.setVisible(count > 0)

    def _item(self, number: int, place: Place) -> Item:
        texts = self._look.texts
        mark, mood = MARKS[place.action]
        head = f"{number}  {self._written(place.account)}  {texts(f'fraud.action_{place.action}')}"
        why = "；" if texts.language == "zh" else "; "
        there = texts("fraud.still_there", sum=sum_of(place.still_fen, self._look.language))
        show = (texts("fraud.show"), lambda: self.chosen.emit(place.account))
        return Item(f"{head}\n{why.join(place.reasons)}", there, mark, mood, (show,), below=True)
