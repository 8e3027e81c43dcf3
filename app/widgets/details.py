"""Details of the selection: facts, live figures, actions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app import formats
from app.card.sections import CardSections, PicturePart
from app.desk import Desk
from app.facts import Fact, Facts, entity_facts, is_live, read_facts
from app.map.events import Pick
from app.widgets.parts import label
from twin.world import World

MOST_LISTED, USUAL_FACTS = 200, 12
ACTIONS = ("selection.fly_to", "selection.follow", "selection.copy_coordinates", "selection.clear")
ICONS: Mapping[str, str] = {
    "selection.fly_to": "navigation-arrow", "selection.follow": "crosshair-simple",
    "selection.copy_coordinates": "copy", "selection.clear": "x",
}  # fmt: skip


class DetailsPanel(QWidget):
    """Shows the first thing of the selection, and a list where there are more."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.facts: Facts | None = None
        self._unmask = False
        self.title = label("heading", wrap=True)
        self.kind = label("quiet")
        for text in (self.title, self.kind):
            text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.others = QListWidget()
        self.others.setMaximumHeight(140)
        self.others.currentRowChanged.connect(self._on_other_chosen)
        self.buttons = {command_id: QToolButton() for command_id in ACTIONS}
        actions = QHBoxLayout()
        actions.setSpacing(4)
        for command_id, button in self.buttons.items():
            button.setCheckable(command_id == "selection.follow")
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
            button.clicked.connect(lambda _checked=False, command_id=command_id: desk.run(command_id))
            actions.addWidget(button)
        actions.addStretch(1)
        self._grid = QGridLayout()
        self._grid.setColumnStretch(1, 1)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(6)
        self._rows: list[tuple[QLabel, QLabel]] = []
        page = QWidget()
        inner = QVBoxLayout(page)
        inner.setContentsMargins(12, 12, 12, 12)
        inner.setSpacing(8)
        self.picture = PicturePart(desk.look)
        for item in (self.picture, self.title, self.kind):
            inner.addWidget(item)
        inner.addLayout(actions)
        inner.addWidget(self.others)
        inner.addLayout(self._grid)
        self.sections = CardSections(desk.look)
        inner.addWidget(self.sections)
        inner.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)
        self._make_rows(USUAL_FACTS)
        desk.selection.changed.connect(lambda _picks: desk.turns.soon(self.refresh, "details"))
        desk.live.panels_due.connect(lambda world: desk.turns.soon(lambda: self._on_panels_due(world), "details now"))
        desk.look.language_changed.connect(self.retranslate)
        desk.look.theme_changed.connect(self.retranslate)
        self.retranslate()

    def retranslate(self, *_: object) -> None:
        """Write everything in the language of the moment."""
        for command_id, button in self.buttons.items():
            title = self._desk.look.texts(f"command.{command_id}")
            button.setToolTip(title)
            button.setAccessibleName(title)
            button.setIcon(self._desk.look.icon(ICONS[command_id]))
        self._show(self.facts)

    def refresh(self) -> None:
        """Read the facts again, as when a purpose was stated."""
        self._on_selection_changed(self._desk.selection.picks)

    def set_unmask(self, unmask: bool) -> None:
        """Show plates and names in full from now on, or masked again."""
        self._unmask = unmask
        self.refresh()

    def set_following(self, following: bool) -> None:
        """Show whether the camera follows the selection."""
        self.buttons["selection.follow"].setChecked(following)

    def _on_selection_changed(self, picks: tuple[Pick, ...]) -> None:
        self.others.blockSignals(True)
        self.others.clear()
        if len(picks) > 1:
            texts = self._desk.look.texts
            self.others.addItems([f"{texts(f'layer.{pick.layer}')} · {pick.key}" for pick in picks[:MOST_LISTED]])
            if len(picks) > MOST_LISTED:
                self.others.addItem(texts("details.more", count=f"{len(picks) - MOST_LISTED:,}"))
        self.others.blockSignals(False)
        self.others.setVisible(len(picks) > 1)
        if picks:
            self._ask(picks[0])
        else:
            self._show(None)

    def _on_other_chosen(self, row: int) -> None:
        if 0 <= row < min(len(self._desk.selection.picks), MOST_LISTED):
            self._ask(self._desk.selection.picks[row])

    def _ask(self, pick: Pick) -> None:
        world = self._desk.live.world
        if world is None:
            return
        if is_live(pick.layer):
            facts = entity_facts(world, pick, self._unmask)
            self._show(facts if self._may_show(facts) else None)
            return
        layer, unmask = self._desk.layers.layers.get(pick.layer), self._unmask
        if layer is None:  # a bare place
            self._show(Facts(pick, pick.key, pick.key, ()))
            return
        self._desk.jobs.submit(
            "job.facts",
            lambda _report, _cancelled: read_facts(layer, world, pick, unmask),
            self._show,
            key="facts",
            quiet=True,
        )

    def _may_show(self, facts: Facts | None) -> bool:
        """Have what is shown of a person or a vehicle in full put on record, by its hash, before it is shown."""
        if facts is None or not self._unmask:
            return True
        return self._desk.run("details.show", about=facts.pick.key, facts=facts) is not None

    def _on_panels_due(self, world: World) -> None:
        if self.facts is not None and is_live(self.facts.pick.layer):
            fresh = entity_facts(world, self.facts.pick, self._unmask)
            if fresh is not None:
                self._show(fresh)

    def _show(self, facts: Facts | None) -> None:
        self.facts = facts
        texts = self._desk.look.texts
        if facts is None:
            self.title.setText(texts("details.nothing"))
            self.kind.setText(texts("details.hint"))
        else:
            title = facts.title_en if self._desk.look.language == "en" else facts.title
            self.title.setText(title or facts.pick.key)
            self.kind.setText(texts(f"layer.{facts.pick.layer}"))
        shown = facts.facts if facts is not None else ()
        self._make_rows(len(shown))
        for (name, value), fact in zip(self._rows, shown, strict=False):
            name.setText(self._name(fact))
            value.setText(self._value(fact))
        for number, pair in enumerate(self._rows):
            for part in pair:
                part.setVisible(number < len(shown))
        for button in self.buttons.values():
            button.setEnabled(facts is not None)
        self.buttons["selection.follow"].setEnabled(facts is not None and is_live(facts.pick.layer))

    def _make_rows(self, count: int) -> None:
        while len(self._rows) < count:
            name, value = label("factName"), label("factValue", wrap=True)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            row = len(self._rows)
            self._grid.addWidget(name, row, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(value, row, 1)
            self._rows.append((name, value))

    def _name(self, fact: Fact) -> str:
        texts = self._desk.look.texts
        return texts(f"fact.{fact.name}") if f"fact.{fact.name}" in texts else fact.name

    def _value(self, fact: Fact) -> str:
        return write_value(fact, self._desk, self.facts.pick.layer if self.facts is not None else "")


_WORDS: Mapping[str, tuple[str, ...]] = {
    "use": ("use",), "road_class": ("road_class",), "state": ("state",), "status": ("status",), "roof": ("roof",),
    "kind": ("kind", "site_kind", "device_kind", "place_kind", "water_kind", "land_kind"), "grade": ("grade",),
    "quantity": ("quantity",), "source": ("source",),
}  # fmt: skip


def write_value(fact: Fact, desk: Desk, layer: str) -> str:
    """Write a value in the operator's words and units."""
    texts, language, value = desk.look.texts, desk.look.language, fact.value
    if isinstance(value, (bool, np.bool_)):
        return texts("fact.yes" if value else "fact.no")
    if isinstance(value, np.datetime64):
        at_s = float(value.astype("datetime64[ms]").astype(np.int64)) / 1000.0
        world = desk.live.world
        old = formats.age((world.at_s if world else at_s) - at_s, language)
        return texts("fact.time_age", time=formats.clock(at_s), age=old)
    if fact.name in ("speed_mps", "heading_deg") and float(value) == float(value):
        return f"{value * 3.6:.0f} km/h" if fact.name == "speed_mps" else formats.bearing(float(value), language)
    if isinstance(value, (float, np.floating)):
        return "—" if value != value else f"{_figure(float(value))} {fact.unit}".strip()
    sections = _section_order(fact.name, layer)
    word = next((texts(f"{section}.{value}") for section in sections if f"{section}.{value}" in texts), None)
    text = word if word is not None else str(value)
    unit = texts(f"unit.{fact.unit}") if f"unit.{fact.unit}" in texts else fact.unit
    return f"{text} {unit}".strip() if text else "—"


def _section_order(name: str, layer: str) -> tuple[str, ...]:
    sections = _WORDS.get(name, ())
    own = {"sites": "site_kind", "water": "water_kind", "land": "land_kind", "places": "place_kind"}.get(layer)
    return (own, *sections) if own is not None and name == "kind" else sections


def _figure(value: Any) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
