"""The wall: the map alone, in large type, with the time and what it is of."""

from __future__ import annotations

from PySide6.QtCore import QObject, QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QFontMetricsF, QPainter

from app import formats
from app.features.feature import Context, Feature
from app.map.camera import Lens
from app.map.style import MapStyle
from app.theme import FIGURE_PX, TITLE_PX, ui_font

PAINTED, TYPE_SCALE, MARGIN_PX = "wall", 1.6, 16.0


class Wall(QObject, Feature):
    """Follows the stage: while it is bare, type is large and the time stands on the map."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.window)
        self._context = context
        self._second = QTimer(self)
        self._second.setInterval(1000)
        self._second.timeout.connect(context.map.refresh)
        context.stage.bared.connect(self._on_bared)

    def close(self) -> None:
        """Stop the clock."""
        self._second.stop()

    def _on_bared(self, bare: bool) -> None:
        view = self._context.map
        view.set_type_scale(TYPE_SCALE if bare else 1.0)
        if bare:
            self._second.start()
            view.extras.paint(PAINTED, self._paint)
        else:
            self._second.stop()
            view.extras.remove(PAINTED)

    def _paint(self, painter: QPainter, _lens: Lens, style: MapStyle) -> None:
        """Write the time that is shown, and whose county this is, in the upper left corner."""
        live, texts = self._context.desk.live, self._context.desk.look.texts
        if live.world is None or live.city is None:
            return
        at = formats.local_time(live.world.at_s)
        name = live.city.name_en if texts.language == "en" and live.city.name_en else live.city.name
        clock, place = f"{at:%H:%M:%S}", f"{name}  {at:%Y-%m-%d}"
        big, small = ui_font(FIGURE_PX, bold=True), ui_font(TITLE_PX)
        width = max(QFontMetricsF(big).horizontalAdvance(clock), QFontMetricsF(small).horizontalAdvance(place))
        box = QRectF(MARGIN_PX, MARGIN_PX, width + 32, 76)
        fill = QColor(style.colour("panel", "fill"))
        fill.setAlphaF(0.97)  # words of the map are not to be read through it
        painter.setPen(QColor(style.colour("panel", "line")))
        painter.setBrush(fill)
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(QColor(style.colour("label", "text")))
        painter.setFont(big)
        painter.drawText(box.adjusted(16, 6, 0, 0), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, clock)
        painter.setPen(QColor(style.colour("label", "quiet")))
        painter.setFont(small)
        painter.drawText(box.adjusted(16, 0, 0, -8), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, place)
