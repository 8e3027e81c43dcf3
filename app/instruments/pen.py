"""The pen: clicks become points, a double click ends the line, Esc puts the pen away."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import Qt

from app.instruments.kinds import Kind
from app.map.tools import Point, Tool, Touch
from twin.geo import FloatArray

DRAG_PX = 5.0
END_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class Pen(Tool):
    """Collects the points of one instrument, again and again until it is put away.

    Parameters
    ----------
    kind : Kind
    changed : callable
        Called when what is drawn is another one.
    done : callable
        Called with the (N, 3) points of a drawing that is finished, in local metres.
    """

    def __init__(self, kind: Kind, changed: Callable[[], None], done: Callable[[FloatArray], None]) -> None:
        self.kind = kind
        self.points: list[Point] = []
        self.hovering: Point | None = None
        self.at_px = (0.0, 0.0)
        self.widening = False
        self._changed, self._done = changed, done
        self._dragged_px: tuple[float, float] | None = None

    @property
    def drawn_m(self) -> FloatArray:
        """Return the points with the one under the pointer, (N, 3)."""
        loose = [] if self.hovering is None or self._dragged_px is not None else [self.hovering]
        return np.array([*self.points, *loose], np.float64).reshape(-1, 3)

    @property
    def is_free(self) -> bool:
        """Tell whether a free line is being dragged."""
        return self._dragged_px is not None

    def press(self, at: Touch) -> bool:
        """Begin a free line with a lasso; other drags turn the map."""
        self._dragged_px = None
        return self.kind.outline == "lasso"

    def drag(self, at: Touch) -> None:
        """Draw a free line."""
        if self._dragged_px is None:
            self.points.clear()
        elif math.dist(self._dragged_px, (at.x_px, at.y_px)) < DRAG_PX:
            return
        self._dragged_px = self.at_px = (at.x_px, at.y_px)
        self.points.append(at.point())
        self._changed()

    def release(self, at: Touch) -> None:
        """End a free line."""
        self._dragged_px = None
        self._end()

    def click(self, at: Touch) -> bool:
        """Take a point."""
        self.hovering = at.point()
        self.points.append(self.hovering)
        if self.widening or len(self.points) == self.kind.most:
            self._finish()
        self._changed()
        return True

    def double_click(self, at: Touch) -> None:
        """End the line; the first of its two clicks took the last point."""
        self._end()

    def hover(self, at: Touch) -> None:
        """Draw on to the pointer."""
        self.hovering, self.at_px = at.point(), (at.x_px, at.y_px)
        self._changed()

    def key(self, key: Qt.Key) -> bool:
        """End with Return, take the last point back with Backspace."""
        if key in END_KEYS:
            self._end()
        elif key == Qt.Key.Key_Backspace:
            self._step_back()
        else:
            return False
        return True

    def left(self) -> None:
        """Forget what is unfinished."""
        self._forget()

    def _step_back(self) -> None:
        if self.widening:
            self.widening = False
        elif self.points:
            self.points.pop()
        self._changed()

    def _end(self) -> None:
        """Finish if there are points enough; a band is widened first."""
        if len(self.points) < self.kind.least or self.widening:
            return
        if self.kind.outline == "band":
            self.widening = True
            self._changed()
        else:
            self._finish()

    def _finish(self) -> None:
        points = np.array(self.points, np.float64)
        self._forget()
        self._done(points)

    def _forget(self) -> None:
        self.points.clear()
        self.widening, self._dragged_px = False, None
        self._changed()
