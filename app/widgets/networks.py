"""The networks: each with its sources, how they are doing, what became of their messages, and what is missing."""

from __future__ import annotations

import time
from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app import formats
from app.desk import Desk
from app.networks import Standing, gap_line, standing
from app.texts import Texts
from app.widgets.parts import label, named
from data.history.policy import Policy
from data.sync.overview import NetworksView, SourceView, ZoneView
from twin.live.kinds import KINDS
from twin.world import World

LOOK_EVERY_S = 2.0
UP, SILENT, DOWN, OFF = "up", "silent", "down", "off"
MARKS: Mapping[str, str] = {UP: "●", SILENT: "◐", DOWN: "▲", OFF: "○"}
"""Shapes as well as colours: not all eyes tell colours apart."""


def condition(source: SourceView, now_s: float) -> str:
    """Return how a source is doing, in one word."""
    if source.state is None:
        return OFF
    if not source.state.up:
        return DOWN
    return SILENT if source.state.is_silent(now_s) else UP


class SourceCard(QFrame):
    """One source."""

    def __init__(self) -> None:
        super().__init__()
        named(self, "sourceCard")
        self.mark, self.name, self.kind = label("sourceMark"), label("sourceName"), label("quiet")
        self.rate = label("sourceRate", side=Qt.AlignmentFlag.AlignRight)
        self.account, self.verdict = label("quiet", wrap=True), label("sourceVerdict")
        self.troubles = label("sourceTrouble", wrap=True)
        grid = QGridLayout(self)
        grid.setContentsMargins(8, 6, 8, 6)
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(1, 1)
        grid.addWidget(self.mark, 0, 0)
        grid.addWidget(self.name, 0, 1)
        grid.addWidget(self.verdict, 0, 2, Qt.AlignmentFlag.AlignRight)
        grid.addWidget(self.kind, 1, 1)
        grid.addWidget(self.rate, 1, 2)
        grid.addWidget(self.account, 2, 1, 1, 2)
        grid.addWidget(self.troubles, 3, 1, 1, 2)

    def show_source(self, source: SourceView, now_s: float, texts: Texts, language: str) -> None:
        """Write how it stands."""
        how, settings, account = condition(source, now_s), source.settings, source.account
        for part in (self.mark, self.rate):
            _set_mood(part, how)
        self.mark.setText(MARKS[how])
        self.mark.setAccessibleName(texts(f"networks_panel.{how}"))
        self.name.setText(settings.name)
        self.kind.setText(f"{settings.kind} · {settings.classification}")
        self.rate.setText(_rate(source, how, now_s, texts, language))
        self.account.setVisible(bool(account.received))
        self.verdict.setVisible(bool(account.received))
        counts = {name: formats.count(value) for name, value in account._asdict().items() if isinstance(value, int)}
        gone = texts("networks.destroyed", count=counts["destroyed"]) if account.destroyed else ""
        self.account.setText(texts("networks.account", **counts) + gone)
        even = account.difference == 0
        _set_mood(self.verdict, "even" if even else "uneven")
        self.verdict.setText(
            texts("networks_panel.even") if even else texts("networks_panel.uneven", count=account.difference)
        )
        troubles = _troubles(source, texts)
        self.troubles.setText("\n".join(troubles))
        self.troubles.setVisible(bool(troubles))


class NetworksPanel(QWidget):
    """Looks every two seconds while it can be seen, on a worker."""

    note = Signal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._shown: Standing | None = None
        self._looked_s = 0.0
        self.cards: dict[str, SourceCard] = {}
        self._made: tuple[object, ...] = ()
        self.recording, self.problem = label("quiet", wrap=True), label("problem", wrap=True)
        self.problem.hide()
        self._page = QWidget()
        self._column = QVBoxLayout(self._page)
        self._column.setContentsMargins(8, 8, 8, 8)
        self._column.setSpacing(6)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self._page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for part in (self.problem, self.recording):
            part.setContentsMargins(12, 6, 12, 6)
        layout.addWidget(self.problem)
        layout.addWidget(scroll, 1)
        layout.addWidget(self.recording)
        desk.live.panels_due.connect(self._on_panels_due)
        desk.look.language_changed.connect(self.retranslate)

    def look(self) -> None:
        """Read how the networks stand, unless that is being done already."""
        if self._desk.jobs.is_running("networks"):
            return
        self._looked_s = time.monotonic()
        home = self._desk.session.home
        self._desk.jobs.submit(
            "job.networks",
            lambda _report, _cancelled: standing(home, time.time(), time.monotonic()),
            self.show_standing,
            self._on_failed,
            key="networks",
            quiet=True,
        )

    def show_standing(self, now: Standing) -> None:
        """Write it all."""
        self._shown = now
        self.problem.hide()
        self._make(now.view)
        texts, language = self._desk.look.texts, self._desk.look.language
        sources = [source for zone in now.view.zones for source in zone.sources]
        for source in sources:
            self.cards[source.settings.name].show_source(source, now.at_s, texts, language)
        self.recording.setText(_recording(now.policy, now.kept_bytes, texts))
        self.note.emit(_note(sources, now.at_s, texts))

    def retranslate(self, *_: object) -> None:
        """Write everything in the language of the moment."""
        self._made = ()
        if self._shown is not None:
            self.show_standing(self._shown)

    def showEvent(self, event: QShowEvent) -> None:
        """Look at once."""
        super().showEvent(event)
        if self._desk.live.city is not None:
            self.look()

    def _on_panels_due(self, _world: World) -> None:
        if self.isVisible() and time.monotonic() - self._looked_s >= LOOK_EVERY_S:
            self.look()

    def _on_failed(self, error: Exception) -> None:
        self.problem.setText(self._desk.look.texts.error(error))
        self.problem.show()

    def _make(self, view: NetworksView) -> None:
        """Make a heading a network and a card a source, unless they are there."""
        wanted = tuple((zone.zone, zone.is_here, tuple(s.settings.name for s in zone.sources)) for zone in view.zones)
        if wanted == self._made:
            return
        self._made = wanted
        self.cards.clear()
        while (item := self._column.takeAt(0)) is not None:
            if item.widget() is not None:
                item.widget().deleteLater()
        for zone in view.zones:
            self._column.addWidget(self._heading(zone))
            for source in zone.sources:
                card = self.cards[source.settings.name] = SourceCard()
                self._column.addWidget(card)
        self._column.addStretch(1)

    def _heading(self, zone: ZoneView) -> QWidget:
        texts, english = self._desk.look.texts, self._desk.look.language == "en"
        title, count = label("section"), label("quiet", side=Qt.AlignmentFlag.AlignRight)
        name = zone.zone.english if english and zone.zone.english else zone.zone.name
        title.setText(f"{name}{texts('networks.here') if zone.is_here else ''}")
        count.setText(texts("networks_panel.sources", count=len(zone.sources)) if zone.sources else "—")
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.addWidget(title, 1)
        layout.addWidget(count)
        row.setToolTip(_rules(zone, texts))
        return row


def _set_mood(part: QWidget, mood: str) -> None:
    if part.property("mood") != mood:
        part.setProperty("mood", mood)
        part.style().polish(part)


def _rate(source: SourceView, how: str, now_s: float, texts: Texts, language: str) -> str:
    state, age_s = source.state, source.age_s(now_s)
    if state is None:
        return texts("networks.not_running")
    if how == DOWN:
        return texts("networks.down", reason=texts.said(state.reason))
    age = texts("networks.never") if age_s is None else formats.age(age_s, language)
    peers = "" if state.peers is None else texts("networks.peers", peers=state.peers)
    word = texts("networks.silent") if how == SILENT else texts("networks.rate", rate=formats.count(state.rate_hz))
    return f"{word}{peers} · {age}"


def _troubles(source: SourceView, texts: Texts) -> list[str]:
    """Return a line for each thing an operator must know of."""
    state, told = source.state, []
    if source.gaps.missing:
        told.append(texts("networks.gaps", gaps=source.gaps.count, missing=formats.count(source.gaps.missing)))
        told += [gap_line(gap, texts) for gap in source.gaps.newest]
    if source.waiting or source.removed:
        told.append(texts("networks.quarantine", waiting=formats.count(source.waiting), removed=source.removed))
    if state is not None and state.clocks_ahead:
        told.append(texts("networks.clocks", ahead=state.clocks_ahead, median=round(state.clock_s or 0.0)))
    if not source.rule.allow:
        told.append(texts("networks.barred", rule=texts.said(source.rule.name)))
    return told


def _rules(zone: ZoneView, texts: Texts) -> str:
    names = [texts.said(rule.name) for rule in (*zone.leaving, *zone.entering)]
    return "\n".join(dict.fromkeys(names))


def _recording(policy: Policy, kept_bytes: int, texts: Texts) -> str:
    """Say how much is recorded, and how much room it has."""
    layers = dict.fromkeys(kind.layer for kind in KINDS)
    every = {kind.layer: seconds for kind, seconds in zip(KINDS, policy.record.interval_s(), strict=True)}
    listed = "，" if texts.language == "zh" else ", "
    rates = listed.join(f"{texts(f'layer.{layer}')} {every[layer]:g} s" for layer in layers)
    used, quota = kept_bytes / 1e9, policy.keep.quota_gb
    return texts("networks_panel.recording", rates=rates, used=f"{used:.2f}", quota=f"{quota:g}")


def _note(sources: list[SourceView], now_s: float, texts: Texts) -> str:
    how = [condition(source, now_s) for source in sources]
    bad = sum(word in (SILENT, DOWN) for word in how)
    return texts("networks_panel.note", up=how.count(UP), all=len(how)) + (
        texts("networks_panel.note_bad", bad=bad) if bad else ""
    )
