"""The instruments, as a table: what is clicked for each, and where it is found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Outline = Literal["line", "area", "circle", "sight", "band", "lasso", "place"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One instrument; its title is the text ``instrument.<name>``.

    Parameters
    ----------
    name : str
        As in :data:`twin.instruments.WORK`, or ``fence`` and ``lasso``.
    outline : str
        What the points draw. A ``band`` is a line that is widened by a last click; a ``lasso`` can be drawn by
        dragging as well.
    least, most : int
        Points it needs, and with how many it is done by itself; 0 for never.
    shortcut, icon : str
    tool : bool
        It has a button in the tool bar.
    """

    name: str
    outline: Outline
    least: int
    most: int
    shortcut: str
    icon: str
    tool: bool = False


KINDS: tuple[Kind, ...] = (
    Kind("distance", "line", 2, 0, "M", "ruler", tool=True),
    Kind("area", "area", 3, 0, "Shift+M", "polygon"),
    Kind("height", "sight", 2, 2, "H", "arrows-out-line-vertical"),
    Kind("sight", "sight", 2, 2, "Shift+V", "eye"),
    Kind("viewshed", "circle", 2, 2, "V", "circle-half", tool=True),
    Kind("coverage", "area", 3, 0, "Shift+H", "video-camera"),
    Kind("buffer", "band", 1, 0, "Shift+B", "circle-dashed"),
    Kind("slice", "circle", 2, 2, "Shift+X", "knife"),
)
FENCE = Kind("fence", "lasso", 3, 0, "G", "shield-check")
PLACE = Kind("reach", "place", 1, 1, "", "path")
LASSO = Kind("lasso", "lasso", 3, 0, "L", "selection-plus", tool=True)
