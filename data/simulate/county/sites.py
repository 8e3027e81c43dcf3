"""Sites: grounds of schools and hospitals, building sites, and buildings with a duty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import shapely

from data.simulate.county.bend import Bend
from data.simulate.county.candidates import Candidates
from data.simulate.county.edges import BoolArray, Texts
from data.simulate.county.frames import ids, table
from data.simulate.county.names import Namer
from data.simulate.county.plan import Plan
from data.simulate.county.plots import Plots
from data.simulate.county.shapes import IntArray, Shapes, bent_boxes


class Duty(NamedTuple):
    """How a kind of site is called, and how many people it holds."""

    zh: tuple[str, ...]
    en: tuple[str, ...]
    capacity: tuple[int, int]


DUTIES = {
    "hospital": Duty(("医院", "中医院", "康复医院"),
                     ("Hospital", "TCM Hospital", "Rehabilitation Hospital"), (120, 1200)),
    "school": Duty(("小学", "中学", "实验学校", "幼儿园"),
                   ("Primary School", "Middle School", "School", "Kindergarten"), (300, 2400)),
    "police_station": Duty(("派出所",), ("Police Station",), (20, 90)),
    "fire_station": Duty(("消防救援站",), ("Fire Station",), (20, 60)),
    "government": Duty(("人民政府", "行政服务中心"), ("Government", "Administrative Service Centre"), (100, 900)),
    "station": Duty(("火车站",), ("Railway Station",), (2000, 6000)),
    "construction": Duty(("工地", "项目部"), ("Construction Site", "Project"), (40, 500)),
    "dormitory": Duty(("员工宿舍",), ("Factory Dormitory",), (200, 1400)),
    "hazmat": Duty(("化工厂", "危化品仓库"), ("Chemical Plant", "Hazmat Warehouse"), (15, 200)),
    "market": Duty(("农贸市场", "商场"), ("Market", "Mall"), (200, 3000)),
    "petrol_station": Duty(("加油站",), ("Petrol Station",), (4, 12)),
}  # fmt: skip
GROUNDS = ("hospital", "school", "government", "station", "market", "construction")


@dataclass(frozen=True, slots=True)
class Built:
    """The buildings that stand, with their footprints and ids."""

    rows: Candidates
    shapes: Shapes
    ids: list[str]


def appoint(
    plan: Plan, plots: Plots, built: Built, bend: Bend, county: shapely.Polygon, crs: str, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """Return the table of sites; buildings that become dormitories change their use in place."""
    kinds: list[str] = []
    shapes: list[shapely.Geometry] = []
    building: list[int] = []
    for kind in GROUNDS:
        for plot, row in _one_a_plot(plots, built, kind):
            kinds.append(kind)
            shapes.append(_ground(plots, plot, bend, county))
            building.append(row)
    for kind, rows in _duties(plan, plots, built, rng).items():
        kinds += [kind] * len(rows)
        shapes += [shapely.point_on_surface(built.shapes[row]) for row in rows]
        building += rows.tolist()
    built.rows.use[[row for row, kind in zip(building, kinds, strict=True) if kind == "dormitory"]] = "residential"
    namer = Namer(rng)
    names = [_name(namer, kind, rng) for kind in kinds]
    capacity = [int(rng.integers(*DUTIES[kind].capacity)) for kind in kinds]
    status = ["building" if kind == "construction" else "open" for kind in kinds]
    own = [built.ids[row] if row >= 0 else "" for row in building]
    return table(
        "sites", crs, np.array(shapes, dtype=object), id=ids("s", len(kinds)), name=[zh for zh, _ in names],
        name_en=[en for _, en in names], kind=kinds, status=status, capacity=capacity, building_id=own,
    )  # fmt: skip


def _one_a_plot(plots: Plots, built: Built, kind: str) -> list[tuple[int, int]]:
    """Return each plot of a zone with its largest building; building sites may have none yet (−1)."""
    size = built.rows.width * built.rows.depth * built.rows.floors
    found = []
    for plot in plots.of(kind).tolist():
        rows = np.flatnonzero(built.rows.plot == plot)
        if len(rows):
            found.append((plot, int(rows[np.argmax(size[rows])]) if kind != "construction" else -1))
        elif kind == "construction":
            found.append((plot, -1))
    return found


def _ground(plots: Plots, plot: int, bend: Bend, county: shapely.Polygon) -> shapely.Geometry:
    p = plots.take(np.array([plot]))
    ground = shapely.intersection(bent_boxes(bend, p.west, p.south, p.east, p.north)[0], county)
    parts = shapely.get_parts(ground)
    largest: shapely.Geometry = parts[int(np.argmax(shapely.area(parts)))]
    return largest


def _duties(plan: Plan, plots: Plots, built: Built, rng: np.random.Generator) -> dict[str, IntArray]:
    """Choose buildings for each duty: police and fire in each town, the rest where they belong."""
    zone = plots.zone[built.rows.plot].astype(str)
    core = plots.core[built.rows.plot]
    use, floors = built.rows.use.astype(str), built.rows.floors
    office = (use == "commercial") & (floors >= 2) & (floors <= 5) & np.isin(zone, ("estate", "cbd", "old"))
    free = np.ones(len(use), dtype=bool)

    def draw(mask: BoolArray, count: int) -> IntArray:
        rows = np.flatnonzero(mask & free)
        rows = np.sort(rng.permutation(rows)[:count])
        free[rows] = False
        return rows

    police, fire = [], []
    for number, town in enumerate(plan.cores):
        more = 3 if town.radius_m > 2000 else 1
        police.append(draw(office & (core == number), more))
        fire.append(draw(office & (core == number), (more + 1) // 2))
    counts = plan.counts
    industrial = (zone == "industry") & (use == "industrial")
    return {
        "police_station": np.concatenate(police),
        "fire_station": np.concatenate(fire),
        "dormitory": draw((zone == "industry") & (use == "office"), counts.dormitories),
        "hazmat": draw(industrial, counts.hazmat),
        "petrol_station": draw((use == "commercial") & (floors <= 3), counts.petrol),
        "market": draw((use == "commercial") & (zone == "old"), counts.markets // 2),
    }


def _name(namer: Namer, kind: str, rng: np.random.Generator) -> tuple[str, str]:
    duty = DUTIES[kind]
    which = int(rng.integers(len(duty.zh)))
    zh, en = namer.stem()
    return f"{zh}{duty.zh[which]}", f"{en} {duty.en[which]}"


def name_buildings(sites: gpd.GeoDataFrame, built: Built) -> Texts:
    """Return the name of each building: its site's, else none."""
    known = dict(zip(sites["building_id"], sites["name"], strict=True))
    return np.array([known.get(key, "") for key in built.ids], dtype=object)
