"""The reference lists and the event area of an invented county: they name invented things, and say so."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import shapely

from data.connectors.demo_life.fleet import plate
from data.connectors.demo_life.occurrences import CARDS, STRANGERS
from twin.city.city import City
from twin.kept import Geofence
from twin.rules.lists import Entry, RefList, plain

YEAR_S = 365 * 86400.0
WEEK_S = 7 * 86400.0
EVENT_M = 400.0
SUSPENDED, WATCHED, DUE = (3, 17), (29,), (41, 43, 47)
"""Numbers of the demo cars that stand on them."""


def demo_lists(now_s: float) -> dict[str, RefList]:
    """Return the lists that the scenarios ask, as of a time."""
    cards = [f"C-{number:06d}" for number in range(1, CARDS + 1)]
    entries: dict[str, tuple[Entry, ...]] = {
        "suspended-licences": tuple(Entry(plain(plate(n)), "虚构：驾驶证暂扣") for n in SUSPENDED),
        "watched-vehicles": tuple(
            Entry(plain(plate(n)), "虚构：布控", now_s + YEAR_S, "虚构：布控审批第 1 号", "演示责任人") for n in WATCHED
        ),
        "inspection-due": tuple(Entry(plain(plate(n)), "虚构：检验将到期") for n in DUE),
        "dormitory-residents": tuple(Entry(plain(card)) for card in cards if card not in STRANGERS),
        "wanted-persons": (
            Entry(plain(STRANGERS[-1]), "虚构：在逃", now_s + YEAR_S, "虚构：通缉令第 1 号", "演示责任人"),
        ),
    }
    return {key: RefList(key, "演示", "演示", now_s, WEEK_S, listed) for key, listed in entries.items()}


def demo_fences(city: City, now_s: float) -> tuple[Geofence, ...]:
    """Return an area around a station in which an invented event is held; none where there is no station."""
    sites = city.table("sites")
    stations = sites[sites["kind"] == "station"]
    if not len(stations):
        return ()
    shape = shapely.buffer(stations.geometry.iloc[0], EVENT_M)
    return (Geofence("demo-event", "虚构：年货大集", "event", "演示", shape, now_s, now_s + YEAR_S),)


def with_demo(lists: Callable[[], Mapping[str, RefList]], now_s: float) -> Callable[[], Mapping[str, RefList]]:
    """Return lists that are the demo's where nothing was brought in; the same objects while nothing changes."""
    demo = demo_lists(now_s)
    return lambda: {**demo, **lists()}
