"""The present traffic of an area, from the best there is.

A file of positions; else the newest hour of the history, its vehicles matched to the roads; else counts that are kept;
else what is assumed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from data.home import Home
from data.router.matching import HmmMatcher
from data.traffic.floating import read_fixes
from data.traffic.past import Box, newest_fixes
from data.traffic.store import TrafficStore
from twin.city.city import City
from twin.errors import BadInputError
from twin.geo import FloatArray
from twin.signals.corridor import Corridor
from twin.signals.stages import Flows
from twin.signals.wave import Wish, wish_for
from twin.traffic.graph import IntArray, RoadGraph
from twin.traffic.streams import (
    ASSUMED,
    Streams,
    area,
    assumed,
    counted,
    fitted,
    link_rows,
    of_counts,
    of_tracks,
)
from twin.traffic.travel import Matches, runs
from twin.traffic.trips import Fixes, trips_of
from twin.traffic.turned import turning_flows
from twin.words import say

HOUR_S = 3600.0
LEAST_VPH = 100.0
"""Fewer vehicles an hour on the way in tell nothing: the next best source is asked."""
BEYOND_M = 100.0
"""Tracks are asked for so far around an area, so that where they enter it can be matched."""


@dataclass(frozen=True, slots=True)
class Known:
    """Where the traffic of a twin can be learnt from.

    Parameters
    ----------
    home : Home
    twin : str
    now_s : float
        Nothing later counts.
    fixes : Path or None
        A file of positions that comes before all else.
    counts : Path or None
        A file of counts to which what was learnt is bent.
    share : float
        Of all vehicles that tell where they are.
    """

    home: Home
    twin: str
    now_s: float
    fixes: Path | None = None
    counts: Path | None = None
    share: float = 1.0


def paths_of(found: Matches) -> list[IntArray]:
    """Return all links of each piece of matched tracks, whose points stand in the order of time."""
    kept = np.flatnonzero(found.piece >= 0)
    way = found.way[runs(found.first[kept], found.first[kept + 1])]
    _, piece = np.unique(found.piece[kept], return_inverse=True)
    size = np.bincount(piece, weights=np.diff(found.first)[kept]).astype(np.int64)
    return np.split(way, np.cumsum(size)[:-1]) if len(size) else []


def from_tracks(graph: RoadGraph, links: IntArray, fixes: Fixes, share: float) -> Streams:
    """Return the streams of positions.

    Parameters
    ----------
    share : float
        Of all vehicles that tell where they are.
    """
    trips = trips_of(fixes)
    found = HmmMatcher(graph).match_many(trips.position_m, trips.time_s, trips.first)
    hours = max(float(np.ptp(trips.time_s)) / HOUR_S, 0.1) if len(trips.time_s) else 1.0
    return of_tracks(paths_of(found), links, hours, share)


def from_file(city: City, graph: RoadGraph, links: IntArray, file: Path, share: float) -> Streams:
    """Return the streams of a file of positions (:func:`data.traffic.floating.read_fixes`).

    Raises
    ------
    twin.errors.BadInputError
        If it cannot be read, or no track of it goes through the area.
    """
    streams = from_tracks(graph, links, read_fixes(file, city.frame, graph), share)
    if not len(streams):
        raise BadInputError(file.name, say("no track goes through this arterial"), "take a file of its hours")
    return streams


def box_of(graph: RoadGraph, links: IntArray) -> Box:
    """Return the box around links, in the local frame."""
    at = graph.node_m[np.concatenate([graph.tail[links], graph.head[links]])] - np.asarray(graph.origin_m)
    (west, south), (east, north) = at.min(axis=0) - BEYOND_M, at.max(axis=0) + BEYOND_M
    return float(west), float(south), float(east), float(north)


def from_store(store: TrafficStore, links: IntArray, share: float) -> Streams:
    """Return the streams of the newest hour that is kept."""
    newest_s = store.newest_s()
    if newest_s is None:
        return of_counts(store.graph, links, np.zeros(len(links)))
    slots = store.between(newest_s, newest_s + HOUR_S)
    many = max(len(np.unique(slots.slot)), 1) / 12.0
    return of_counts(store.graph, links, counted(links, slots.link, slots.vehicles, many, share))


def read_counts(file: Path, graph: RoadGraph) -> tuple[IntArray, FloatArray]:
    """Read a CSV file with the columns link (a road's id, ``-`` before it against the drawing) and vph.

    Raises
    ------
    twin.errors.BadInputError
        If it cannot be read, a column is missing, a number is none, or a link is not there.
    """
    remedy = say("Columns link and vph are needed, one row for each link")
    try:
        table = pd.read_csv(file, dtype={"link": str})
        vph = pd.to_numeric(table["vph"]).to_numpy(np.float64)
        names = table["link"].tolist()
    except (OSError, ValueError, KeyError) as error:
        raise BadInputError(file.name, say("it is no table of counts"), remedy) from error
    rows = link_rows(graph)
    missing = next((name for name in names if name not in rows), None)
    if missing is not None:
        raise BadInputError(file.name, say("there is no link {link}", link=missing), remedy)
    if not (np.isfinite(vph) & (vph >= 0)).all():
        raise BadInputError(file.name, say("a count is below zero or no number"), remedy)
    return np.array([rows[name] for name in names], np.int64), vph


def demand(city: City, graph: RoadGraph, corridor: Corridor, flows: Sequence[Flows], known: Known) -> Streams:
    """Return the traffic of an arterial.

    Parameters
    ----------
    flows : sequence of Flows
        What is assumed at each signal where nothing else is known.
    """
    links = area(graph, corridor)
    streams = _measured(city, graph, links, known)
    if streams.vph.sum() < LEAST_VPH:
        streams = assumed(graph, links, corridor, flows)
    return streams if known.counts is None else fitted(streams, *read_counts(known.counts, graph))


def _measured(city: City, graph: RoadGraph, links: IntArray, known: Known) -> Streams:
    if known.fixes is not None:
        return from_file(city, graph, links, known.fixes, known.share)
    past = newest_fixes(known.home, known.twin, city, known.now_s, box_of(graph, links))
    streams = from_tracks(graph, links, past, known.share)
    if streams.vph.sum() >= LEAST_VPH:
        return streams
    return from_store(TrafficStore.of(known.home, known.twin, graph), links, known.share)


def wished(city: City, graph: RoadGraph, corridor: Corridor, known: Known) -> tuple[Streams, Wish]:
    """Return the traffic of the first signals of an arterial, and what is asked of a wave for it."""
    usual = wish_for(corridor)
    streams = demand(city, graph, usual.corridor, usual.flows, known)
    if streams.origin == ASSUMED:
        return streams, usual
    return streams, wish_for(corridor, turning_flows(streams, graph, usual.corridor))
