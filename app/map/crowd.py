"""A crowd as one: bubbles with their counts at an overview, nothing where a heat map shows it; a click looks closer."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtGui import QPainter

from app.map import movers as drawn
from app.map.camera import Lens
from app.map.clusters import (
    FROM_M,
    NO_PATCHES,
    Bubble,
    BubblePainter,
    Patches,
    bubble_at,
    bubbles,
    kinds_in,
    spread,
)
from app.map.labels import Grid
from app.map.movers import Movers
from app.map.pilot import Pilot
from app.map.style import MapStyle
from app.map.tools import Tool, Touch
from app.texts import Texts

CLOSER, MOST_KINDS = 0.4, 5


class Crowd(Tool):
    """Decides how a crowd is drawn, and paints the bubbles.

    Parameters
    ----------
    pilot : Pilot
        Flies closer to what is clicked.
    movers : Movers
        Draws a crowd one by one, or not.
    """

    def __init__(self, pilot: Pilot, movers: Movers) -> None:
        self._pilot, self._movers = pilot, movers
        self._painter = BubblePainter()
        self.wanted = False
        self.heated = False
        """Whether a heat map shows where the crowd is."""
        self.texts = Texts("zh")
        self._patches: Patches = NO_PATCHES
        self._lens: Lens | None = None
        self.placed: list[Bubble] = []

    def take(self, patches: Patches) -> None:
        """Take where the crowd is now."""
        self._patches = patches

    def arrange(self, lens: Lens) -> None:
        """Choose how the crowd is drawn in the next frame."""
        far = lens.state.distance_m > FROM_M
        self._movers.crowd = drawn.GONE if far and self.wanted else drawn.NO_POINTS if self.heated else drawn.SHOWN

    def place(self, lens: Lens, grid: Grid) -> None:
        """Find room for the bubbles of a frame."""
        self._lens = lens
        self.placed = spread(bubbles(self._patches, lens), grid) if self._movers.crowd == drawn.GONE else []

    def paint(self, painter: QPainter, style: MapStyle, language: str, ratio: float) -> None:
        """Paint the bubbles."""
        self._painter.paint(painter, self.placed, style, language, ratio)

    def card(self, at: Touch) -> str:
        """Tell of the bubble under the pointer how many there are, and of which kinds."""
        bubble = bubble_at(self.placed, at.x_px, at.y_px)
        if bubble is None or self._lens is None:
            return ""
        kinds = [
            f"{self.texts(f'kind.{name}')}　{count:,}" for name, count in kinds_in(self._patches, self._lens, bubble)
        ]
        title = self.texts("bubble.title", count=f"{bubble.count:,}")
        return "\n".join([title, *kinds[:MOST_KINDS], self.texts("bubble.click")])

    def click(self, at: Touch) -> bool:
        """Fly closer to the bubble that was clicked, if it was one."""
        bubble = bubble_at(self.placed, at.x_px, at.y_px)
        if bubble is None:
            return False
        state = self._pilot.state
        self._pilot.fly(replace(state, focus_m=bubble.middle_m, distance_m=state.distance_m * CLOSER))
        return True
