"""What the wall shows of the work: how much of each severity is open, and the clocks that run out first."""

from __future__ import annotations

import time
from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from app import formats
from app.look import Look
from app.map.camera import Lens
from app.map.style import MapStyle
from app.theme import FIGURE_PX, TITLE_PX, ui_font
from app.workbenches.operations.row import BROKEN, NONE, SEVERITIES, SHAPES, SOON, QueueRow, counted, timer_words

PAINTED, MOST = "work-wall", 6
WIDTH_PX, MARGIN_PX, TOP_PX, HEAD_PX, ROW_PX, EDGE_PX = 470.0, 16.0, 76.0, 72.0, 46.0, 16.0  # below the compass


def urgent(rows: Sequence[QueueRow], now_s: float) -> list[QueueRow]:
    """Return what runs out first: of levels 1 and 2 before the others what broke, is about to, and has time."""
    order = {BROKEN: 0, SOON: 1, NONE: 3}

    def turn(row: QueueRow) -> tuple[bool, int, int, float, float]:
        return row.severity > 2, order.get(row.timer(now_s), 2), row.severity, row.due_s, row.since_s

    return sorted(rows, key=turn)[:MOST]


class WallBoard:
    """Paints in the upper right corner of a bare map; nothing of it can be pressed."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self.rows: tuple[QueueRow, ...] = ()

    def paint(self, painter: QPainter, lens: Lens, style: MapStyle) -> None:
        """Paint the board."""
        now_s = time.time()
        shown = urgent(self.rows, now_s)
        box = QRectF(lens.width_px - WIDTH_PX - MARGIN_PX, TOP_PX, WIDTH_PX, HEAD_PX + ROW_PX * len(shown))
        fill = QColor(style.colour("panel", "fill"))
        fill.setAlphaF(0.97)
        painter.setPen(QColor(style.colour("panel", "line")))
        painter.setBrush(fill)
        painter.drawRoundedRect(box, 4, 4)
        self._paint_head(painter, box)
        for number, row in enumerate(shown):
            top = box.top() + HEAD_PX + ROW_PX * number
            self._paint_row(painter, QRectF(box.left(), top, box.width(), ROW_PX), row, now_s)

    def _paint_head(self, painter: QPainter, box: QRectF) -> None:
        counts = counted(self.rows)
        step = (box.width() - 2 * EDGE_PX) / len(SEVERITIES)
        for number, severity in enumerate(SEVERITIES):
            area = QRectF(box.left() + EDGE_PX + step * number, box.top(), step, HEAD_PX)
            colour = f"severity_{severity}" if counts[severity] else "disabled"
            words = f"{SHAPES[severity]} {formats.count(counts[severity])}"
            self._write(painter, area, words, ui_font(FIGURE_PX, bold=True), colour)

    def _paint_row(self, painter: QPainter, area: QRectF, row: QueueRow, now_s: float) -> None:
        texts, how = self._look.texts, row.timer(now_s)
        inside, font = area.adjusted(EDGE_PX, 0, -EDGE_PX, 0), ui_font(TITLE_PX, bold=True)
        self._write(painter, inside, SHAPES[row.severity], font, f"severity_{row.severity}")
        timer = formats.age(now_s - row.since_s, texts.language) if how == NONE else timer_words(row.left_s(now_s))
        token = "severity_2" if how in (SOON, BROKEN) else "quiet" if how == NONE else "text"
        mark = "◆ " if how == BROKEN else ""
        self._write(painter, inside, mark + timer, font, token, Qt.AlignmentFlag.AlignRight)
        words = "  ".join(
            part
            for part in (
                row.title,
                f"×{row.count:,}" if row.count > 1 else "",
                row.place,
                texts(f"work_state.{row.state}"),
            )
            if part
        )
        room = inside.adjusted(28, 0, -QFontMetricsF(font).horizontalAdvance(mark + timer) - 12, 0)
        small = ui_font(TITLE_PX)
        shown = QFontMetricsF(small).elidedText(words, Qt.TextElideMode.ElideRight, room.width())
        self._write(painter, room, shown, small, "text")

    def _write(
        self, painter: QPainter, area: QRectF, words: str, font: QFont, token: str,
        side: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
    ) -> None:  # fmt: skip
        painter.setFont(font)
        painter.setPen(self._look.theme.colour(token))
        painter.drawText(area, side | Qt.AlignmentFlag.AlignVCenter, words)
