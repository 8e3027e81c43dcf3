"""Results of instruments that were kept: measures, what is seen, what cameras cover."""

from __future__ import annotations

import numpy as np

from layers.drawn import areas, names, outlines, shapes, texts, times
from layers.layer import FEATURE_FORMATS, LayerStatus, Rows, Several
from twin.city.tables import Column
from twin.kept import Kept, written
from twin.world import World

SEEN = ("viewshed", "coverage")
RIMS = ("isochrone", "network")
"""One lies within the other: filled, they would hide the town."""
MOST_NAME = 16
"""Letters of a name before its figure, which is always to be read whole."""


class ResultLayer:
    """Show what was kept, with its figure."""

    name = "results"
    group = "work"
    formats = FEATURE_FORMATS
    columns = (
        Column("id", "str"),
        Column("name", "str"),
        Column("kind", "str"),
        Column("figure", "float64"),
        Column("unit", "str"),
        Column("made", "datetime64[ms]", "UTC"),
        Column("shows", "datetime64[ms]", "UTC"),
        Column("live", "bool"),
        Column("source", "str"),
        Column("details", "str"),
        Column("author", "str"),
    )

    def __init__(self) -> None:
        self._made: tuple[Kept, Rows] | None = None

    def rows(self, world: World) -> Rows:
        """Return what is kept; the same object while it is the same."""
        if self._made is None or self._made[0] is not world.kept:
            self._made = (world.kept, _rows(world.kept))
        return self._made[1]

    def draw(self, world: World, rows: Rows) -> Several:
        """Return fills, outlines and names with figures; of a line of sight what lies behind is in another colour."""
        kind = rows.columns["kind"]
        style = np.where(np.isin(kind, SEEN), "seen", "result").astype(object)
        lines = outlines(rows.take(~np.isin(kind, SEEN)), style[~np.isin(kind, SEEN)])  # their rims are all corners
        first = np.unique(lines.rows.columns["id"].astype(str), return_index=True)[1]
        sight = np.isin(lines.rows.columns["id"], rows.columns["id"][kind == "sight"])
        lines.style[sight] = "hidden"
        lines.style[first[sight[first]]] = "seen"
        words = [
            f"{name if len(name) <= MOST_NAME else name[: MOST_NAME - 1] + '…'} · {written(figure, unit)}"
            for name, figure, unit in zip(*(rows.columns[c] for c in ("name", "figure", "unit")), strict=True)
        ]
        filled = ~np.isin(kind, RIMS)
        return Several(rows, (areas(rows.take(filled), style[filled]), lines, names(world.city, rows, words)))

    def status(self, world: World) -> LayerStatus:
        """Return how many are kept."""
        count = len(world.kept.results)
        return LayerStatus(count, reason="" if count else "reason.nothing_kept")


def _rows(kept: Kept) -> Rows:
    results = kept.results
    values = {
        name: texts([getattr(result, name) for result in results])
        for name in ("id", "name", "kind", "unit", "source", "details", "author")
    } | {
        "figure": np.array([result.figure for result in results], np.float64),
        "made": times([result.made_s for result in results]),
        "shows": times([result.shows_s for result in results]),
        "live": np.array([result.live for result in results], np.bool_),
    }
    ordered = {column.name: values[column.name] for column in ResultLayer.columns}
    return Rows(len(results), ordered, shapes([result.shape for result in results]))
