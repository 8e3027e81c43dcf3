"""How much is drawn: as much as the machine's GL can do, told from its name, or as the user says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quality:
    """One level of detail for the whole map.

    Parameters
    ----------
    solid_m, box_m, dot_m : float
        How far buildings are drawn in full, as boxes, as dots; beyond they are painted on the ground.
    windows_m : float
        How far windows are told apart, and the façades of tiles have them at all.
    detail_m, casing_m, lanes_m : float
        How far edges of land and water are sharp, roads have an edge, and small roads are drawn.
    trees_m, tree_m : float
        How far all trees are drawn, and how far any.
    shade_cells : int
        Cells along each side of the two squares in which shadows are known.
    samples : int
        Samples a pixel against jagged edges; 0 for none. Only a GPU has them to spare.
    """

    name: str
    solid_m: float
    box_m: float
    dot_m: float
    windows_m: float
    detail_m: float
    casing_m: float
    lanes_m: float
    trees_m: float
    tree_m: float
    shade_cells: int
    samples: int


LEVELS: Mapping[str, Quality] = {
    level.name: level
    for level in (
        Quality("software", 2400.0, 4300.0, 13_000.0, 2200.0, 2200.0, 2500.0, 8000.0, 1300.0, 3800.0, 768, 0),
        Quality("integrated", 4000.0, 12_000.0, 24_000.0, 2600.0, 4000.0, 4000.0, 14_000.0, 2000.0, 6000.0, 1024, 2),
        Quality("discrete", 7000.0, 25_000.0, 60_000.0, 4000.0, 7000.0, 7000.0, 25_000.0, 3000.0, 9000.0, 2048, 4),
    )
}
SOFTWARE = ("llvmpipe", "softpipe", "swiftshader", "swrast", "software", "gdi generic", "basic render")
DISCRETE = ("nvidia", "geforce", "quadro", "rtx", "radeon rx", "radeon pro", "arc(tm) a", "arc a", "moore threads")


def level_for(renderer: str) -> Quality:
    """Choose a level by what OpenGL calls its renderer; what is not known counts as an integrated GPU."""
    name = renderer.lower()
    if not name or any(word in name for word in SOFTWARE):
        return LEVELS["software"]
    return LEVELS["discrete" if any(word in name for word in DISCRETE) else "integrated"]
