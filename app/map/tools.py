"""What the left button does while a tool is in the hand: measuring, drawing, selecting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt

from app.map.events import Pick

Point = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Touch:
    """The pointer on the map.

    Parameters
    ----------
    x_px, y_px : float
        In the widget.
    keys : Qt.KeyboardModifier
    point : callable
        Returns the point of the scene (east, north, up; local metres) that is seen there: of a building or the ground.
    pick : callable
        Returns the :class:`app.map.events.Pick` that is drawn there, or None.
    """

    x_px: float
    y_px: float
    keys: Qt.KeyboardModifier
    point: Callable[[], Point]
    pick: Callable[[], Pick | None]


class Tool:
    """Does nothing; a tool overrides what it wants. What it does not take moves the camera as without a tool.

    The wheel, and dragging with the other buttons, always move the camera. ``Esc`` puts the tool away.
    """

    cursor = Qt.CursorShape.CrossCursor

    def press(self, at: Touch) -> bool:
        """Tell whether the drag that begins here is the tool's: then ``drag`` and ``release`` follow."""
        return False

    def drag(self, at: Touch) -> None:
        """Go on with a drag."""

    def release(self, at: Touch) -> None:
        """End a drag."""

    def click(self, at: Touch) -> bool:
        """Tell whether a click is the tool's: the button went down and up in one place. If not, it selects."""
        return False

    def double_click(self, at: Touch) -> None:
        """Take a double click; the click before it was taken too."""

    def hover(self, at: Touch) -> None:
        """Follow the pointer while no button is down, at most 25 times a second."""

    def card(self, at: Touch) -> str:
        """Return what the card beside the pointer tells where nothing else is drawn: a title, then a line a fact."""
        return ""

    def key(self, key: Qt.Key) -> bool:
        """Tell whether a key is the tool's: Return to finish, Backspace to take a point back."""
        return False

    def left(self) -> None:
        """Be put away: take what is unfinished from the map."""
