"""The timeline of the money: accounts below each other, each transfer an arrow at its time; above, how much moved."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app import formats
from app.look import Look
from app.theme import ui_font
from app.workbenches.fraud.case_chart import CaseChart
from app.workbenches.fraud.money_words import exact
from twin.fraud.chart.board import Flow

LEFT_PX, RIGHT_PX, BARS_PX, FOOT_PX, ROW_PX, WORDS_PX = 108.0, 12.0, 46.0, 20.0, 15.0, 11
BINS, NEAR_PX = 60, 5.0
STEPS_S = (60, 300, 900, 3600, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 2_592_000)


class FlowTimeline(QWidget):
    """Draws the flows of the chart in time; dragging over a span chooses what moved in it, everywhere."""

    def __init__(self, look: Look, case: CaseChart) -> None:
        super().__init__()
        self._look, self._case = look, case
        self._flows: tuple[Flow, ...] = ()
        self._rows: dict[str, int] = {}
        self._begin_s, self._end_s = 0.0, 1.0
        self._from: float | None = None
        self._to = 0.0
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        case.changed.connect(self.show_flows)
        case.chosen_changed.connect(self.update)
        look.theme_changed.connect(self.update)
        look.language_changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Return a size at which twenty accounts can be read."""
        return QSize(600, 380)

    def show_flows(self) -> None:
        """Take the flows of now: as many accounts as there is room for, those first through which most passed."""
        case, shape = self._case, self._case.shape
        self._flows = tuple(sorted(case.flows, key=lambda flow: (flow.at_s, flow.id)))
        room = max(int((self.height() - BARS_PX - FOOT_PX) / ROW_PX), 1)
        first = np.where(np.isfinite(shape.first_s), shape.first_s, np.inf)
        kept = np.argsort(-shape.passed_fen, kind="stable")[:room]
        kept = kept[np.lexsort((first[kept], shape.hop[kept]))]
        self._rows = {shape.keys[row]: at for at, row in enumerate(kept.tolist())}
        if self._flows:
            self._begin_s, self._end_s = self._flows[0].at_s, max(self._flows[-1].at_s, self._flows[0].at_s + 60.0)
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show more accounts where there is room for more."""
        super().resizeEvent(event)
        self.show_flows()

    def x_of(self, at_s: float) -> float:
        """Return where a time is drawn."""
        wide = self.width() - LEFT_PX - RIGHT_PX
        return LEFT_PX + (at_s - self._begin_s) / (self._end_s - self._begin_s) * wide

    def _time_at(self, x: float) -> float:
        share = (x - LEFT_PX) / max(self.width() - LEFT_PX - RIGHT_PX, 1.0)
        return self._begin_s + share * (self._end_s - self._begin_s)

    def _y(self, key: str) -> float | None:
        row = self._rows.get(self._case.board.stands_in(key))
        return None if row is None else BARS_PX + (row + 0.5) * ROW_PX

    # Drawing

    def paintEvent(self, _: QPaintEvent) -> None:
        """Draw the bars, the axis, the accounts and the arrows."""
        painter, theme = QPainter(self), self._look.theme
        painter.fillRect(self.rect(), theme.colour("panel"))
        painter.setFont(ui_font(WORDS_PX))
        if not self._flows:
            painter.setPen(theme.colour("quiet"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._look.texts("chart.empty"))
            painter.end()
            return
        self._draw_axis(painter)
        self._draw_bars(painter)
        self._draw_accounts(painter)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._draw_flows(painter)
        if self._from is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("accent", 0.15))
            painter.drawRect(QRectF(min(self._from, self._to), 0, abs(self._to - self._from), self.height() - FOOT_PX))
        painter.end()

    def _draw_axis(self, painter: QPainter) -> None:
        theme, span = self._look.theme, self._end_s - self._begin_s
        step = next((one for one in STEPS_S if span / one <= 7), STEPS_S[-1])
        offset = formats.local_time(self._begin_s).utcoffset()
        zone_s = offset.total_seconds() if offset is not None else 0.0
        at_s = np.ceil((self._begin_s + zone_s) / step) * step - zone_s
        bottom = self.height() - FOOT_PX
        while at_s <= self._end_s:
            x = self.x_of(at_s)
            painter.setPen(theme.colour("line"))
            painter.drawLine(QPointF(x, BARS_PX), QPointF(x, bottom))
            painter.setPen(theme.colour("quiet"))
            words = f"{formats.local_time(at_s):%m-%d}" if step >= 86_400 else f"{formats.local_time(at_s):%H:%M}"
            painter.drawText(QRectF(x - 30, bottom + 2, 60, FOOT_PX - 2), Qt.AlignmentFlag.AlignCenter, words)
            at_s += step
        painter.drawText(QPointF(6, bottom + 15), f"{formats.local_time(self._begin_s):%Y-%m-%d}")

    def _draw_bars(self, painter: QPainter) -> None:
        """Draw how much of the victim's money moved when."""
        at_s = np.array([flow.at_s for flow in self._flows])
        fen = np.array([flow.traced_fen for flow in self._flows], np.float64)
        bins = np.minimum(((at_s - self._begin_s) / (self._end_s - self._begin_s) * BINS).astype(int), BINS - 1)
        total = np.bincount(bins, fen, BINS)
        wide = (self.width() - LEFT_PX - RIGHT_PX) / BINS
        most = max(float(total.max()), 1.0)
        for number in np.flatnonzero(total).tolist():
            high = max((BARS_PX - 12) * float(total[number]) / most, 1.5)
            bar = QRectF(LEFT_PX + number * wide + 0.5, BARS_PX - 4 - high, max(wide - 1, 1.0), high)
            painter.fillRect(bar, self._look.theme.colour("off"))
        painter.setPen(self._look.theme.colour("quiet"))
        painter.drawText(QPointF(6, 16), self._look.texts("chart.moved"))

    def _draw_accounts(self, painter: QPainter) -> None:
        theme, metrics = self._look.theme, QFontMetricsF(painter.font())
        for key in self._rows:
            y = self._y(key) or 0.0
            on = key in self._case.chosen
            painter.setPen(theme.colour("accent" if on else "line"))
            painter.drawLine(QPointF(LEFT_PX, y), QPointF(self.width() - RIGHT_PX, y))
            painter.setPen(theme.colour("text" if on else "quiet"))
            account = self._case.board.accounts[key]
            name = f"…{self._case.written(key)[-4:]} {self._case.named(account.holder)}"
            words = metrics.elidedText(name, Qt.TextElideMode.ElideRight, LEFT_PX - 12)
            painter.drawText(QRectF(6, y - ROW_PX / 2, LEFT_PX - 12, ROW_PX), Qt.AlignmentFlag.AlignVCenter, words)

    def _draw_flows(self, painter: QPainter) -> None:
        theme, case = self._look.theme, self._case
        for flow in self._flows:
            begin, end = self._y(flow.source), self._y(flow.target)
            if begin is None or end is None or begin == end:
                continue
            lit = (
                flow.id in case.flows_chosen
                if case.flows_chosen
                else bool({case.board.stands_in(flow.source), case.board.stands_in(flow.target)} & set(case.chosen))
            )
            colour, x = theme.colour("accent" if lit else "quiet", 1.0 if lit else 0.75), self.x_of(flow.at_s)
            painter.setPen(QPen(colour, 2.0 if lit else 1.0))
            painter.drawLine(QPointF(x, begin), QPointF(x, end))
            tip = -5.0 if end > begin else 5.0
            painter.setBrush(colour)
            painter.drawPolygon(QPolygonF([QPointF(x, end), QPointF(x - 3, end + tip), QPointF(x + 3, end + tip)]))
            painter.drawEllipse(QPointF(x, begin), 1.5, 1.5)

    # The mouse

    def _flow_at(self, place: QPointF) -> Flow | None:
        near: list[tuple[float, Flow]] = []
        for flow in self._flows:
            away = abs(self.x_of(flow.at_s) - place.x())
            begin, end = self._y(flow.source), self._y(flow.target)
            inside = begin is not None and end is not None and min(begin, end) - 4 <= place.y() <= max(begin, end) + 4
            if away <= NEAR_PX and inside:
                near.append((away, flow))
        return min(near, key=lambda one: one[0])[1] if near else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a span."""
        if event.button() == Qt.MouseButton.LeftButton and self._flows:
            self._from = self._to = event.position().x()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Draw the span, or tell of what is under the pointer."""
        if self._from is not None:
            self._to = event.position().x()
            self.update()
            return
        flow = self._flow_at(event.position())
        if flow is None:
            QToolTip.hideText()
            return
        at = f"{formats.local_time(flow.at_s):%m-%d %H:%M:%S}"
        words = f"{self._case.written(flow.source)} → {self._case.written(flow.target)}\n{at}\n" + self._look.texts(
            "chart.flow_tip", amount=exact(flow.amount_fen), traced=exact(flow.traced_fen)
        )
        QToolTip.showText(event.globalPosition().toPoint(), words, self)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Choose what moved in the span; without a span, the transfer under the pointer."""
        begin, self._from = self._from, None
        if begin is None:
            return
        self.update()
        if abs(event.position().x() - begin) < 2 * NEAR_PX:
            flow = self._flow_at(event.position())
            self._choose(() if flow is None else (flow,))
            return
        low, high = sorted((self._time_at(begin), self._time_at(event.position().x())))
        self._choose(tuple(flow for flow in self._flows if low <= flow.at_s <= high))

    def _choose(self, flows: tuple[Flow, ...]) -> None:
        keys = dict.fromkeys(key for flow in flows for key in (flow.source, flow.target))
        self._case.choose(keys, [flow.id for flow in flows])
