"""The link chart: accounts and what flowed between them, drawn at once; near, as cards; far, as points."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFontMetricsF,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app import formats
from app.look import Look
from app.theme import Theme, ui_font
from app.workbenches.fraud.case_chart import CaseChart
from app.workbenches.fraud.money_words import sum_of
from twin.fraud.chart.layout import COLUMN, ROW
from twin.fraud.chart.shape import IntArray
from twin.geo import BoolArray, FloatArray

MANY_LINKS, MOST_LINKS, MANY_CARDS, MANY_POINTS = 1500, 2500, 90, 700
"""Up to the first all links are smooth; of more than the second the heaviest are drawn, and it is said."""
CARD_PX, CARD_TALL_PX, LEAST_CARD_PX, BETWEEN_PX = 156.0, 34.0, 92.0, 34.0
LEAST_SCALE, MOST_SCALE, WIDEST, TALLEST = 0.004, 4.0, 1.3, 1.7
NEAR_PX, DRAG_PX, EDGE_PX, SIDE_PX, TOP_PX = 12.0, 4.0, 24.0, 60.0, 26.0
WORDS_PX = 11
TOKENS = {"victim": "severity_2", "account": "quiet", "hub": "off", "cash": "severity_3"}
"""An account's colour; what kind it is is also told by its shape."""


class LinkChart(QWidget):
    """Draws the chart of the case; a wheel zooms, an empty place is dragged to move it, an account to move that."""

    expand_asked = Signal(str)
    menu_asked = Signal(object)
    """Global position (QPoint)."""

    def __init__(self, look: Look, case: CaseChart) -> None:
        super().__init__()
        self._look, self._case = look, case
        self._across, self._down, self._offset = 1.0, 1.0, QPointF(0.0, 0.0)
        self._fits = True
        self._press: QPointF | None = None
        self._held: tuple[str, ...] = ()
        self._by = QPointF(0.0, 0.0)
        self._band: QRectF | None = None
        self._lines: list[QLineF] = []
        self._points: list[QPointF] = []
        self._kinds: list[str] = []
        self.held_fen: dict[str, int] = {}
        """What is stopped or frozen on accounts."""
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(120)
        case.changed.connect(self.show_chart)
        case.chosen_changed.connect(self.update)
        look.theme_changed.connect(self.update)
        look.language_changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Return a size at which a small case can be read."""
        return QSize(600, 380)

    def show_chart(self) -> None:
        """Take the places and links of now."""
        case = self._case
        self._points = [QPointF(x, y) for x, y in case.places.tolist()]
        points, shape = self._points, case.shape
        ends = zip(shape.source.tolist(), shape.target.tolist(), strict=True)
        self._lines = [QLineF(points[a], points[b]) for a, b in ends]
        self._kinds = [case.board.accounts[key].kind for key in shape.keys]
        if self._fits:
            self.fit()
        self.update()

    # Where things are

    def fit(self) -> None:
        """Show everything."""
        places = self._case.places
        self._fits = True
        if len(places):
            low, high = places.min(0), places.max(0)
            wide, tall = (float(value) for value in np.maximum(high - low, 1.0))
            across, down = (self.width() - 2 * SIDE_PX) / wide, (self.height() - 2 * TOP_PX) / tall
            if self._case.layout == "force":
                across = down = min(across, down)
            self._across = min(max(across, LEAST_SCALE), WIDEST)
            self._down = min(max(down, LEAST_SCALE), TALLEST)
            x, y = ((low + high) / 2).tolist()
            self._offset = QPointF(self.width() / 2 - x * self._across, self.height() / 2 - y * self._down)
        self.update()

    def bring_into_sight(self, key: str) -> None:
        """Move so that an account is in the middle, unless it can be seen."""
        if key in self._case.shape.keys:
            place = self._on_screen(self._points[self._case.shape.keys.index(key)])
            if not QRectF(self.rect()).adjusted(EDGE_PX, EDGE_PX, -EDGE_PX, -EDGE_PX).contains(place):
                self._fits = False
                self._offset += QPointF(self.width() / 2, self.height() / 2) - place
                self.update()

    def place_of(self, key: str) -> QPointF:
        """Return where an account is seen, in pixels."""
        return self._on_screen(self._points[self._case.shape.keys.index(key)])

    def at(self, place: QPointF) -> str:
        """Return the account at a pixel; empty if there is none."""
        if not self._points:
            return ""
        away = np.abs(self._scene() - (place.x(), place.y()))
        card = self._card(self._seen())
        reach = np.full(2, NEAR_PX) if card is None else np.array([card.width(), card.height()]) / 2
        inside = (away <= reach).all(1)
        rows = np.flatnonzero(inside)
        return self._case.shape.keys[int(rows[np.argmin((away[rows] ** 2).sum(1))])] if len(rows) else ""

    def _on_screen(self, point: QPointF) -> QPointF:
        return QPointF(point.x() * self._across + self._offset.x(), point.y() * self._down + self._offset.y())

    def _scene(self) -> FloatArray:
        """Return where all accounts are, in pixels."""
        return self._case.places * (self._across, self._down) + (self._offset.x(), self._offset.y())

    def _seen(self) -> BoolArray:
        scene, most = self._scene(), (self.width() + CARD_PX / 2, self.height() + CARD_TALL_PX)
        inside = (scene >= (-CARD_PX / 2, -CARD_TALL_PX)) & (scene <= most)
        return inside[:, 0] & inside[:, 1]

    def _card(self, seen: BoolArray) -> QRectF | None:
        """Return how large cards are, about their middle; None where there is no room for cards."""
        wide = min(CARD_PX, COLUMN * self._across - BETWEEN_PX)
        room = self._case.layout != "force" and ROW * self._down >= CARD_TALL_PX + 2 and wide >= LEAST_CARD_PX
        if self._case.layout == "force":
            room, wide = self._across >= 1.6, CARD_PX
        if not room or int(seen.sum()) > MANY_CARDS:
            return None
        return QRectF(-wide / 2, -CARD_TALL_PX / 2, wide, CARD_TALL_PX)

    # Drawing

    def paintEvent(self, _: QPaintEvent) -> None:
        """Draw links, then accounts, then words."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._look.theme.colour("panel"))
        painter.setFont(ui_font(WORDS_PX))
        if not self._points:
            painter.setPen(self._look.theme.colour("quiet"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._look.texts("chart.empty"))
        else:
            self._draw(painter)
        if self._band is not None:
            painter.setPen(QPen(self._look.theme.colour("accent"), 1))
            painter.setBrush(self._look.theme.colour("accent", 0.12))
            painter.drawRect(self._band)
        painter.end()

    def _draw(self, painter: QPainter) -> None:
        seen = self._seen()
        shape = self._case.shape
        links = np.flatnonzero(seen[shape.source] | seen[shape.target])
        all_links = len(links)
        if all_links > MOST_LINKS:
            links = links[np.argpartition(-shape.traced_fen[links], MOST_LINKS)[:MOST_LINKS]]
        few = len(links) <= MANY_LINKS
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, few)
        painter.save()
        painter.setTransform(
            QTransform(self._across, 0.0, 0.0, self._down, self._offset.x(), self._offset.y()), combine=True
        )
        self._draw_links(painter, links, few)
        painter.restore()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, int(seen.sum()) <= 4 * MANY_POINTS)
        card = self._card(seen)
        if few and len(links) <= 3 * MANY_CARDS:
            self._draw_heads(painter, links, card)
        rows = np.flatnonzero(seen)
        if card is not None:
            for row in rows.tolist():
                self._draw_card(painter, row, card)
        elif len(rows) <= MANY_POINTS:
            for row in rows.tolist():
                self._draw_mark(painter, row)
        else:
            self._draw_points(painter, rows)
        self._draw_chosen(painter, card)
        if all_links > MOST_LINKS:
            painter.setPen(self._look.theme.colour("quiet"))
            words = self._look.texts("chart.heaviest", shown=formats.count(MOST_LINKS), all=formats.count(all_links))
            painter.drawText(QPointF(8, self.height() - 8), words)

    def _draw_links(self, painter: QPainter, links: IntArray, few: bool) -> None:
        """Draw all links of one weight with one call; those of what is chosen in its colour."""
        theme, shape, lines = self._look.theme, self._case.shape, self._lines
        chosen = np.isin(np.array(shape.keys, object), self._case.chosen) if self._case.chosen else None
        lit = (chosen[shape.source] | chosen[shape.target])[links] if chosen is not None else np.zeros(len(links), bool)
        weight = _weight(shape.traced_fen[links]) if few else np.ones(len(links), np.int64)
        for heavy in range(1, 4):
            for on in (False, True):
                mine = links[(weight == heavy) & (lit == on)]
                if len(mine):
                    # Opaque, mixed beforehand: blending ten thousand long lines took most of a second.
                    colour = theme.colour("accent") if on else _mixed(theme, 0.6 if few else 0.3)
                    pen = QPen(colour, float(heavy) if few else 1.0)
                    pen.setCosmetic(True)
                    painter.setPen(pen)
                    painter.drawLines([lines[link] for link in mine.tolist()])

    def _draw_heads(self, painter: QPainter, links: IntArray, card: QRectF | None) -> None:
        """Draw arrowheads and, near, what flowed."""
        theme, shape = self._look.theme, self._case.shape
        painter.setPen(Qt.PenStyle.NoPen)
        reach = 7.0 if card is None else card.width() / 2
        for link in links.tolist():
            begin = self._on_screen(self._points[shape.source[link]])
            end = self._on_screen(self._points[shape.target[link]])
            line = QLineF(end, begin)
            if line.length() < 2 * reach:
                continue
            turn = math.radians(line.angle())
            if card is not None:  # a card is left by its side, or above and below
                across, along = abs(math.cos(turn)), abs(math.sin(turn))
                reach = min(card.width() / 2 / max(across, 1e-6), card.height() / 2 / max(along, 1e-6))
            tip = line.pointAt(reach / line.length())
            left = QPointF(math.cos(turn - 0.4), -math.sin(turn - 0.4)) * 8.0
            right = QPointF(math.cos(turn + 0.4), -math.sin(turn + 0.4)) * 8.0
            painter.setBrush(theme.colour("quiet"))
            painter.drawPolygon(QPolygonF([tip, tip + left, tip + right]))
            if card is not None and line.length() > 2 * reach + 50:
                self._write_sum(painter, line.center(), int(shape.traced_fen[link]), int(shape.count[link]))

    def _write_sum(self, painter: QPainter, place: QPointF, fen: int, count: int) -> None:
        words = sum_of(fen, self._look.language) + (f" ×{count}" if count > 1 else "")
        width = QFontMetricsF(painter.font()).horizontalAdvance(words) + 8
        room = QRectF(place.x() - width / 2, place.y() - 8, width, 16)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._look.theme.colour("panel", 0.85))
        painter.drawRect(room)
        painter.setPen(self._look.theme.colour("quiet"))
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter, words)
        painter.setPen(Qt.PenStyle.NoPen)

    def _draw_card(self, painter: QPainter, row: int, card: QRectF) -> None:
        """Draw an account as a card: its mark, number, holder and what passed it."""
        theme, case = self._look.theme, self._case
        key = case.shape.keys[row]
        account = case.board.accounts[key]
        room = card.translated(self._on_screen(self._points[row]))
        painter.setPen(QPen(theme.colour("good" if key in self.held_fen else "line"), 1.5))
        painter.setBrush(theme.colour("raised"))
        painter.drawRoundedRect(room, 4, 4)
        if case.board.inside(key):
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(room.translated(3, 3), 4, 4)
        self._shape(painter, QPointF(room.left() + 11, room.center().y()), account.kind, 5.0)
        metrics = QFontMetricsF(painter.font())
        wide = room.width() - 24
        first = QRectF(room.left() + 21, room.top(), wide, room.height() / 2 + 2)
        painter.setPen(theme.colour("text"))
        number = case.written(key)
        if metrics.horizontalAdvance(number) > wide:
            number = f"{number.partition(':')[0]} …{number[-4:]}"
        painter.drawText(first, Qt.AlignmentFlag.AlignVCenter, number)
        more = [case.named(account.holder), sum_of(int(case.shape.passed_fen[row]), self._look.language)]
        more += [self._look.texts("chart.inside", count=1 + len(case.board.inside(key)))] * bool(case.board.inside(key))
        more += ["✎"] * (key in case.board.notes)
        second = first.translated(0, room.height() / 2 - 2)
        painter.setPen(theme.colour("quiet"))
        words = metrics.elidedText("  ".join(part for part in more if part), Qt.TextElideMode.ElideRight, wide)
        painter.drawText(second, Qt.AlignmentFlag.AlignVCenter, words)

    def _draw_mark(self, painter: QPainter, row: int) -> None:
        key = self._case.shape.keys[row]
        size = 3.0 + 1.2 * float(_weight(self._case.shape.passed_fen[row : row + 1])[0])
        place = self._on_screen(self._points[row])
        self._shape(painter, place, self._kinds[row], size)
        if key in self.held_fen:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self._look.theme.colour("good"), 1.5))
            painter.drawEllipse(place, size + 3, size + 3)

    def _shape(self, painter: QPainter, place: QPointF, kind: str, size: float) -> None:
        """Draw the shape of a kind: a diamond for a victim, a square for a hub, a triangle for cash, else a disc."""
        colour = self._look.theme.colour(TOKENS[kind])
        painter.setPen(QPen(colour, 1.5))
        painter.setBrush(colour if kind != "hub" else QColor(0, 0, 0, 0))
        x, y = place.x(), place.y()
        if kind == "victim":
            around = [(0, -size - 1), (size + 1, 0), (0, size + 1), (-size - 1, 0)]
        elif kind == "hub":
            around = [(-size, -size), (size, -size), (size, size), (-size, size)]
        elif kind == "cash":
            around = [(-size, -size), (size, -size), (0, size)]
        else:
            painter.drawEllipse(place, size, size)
            return
        painter.drawPolygon(QPolygonF([QPointF(x + dx, y + dy) for dx, dy in around]))

    def _draw_points(self, painter: QPainter, rows: IntArray) -> None:
        """Draw many accounts, those of a kind with one call."""
        by_kind: dict[str, list[QPointF]] = {}
        for row in rows.tolist():
            by_kind.setdefault(self._kinds[row], []).append(self._on_screen(self._points[row]))
        for kind, points in by_kind.items():
            pen = QPen(self._look.theme.colour(TOKENS[kind]), 4.0 if kind == "account" else 7.0)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            painter.drawPoints(QPolygonF(points))

    def _draw_chosen(self, painter: QPainter, card: QRectF | None) -> None:
        rows = {key: row for row, key in enumerate(self._case.shape.keys)} if self._case.chosen else {}
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self._look.theme.colour("accent"), 2.5))
        for key in self._case.chosen:
            place = self._on_screen(self._points[rows[key]]) + (self._by if key in self._held else QPointF())
            if card is not None:
                painter.drawRoundedRect(card.translated(place).adjusted(-3, -3, 3, 3), 6, 6)
            else:
                painter.drawEllipse(place, 10.0, 10.0)

    # Mouse and keys

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep everything in sight, unless a hand moved it."""
        super().resizeEvent(event)
        if self._fits:
            self.fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom about the pointer."""
        self.zoom(1.2 ** (event.angleDelta().y() / 120.0), event.position())
        event.accept()

    def zoom(self, factor: float, about: QPointF) -> None:
        """Zoom about a pixel."""
        factor = min(
            max(factor, LEAST_SCALE / min(self._across, self._down)), MOST_SCALE / max(self._across, self._down)
        )
        self._offset = about - (about - self._offset) * factor
        self._across, self._down, self._fits = self._across * factor, self._down * factor, False
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of an account, or of the paper; with Shift, of a frame around several."""
        if event.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton):
            return
        key = self.at(event.position())
        adding = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if key and adding:
            others = tuple(one for one in self._case.chosen if one != key)
            self._case.choose(others if key in self._case.chosen else (*others, key))
        elif key and key not in self._case.chosen:
            self._case.choose((key,))
        if event.button() == Qt.MouseButton.LeftButton:
            self._press, self._by = event.position(), QPointF(0, 0)
            self._held = self._case.chosen if key and not adding else ()
            if not key and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self._band = QRectF(event.position(), event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag what is held, or tell of what is under the pointer."""
        if self._press is None:
            self._tell(event)
            return
        by = event.position() - self._press
        if self._band is not None:
            self._band = QRectF(self._press, event.position()).normalized()
        elif self._held:
            self._by = by
        else:
            self._offset, self._press, self._fits = self._offset + by, event.position(), False
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Leave things where they are now."""
        press, band, held, by = self._press, self._band, self._held, self._by
        self._press, self._band, self._held, self._by = None, None, (), QPointF(0, 0)
        if press is None:
            return
        if band is not None:
            self._case.choose(self._inside(band))
        elif held and by.manhattanLength() >= DRAG_PX:
            rows = {key: row for row, key in enumerate(self._case.shape.keys)}
            drag = QPointF(by.x() / self._across, by.y() / self._down)
            moved = {key: self._points[rows[key]] + drag for key in held}
            self._fits = False
            self._case.move({key: (point.x(), point.y()) for key, point in moved.items()})
        elif not self.at(event.position()) and by.isNull() and event.button() == Qt.MouseButton.LeftButton:
            self._case.choose(())
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Ask what stands around an account."""
        key = self.at(event.position())
        if key:
            self.expand_asked.emit(key)
        else:
            self.fit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer what can be done."""
        self.menu_asked.emit(event.globalPos())

    def leaveEvent(self, event: QEvent) -> None:
        """Tell of nothing any more."""
        QToolTip.hideText()
        super().leaveEvent(event)

    def _inside(self, band: QRectF) -> Sequence[str]:
        scene = self._scene()
        inside = (
            (scene[:, 0] >= band.left()) & (scene[:, 0] <= band.right())
            & (scene[:, 1] >= band.top()) & (scene[:, 1] <= band.bottom())
        )  # fmt: skip
        return [self._case.shape.keys[row] for row in np.flatnonzero(inside).tolist()]

    def _tell(self, event: QMouseEvent) -> None:
        key = self.at(event.position())
        self.setCursor(Qt.CursorShape.PointingHandCursor if key else Qt.CursorShape.ArrowCursor)
        if not key:
            QToolTip.hideText()
            return
        case, texts = self._case, self._look.texts
        account, row = case.board.accounts[key], case.shape.keys.index(key)
        lines = [case.written(key), case.named(account.holder), texts(f"chart.kind_{account.kind}")]
        lines.append(texts("chart.passed", sum=sum_of(int(case.shape.passed_fen[row]), self._look.language)))
        first = float(case.shape.first_s[row])
        lines += [f"{formats.local_time(first):%m-%d %H:%M:%S}"] if math.isfinite(first) else []
        lines += [texts("chart.from", source=account.source)] if account.source else []
        for other in case.board.inside(key):
            merge = case.board.merges[other]
            lines.append(texts("chart.merged", account=case.written(other), why=merge.why, by=merge.by))
        note = case.board.notes.get(key)
        lines += [f"✎ {note.text} ({note.by})"] if note else []
        QToolTip.showText(event.globalPosition().toPoint(), "\n".join(line for line in lines if line), self)


def _weight(fen: IntArray) -> IntArray:
    """Return how heavy a sum is drawn: 1 below 10,000 yuan, 2 below 100,000, 3 from there on."""
    return 1 + (fen >= 1_000_000).astype(np.int64) + (fen >= 10_000_000).astype(np.int64)


def _mixed(theme: Theme, share: float) -> QColor:
    """Return the quiet colour laid over the panel's, opaque."""
    over, ground = theme.colour("quiet"), theme.colour("panel")
    return QColor.fromRgbF(*(
        share * a + (1.0 - share) * b
        for a, b in zip(over.getRgbF()[:3], ground.getRgbF()[:3], strict=True)  # type: ignore[index]  # a tuple
    ))  # fmt: skip
