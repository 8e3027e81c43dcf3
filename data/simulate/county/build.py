"""The demo county, all of it invented, from a seed."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import shapely

from data.simulate.county.bend import Bend, make_bend
from data.simulate.county.candidates import join
from data.simulate.county.cover import cover
from data.simulate.county.devices import put_up
from data.simulate.county.edges import Edges
from data.simulate.county.footprints import not_on_each_other, on_free_ground, walls
from data.simulate.county.frames import ids, table
from data.simulate.county.motorways import add_motorways
from data.simulate.county.network import bridge, clip, connected, drop_drowned, make_oneways, street_edges
from data.simulate.county.one_off import ensembles
from data.simulate.county.outline import draw_outline, share_out
from data.simulate.county.places import boundaries, places
from data.simulate.county.plan import CRS, FULL, SEAT_LAT_DEG, SEAT_LON_DEG, SMALL, Plan
from data.simulate.county.plots import Plots, set_out
from data.simulate.county.roads import join_up, junction_table, road_table
from data.simulate.county.routes import draw_routes
from data.simulate.county.sites import Built, appoint, name_buildings
from data.simulate.county.streets import Streets, lay_streets
from data.simulate.county.terrain import raise_terrain
from data.simulate.county.town_patterns import business, construction, estates, industry, old_towns
from data.simulate.county.village_patterns import Villages, found_villages, ribbons
from data.simulate.county.waters import Waters, dig_waters, water_table
from twin.city.city import City, Terrain
from twin.errors import CancelledError
from twin.geo import LocalFrame

STAGES = ("ground", "streets", "water", "roads", "terrain", "buildings", "sites", "land", "devices", "routes", "done")
"""Names of the stages, in order; each has a text ``county.stage.<name>``."""
_SHARE = dict(zip(STAGES, (0.0, 0.01, 0.02, 0.07, 0.2, 0.24, 0.5, 0.51, 0.8, 0.85, 1.0), strict=True))

STREAMS = (
    "bend", "outline", "towns", "streets", "water", "names", "plots", "land", "terrain", "villages", "buildings",
    "sites", "devices", "routes", "places", "signals", "waters",
)  # fmt: skip
"""Random numbers, one stream for each purpose, so that a change in one leaves the others; new ones go to the end."""

CREDIT = (
    "虚构的演示县，由智安孪生生成，与真实地点、机构和人员无关。 / "
    "Invented demo county made by Zhian Twin; any likeness to real places, bodies or people is accidental."
)

Progress = Callable[[float, str], None]
Cancelled = Callable[[], bool]


def build_county(
    seed: int = 1, small: bool = False, progress: Progress | None = None, cancelled: Cancelled | None = None
) -> City:
    """Build the demo county, or the small one for tests.

    Parameters
    ----------
    seed : int
        The same seed gives the same county, to the byte.
    progress : callable
        Told the share done, 0 to 1, and the name of the stage, one of :data:`STAGES`.
    cancelled : callable
        Asked between and within stages.

    Raises
    ------
    twin.errors.CancelledError
        If ``cancelled`` said so.
    """
    return _Builder(seed, SMALL if small else FULL, progress, cancelled).build()


class _Builder:
    """Runs the stages, each on random numbers of its own."""

    def __init__(self, seed: int, plan: Plan, progress: Progress | None, cancelled: Cancelled | None) -> None:
        self.plan = plan
        self.frame = LocalFrame.around(SEAT_LON_DEG, SEAT_LAT_DEG, CRS)
        streams = np.random.SeedSequence(seed).spawn(len(STREAMS))
        self.rng = {
            name: np.random.Generator(np.random.PCG64(stream)) for name, stream in zip(STREAMS, streams, strict=True)
        }
        self._progress, self._cancelled = progress, cancelled

    def stage(self, name: str, within: float = 0.0) -> None:
        """Report, and stop here if asked to; ``within`` is the share done of the stage."""
        if self._cancelled is not None and self._cancelled():
            raise CancelledError("the county was not built: stopped")
        if self._progress is not None:
            after = [*_SHARE.values(), 1.0][STAGES.index(name) + 1]
            self._progress(_SHARE[name] + within * (after - _SHARE[name]), name)

    def build(self) -> City:
        plan = self.plan
        seat = self.frame.to_local(SEAT_LON_DEG, SEAT_LAT_DEG)
        east_m, north_m = (float(np.round(seat[axis] + self.frame.origin_m[axis])) for axis in (0, 1))
        self.stage("ground")
        bend = make_bend(east_m, north_m, plan.waves, self.rng["bend"])
        county = draw_outline(plan, east_m, north_m, self.rng["outline"])
        areas = share_out(plan, county, east_m, north_m, self.rng["towns"])
        self.stage("streets")
        streets = lay_streets(plan, bend, _rim(bend, county), self.rng["streets"])
        plots = set_out(streets, plan, bend, county, self.rng["plots"])
        self.stage("water")
        waters = dig_waters(plan, bend, streets, plots, county, self.rng["water"])
        self.stage("roads")
        edges = self._roads(bend, streets, waters, county)
        network = join_up(edges, plan, self.rng["names"])
        self.stage("terrain")
        terrain = raise_terrain(plan, county, waters, plots, self.rng["terrain"])
        villages = found_villages(plots, plan, self.rng["villages"])
        built = self._buildings(plots, villages, bend, edges, waters, county)
        crs = self.frame.crs
        self.stage("sites")
        sites = appoint(plan, plots, built, bend, county, crs, self.rng["sites"])
        tables = {
            "buildings": _building_table(built, sites, terrain, crs),
            "roads": road_table(network, crs),
            "junctions": junction_table(network, crs, self.rng["signals"]),
            "water": water_table(waters, plan, bend, crs, self.rng["waters"]),
            "places": places(plan, villages, plots, bend, crs, self.rng["places"]),
            "boundaries": boundaries(plan, areas, crs),
            "sites": sites,
        }
        self.stage("land")
        land, kind = cover(plots, plan, bend, waters, edges, built, county, self.rng["land"])
        tables["land"] = table("land", crs, land, id=ids("g", len(land)), kind=kind)
        self.stage("devices")
        tables["devices"] = put_up(plan, network, plots, waters, county, crs, self.rng["devices"])
        self.stage("routes")
        tables["routes"] = draw_routes(plan, network, plots, bend, county, crs, self.rng["routes"])
        self.stage("done")
        return City(plan.zh, plan.en, self.frame, tables, terrain, None, invented=True, credit=CREDIT)

    def _roads(self, bend: Bend, streets: Streets, waters: Waters, county: shapely.Polygon) -> Edges:
        edges = drop_drowned(clip(street_edges(bend, streets), county), waters)
        edges = add_motorways(edges, self.plan, bend, county)
        make_oneways(edges, self.plan, bend)
        edges = connected(edges)
        self.stage("roads", 0.5)
        return bridge(edges, waters.shapes)

    def _buildings(
        self, plots: Plots, villages: Villages, bend: Bend, edges: Edges, waters: Waters, county: shapely.Polygon
    ) -> Built:
        rng = self.rng["buildings"]
        self.stage("buildings")
        town = [
            *ensembles(plots, rng), *business(plots, self.plan, rng), *estates(plots, self.plan, rng),
            *industry(plots, rng), *old_towns(plots, rng), *construction(plots, rng),
        ]  # fmt: skip
        wanted = max(self.plan.counts.buildings - sum(len(part) for part in town), 0)
        candidates = join([*town, *ribbons(plots, villages, self.plan, wanted, rng)])
        self.stage("buildings", 0.2)
        shapes = walls(candidates, bend)
        free = np.flatnonzero(on_free_ground(shapes, edges, waters.shapes, county))
        self.stage("buildings", 0.6)
        keep = free[not_on_each_other(shapes[free], candidates.urgency[free])]
        # More was proposed than is wanted: the least urgent houses are left out.
        first = np.argsort(candidates.urgency[keep], kind="stable")[: self.plan.counts.buildings]
        keep = keep[np.sort(first)]
        return Built(candidates.take(keep), shapes[keep], ids("b", len(keep)))


def _rim(bend: Bend, county: shapely.Polygon) -> tuple[float, float, float, float]:
    ring = shapely.get_coordinates(county)
    u, v = bend.to_grid(ring[:, 0], ring[:, 1])
    margin = 0.02 * float(u.max() - u.min())
    return float(u.min()) - margin, float(v.min()) - margin, float(u.max()) + margin, float(v.max()) + margin


def _building_table(built: Built, sites: gpd.GeoDataFrame, terrain: Terrain, crs: str) -> gpd.GeoDataFrame:
    middle = shapely.get_coordinates(shapely.centroid(built.shapes))
    base = np.round(terrain.sample(middle[:, 0], middle[:, 1]), 2)
    rows = built.rows
    return table(
        "buildings", crs, built.shapes, id=built.ids, name=name_buildings(sites, built), use=rows.use,
        floors=rows.floors, height_m=np.round(rows.height_m, 1), base_m=base, roof=rows.roof,
    )  # fmt: skip
