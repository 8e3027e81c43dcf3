"""What goes wrong in the demo county: alarm buttons, cards held to readers, what cameras tell, queues at desks.

All of it follows from the time alone, so that the same minute is the same whenever it is asked. Numbers of cards and
words of labels are invented; a reader tells the card that was held to it, never a face.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from data.connectors.demo_life.fleet import blank_rows
from twin.city.city import City
from twin.live.kinds import CODE, STATE_CODE
from twin.live.observation import ObservationArray

MINUTE_S = 60.0
CARDS = 400
STRANGERS = ("C-000399", "C-000400")
"""Cards that are in no registry; the last one is wanted."""
SURGE = 1.6
COVER_OPEN = 85.0


@dataclass(frozen=True, slots=True)
class Post:
    """A device of the demo: its kind, label, kind of site, and how often and how long it calls (0: never)."""

    kind: str
    label: str
    site: str
    every_s: float
    lasts_s: float
    state: str = "alarm"


POSTS: tuple[Post, ...] = (
    Post("alarm_button", "医院一键报警", "hospital", 6 * 3600, 300),
    Post("alarm_button", "校园一键报警", "school", 12 * 3600, 300),
    Post("alarm_button", "小区一键报警", "dormitory", 8 * 3600, 300),
    Post("alarm_button", "走失定位器", "market", 24 * 3600, 900),
    Post("alarm_button", "联勤联动受理", "government", 5 * 3600, 300),
    Post("card_reader", "", "dormitory", 0, 0),
    Post("card_reader", "", "station", 0, 0),
    Post("camera_event", "占道经营", "market", 4 * 3600, 600),
    Post("camera_event", "暴露垃圾", "market", 7 * 3600, 900),
    Post("camera_event", "占用消防通道", "hospital", 9 * 3600, 600),
    Post("camera_event", "电动车入梯", "dormitory", 10 * 3600, 240),
    Post("camera_event", "人数统计", "station", 0, 0),
    Post("camera_event", "车顶未覆盖", "construction", 0, 0),
    Post("service_desk", "窗口01", "government", 0, 0),
    Post("service_desk", "自助机01", "government", 6 * 3600, 1200, "fault"),
    Post("service_desk", "银行网点01", "market", 8 * 3600, 300),
)
CURVE: dict[str, tuple[float, tuple[float, ...]]] = {
    # people at most, share of it by hour of the day (each third hour)
    "人数统计": (320.0, (0.05, 0.05, 0.5, 0.55, 0.45, 0.5, 0.95, 0.3)),
    "窗口01": (18.0, (0.0, 0.0, 0.1, 0.8, 0.3, 0.6, 0.0, 0.0)),
}


def posts_of(city: City) -> ObservationArray:
    """Return the rows of the devices, a few metres from the first site of their kind; none where there is no such."""
    sites = city.table("sites")
    there = [post for post in POSTS if (sites["kind"] == post.site).any()]
    rows = blank_rows([post.kind for post in there], names=[post.label for post in there])
    for number, post in enumerate(there):
        ground = shapely.point_on_surface(sites[sites["kind"] == post.site].geometry.iloc[0])
        x, y = shapely.get_x(ground) - city.frame.origin_m[0], shapely.get_y(ground) - city.frame.origin_m[1]
        lon, lat = city.frame.to_lonlat(x + 4.0 * (number % 4), y + 4.0 * (number // 4 % 3))
        rows["lon_deg"][number], rows["lat_deg"][number] = lon, lat
    rows["value"] = 0.0
    return rows


@dataclass(slots=True)
class Calling:
    """The devices of :data:`POSTS` in a city; they tell once a minute."""

    rows: ObservationArray
    hours_east: float
    told_s: float = -np.inf

    def step(self, time_s: float, step_s: float) -> None:
        """Nothing to do: a time gives everything."""

    def tell(self, time_s: float) -> bool:
        """Fill in states, values and cards, once a minute."""
        if time_s - self.told_s < MINUTE_S or not len(self.rows):
            return False
        self.told_s = time_s
        hour = (time_s / 3600.0 + self.hours_east) % 24.0
        posts = {post.label: post for post in POSTS if post.label}
        for number, row in enumerate(self.rows):
            label = row["label"].decode()
            if row["kind"] == CODE["card_reader"]:
                row["label"] = card_at(time_s, number).encode()
                row["state"] = STATE_CODE["free"]
                continue
            post = posts[label]
            calls = post.every_s > 0 and (time_s + 977.0 * number) % post.every_s < post.lasts_s
            row["state"] = STATE_CODE[post.state if calls else "free"]
            if label in CURVE:
                row["value"] = people_at(label, hour)
        return True


def card_at(time_s: float, reader: int) -> str:
    """Return the card that is held to a reader in a minute."""
    return f"C-{(int(time_s // MINUTE_S) * 7919 + reader * 104_729) % CARDS + 1:06d}"


def people_at(label: str, hour: float) -> float:
    """Return how many people there are at a local hour, by :data:`CURVE`."""
    most, shares = CURVE[label]
    low = int(hour / 3.0) % 8
    share = shares[low] + (hour / 3.0 - int(hour / 3.0)) * (shares[(low + 1) % 8] - shares[low])
    return float(round(most * share))


def lone_rows(city: City) -> ObservationArray:
    """Return a drone that flies too high now and then, and a car that is left standing on a main road."""
    roads = city.table("roads")
    main = roads[roads["road_class"].isin(("primary", "secondary"))]
    rows = blank_rows(["drone", "car"], first_plate=29_000)
    rows["id"] = [b"demo-drone-90001", b"demo-car-90001"]
    line = (main if len(main) else roads).geometry.iloc[0]
    point = line.interpolate(0.4, normalized=True)
    x, y = point.x - city.frame.origin_m[0], point.y - city.frame.origin_m[1]
    rows["lon_deg"], rows["lat_deg"] = city.frame.to_lonlat(np.array([x, x]), np.array([y, y + 1.0]))
    rows["speed_mps"], rows["state"] = 0.0, STATE_CODE["stopped"]
    return rows


@dataclass(slots=True)
class Lone:
    """The drone and the car of :func:`lone_rows`."""

    rows: ObservationArray

    def step(self, time_s: float, step_s: float) -> None:
        """Nothing to do."""

    def tell(self, time_s: float) -> bool:
        """Fill in the drone's height: every other five minutes on the ground, once an hour above what is allowed."""
        high = 140.0 if int(time_s // 600.0) % 6 == 0 else 80.0
        self.rows["height_m"][0] = high if time_s % 600.0 < 300.0 else 0.0
        self.rows["state"][0] = STATE_CODE["busy" if self.rows["height_m"][0] else "free"]
        return True


def with_trouble(rows: ObservationArray, time_s: float) -> ObservationArray:
    """Return what is told with what goes wrong in it: covers, surges, a driver's alarm, a sensor that falls silent."""
    trucks = np.flatnonzero(rows["kind"] == CODE["dump_truck"])
    turn = (int(time_s // 900.0) + 7 * np.arange(len(trucks))) % 200
    rows["value"][trucks] = np.where(turn == 0, COVER_OPEN, 0.0)
    for kind, every_s, lasts_s in (
        ("air_sensor", 28_800, 1800),
        ("water_sensor", 36_000, 1800),
        ("noise_sensor", 21_600, 900),
    ):
        first = np.flatnonzero(rows["kind"] == CODE[kind])[:1]
        if time_s % every_s < lasts_s:
            rows["value"][first] = np.round(rows["value"][first] * SURGE, 2)
    buses = np.flatnonzero(rows["kind"] == CODE["bus"])[:1]
    if time_s % 14_400.0 < 120.0:
        rows["state"][buses] = STATE_CODE["alarm"]
    silent = np.flatnonzero(rows["kind"] == CODE["air_sensor"])[1:2]
    return np.delete(rows, silent) if time_s % 18_000.0 < 2400.0 else rows
