"""The twin at one instant; now is only one such instant."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely

from twin.city.city import City
from twin.kept import NOTHING_KEPT, Kept
from twin.live.frame import TrackFrame
from twin.operations.standing import Standing
from twin.traffic.measured import Measured

SILENT_S = 30.0
"""A source that is open and says nothing for so long is shown as silent."""


@dataclass(frozen=True, slots=True)
class Playback:
    """Where a recording stands that a source plays: it is a look back, not now, and the screen must say so.

    Parameters
    ----------
    begin_s, end_s, clock_s : float
        First and last time in the recording, and the one it stands at, in its own clock (seconds since 1970 UTC).
    speed : float
        Seconds of the recording a second.
    """

    begin_s: float
    end_s: float
    clock_s: float
    speed: float
    paused: bool


@dataclass(frozen=True, slots=True)
class SourceState:
    """How a source is doing.

    Parameters
    ----------
    name, kind : str
        As in the settings: ``demo-life``, ``recorded-track``.
    up : bool
    reason : str
        Why it is down, in words for the operator; empty while it is up.
    last_s : float
        Arrival of the last good data, seconds since 1970-01-01 UTC; 0 if never.
    rate_hz : float
        Observations a second over the last seconds.
    playback : Playback or None
        None for a source that tells what is now.
    zone, classification : str
        Of the settings: the network it is in, and who may know what it tells.
    peers : int or None
        How many are connected to it now; None if it does not tell.
    clock_s : float or None
        How far its entities' clocks are ahead of ours, the median of them; None if that is not known.
    clocks_ahead : int
        Entities whose clocks are so far ahead that their times are taken back.
    """

    name: str
    kind: str
    up: bool
    reason: str
    last_s: float
    rate_hz: float
    playback: Playback | None = None
    zone: str = ""
    classification: str = ""
    peers: int | None = None
    clock_s: float | None = None
    clocks_ahead: int = 0

    def is_silent(self, now_s: float) -> bool:
        """Tell whether it is open and yet says nothing; a recording that is paused is not silent."""
        return self.up and self.playback is None and now_s - self.last_s > SILENT_S


@dataclass(frozen=True, slots=True)
class World:
    """The city, where everything was, and how the sources stood, at one instant.

    Parameters
    ----------
    at_s : float
        Seconds since 1970-01-01 UTC.
    live : bool
        False for a recording or a look back: the screen must say so.
    kept : Kept
        What people drew and measured and keep; the same at every instant.
    alerts : tuple of Standing
        What scenarios found and is not done with at that instant, as far as who looks may see it.
    reach : shapely.Geometry, optional
        The area that who looks may see, in the city's projected system; None for all. See :mod:`twin.reach`.
    measured : Measured, optional
        The five minutes of measured traffic that are looked at.
    """

    city: City
    tracks: TrackFrame
    sources: tuple[SourceState, ...]
    at_s: float
    live: bool
    kept: Kept = NOTHING_KEPT
    reach: shapely.Geometry | None = None
    alerts: tuple[Standing, ...] = ()
    measured: Measured | None = None


def world_of(city: City, tracks: TrackFrame, sources: tuple[SourceState, ...], now_s: float) -> World:
    """Return the world that the sources tell: of now, or only what a recording tells while one plays, at its clock."""
    clocks = {number: source.playback.clock_s for number, source in enumerate(sources) if source.playback is not None}
    if not clocks:
        return World(city, tracks, sources, now_s, live=True)
    told = np.isin(tracks.source, list(clocks))
    past = replace(tracks, rows=tracks.rows[told], position_m=tracks.position_m[told], source=tracks.source[told])
    return World(city, past, sources, max(clocks.values()), live=False)
