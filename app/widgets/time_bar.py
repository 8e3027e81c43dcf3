"""The bar under the map: which day, which time of it, and how time goes on; 'now' unless it is dragged back."""

from __future__ import annotations

import time
from datetime import date, datetime

import numpy as np
from PySide6.QtCore import QDate, QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QDateEdit, QHBoxLayout, QSlider, QWidget

from app import formats
from app.look import Look
from app.look_back import BINS, Recorded, Stand
from app.widgets.parts import label, tool
from app.widgets.playback_bar import SPEEDS
from app.widgets.time_strip import DAY_S, TimeStrip

AGAIN_MS = 1000
DAY_EVERY = 15
"""What is recorded of a day that is not over is asked for each so many seconds."""
KEYS_MS = 200


class TimeBar(QWidget):
    """Shows where the look back stands and tells what is asked of it."""

    steered = Signal(str, float)
    """``look`` (at a time), ``play``, ``pause``, ``speed`` or ``now``, and its value."""
    dragged = Signal(float)
    """The time that the handle is over, while it is dragged."""
    day_wanted = Signal(float)
    """When the day begins of which the bar wants to know what is recorded."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("timeBar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._look = look
        self._stand: Stand | None = None
        self._span_s: tuple[float, float] | None = None
        self._day_s = day_of(time.time())
        self._ticks = 0
        self.notice, self.clock = label("timeNotice"), label("timeClock")
        self.before, self.after, self.play, self.now = tool(), tool(), tool(), tool()
        self.day = QDateEdit()
        self.day.setCalendarPopup(True)
        self.day.setDisplayFormat("yyyy-MM-dd")
        self.strip = TimeStrip(look)
        self.speed = QComboBox()
        for speed in SPEEDS:
            self.speed.addItem(f"{speed:g}×", speed)
        self.speed.setCurrentIndex(self.speed.findData(1.0))
        self._keys = QTimer(self)
        self._keys.setSingleShot(True)
        self._keys.setInterval(KEYS_MS)
        self._second = QTimer(self)
        self._second.setInterval(AGAIN_MS)
        self._lay_out()
        self._wire()

    def _lay_out(self) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 0, 8, 0)
        layout.setSpacing(8)
        for widget in (self.notice, self.before, self.day, self.after, self.play, self.clock):
            layout.addWidget(widget)
        layout.addWidget(self.strip, 1)
        layout.addWidget(self.speed)
        layout.addWidget(self.now)
        self.now.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)

    def _wire(self) -> None:
        self.before.clicked.connect(lambda: self._show_day(self._day_s - DAY_S))
        self.after.clicked.connect(lambda: self._show_day(self._day_s + DAY_S))
        self.day.dateChanged.connect(lambda day: self._show_day(_begin_of(day.toPython())))
        self.play.clicked.connect(self._on_play)
        self.now.clicked.connect(lambda: self.steered.emit("now", 0.0))
        self.speed.activated.connect(lambda row: self.steered.emit("speed", float(self.speed.itemData(row))))
        self.strip.sliderPressed.connect(lambda: self.steered.emit("look", self._wanted_s()))
        self.strip.sliderMoved.connect(lambda _second: self._on_dragged())
        self.strip.sliderReleased.connect(lambda: self.steered.emit("look", self._wanted_s()))
        self.strip.actionTriggered.connect(self._on_key)
        self._keys.timeout.connect(lambda: self.steered.emit("look", self._wanted_s()))
        self._second.timeout.connect(self._on_second)
        self._look.language_changed.connect(self.retranslate)
        self._look.theme_changed.connect(self.retranslate)
        self.retranslate()

    def set_stand(self, stand: Stand | None) -> None:
        """Show where the look back stands; None while the map shows now."""
        self._stand = stand
        if stand is not None and not self.strip.isSliderDown() and not self._keys.isActive():
            if not self._day_s <= stand.at_s < self._day_s + DAY_S:
                self._show_day(day_of(stand.at_s))
            self.strip.setValue(int(stand.at_s - self._day_s))
        self._dress()

    def set_recorded(self, recorded: Recorded) -> None:
        """Show what is recorded of the day that was asked for."""
        self._span_s = recorded.span_s
        if recorded.begin_s == self._day_s:
            self.strip.set_counts(recorded.counts)
        self._dress()

    def forget(self) -> None:
        """Begin anew with a twin of which nothing is known yet."""
        self._span_s = None
        self._show_day(day_of(time.time()))

    def showEvent(self, event: QShowEvent) -> None:
        """Follow the clock while it can be seen."""
        super().showEvent(event)
        self._second.start()
        self._on_second()

    def _on_second(self) -> None:
        if not self.isVisible():
            self._second.stop()
            return
        today_s = day_of(time.time())
        if self._stand is None and self._day_s == today_s - DAY_S and self.strip.value() >= DAY_S - 2:
            self._show_day(today_s)  # midnight
        elif self._ticks % DAY_EVERY == 0 and self._day_s in (today_s, today_s - DAY_S):
            self.day_wanted.emit(self._day_s)
        self._ticks += 1
        self._dress()

    def _show_day(self, begin_s: float) -> None:
        if begin_s != self._day_s:
            self._day_s = begin_s
            self.strip.set_counts(np.zeros(BINS, np.int64))
        self.day_wanted.emit(begin_s)
        self._dress()

    def _wanted_s(self) -> float:
        return self._day_s + self.strip.sliderPosition()

    def _on_dragged(self) -> None:
        self._show_clock(self._wanted_s())
        self.dragged.emit(self._wanted_s())

    def _on_key(self, action: int) -> None:
        """Look after the last of several keys; dragging is no key."""
        if action != QSlider.SliderAction.SliderMove.value:
            self._keys.start()

    def _on_play(self) -> None:
        self.steered.emit("pause" if self._stand is not None and self._stand.playing else "play", 0.0)

    def _dress(self) -> None:
        """Bring everything in line with what is shown."""
        now_s = time.time()
        today = self._day_s <= now_s < self._day_s + DAY_S
        is_now, known = self._stand is None, self._span_s is not None
        if is_now and today and not self.strip.isSliderDown() and not self._keys.isActive():
            self.strip.setValue(int(now_s - self._day_s))
        self.strip.set_now(now_s - self._day_s if today else None, is_now=is_now)
        self.strip.setEnabled(known)
        texts = self._look.texts
        words = texts(
            "timebar.now" if self._stand is None else "timebar.reading" if self._stand.reading else "timebar.past"
        )
        self.notice.setText(words if known or not is_now else texts("timebar.nothing"))
        mode = "past" if not is_now else "now" if known else "nothing"
        if mode != self.notice.property("mode"):
            self.notice.setProperty("mode", mode)
            self.notice.style().polish(self.notice)
            self.clock.setProperty("mode", mode)
            self.clock.style().polish(self.clock)
        self._show_clock(now_s if self._stand is None else self._stand.at_s)
        with QSignalBlocker(self.day):
            self._limit_days(now_s)
            self.day.setDate(_date_of(self._day_s))
        self.before.setEnabled(self._span_s is not None and self._day_s > self._span_s[0])
        self.after.setEnabled(self._day_s + DAY_S <= now_s)
        self.now.setEnabled(not is_now)
        self.speed.setEnabled(known)
        self.play.setEnabled(not is_now)
        self._dress_play()

    def _limit_days(self, now_s: float) -> None:
        first_s = self._span_s[0] if self._span_s is not None else now_s
        self.day.setDateRange(_date_of(min(first_s, self._day_s)), _date_of(max(now_s, self._day_s)))
        self.day.setEnabled(self._span_s is not None)

    def _dress_play(self) -> None:
        order = "pause" if self._stand is not None and self._stand.playing else "play"
        if order != self.play.property("order"):
            self.play.setProperty("order", order)
            self.play.setIcon(self._look.icon(order, "text"))
            self.play.setToolTip(self._look.texts(f"command.history.{order}"))
            self.play.setAccessibleName(self._look.texts(f"command.history.{order}"))

    def _show_clock(self, at_s: float) -> None:
        self.clock.setText(formats.clock(at_s))

    def retranslate(self, *_: object) -> None:
        """Write everything in the language of the moment."""
        texts = self._look.texts
        for button, icon, key in ((self.before, "caret-left", "before"), (self.after, "caret-right", "after")):
            button.setIcon(self._look.icon(icon, "text"))
            button.setToolTip(texts(f"timebar.{key}"))
            button.setAccessibleName(texts(f"timebar.{key}"))
        self.now.setIcon(self._look.icon("clock-clockwise", "text"))
        self.now.setText(texts("timebar.back"))
        self.now.setToolTip(texts("command.history.now"))
        for widget, key in ((self.strip, "strip"), (self.day, "day"), (self.speed, "speed")):
            widget.setAccessibleName(texts(f"timebar.{key}"))
            widget.setToolTip(texts(f"timebar.{key}") if widget is not self.strip else "")
        self.play.setProperty("order", "")
        self._dress()


def day_of(at_s: float) -> float:
    """Return when the local day of an instant began."""
    return formats.local_time(at_s).replace(hour=0, minute=0, second=0, microsecond=0).timestamp()


def _begin_of(day: object) -> float:
    assert isinstance(day, date)  # noqa: S101 - QDate.toPython
    return datetime(day.year, day.month, day.day, tzinfo=formats.LOCAL).timestamp()


def _date_of(at_s: float) -> QDate:
    local = formats.local_time(at_s)
    return QDate(local.year, local.month, local.day)
