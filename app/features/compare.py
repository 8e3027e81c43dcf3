"""A and B: an instant that is held left of a line, beside the one that the time bar shows.

What is held is the world as it was shown, whole, so nothing is read again. Lists and panels go on with B.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from PySide6.QtCore import QObject, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QWidget

from app.commands import Call, Command
from app.features.feature import Context, Entry, Feature
from app.map.camera import Lens
from app.map.split import Split
from app.map.style import MapStyle
from app.map.tools import Tool, Touch
from app.theme import ui_font
from app.widgets.compare_panel import ComparePanel, instant_words
from twin.errors import UsageError
from twin.live.difference import Difference, difference
from twin.words import say
from twin.world import World

NEAR_PX, GRIP_PX = 10.0, 14.0
LEAST, MOST, STEP = 0.05, 0.95, 0.02
WORDS_TOP_PX, WORDS_ROOM_PX = 44.0, 24.0
PAINTED = "compare"


class Compare(QObject, Feature):
    """Holds A, draws the line, and counts what is different in B."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.window)
        self._context, self._desk, self._map = context, context.desk, context.map
        self.panel = ComparePanel(self._desk)
        self.panel.ended.connect(lambda: self._desk.run("compare.end"))
        self.line = Line(self)
        self.split: Split | None = None
        self._tool: Tool | None = None
        self._map.tool_changed.connect(self._on_tool_changed)
        self._desk.live.panels_due.connect(self._on_panels_due)
        context.opening.opened.connect(lambda _opened: self.end())

    def entries(self) -> Iterator[Entry]:
        """Return the commands."""
        yield Entry(
            Command("compare.hold", lambda call: self.hold(call), "history.read", "Ctrl+D", sensitive=True),
            "replay", "square-half", tool=True,
        )  # fmt: skip
        yield Entry(
            Command("compare.swap", lambda _: self.swap(), "history.read", sensitive=True),
            "replay",
            "arrows-left-right",
        )
        yield Entry(Command("compare.end", lambda _: self.end(), "history.read"), "replay", "x")

    def panels(self) -> Mapping[str, QWidget]:
        """Return the list of differences."""
        return {"compare": self.panel}

    def hold(self, call: Call) -> None:
        """Hold the instant that is shown as A, or that of ``value``, and compare what is shown from now on with it."""
        if "value" in call.arguments:
            self._context.look_back.read(float(call.arguments["value"]), self._begin)
            return
        world = self._desk.live.world
        if world is None:
            raise UsageError(say("no twin is open yet"))
        self._begin(world)

    def _begin(self, a: World) -> None:
        self._set(Split(replace(a, live=False), self.split.share if self.split is not None else 0.5))
        self._map.extras.paint(PAINTED, self._paint)
        self._map.set_tool(self.line)
        if not self.panel.isVisible():
            self._desk.run("panel.compare")
        self._count()

    def swap(self) -> None:
        """Hold what is shown, and go to what was held."""
        b = self._desk.live.world
        if self.split is None or b is None:
            raise UsageError(say("hold an instant to compare with first"))
        at_s = self.split.left.at_s
        self._set(replace(self.split, left=replace(b, live=False)))
        self._context.look_back.go_to(at_s)

    def end(self) -> None:
        """Show one instant on the whole map again."""
        if self.split is None:
            return
        self._set(None)
        self._map.extras.remove(PAINTED)
        if self._map.tool is self.line:
            self._map.set_tool(None)
        self.panel.clear()
        if self.panel.isVisible():
            self._desk.run("panel.compare")

    def move_to(self, share: float) -> None:
        """Put the line somewhere else."""
        if self.split is not None:
            self._set(replace(self.split, share=min(max(share, LEAST), MOST)))

    def close(self) -> None:
        """Take the line from the map."""
        self._set(None)
        self._map.extras.remove(PAINTED)

    def width_px(self) -> int:
        """Return how wide the map is."""
        return self._map.width()

    def _set(self, split: Split | None) -> None:
        self.split = split
        self._map.set_split(split)

    def _on_tool_changed(self, tool: Tool | None) -> None:
        """End when the line is put away; take it into the hand again when another tool was."""
        before, self._tool = self._tool, tool
        if self.split is None or tool is not None:
            return
        if before is self.line:
            self.end()
        else:
            self._map.set_tool(self.line)

    def _on_panels_due(self, _world: World) -> None:
        if self.split is not None:
            self._count()

    def _count(self) -> None:
        b = self._desk.live.world
        if self.split is None or b is None or self._desk.jobs.is_running("difference"):
            return
        a = self.split.left

        def take(found: Difference) -> None:
            if self.split is not None and self.split.left is a:
                self.panel.show_difference(a, b, found)

        self._desk.jobs.submit(
            "job.difference", lambda *_: difference(a.tracks, b.tracks), take, key="difference", quiet=True
        )

    def _paint(self, painter: QPainter, lens: Lens, _style: MapStyle) -> None:
        """Draw the line with its grip, and name the two instants on either side of it."""
        b = self._desk.live.world
        if self.split is None or b is None:
            return
        theme, texts, x = self._desk.look.theme, self._desk.look.texts, self.split.line_px(lens)
        painter.setPen(QPen(theme.colour("ground", 0.7), 4))
        painter.drawLine(QPointF(x, 0), QPointF(x, lens.height_px))
        painter.setPen(QPen(theme.colour("text"), 1.5))
        painter.drawLine(QPointF(x, 0), QPointF(x, lens.height_px))
        painter.setBrush(theme.colour("raised"))
        painter.drawEllipse(QPointF(x, lens.height_px / 2), GRIP_PX, GRIP_PX)
        for way in (-1, 1):
            tip, back = x + way * 9, x + way * 5
            painter.drawLine(QPointF(back, lens.height_px / 2 - 4), QPointF(tip, lens.height_px / 2))
            painter.drawLine(QPointF(back, lens.height_px / 2 + 4), QPointF(tip, lens.height_px / 2))
        painter.setFont(ui_font(13, bold=True))
        self._paint_words(painter, f"A  {instant_words(self.split.left, texts)}", x, -1, theme.colour("severity_2"))
        self._paint_words(
            painter, f"B  {instant_words(b, texts)}", x, 1, theme.colour("good" if b.live else "severity_2")
        )

    def _paint_words(self, painter: QPainter, words: str, x: float, way: int, colour: QColor) -> None:
        width = QFontMetricsF(painter.font()).horizontalAdvance(words) + 20
        room = QRectF(x + 10 if way > 0 else x - 10 - width, WORDS_TOP_PX, width, WORDS_ROOM_PX)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._desk.look.theme.colour("panel", 0.9))
        painter.drawRoundedRect(room, 4, 4)
        painter.setPen(colour)
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter, words)


class Line(Tool):
    """Drags the line; all else moves the camera and selects as without a tool."""

    cursor = Qt.CursorShape.ArrowCursor

    def __init__(self, compare: Compare) -> None:
        self._compare = compare

    def _is_near(self, at: Touch) -> bool:
        split = self._compare.split
        return split is not None and abs(at.x_px - split.share * self._compare.width_px()) <= NEAR_PX

    def press(self, at: Touch) -> bool:
        """Take hold of the line."""
        return self._is_near(at)

    def drag(self, at: Touch) -> None:
        """Move the line."""
        self._compare.move_to(at.x_px / self._compare.width_px())

    def key(self, key: Qt.Key) -> bool:
        """Move the line with ``[`` and ``]``."""
        split, way = self._compare.split, {Qt.Key.Key_BracketLeft: -STEP, Qt.Key.Key_BracketRight: STEP}.get(key)
        if split is None or way is None:
            return False
        self._compare.move_to(split.share + way)
        return True
