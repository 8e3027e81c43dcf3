"""Results of instruments that were kept: measures, what is seen, what cameras cover."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from layers.drawn import areas, names, outlines, shapes, texts, times
from layers.layer import FEATURE_FORMATS, LayerStatus, Rows, Several
from twin.city.tables import Column
from twin.kept import Kept, written
from twin.world import World

SEEN = ("viewshed", "coverage")
NESTED = ("isochrone", "network")
"""One lies within the other: of each is filled what the smaller ones leave, the nearest strongest."""
TONES = 3
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
        rows, style = _unnested(rows, style)
        lines = outlines(rows.take(~np.isin(kind, SEEN)), style[~np.isin(kind, SEEN)])  # their rims are all corners
        first = np.unique(lines.rows.columns["id"].astype(str), return_index=True)[1]
        sight = np.isin(lines.rows.columns["id"], rows.columns["id"][kind == "sight"])
        lines.style[sight] = "hidden"
        lines.style[first[sight[first]]] = "seen"
        words = [
            f"{name if len(name) <= MOST_NAME else name[: MOST_NAME - 1] + '…'} · {written(figure, unit)}"
            for name, figure, unit in zip(*(rows.columns[c] for c in ("name", "figure", "unit")), strict=True)
        ]
        return Several(rows, (areas(rows, style), lines, names(world.city, rows, words)))

    def status(self, world: World) -> LayerStatus:
        """Return how many are kept."""
        count = len(world.kept.results)
        return LayerStatus(count, reason="" if count else "reason.nothing_kept")


def _unnested(rows: Rows, style: NDArray[np.object_]) -> tuple[Rows, NDArray[np.object_]]:
    """Return rows of which those that lie within each other are rings, each in the tone of its place among them."""
    nested = np.flatnonzero(np.isin(rows.columns["kind"], NESTED))
    if rows.geometry is None or not len(nested):
        return rows, style
    shape, style = rows.geometry.copy(), style.copy()
    order = nested[np.argsort(shapely.area(shape[nested]), kind="stable")]
    within = shapely.Polygon()
    for place, row in enumerate(order):
        style[row] = f"reach_{min(place * TONES // len(order), TONES - 1)}"
        shape[row], within = shapely.difference(shape[row], within), shapely.union(shape[row], within)
    return Rows(rows.size, rows.columns, shape), style


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
