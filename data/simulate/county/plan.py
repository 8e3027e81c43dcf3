"""The planner's brief: how big the county is, where its towns lie, and how dense each part is."""

from __future__ import annotations

from dataclasses import dataclass

SEAT_LON_DEG, SEAT_LAT_DEG = 120.92, 30.83
CRS = "EPSG:4549"

Disc = tuple[float, float, float]
"""East and north of the seat, and a radius, in metres."""


@dataclass(frozen=True, slots=True)
class Core:
    """A built-up core with its own street grid.

    Parameters
    ----------
    zh, en : str
        The town it belongs to.
    centre_m : tuple of float
        East and north of the county seat.
    radius_m, reach_m : float
        How far the town is dense, and how far its grid lines reach.
    spacing_m : float
        Between grid lines.
    tall : float
        Share of estates that are high-rise, 0 to 1.
    old, cbd, industry : Disc
        The old town, the business district (radius 0 for none) and the industrial park.
    """

    zh: str
    en: str
    centre_m: tuple[float, float]
    radius_m: float
    reach_m: float
    spacing_m: float
    tall: float
    old: Disc
    cbd: Disc
    industry: tuple[Disc, ...]


@dataclass(frozen=True, slots=True)
class Town:
    """A subdistrict or town as a place with an area."""

    zh: str
    en: str
    kind: str
    centre_m: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Motorway:
    """A dual carriageway through two or more points, with interchanges where it crosses main roads."""

    zh: str
    en: str
    points_m: tuple[tuple[float, float], ...]
    interchange_every_m: float
    ramp_m: float


@dataclass(frozen=True, slots=True)
class Counts:
    """How many of each thing to place."""

    buildings: int
    villages: int
    quarters: int
    cameras: int
    gates: int
    air: int
    water: int
    noise: int
    construction: int
    dormitories: int
    hazmat: int
    petrol: int
    markets: int
    buses: int
    patrols: int
    drones: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything the generator needs beside the seed.

    Parameters
    ----------
    outline_m : Disc
        Centre of the county, and the radius of a circle of its area.
    waves : tuple of (wavelength, amplitude)
        Metres; how the street grid is bent into a landscape.
    block_m : float
        The largest side of a rural block.
    bulges : tuple of (direction, swell)
        Degrees counter-clockwise from east, and by which share the outline swells there (shrinks if negative).
    lattice_m : int
        Roads meet on this lattice before bending, so junctions are never closer.
    """

    zh: str
    en: str
    area_km2: float
    outline_m: tuple[float, float]
    towns: tuple[Town, ...]
    cores: tuple[Core, ...]
    counts: Counts
    waves: tuple[tuple[float, float], ...]
    block_m: float
    lattice_m: int
    terrain_step_m: float
    lakes: tuple[Disc, ...]
    rivers: tuple[tuple[float, tuple[tuple[float, float], ...]], ...]
    motorways: tuple[Motorway, ...]
    parcel_m: float = 112.0
    village_radius_m: float = 620.0
    extra_lakes: int = 0
    bulges: tuple[tuple[float, float], ...] = ()


TOWNS = (
    Town("罗星街道", "Luoxing Subdistrict", "subdistrict", (-1500.0, -500.0)),
    Town("魏塘街道", "Weitang Subdistrict", "subdistrict", (1300.0, 500.0)),
    Town("惠民街道", "Huimin Subdistrict", "subdistrict", (6600.0, 300.0)),
    Town("大云镇", "Dayun Town", "town", (600.0, -5700.0)),
    Town("西塘镇", "Xitang Town", "town", (-1500.0, 10200.0)),
    Town("干窑镇", "Ganyao Town", "town", (-4300.0, 5300.0)),
    Town("陶庄镇", "Taozhuang Town", "town", (-9000.0, 11600.0)),
    Town("姚庄镇", "Yaozhuang Town", "town", (7400.0, 7600.0)),
    Town("天凝镇", "Tianning Town", "town", (-10300.0, 4300.0)),
)

FULL = Plan(
    zh="嘉善县（演示）",
    en="Jiashan County (demo)",
    area_km2=507.0,
    outline_m=(-1200.0, 3500.0),
    towns=TOWNS,
    cores=(
        Core("魏塘", "Weitang", (0.0, 0.0), 3300.0, 3900.0, 480.0, 0.55, (1250.0, 350.0, 620.0),
             (-1150.0, -350.0, 780.0), ((-2900.0, 2700.0, 1300.0), (-300.0, -3300.0, 1100.0))),
        Core("惠民", "Huimin", (6600.0, 300.0), 1450.0, 1900.0, 430.0, 0.35, (6900.0, 450.0, 260.0),
             (6350.0, 200.0, 170.0), ((8300.0, -700.0, 1300.0), (4900.0, -1900.0, 900.0))),
        Core("大云", "Dayun", (600.0, -5700.0), 950.0, 1400.0, 380.0, 0.15, (750.0, -5600.0, 230.0),
             (0.0, 0.0, 0.0), ((2300.0, -5000.0, 800.0),)),
        Core("西塘", "Xitang", (-1500.0, 10200.0), 1150.0, 1500.0, 380.0, 0.12, (-1250.0, 10450.0, 560.0),
             (0.0, 0.0, 0.0), ((-2900.0, 9000.0, 850.0),)),
        Core("干窑", "Ganyao", (-4300.0, 5300.0), 900.0, 1300.0, 370.0, 0.15, (-4150.0, 5450.0, 230.0),
             (0.0, 0.0, 0.0), ((-5500.0, 4300.0, 850.0),)),
        Core("陶庄", "Taozhuang", (-9000.0, 11600.0), 750.0, 1100.0, 350.0, 0.1, (-8900.0, 11750.0, 240.0),
             (0.0, 0.0, 0.0), ((-7900.0, 10900.0, 600.0),)),
        Core("姚庄", "Yaozhuang", (7400.0, 7600.0), 1150.0, 1500.0, 400.0, 0.25, (7650.0, 7700.0, 220.0),
             (7200.0, 7450.0, 150.0), ((8900.0, 6700.0, 1000.0),)),
        Core("天凝", "Tianning", (-10300.0, 4300.0), 900.0, 1250.0, 370.0, 0.1, (-10200.0, 4450.0, 250.0),
             (0.0, 0.0, 0.0), ((-9000.0, 3500.0, 750.0),)),
    ),
    counts=Counts(150_000, 120, 70, 2000, 64, 40, 90, 60, 40, 12, 10, 36, 22, 60, 24, 20),
    waves=((14000.0, 330.0), (9000.0, 170.0), (3600.0, 42.0), (1300.0, 9.0)),
    block_m=470.0,
    lattice_m=30,
    terrain_step_m=40.0,
    lakes=(
        (-11300.0, 13500.0, 1000.0), (-12000.0, 10100.0, 760.0), (-7300.0, 13900.0, 640.0), (-9300.0, 9200.0, 560.0),
        (-5200.0, 12100.0, 700.0), (-6300.0, 9900.0, 380.0), (1300.0, 12000.0, 620.0), (3100.0, 9300.0, 380.0),
        (5300.0, 12300.0, 470.0), (-12300.0, 6600.0, 360.0), (9700.0, 9700.0, 350.0), (-6900.0, 600.0, 280.0),
        (3500.0, -3000.0, 230.0), (-2400.0, 1000.0, 190.0), (-11600.0, 2400.0, 260.0), (6900.0, 10600.0, 420.0),
    ),
    rivers=(
        (88.0, ((-16000.0, 2600.0), (-9000.0, 1700.0), (-4200.0, 1900.0), (700.0, 1500.0), (5200.0, 2600.0),
                (9500.0, 2200.0), (15000.0, 3500.0))),
        (70.0, ((2600.0, 18000.0), (1900.0, 12500.0), (2500.0, 7500.0), (2200.0, 3500.0), (2500.0, -500.0),
                (3100.0, -5000.0), (2600.0, -11000.0))),
        (62.0, ((-16000.0, 8600.0), (-10500.0, 8100.0), (-5000.0, 8300.0), (0.0, 8700.0), (5000.0, 9900.0),
                (9000.0, 9100.0), (15000.0, 10500.0))),
        (55.0, ((-6000.0, 17000.0), (-5600.0, 11500.0), (-6600.0, 6500.0), (-6000.0, 2500.0), (-6800.0, -2500.0),
                (-6200.0, -9000.0))),
    ),
    motorways=(
        Motorway("沪浙高速（演示）", "Huzhe Expressway (demo)",
                 ((-16000.0, -3900.0), (-7000.0, -2900.0), (0.0, -4100.0),
                 (7000.0, -2300.0), (15000.0, 900.0)), 4500.0, 420.0),
        Motorway("苏善高速（演示）", "Sushan Expressway (demo)",
                 ((5600.0, 18000.0), (4600.0, 10000.0), (4200.0, 4000.0),
                 (5000.0, -2500.0), (6500.0, -9500.0)), 4500.0, 420.0),
    ),
    extra_lakes=90,
    bulges=((128.0, 0.2), (212.0, -0.06), (270.0, 0.03), (38.0, -0.04), (165.0, 0.04)),
)  # fmt: skip

SMALL = Plan(
    zh="小县（演示）",
    en="Small County (demo)",
    area_km2=2.0,
    outline_m=(0.0, 0.0),
    towns=(
        Town("罗星街道", "Luoxing Subdistrict", "subdistrict", (-260.0, 0.0)),
        Town("西塘镇", "Xitang Town", "town", (300.0, 60.0)),
    ),
    cores=(
        Core("罗星", "Luoxing", (0.0, 0.0), 400.0, 640.0, 160.0, 0.4, (170.0, 40.0, 110.0), (-90.0, -50.0, 100.0),
             ((-380.0, -330.0, 230.0),)),
    ),
    counts=Counts(500, 4, 4, 40, 6, 3, 3, 3, 3, 2, 2, 2, 2, 3, 2, 3),
    waves=((2600.0, 25.0), (800.0, 6.0)),
    block_m=300.0,
    lattice_m=10,
    terrain_step_m=20.0,
    lakes=((-400.0, 420.0, 110.0),),
    rivers=((26.0, ((-1000.0, 230.0), (-300.0, 200.0), (250.0, 300.0), (1000.0, 240.0))),),
    motorways=(
        Motorway("沪浙高速（演示）", "Huzhe Expressway (demo)", ((-1000.0, -560.0), (0.0, -470.0), (1000.0, -520.0)),
                 900.0, 120.0),
    ),
    parcel_m=75.0,
    village_radius_m=170.0,
    extra_lakes=3,
)  # fmt: skip
