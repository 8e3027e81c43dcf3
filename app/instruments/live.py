"""The figure beside the pointer while something is drawn: what can be told within a frame."""

from __future__ import annotations

from dataclasses import dataclass

import shapely

from app.instruments.pen import Pen
from app.texts import Texts
from twin.geo import FloatArray
from twin.instruments import Ground, sight
from twin.kept import written
from twin.measure import extent, geodesic_m


@dataclass(frozen=True, slots=True)
class Live:
    """The lines beside the pointer, and where a line of sight is blocked (east, north, up; local metres)."""

    lines: tuple[str, ...] = ()
    turn_m: FloatArray | None = None


def live(pen: Pen, ground: Ground | None, texts: Texts) -> Live:
    """Return what is told while something is drawn; nothing while there is nothing to tell.

    Parameters
    ----------
    ground : Ground or None
        None while its index is still made.
    """
    if ground is not None and pen.kind.name == "sight" and len(pen.drawn_m) > 1:
        return _sight(pen.drawn_m, ground, texts)
    return Live(_figures(pen, ground, texts))


def _figures(pen: Pen, ground: Ground | None, texts: Texts) -> tuple[str, ...]:
    points = pen.drawn_m
    if ground is None:
        return (texts("instrument.preparing"),) if len(points) > 1 else ()
    if len(points) < 2:
        return ()
    points = ground.projected(points)
    outline = pen.kind.outline
    if outline == "line":
        return _line(points, ground, texts)
    if outline in ("area", "lasso"):
        return _area(points, ground, texts)
    if outline == "band":
        return _band(points, pen.widening, ground, texts)
    if outline == "sight":
        flat = float(geodesic_m(ground.city.frame, points[:2, :2])[0])
        rise = float(points[1, 2] - points[0, 2])
        return (f"{rise:+,.1f} m", f"{texts('instrument.flat')} {written(flat, 'm')}")
    return (f"{texts('instrument.radius')} {written(float(geodesic_m(ground.city.frame, points[:2, :2])[0]), 'm')}",)


def _line(points: FloatArray, ground: Ground, texts: Texts) -> tuple[str, ...]:
    legs = geodesic_m(ground.city.frame, points[:, :2])
    whole = (written(float(legs.sum()), "m"),)
    return (*whole, f"{texts('instrument.leg')} {written(float(legs[-1]), 'm')}") if len(legs) > 1 else whole


def _area(points: FloatArray, ground: Ground, texts: Texts) -> tuple[str, ...]:
    if len(points) < 3:
        return _line(points, ground, texts)
    measured = extent(ground.city.frame, shapely.Polygon(points[:, :2]))
    return (written(measured.area_m2, "m2"), f"{texts('instrument.rim')} {written(measured.rim_m, 'm')}")


def _band(points: FloatArray, widening: bool, ground: Ground, texts: Texts) -> tuple[str, ...]:
    if not widening:
        return _line(points, ground, texts)
    line = points[:-1, :2]
    bare = shapely.Point(line[0]) if len(line) == 1 else shapely.LineString(line)
    return (f"{texts('instrument.radius')} {written(float(bare.distance(shapely.Point(points[-1, :2]))), 'm')}",)


def _sight(points: FloatArray, ground: Ground, texts: Texts) -> Live:
    found = sight(ground, ground.projected(points))
    length = float(found.details["length_m"])
    whole = written(length, "m")
    if found.details["seen"] == "yes":
        return Live((texts("instrument.seen"), whole))
    what = "ground" if found.details["by"] == "ground" else "building"
    turn = points[0] + found.figure / max(length, 1e-9) * (points[1] - points[0])
    return Live((texts(f"instrument.hidden_by_{what}", distance=written(found.figure, "m")), whole), turn)
