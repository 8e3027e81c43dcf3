"""Which day the time bar is about: one before, one after, or any from a calendar that shows what is recorded."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QDate, QSignalBlocker, Signal
from PySide6.QtGui import QTextCharFormat
from PySide6.QtWidgets import QDateEdit, QHBoxLayout, QWidget

from app import formats
from app.look import Look
from app.widgets.parts import tool
from app.widgets.time_strip import DAY_S


class DayPicker(QWidget):
    """A date between two buttons; they go to the next day with records."""

    chosen = Signal(float)
    """When the day begins that is wanted."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._begin_s = 0.0
        self._days: tuple[float, ...] = ()
        self.before, self.after = tool(), tool()
        self.day = QDateEdit()
        self.day.setCalendarPopup(True)
        self.day.setDisplayFormat("yyyy-MM-dd")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        for widget in (self.before, self.day, self.after):
            layout.addWidget(widget)
        self.before.clicked.connect(lambda: self._go(-1))
        self.after.clicked.connect(lambda: self._go(1))
        self.day.dateChanged.connect(lambda day: self.chosen.emit(_begin_of(day.toPython())))

    def set_hours(self, hours: NDArray[np.int64]) -> None:
        """Take the hours since 1970-01-01 UTC with records: their days stand out in the calendar."""
        days = tuple(sorted({day_of(hour * 3600.0) for hour in hours.tolist()}))
        if days == self._days:
            return
        self._days = days
        calendar, bold = self.day.calendarWidget(), QTextCharFormat()
        bold.setForeground(self._look.theme.colour("accent"))
        bold.setFontWeight(700)
        calendar.setDateTextFormat(QDate(), QTextCharFormat())
        for begin_s in days:
            calendar.setDateTextFormat(_date_of(begin_s), bold)

    def set_day(self, begin_s: float, now_s: float) -> None:
        """Show a day; what can be chosen lies between the first that is recorded and today."""
        self._begin_s = begin_s
        first_s = min(self._days[0] if self._days else now_s, begin_s)
        with QSignalBlocker(self.day):
            self.day.setDateRange(_date_of(first_s), _date_of(max(now_s, begin_s)))
            self.day.setDate(_date_of(begin_s))
        self.day.setEnabled(bool(self._days))
        self.before.setEnabled(self._next(-1, now_s) is not None)
        self.after.setEnabled(self._next(1, now_s) is not None)

    def _go(self, way: int) -> None:
        there = self._next(way, datetime.now(formats.LOCAL).timestamp())
        if there is not None:
            self.chosen.emit(there)

    def _next(self, way: int, now_s: float) -> float | None:
        """Return the next day with records; today counts always."""
        days = {*self._days, day_of(now_s)}
        later = [day for day in days if (day - self._begin_s) * way >= DAY_S - 1]
        return min(later, key=lambda day: abs(day - self._begin_s), default=None)

    def retranslate(self) -> None:
        """Write what the buttons do in the language of the moment."""
        texts = self._look.texts
        for button, icon, key in ((self.before, "caret-left", "before"), (self.after, "caret-right", "after")):
            button.setIcon(self._look.icon(icon, "text"))
            button.setToolTip(texts(f"timebar.{key}"))
            button.setAccessibleName(texts(f"timebar.{key}"))
        self.day.setAccessibleName(texts("timebar.day"))
        self.day.setToolTip(texts("timebar.day"))


def day_of(at_s: float) -> float:
    """Return when the local day of an instant began."""
    return formats.local_time(at_s).replace(hour=0, minute=0, second=0, microsecond=0).timestamp()


def _begin_of(day: object) -> float:
    assert isinstance(day, date)  # noqa: S101 - QDate.toPython
    return datetime(day.year, day.month, day.day, tzinfo=formats.LOCAL).timestamp()


def _date_of(at_s: float) -> QDate:
    local = formats.local_time(at_s)
    return QDate(local.year, local.month, local.day)
