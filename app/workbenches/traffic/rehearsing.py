"""A rehearsal on the map: what runs now left of a line, the new plan right of it, at the same simulated second.

The bars are vehicles of a simulation, of the real one's length; they stand for nobody outside, are in no layer and in
no list, and cannot be picked.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PySide6.QtCore import QLineF, QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from app.commands import Call, Command
from app.features.feature import Context, Entry, Feature
from app.jobs import Cancelled, Report
from app.map.camera import Lens
from app.map.style import MapStyle
from app.rehearsals import request_for, shown
from app.theme import Theme, ui_font
from data.traffic.rehearsing import rehearse
from twin.city.city import City
from twin.errors import UsageError
from twin.geo import FloatArray
from twin.traffic.rehearsal import ALL, FIXED, LEAVE, MODES, Moment, Rehearsed
from twin.words import say

PAINTED = "rehearsal"
SIDES = (LEAVE, FIXED)
TOKENS = {LEAVE: "severity_2", FIXED: "good"}
LONG_M, WIDE_PX = 4.8, 4.0
AWAY_M = 1500.0
TOP_PX, ROW_PX = 76.0, 24.0
MINUTES, CHOOSING, VERDICT = 15.0, 3, 5


class Rehearsals(QObject, Feature):
    """Rehearses an arterial in the background, and paints the vehicles of both sides as they come."""

    _came = Signal(object)

    def __init__(self, context: Context) -> None:
        super().__init__(context.window)
        self._desk, self._map = context.desk, context.map
        self._twin = ""
        self.moments: dict[str, Moment] = {}
        self.found: Rehearsed | None = None
        self._came.connect(self._on_moment)
        context.opening.opened.connect(self._on_opened)

    def entries(self) -> Iterator[Entry]:
        """Return the commands."""
        yield Entry(Command("rehearsal.run", self._run, "simulation.run"), "traffic", "traffic-sign")
        yield Entry(Command("rehearsal.end", lambda _: self._end(), "simulation.run"), "traffic", "x", told=False)

    def close(self) -> None:
        """Take the painting from the map."""
        self._map.extras.remove(PAINTED)

    def _on_opened(self, opened: object) -> None:
        self._twin = str(getattr(opened, "name", ""))
        self._end()

    def _run(self, call: Call) -> None:
        """Rehearse the arterial ``road``, or the longest of the twin."""
        if self._desk.live.city is None:
            raise UsageError(say("no twin is open yet"))
        home, twin, road = self._desk.session.home, self._twin, str(call.arguments.get("road", ""))

        def work(report: Report, cancelled: Cancelled) -> Rehearsed:
            request = request_for(
                home, twin, road, None, None, 1.0, MODES, MINUTES, CHOOSING, VERDICT, SIDES, report, cancelled
            )
            return rehearse(request, report, cancelled, self._came.emit)

        self._end()
        self._map.extras.paint(PAINTED, self._paint)
        self._desk.jobs.submit("job.rehearsal", work, self._on_found, lambda _: self._end(), key="rehearsal")

    def _on_moment(self, moment: Moment) -> None:
        if len(moment.vehicle) and not any(len(each.vehicle) for each in self.moments.values()):
            self._fly(moment)
        self.moments[moment.mode] = moment
        self._map.extras.repaint.emit()

    def _fly(self, moment: Moment) -> None:
        """Go to where the first vehicles are."""
        city = self._desk.live.city
        if city is not None:
            east, north = moment.position_m.mean(axis=0).tolist()
            lon, lat = city.frame.to_lonlat(east, north)
            self._map.fly_to(float(lon), float(lat), AWAY_M)

    def _on_found(self, found: Rehearsed) -> None:
        self.found = found
        self._map.extras.repaint.emit()

    def _end(self) -> None:
        self.moments, self.found = {}, None
        self._map.extras.remove(PAINTED)

    def _paint(self, painter: QPainter, lens: Lens, _style: MapStyle) -> None:
        city = self._desk.live.city
        if city is None:
            return
        theme, middle = self._desk.look.theme, lens.width_px / 2
        painter.setPen(QPen(theme.colour("text"), 1.5))
        painter.drawLine(QPointF(middle, 0), QPointF(middle, lens.height_px))
        for mode, moment in self.moments.items():
            painter.setPen(QPen(theme.colour(TOKENS[mode]), WIDE_PX, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
            painter.drawLines(bars(moment, lens, city, left=mode == LEAVE))
        painter.setFont(ui_font(13, bold=True))
        for mode in SIDES:
            _words(painter, theme, self._told(mode), middle, mode)
        if self.found is not None:
            best, reason = self.found.advice
            texts = self._desk.look.texts
            line = texts("rehearsal.best", mode=texts(f"rehearsal.mode.{best}"), why=texts.said(reason))
            _words(painter, theme, line, middle, FIXED, row=1)

    def _told(self, mode: str) -> str:
        texts, moment = self._desk.look.texts, self.moments.get(mode)
        name = texts(f"rehearsal.mode.{mode}")
        if self.found is not None:
            return texts("rehearsal.side_end", mode=name, delay=shown(self.found.figure(mode, ALL), ALL))
        minutes, seconds = divmod(int(moment.time_s) if moment else 0, 60)
        return texts("rehearsal.side", mode=name, time=f"{minutes:02}:{seconds:02}")


def bars(moment: Moment, lens: Lens, city: City, *, left: bool) -> list[QLineF]:
    """Return a bar, from tail to nose, for each vehicle that is seen on one side of the middle of the picture."""
    way = np.radians(moment.heading_deg)
    nose = moment.position_m
    tail = nose - LONG_M * np.column_stack([np.sin(way), np.cos(way)])
    (x, y, depth), (x2, y2, depth2) = (lens.project(_on_ground(end, city)) for end in (nose, tail))
    seen = (depth > 0) & (depth2 > 0) & ((x < lens.width_px / 2) == left)
    return [QLineF(*each) for each in np.column_stack([x, y, x2, y2])[seen].tolist()]


def _on_ground(position_m: FloatArray, city: City) -> FloatArray:
    east, north = (position_m + np.asarray(city.frame.origin_m)).T
    return np.column_stack([position_m, city.ground_m(east, north)])


def _words(painter: QPainter, theme: Theme, words: str, middle: float, mode: str, row: int = 0) -> None:
    """Write what a side is beside the line, the new plan right of it."""
    width = QFontMetricsF(painter.font()).horizontalAdvance(words) + 20
    x = middle - 10 - width if mode == LEAVE else middle + 10
    room = QRectF(x, TOP_PX + row * (ROW_PX + 4), width, ROW_PX)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.colour("panel", 0.9))
    painter.drawRoundedRect(room, 4, 4)
    painter.setPen(theme.colour("text" if row else TOKENS[mode]))
    painter.drawText(room, Qt.AlignmentFlag.AlignCenter, words)
