"""The figure beside the pointer while something is drawn: what can be told within a frame."""

from __future__ import annotations

import numpy as np
import shapely

from app.instruments.pen import Pen
from app.texts import Texts
from twin.geo import FloatArray
from twin.instruments import Ground, sight
from twin.kept import written
from twin.measure import extent, geodesic_m


def figures(pen: Pen, ground: Ground | None, texts: Texts) -> tuple[str, ...]:
    """Return the lines beside the pointer; none while there is nothing to tell.

    Parameters
    ----------
    ground : Ground or None
        None while its index is still made.
    """
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
    if pen.kind.name == "sight":
        return _sight(points, ground, texts)
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


def _sight(points: FloatArray, ground: Ground, texts: Texts) -> tuple[str, ...]:
    found = sight(ground, points)
    whole = written(float(found.details["length_m"]), "m")
    if found.details["seen"] == "yes":
        return (texts("instrument.seen"), whole)
    what = "ground" if found.details["by"] == "ground" else "building"
    return (texts(f"instrument.hidden_by_{what}", distance=written(found.figure, "m")), whole)


def turning_point(pen: Pen, ground: Ground | None) -> FloatArray | None:
    """Return where the line of sight that is drawn is blocked, as a share of it; None where it is free."""
    points = pen.drawn_m
    if ground is None or pen.kind.name != "sight" or len(points) < 2:
        return None
    found = sight(ground, ground.projected(points))
    if found.details["seen"] == "yes":
        return None
    share = found.figure / max(float(found.details["length_m"]), 1e-9)
    return np.asarray(points[0] + share * (points[1] - points[0]))
