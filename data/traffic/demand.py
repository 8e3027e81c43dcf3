"""The present traffic of an area, from the best there is: matched tracks, counts that are kept, or what is assumed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from data.router.matching import HmmMatcher
from data.traffic.floating import read_fixes
from data.traffic.store import TrafficStore
from twin.city.city import City
from twin.errors import BadInputError
from twin.geo import FloatArray
from twin.signals.corridor import Corridor
from twin.signals.stages import Flows
from twin.traffic.graph import IntArray, RoadGraph
from twin.traffic.streams import (
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
from twin.traffic.trips import trips_of
from twin.words import say

HOUR_S = 3600.0
LEAST_VPH = 100.0
"""Counts of fewer vehicles an hour on the way in tell nothing: what is assumed is taken."""


def paths_of(found: Matches) -> list[IntArray]:
    """Return all links of each piece of matched tracks, whose points stand in the order of time."""
    kept = np.flatnonzero(found.piece >= 0)
    way = found.way[runs(found.first[kept], found.first[kept + 1])]
    _, piece = np.unique(found.piece[kept], return_inverse=True)
    size = np.bincount(piece, weights=np.diff(found.first)[kept]).astype(np.int64)
    return np.split(way, np.cumsum(size)[:-1]) if len(size) else []


def from_tracks(city: City, graph: RoadGraph, links: IntArray, file: Path, share: float) -> Streams:
    """Return the streams of a file of positions (:func:`data.traffic.floating.read_fixes`).

    Parameters
    ----------
    share : float
        Of all vehicles that tell where they are.

    Raises
    ------
    twin.errors.BadInputError
        If it cannot be read, or no track of it goes through the area.
    """
    fixes = read_fixes(file, city.frame, graph)
    trips = trips_of(fixes)
    found = HmmMatcher(graph).match_many(trips.position_m, trips.time_s, trips.first)
    hours = max(float(np.ptp(trips.time_s)) / HOUR_S, 0.1) if len(trips.time_s) else 1.0
    streams = of_tracks(paths_of(found), links, hours, share)
    if not len(streams):
        raise BadInputError(file.name, say("no track goes through this arterial"), "take a file of its hours")
    return streams


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


def demand(
    city: City, store: TrafficStore, corridor: Corridor, flows: Sequence[Flows], *, fixes: Path | None = None,
    counts: Path | None = None, share: float = 1.0,
) -> Streams:  # fmt: skip
    """Return the traffic of an arterial from tracks, else from what is kept, else as assumed; bent to counts if given.

    Parameters
    ----------
    flows : sequence of Flows
        What is assumed at each signal where nothing else is known.
    share : float
        Of all vehicles that tell where they are.
    """
    graph = store.graph
    links = area(graph, corridor)
    if fixes is not None:
        streams = from_tracks(city, graph, links, fixes, share)
    else:
        streams = from_store(store, links, share)
        if streams.vph.sum() < LEAST_VPH:
            streams = assumed(graph, links, corridor, flows)
    return streams if counts is None else fitted(streams, *read_counts(counts, graph))
