"""Where they come from and go to: one road is chosen on the map, and those who used it are told by zones and turns."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.look import Look
from app.traffic_planning import Origins
from app.widgets.parts import label
from app.widgets.table import Table, TableColumn, TableModel
from twin.traffic.origins import FEWEST


class OriginsTab(QWidget):
    """Lists pairs of zones, the most first; asks by signals."""

    ask_wanted, pick_wanted = Signal(), Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._found: Origins | None = None
        self._road = self._words = ""
        self.ask, self.pick = QPushButton(), QPushButton()
        self.story, self.turns = label("quiet", wrap=True), label("quiet", wrap=True)
        columns = (
            TableColumn("from", width_px=130), TableColumn("to", width_px=130),
            TableColumn("vehicles", lambda count: f"{count:,}", figure=True, width_px=76),
        )  # fmt: skip
        self.table = Table(TableModel(look, "origins", columns), look)
        self.table.sortByColumn(2, Qt.SortOrder.DescendingOrder)
        top = QHBoxLayout()
        top.addWidget(self.ask)
        top.addWidget(self.pick)
        top.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addLayout(top)
        layout.addWidget(self.story)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.turns)
        self.ask.clicked.connect(lambda: self.ask_wanted.emit())
        self.pick.clicked.connect(lambda: self.pick_wanted.emit())

    def show_origins(self, found: Origins | None, road: str) -> None:
        """Show where trips went; of one road, or of all."""
        self._found, self._road, self._words = found, road, ""
        self.fill()

    def tell(self, words: str) -> None:
        """Say why nothing is shown."""
        self._words = words
        self.story.setText(words)

    def fill(self) -> None:
        """Write everything in the language of the moment."""
        texts, found = self._look.texts, self._found
        self.ask.setText(texts("origins.ask"))
        self.pick.setText(texts("origins.pick"))
        self.table.setAccessibleName(texts("guidance.tab.origins"))
        if found is None:
            self.story.setText(self._words or texts("origins.none"))
            self.table.rows.set_rows([], [])
            self.turns.setText("")
            return
        cells = found.between
        pairs = zip(cells.one.tolist(), cells.other.tolist(), cells.vehicles.tolist(), strict=True)
        rows = [(found.zones[a], found.zones[b], count) for a, b, count in pairs]
        self.table.rows.set_rows([f"{a}>{b}" for a, b, _ in rows], rows)
        road = self._road or texts("origins.all")
        self.story.setText(
            texts("origins.story", road=road, trips=f"{found.trips:,}", hidden=cells.hidden, fewest=FEWEST)
        )
        self.turns.setText("　".join(f"{a} → {b} {share:.0%}" for a, b, share in found.turns[:8]))
