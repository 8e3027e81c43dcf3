"""The jams of a day: a ranked list, and the page of the one that is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QDate, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDateEdit,
    QHBoxLayout,
    QScrollArea,
    QSlider,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from app import formats
from app.look import Look
from app.widgets.parts import label, tool
from app.widgets.table import Table, TableColumn, TableModel
from app.workbenches.traffic.strips import DAY_SLOTS, LifeStrip, WeekStrip
from app.workbenches.traffic.wording import number_line
from data.traffic.days import Day, Told
from layers.measured import MEASURES
from twin.traffic.causes import likely
from twin.traffic.slots import SLOT_S

MOST_CAUSES = 3
NARROWEST_PX = 180


class JamsPanel(QWidget):
    """Shows one day; asks for others by signals."""

    note = Signal(str)
    day_wanted = Signal(float)
    """Any time of the day."""
    jam_wanted = Signal(int)
    """Its place in the list."""
    slot_wanted = Signal(int)
    """Slot of the day whose traffic is shown; -1 for none."""
    measure_wanted = Signal(str)
    replay_wanted = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._day: Day | None = None
        self._held = -1
        self._index = float("nan")
        self.before, self.after, self.play = tool(), tool(), tool(checkable=True)
        self.date = QDateEdit()
        self.date.setDisplayFormat("yyyy-MM-dd")
        self.date.setCalendarPopup(True)
        self.summary = label("quiet", wrap=True, rich=True)
        self.table = Table(TableModel(look, "jams", self._columns()), look)
        self.table.sortByColumn(2, Qt.SortOrder.DescendingOrder)
        self.measure = QComboBox()
        self.measure.addItems([""] * len(MEASURES))
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, DAY_SLOTS - 1)
        for part in (self.date, self.measure, self.slider):
            part.setMinimumWidth(48)
        self.at = label("quiet")
        self.title, self.story = label("section", wrap=True), label("quiet", wrap=True)
        self.life_title, self.week_title, self.why_title = label("quiet"), label("quiet"), label("quiet")
        self.life, self.week = LifeStrip(look), WeekStrip(look)
        self.why = label("plain", wrap=True, rich=True)
        self._lay_out()
        self._join()
        self.retranslate()

    def _lay_out(self) -> None:
        self.setMinimumWidth(NARROWEST_PX)  # else the widest of its rows takes room from the map
        top, run = QHBoxLayout(), QHBoxLayout()
        for widget in (self.before, self.date, self.after):
            top.addWidget(widget)
        top.addStretch(1)
        top.addWidget(self.measure)
        for part in (self.play, self.slider, self.at):
            run.addWidget(part)
        page = QWidget()
        parts = QVBoxLayout(page)
        parts.setContentsMargins(0, 6, 0, 6)
        parts.setSpacing(6)
        for shown in (
            self.title,
            self.story,
            self.life_title,
            self.life,
            self.week_title,
            self.week,
            self.why_title,
            self.why,
        ):
            parts.addWidget(shown)
        parts.addStretch(1)
        self.page = QScrollArea()
        self.page.setWidgetResizable(True)
        self.page.setFrameShape(QScrollArea.Shape.NoFrame)
        self.page.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.page.setWidget(page)
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.table)
        split.addWidget(self.page)
        split.setStretchFactor(0, 2)
        split.setStretchFactor(1, 3)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 0)
        layout.setSpacing(6)
        layout.addLayout(top)
        layout.addWidget(self.summary)
        layout.addLayout(run)
        layout.addWidget(split, 1)

    def _join(self) -> None:
        self.before.clicked.connect(lambda: self._step(-1))
        self.after.clicked.connect(lambda: self._step(1))
        self.date.dateChanged.connect(lambda day: self.day_wanted.emit(_begin_of(day)))
        self.table.chosen.connect(lambda key: self.jam_wanted.emit(int(key)))
        self.slider.valueChanged.connect(self._on_slid)
        self.measure.activated.connect(lambda row: self.measure_wanted.emit(MEASURES[row]))
        self.play.clicked.connect(lambda: self.replay_wanted.emit())
        self._look.language_changed.connect(self.retranslate)
        self._look.theme_changed.connect(self.retranslate)

    def _columns(self) -> tuple[TableColumn, ...]:
        texts = self._look.texts
        return (
            TableColumn("road", lambda told: self.name(told), width_px=80),
            TableColumn("when", lambda jam: f"{_clock(jam.begin_s)}–{_clock(jam.end_s)}", width_px=88),
            TableColumn("lost", lambda hours: f"{hours:.1f}", figure=True, width_px=58),
            TableColumn("cause", lambda name: texts(f"traffic.cause.{name or 'unknown'}"), width_px=100),
            TableColumn("longest", lambda metres: f"{metres / 1000:.1f}", figure=True, width_px=64),
            TableColumn("usual", lambda pair: f"{pair[0]}/{pair[1]}" if pair[1] else "—", figure=True, width_px=50),
        )  # fmt: skip

    def name(self, told: Told) -> str:
        """Return what the road of a jam is called."""
        known = told.name_en if self._look.language == "en" else told.name
        return known or self._look.texts("traffic.unnamed")

    def retranslate(self, *_: object) -> None:
        """Write everything in the language of the moment."""
        texts = self._look.texts
        for button, sign, words in (
            (self.before, "◀", "before"), (self.after, "▶", "after"), (self.play, "▷", "replay")):  # fmt: skip
            button.setText(sign)
            button.setToolTip(texts(f"jams.{words}"))
            button.setAccessibleName(texts(f"jams.{words}"))
        for row, measure in enumerate(MEASURES):
            self.measure.setItemText(row, texts(f"jams.measure.{measure}"))
        for widget, words in (
            (self.table, "panel.jams"), (self.measure, "jams.show"), (self.slider, "jams.replay"),
            (self.date, "command.jams.read"), (self.life, "jams.life"), (self.week, "jams.week"),
        ):  # fmt: skip
            widget.setAccessibleName(texts(words))
        for part, words in ((self.life_title, "life"), (self.week_title, "week"), (self.why_title, "why")):
            part.setText(texts(f"jams.{words}"))
        self._fill()

    def show_day(self, day: Day, index: float) -> None:
        """Show a day that was read, and the travel-time index of all that drove on it."""
        self._day, self._index, self._held = day, index, -1
        with QSignalBlocker(self.date):
            self.date.setDate(QDate(*formats.local_time(day.begin_s).timetuple()[:3]))
        self._fill()

    def show_jam(self, place: int, names: tuple[str, ...], week: NDArray[np.int8]) -> None:
        """Show the page of a jam, with the grades of its road through a week."""
        self._held = place
        self.week.show_week(names, week)
        self.table.select_key(str(place))
        self._fill_page()

    def show_slot(self, slot: int) -> None:
        """Have the slider at a slot of the day, without asking for it."""
        with QSignalBlocker(self.slider):
            self.slider.setValue(slot)
        self._tell_time(slot)

    def _fill(self) -> None:
        texts, day = self._look.texts, self._day
        jams: Sequence[Told] = () if day is None else day.jams
        self.table.rows.set_rows(
            [str(place) for place in range(len(jams))],
            [
                (
                    told,
                    told.jam,
                    told.jam.lost_h,
                    likely(told.causes),
                    float(told.jam.length_m.max()),
                    (told.seen, told.days),
                )
                for told in jams
            ],
        )
        if day is None or not len(day.slots):
            self.summary.setText(texts("jams.nothing"))
        elif not jams:
            self.summary.setText(texts("jams.free"))
        else:
            lost = f"{sum(told.jam.lost_h for told in jams):.1f}"
            self.summary.setText(texts("jams.summary", count=len(jams), lost=lost, index=f"{self._index:.2f}"))
            self.note.emit(texts("jams.sampled"))
        self._fill_page()

    def _fill_page(self) -> None:
        texts, day = self._look.texts, self._day
        shown = day is not None and 0 <= self._held < len(day.jams)
        self.page.widget().setVisible(shown)
        if day is None or not shown:
            return
        told = day.jams[self._held]
        jam = told.jam
        self.title.setText(self.name(told))
        self.story.setText(
            texts(
                "jams.begin",
                begin=_clock(jam.begin_s),
                peak=_clock(jam.peak_s),
                end=_clock(jam.end_s),
                length=formats.distance(float(jam.length_m.max())),
                kmh=f"{jam.kmh:.0f}",
            )
        )
        self.life.show_life(round((jam.begin_s - day.begin_s) / SLOT_S), jam.length_m)
        self.why.setText("<br>".join(self._reasons(told)))

    def _reasons(self, told: Told) -> list[str]:
        """Return the first causes with their numbers; what speaks for one in the words' own colour, the rest quiet."""
        texts, theme, lines = self._look.texts, self._look.theme, list[str]()
        for cause in told.causes[:MOST_CAUSES]:
            score = texts("jams.score", score=f"{cause.score:+.1f}")
            lines.append(
                f'<b>{texts(f"traffic.cause.{cause.name}")}</b> <span style="color:{theme["quiet"]}">{score}</span>'
            )
            for one in cause.numbers:
                token = "text" if one.speaks_for and np.isfinite(one.value) else "quiet"
                lines.append(f'<span style="color:{theme[token]}">&nbsp;&nbsp;{number_line(one, texts)}</span>')
        return lines

    def _step(self, days: int) -> None:
        self.date.setDate(self.date.date().addDays(days))

    def _on_slid(self, slot: int) -> None:
        self._tell_time(slot)
        self.slot_wanted.emit(slot)

    def _tell_time(self, slot: int) -> None:
        minutes = slot * int(SLOT_S) // 60
        self.at.setText(f"{minutes // 60:02d}:{minutes % 60:02d}")


def _begin_of(day: QDate) -> float:
    return datetime(day.year(), day.month(), day.day(), tzinfo=formats.LOCAL).timestamp()


def _clock(at_s: float) -> str:
    return formats.clock(at_s)[:5]
