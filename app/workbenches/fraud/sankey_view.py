"""The flow picture: columns by hop, bands as wide as the money in them; what stays in an account is its solid part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.look import Look
from app.theme import ui_font
from app.workbenches.fraud.case_chart import CaseChart
from app.workbenches.fraud.money_words import exact, sum_of
from twin.fraud.chart.sankey import OTHER, Band, Block, Sankey, sankey

BLOCK_PX, GAP_PX, LEAST_PX = 12.0, 7.0, 1.5
LEFT_PX, RIGHT_PX, TOP_PX, FOOT_PX, WORDS_PX = 10.0, 92.0, 24.0, 10.0, 11


@dataclass(frozen=True, slots=True)
class Ribbon:
    """A band as it is drawn."""

    band: Band
    path: QPainterPath
    back: bool
    """It brings money to an account that had it before."""


class SankeyView(QWidget):
    """Draws the flows of the chart; a click chooses the accounts and flows of a block or band, everywhere."""

    def __init__(self, look: Look, case: CaseChart) -> None:
        super().__init__()
        self._look, self._case = look, case
        self.picture: Sankey = sankey(())
        self._rooms: Mapping[tuple[int, str], QRectF] = {}
        self._ribbons: tuple[Ribbon, ...] = ()
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        case.changed.connect(self.show_flows)
        case.chosen_changed.connect(self.update)
        look.theme_changed.connect(self.update)
        look.language_changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Return a size at which four hops can be told apart."""
        return QSize(600, 360)

    def show_flows(self) -> None:
        """Take the flows of now."""
        self.picture = sankey(self._case.flows)
        self._lay_out()
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Use the new room."""
        super().resizeEvent(event)
        self._lay_out()

    def room_of(self, layer: int, key: str) -> QRectF:
        """Return where a block is drawn."""
        return self._rooms[layer, key]

    def _lay_out(self) -> None:
        layers: dict[int, list[Block]] = {}
        for block in self.picture.blocks:
            layers.setdefault(block.layer, []).append(block)
        tall = self.height() - TOP_PX - FOOT_PX
        rates = [
            (tall - GAP_PX * (len(blocks) - 1)) / max(sum(block.size_fen for block in blocks), 1)
            for blocks in layers.values()
        ]
        rate = max(min(rates, default=0.0), 0.0)
        step = (self.width() - LEFT_PX - RIGHT_PX - BLOCK_PX) / max(self.picture.layers - 1, 1)
        rooms: dict[tuple[int, str], QRectF] = {}
        for layer, blocks in layers.items():
            used = rate * sum(block.size_fen for block in blocks) + GAP_PX * (len(blocks) - 1)
            top = TOP_PX + max((tall - used) / 2, 0.0)
            for block in blocks:
                high = max(rate * block.size_fen, LEAST_PX)
                rooms[layer, block.key] = QRectF(LEFT_PX + layer * step, top, BLOCK_PX, high)
                top += high + GAP_PX
        self._rooms = rooms
        self._ribbons = tuple(self._weave(rate))

    def _weave(self, rate: float) -> list[Ribbon]:
        """Return the bands, those of a block stacked in the order of where they go."""
        again = {(block.layer, block.key) for block in self.picture.blocks if block.again}
        out: dict[tuple[int, str], float] = {}
        come: dict[tuple[int, str], float] = {}
        made = []
        order = sorted(
            self.picture.bands,
            key=lambda b: (b.layer, self._rooms[b.layer, b.source].top(), self._rooms[b.layer + 1, b.target].top()),
        )
        for band in order:
            begin, end = (band.layer, band.source), (band.layer + 1, band.target)
            wide = max(rate * band.fen, 0.6)
            y0 = self._rooms[begin].top() + out.get(begin, 0.0)
            y1 = self._rooms[end].top() + come.get(end, 0.0)
            out[begin], come[end] = out.get(begin, 0.0) + wide, come.get(end, 0.0) + wide
            made.append(Ribbon(band, _ribbon(self._rooms[begin].right(), y0, self._rooms[end].left(), y1, wide),
                               end in again))  # fmt: skip
        return made

    # Drawing

    def paintEvent(self, _: QPaintEvent) -> None:
        """Draw bands, then blocks, then words."""
        painter, theme = QPainter(self), self._look.theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), theme.colour("panel"))
        painter.setFont(ui_font(WORDS_PX))
        if not self.picture.blocks:
            painter.setPen(theme.colour("quiet"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._look.texts("chart.empty"))
        self._draw_bands(painter)
        for block in self.picture.blocks:
            self._draw_block(painter, block)
        self._write_heads(painter)
        self._write_names(painter)
        painter.end()

    def _draw_bands(self, painter: QPainter) -> None:
        theme, chosen, flows = self._look.theme, set(self._case.chosen), self._case.flows_chosen
        painter.setPen(Qt.PenStyle.NoPen)
        for ribbon in self._ribbons:
            band = ribbon.band
            lit = bool(flows.intersection(band.flows)) if flows else bool(chosen & {band.source, band.target})
            token = "accent" if lit else "severity_3" if ribbon.back else "quiet"
            painter.setBrush(theme.colour(token, 0.55 if lit else 0.30))
            painter.drawPath(ribbon.path)

    def _draw_block(self, painter: QPainter, block: Block) -> None:
        theme, room = self._look.theme, self._rooms[block.layer, block.key]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("off"))
        painter.drawRect(room)
        if block.stays_fen:
            share = block.stays_fen / block.size_fen
            stays = QRectF(room.left(), room.bottom() - room.height() * share, room.width(), room.height() * share)
            painter.setBrush(theme.colour("text"))
            painter.drawRect(stays)
        if block.key in self._case.chosen:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.colour("accent"), 2))
            painter.drawRect(room.adjusted(-2, -2, 2, 2))

    def _write_heads(self, painter: QPainter) -> None:
        """Write over each column which hop it is and how much there is of it."""
        painter.setPen(self._look.theme.colour("quiet"))
        texts, language = self._look.texts, self._look.language
        for layer in range(self.picture.layers):
            blocks = [block for block in self.picture.blocks if block.layer == layer]
            if blocks:
                left = self._rooms[layer, blocks[0].key].left()
                fen = sum(block.out_fen if layer == 0 else block.in_fen for block in blocks)
                name = texts("chart.victims") if layer == 0 else texts("chart.hop", hop=layer)
                painter.drawText(QPointF(left, 15.0), f"{name}  {sum_of(fen, language)}")

    def _write_names(self, painter: QPainter) -> None:
        """Write beside each block who it is, where there is room."""
        metrics = QFontMetricsF(painter.font())
        step = (self.width() - LEFT_PX - RIGHT_PX) / max(self.picture.layers - 1, 1)
        wide = min(step - BLOCK_PX - 8, RIGHT_PX - 6) if self.picture.layers > 1 else RIGHT_PX
        below = dict.fromkeys(range(self.picture.layers), 0.0)
        for block in self.picture.blocks:
            room = self._rooms[block.layer, block.key]
            middle = room.center().y()
            if middle - 7 < below[block.layer]:
                continue  # it would stand on the name above; the tip tells it
            below[block.layer] = middle + 7
            painter.setPen(self._look.theme.colour("text"))
            words = metrics.elidedText(self._name(block), Qt.TextElideMode.ElideLeft, wide)
            painter.drawText(QPointF(room.right() + 4, middle + 4), words)

    def _name(self, block: Block) -> str:
        if block.key == OTHER:
            return self._look.texts("chart.others", count=block.others)
        back = "↩ " if block.again else ""
        account = self._case.board.accounts.get(block.key)
        if account is not None and account.kind != "account" and not account.holder:
            return back + self._look.texts(f"chart.kind_{account.kind}")
        number = self._case.written(block.key).rpartition(":")[2]
        return f"{back}…{number[-4:]} {self._case.named(account.holder) if account is not None else ''}".rstrip()

    # The mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose what is under the pointer."""
        block = self._block_at(event.position())
        if block is not None:
            if block.key != OTHER:
                self._case.choose((block.key,))
            return
        ribbon = self._ribbon_at(event.position())
        if ribbon is None:
            self._case.choose(())
        else:
            band = ribbon.band
            self._case.choose([key for key in (band.source, band.target) if key != OTHER], band.flows)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell of what is under the pointer, to the fen."""
        texts, block = self._look.texts, self._block_at(event.position())
        ribbon = self._ribbon_at(event.position()) if block is None else None
        if block is not None:
            words = texts(
                "chart.block_tip", name=self._name(block), came=exact(block.in_fen), went=exact(block.out_fen),
                stays=exact(block.stays_fen),
            )  # fmt: skip
            QToolTip.showText(event.globalPosition().toPoint(), words, self)
        elif ribbon is not None:
            names = [self._short(ribbon.band.source), self._short(ribbon.band.target)]
            words = f"{' → '.join(names)}\n{exact(ribbon.band.fen)}  ×{ribbon.band.count}"
            QToolTip.showText(event.globalPosition().toPoint(), words, self)
        else:
            QToolTip.hideText()

    def _short(self, key: str) -> str:
        return self._look.texts("chart.other") if key == OTHER else self._case.written(key)

    def _block_at(self, place: QPointF) -> Block | None:
        near = (block for block in self.picture.blocks
                if self._rooms[block.layer, block.key].adjusted(-3, -2, 3, 2).contains(place))  # fmt: skip
        return next(near, None)

    def _ribbon_at(self, place: QPointF) -> Ribbon | None:
        return next((ribbon for ribbon in reversed(self._ribbons) if ribbon.path.contains(place)), None)


def _ribbon(x0: float, y0: float, x1: float, y1: float, wide: float) -> QPainterPath:
    middle = (x0 + x1) / 2
    path = QPainterPath(QPointF(x0, y0))
    path.cubicTo(QPointF(middle, y0), QPointF(middle, y1), QPointF(x1, y1))
    path.lineTo(QPointF(x1, y1 + wide))
    path.cubicTo(QPointF(middle, y1 + wide), QPointF(middle, y0 + wide), QPointF(x0, y0 + wide))
    path.closeSubpath()
    return path
