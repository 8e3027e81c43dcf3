"""What roadside screens say: which road is bad, which way is better, and by how much; as short as the screen is.

A text is never cut. If a wording does not fit, a shorter one is tried; if none fits the screen stays dark, and why is
told.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.geo import BoolArray, FloatArray
from twin.traffic.assignment import Routes, Volumes, route_seconds
from twin.traffic.graph import IntArray
from twin.traffic.guidance import Guidance
from twin.traffic.model import RoadModel

WORDINGS = (
    ("{trouble}拥堵", "请改走{via}", "约快{minutes}分钟"),
    ("{trouble}拥堵", "请改走{via}"),
    ("{trouble}堵", "请走{via}"),
    ("前方拥堵", "请走{via}"),
    ("前方拥堵绕行",),
)
CLOSED = tuple(tuple(line.replace("拥堵", "封闭").replace("堵", "封") for line in lines) for lines in WORDINGS)
LEAST_TRIPS = 20.0
"""Advice for fewer an hour is not worth a screen."""
LEAST_SHARE = 0.05
RELIEVED = 0.9
"""Roads with so much of the greatest relief are the trouble that is named."""


@dataclass(frozen=True, slots=True)
class Screen:
    """A roadside screen.

    Parameters
    ----------
    id, name : str
    link : int
        Of the graph, on which it is read.
    columns : int
        Chinese signs in a row; two Latin ones take the room of one.
    rows : int
    """

    id: str
    name: str
    link: int
    columns: int = 8
    rows: int = 3


@dataclass(frozen=True, slots=True)
class Message:
    """What a screen says.

    Parameters
    ----------
    lines : tuple of str
        Empty where nothing fits.
    trouble, via : str
        Roads: the one to avoid, and the one to take.
    trips : float
        An hour, that are meant by it.
    saved_s : float
        What one of them wins at full compliance; never told if it is less than a minute.
    links : (K,) int array
        Of the graph: the way that is advised, from the screen on.
    """

    screen: Screen
    lines: tuple[str, ...]
    trouble: str
    via: str
    trips: float
    saved_s: float
    links: IntArray


def width(text: str) -> float:
    """Return how many Chinese signs wide a text is."""
    return sum(1.0 if unicodedata.east_asian_width(sign) in "WF" else 0.5 for sign in text)


def worded(screen: Screen, trouble: str, via: str, minutes: int, closed: bool = False) -> tuple[str, ...]:
    """Return the first wording that fits a screen; empty if none does."""
    for lines in CLOSED if closed else WORDINGS:
        needs = "".join(lines)
        if ("{via}" in needs and not via) or ("{trouble}" in needs and not trouble):
            continue
        if "{minutes}" in needs and minutes < 1:
            continue
        told = tuple(line.format(trouble=trouble, via=via, minutes=minutes) for line in lines)
        if len(told) <= screen.rows and all(width(line) <= screen.columns for line in told):
            return told
    return ()


def screens_for(model: RoadModel, guidance: Guidance, names: NDArray[np.object_], most: int = 12) -> list[Screen]:
    """Return where screens would reach most of those who are to go another way: on main roads before they part.

    A proposal for places that have no list of their screens yet.

    Parameters
    ----------
    names : (R,) object array
        Of the city's roads.
    """
    _, relieved = _relief(model, guidance)
    reached = np.zeros(len(model.link))
    for routes in guidance.kept:
        for _, stretch, trips in _before(routes, relieved):
            reached[stretch] += trips
    reached[(model.link < 0) | (model.lanes < 1) | relieved] = 0.0
    found: list[Screen] = []
    taken: set[str] = set()
    for row in np.argsort(-reached, kind="stable").tolist():
        name = str(names[model.graph.road[model.link[row]]])
        if reached[row] < LEAST_TRIPS or len(found) == most:
            break
        if name and name not in taken:
            taken.add(name)
            found.append(Screen(f"V{len(found) + 1:02d}", name, int(model.link[row])))
    return found


def messages(
    model: RoadModel, guidance: Guidance, screens: Sequence[Screen], names: NDArray[np.object_],
    load: Volumes, closed: BoolArray | None = None,
) -> list[Message]:  # fmt: skip
    """Return what each screen says to those who pass it; screens with nothing to say are left out.

    Parameters
    ----------
    names : (R,) object array
        Of the city's roads.
    load : Volumes
        Without advice: what is saved is told against it.
    closed : (L,) bool array, optional
        Links nobody can use; then the road is called closed.
    """
    if not guidance.says:
        return []
    relief, relieved = _relief(model, guidance)
    shut = closed is not None and bool(closed.any())
    trouble = _name_of(model, names, closed.astype(np.float64) if shut and closed is not None else relief * relieved)
    relieved = relieved if closed is None else relieved | closed
    told = []
    for screen in screens:
        advice = _advice(model, guidance, screen, relieved, names, load)
        if advice is None:
            continue
        via, trips, saved_s, links = advice
        lines = worded(screen, trouble, via if via != trouble else "", int(saved_s // 60), shut)
        told.append(Message(screen, lines, trouble, via, trips, saved_s, links))
    return sorted(told, key=lambda message: -message.trips)


def _relief(model: RoadModel, guidance: Guidance) -> tuple[FloatArray, BoolArray]:
    """Return by how much advice relieves each link, and mark those it relieves most."""
    kept, advised = (
        sum((np.bincount(one.links, weights=one.trips[one.route], minlength=len(model.link)) for one in routes),
            start=np.zeros(len(model.link)))
        for routes in (guidance.kept, guidance.advised)
    )  # fmt: skip
    less = np.where(model.link >= 0, kept - advised, 0.0)
    most = float(less.max(initial=0.0))
    return less, (less > RELIEVED * most) & (less >= LEAST_TRIPS)


def _before(routes: Routes, relieved: BoolArray) -> Iterator[tuple[int, IntArray, float]]:
    """Yield, for each route through what is relieved, its number, its links up to there, and its trips."""
    for number in np.flatnonzero(routes.through(relieved)).tolist():
        links = routes.links[routes.first[number] : routes.first[number + 1]]
        yield number, links[: int(np.argmax(relieved[links]))], float(routes.trips[number])


def _advice(
    model: RoadModel, guidance: Guidance, screen: Screen, relieved: BoolArray, names: NDArray[np.object_], load: Volumes
) -> tuple[str, float, float, IntArray] | None:
    """Return the road to take, for how many, how many seconds it saves, and its links; None if nobody is meant."""
    row = np.flatnonzero(model.link == screen.link)
    if not len(row):
        return None
    here = np.zeros(len(model.link), np.bool_)
    here[row] = True
    trips, saved, way, best = 0.0, 0.0, np.zeros(0, np.int64), 0.0
    gained = np.zeros(len(model.link))
    for kept, advised in zip(guidance.kept, guidance.advised, strict=True):
        meant = kept.through(here) & kept.through(relieved)
        pairs = kept.origin * model.network.nodes + kept.destination
        new = advised.take(
            advised.through(here)
            & ~advised.through(relieved)
            & np.isin(advised.origin * model.network.nodes + advised.destination, pairs[meant])
        )
        if not len(new):
            continue
        old = kept.take(meant)
        gained += np.bincount(new.links, weights=new.trips[new.route], minlength=len(gained))
        gained -= np.bincount(old.links, weights=old.trips[old.route], minlength=len(gained))
        count = min(float(new.trips.sum()), float(old.trips.sum()))
        before, after = (
            float(np.average(route_seconds(model.network, one, load), weights=one.trips)) for one in (old, new)
        )
        trips, saved = trips + count, saved + count * (before - after)
        strongest = int(np.argmax(new.trips))
        if new.trips[strongest] > best:
            best, way = float(new.trips[strongest]), new.links[new.first[strongest] : new.first[strongest + 1]]
    if trips < LEAST_TRIPS:
        return None
    ahead = way[int(np.argmax(way == row[0])) :]
    on_way = np.zeros(len(gained), np.bool_)
    on_way[ahead[1:]] = True
    via = _name_of(model, names, np.where(on_way, np.maximum(gained, 0.0), 0.0))
    return via, trips, saved / trips, model.link[ahead[model.link[ahead] >= 0]]


def _name_of(model: RoadModel, names: NDArray[np.object_], weight: FloatArray) -> str:
    """Return the road that has most of a weight, by links and their lengths; empty if none is named."""
    rows = np.flatnonzero((weight > 0) & (model.link >= 0))
    links = model.link[rows]
    told = names[model.graph.road[links]].astype(str)
    known = told != ""
    if not known.any():
        return ""
    which, of = np.unique(told[known], return_inverse=True)
    return str(which[np.argmax(np.bincount(of, weights=(weight[rows] * model.graph.length_m[links])[known]))])
