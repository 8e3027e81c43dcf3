"""A back-test as one picture (SVG): where its hits were on the roads of the city, and in which hours."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from xml.sax.saxutils import escape

import numpy as np
import shapely

from app.times import show_time
from data.own_copy import shipped
from twin.city.city import City
from twin.geo import FloatArray
from twin.rules.back_test import BackTest
from twin.rules.hit import Hit

WIDTH, HEIGHT, FOOT, EDGE = 1200.0, 900.0, 170.0, 40.0
MAIN = ("motorway", "trunk", "primary", "secondary")
MOST_MARKS = 5000


def picture_of(title: str, tried: BackTest, before: BackTest | None, city: City, theme: str = "light") -> str:
    """Return the picture; hits that the version before would not have given are filled, the others are rings."""
    look = tomllib.loads((shipped("styles") / f"{theme}.toml").read_text("utf-8"))["ui"]
    scale = _Scale(city)
    fresh = {hit.id for hit in (tried.fresh(before) if before is not None else tried.hits)}
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" font-family="sans-serif">',
        f'<rect width="{WIDTH:g}" height="{HEIGHT:g}" fill="{look["ground"]}"/>',
        *_roads(city, scale, look),
        *_marks(tried.hits[:MOST_MARKS], fresh, city, scale, look),
        *_hours(tried, before, look),
        f'<text x="{EDGE:g}" y="30" font-size="20" fill="{look["text"]}">{escape(title)}</text>',
        "</svg>",
    ]
    return "\n".join(parts)


class _Scale:
    """From metres of the city to the upper part of the picture."""

    def __init__(self, city: City) -> None:
        west, south, east, north = city.bounds_m()
        self._left, self._top = west, north
        room = WIDTH - 2 * EDGE, HEIGHT - FOOT - 2 * EDGE
        self._per_m = min(room[0] / max(east - west, 1.0), room[1] / max(north - south, 1.0))
        self._margin = EDGE + (room[0] - (east - west) * self._per_m) / 2

    def __call__(self, place_m: FloatArray) -> FloatArray:
        """Return (N, 2) places of the projected system in the picture."""
        x, y = place_m.T
        return np.column_stack(
            [self._margin + (x - self._left) * self._per_m, EDGE + 10 + (self._top - y) * self._per_m]
        )


def _roads(city: City, scale: _Scale, look: Mapping[str, str]) -> Iterable[str]:
    roads = city.table("roads")
    lines = roads[roads["road_class"].isin(MAIN)].geometry.to_numpy()
    paths = ["M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in scale(shapely.get_coordinates(line))) for line in lines]
    yield f'<path d="{"".join(paths)}" fill="none" stroke="{look["line"]}" stroke-width="1.5"/>'


def _marks(hits: Sequence[Hit], fresh: set[str], city: City, scale: _Scale, look: Mapping[str, str]) -> Iterable[str]:
    if not hits:
        return
    lon, lat = np.array([(hit.lon_deg, hit.lat_deg) for hit in hits]).T
    east, north = city.frame.to_local(lon, lat)
    places = scale(np.column_stack([east, north]) + city.frame.origin_m)
    for hit, (x, y) in zip(hits, places, strict=True):
        colour = look[f"severity_{hit.severity}"]
        fill = colour if hit.id in fresh else "none"
        yield (
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="{fill}" fill-opacity="0.7" stroke="{colour}">'
            f"<title>{escape(show_time(hit.at_s))} {escape(hit.area)}</title></circle>"
        )


def _hours(tried: BackTest, before: BackTest | None, look: Mapping[str, str]) -> Iterable[str]:
    """Yield bars: in full what was found, as a line above them what the version before gives."""
    hours = tried.by_hour()
    old = [count for _, count in before.by_hour()] if before is not None else [0] * len(hours)
    most = max(*(count for _, count in hours), *old, 1)
    room, foot = (WIDTH - 2 * EDGE) / len(hours), HEIGHT - EDGE
    tall = FOOT - EDGE - 30
    for number, ((begin_s, count), was) in enumerate(zip(hours, old, strict=True)):
        x = EDGE + number * room
        high = tall * count / most
        yield (
            f'<rect x="{x + 1:.1f}" y="{foot - high:.1f}" width="{max(room - 2, 1):.1f}" height="{high:.1f}" '
            f'fill="{look["accent"]}"/>'
        )
        if before is not None:
            level = foot - tall * was / most
            yield f'<path d="M{x:.1f},{level:.1f}h{room:.1f}" stroke="{look["text"]}" stroke-width="2"/>'
        if number % max(len(hours) // 12, 1) == 0:
            yield (
                f'<text x="{x:.1f}" y="{foot + 18:.1f}" font-size="13" fill="{look["quiet"]}">'
                f"{show_time(begin_s)[11:16]}</text>"
            )
    yield f'<text x="{EDGE:g}" y="{foot - tall - 8:.1f}" font-size="13" fill="{look["quiet"]}">≤ {most}</text>'
