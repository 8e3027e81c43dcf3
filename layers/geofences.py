"""Geofences: areas that are watched, with who answers for them and until when."""

from __future__ import annotations

from layers.drawn import areas, names, outlines, shapes, texts, times
from layers.layer import FEATURE_FORMATS, LayerStatus, Rows, Several
from twin.city.tables import Column
from twin.kept import Kept
from twin.world import World

FILL = 0.18
"""The rim says where it ends; what happens in it is to be seen."""


class GeofenceLayer:
    """Show each geofence in the colour of its kind."""

    name = "geofences"
    group = "work"
    formats = FEATURE_FORMATS
    columns = (
        Column("id", "str"),
        Column("name", "str"),
        Column("kind", "str"),
        Column("owner", "str"),
        Column("made", "datetime64[ms]", "UTC"),
        Column("until", "datetime64[ms]", "UTC"),
    )

    def __init__(self) -> None:
        self._made: tuple[Kept, Rows] | None = None

    def rows(self, world: World) -> Rows:
        """Return the geofences, those that have expired too; the same object while they are the same."""
        if self._made is None or self._made[0] is not world.kept:
            self._made = (world.kept, _rows(world.kept))
        return self._made[1]

    def draw(self, world: World, rows: Rows) -> Several:
        """Return fills, rims and names."""
        style = rows.columns["kind"]
        words = list(rows.columns["name"])
        return Several(rows, (areas(rows, style, FILL), outlines(rows, style), names(world.city, rows, words)))

    def status(self, world: World) -> LayerStatus:
        """Return how many there are."""
        count = len(world.kept.fences)
        return LayerStatus(count, reason="" if count else "reason.no_fence")


def _rows(kept: Kept) -> Rows:
    fences = kept.fences
    values = {name: texts([getattr(fence, name) for fence in fences]) for name in ("id", "name", "kind", "owner")} | {
        "made": times([fence.made_s for fence in fences]),
        "until": times([fence.until_s for fence in fences]),
    }
    return Rows(len(fences), values, shapes([fence.shape for fence in fences]))
