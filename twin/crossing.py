"""A world as another network may know it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from twin.errors import NotAllowedError
from twin.live.frame import TrackFrame
from twin.live.observation import ObservationArray
from twin.networks import Networks
from twin.words import say
from twin.world import World


def world_for(world: World, networks: Networks, target: str) -> World:
    """Return what lives without what may not cross to another network: by the classification of each source, only the
    kinds and the fields that its rules allow; without alerts, which have no classification, unless all may cross. The
    city itself stays as it is; ask :func:`refuse_city`.
    """
    kept: list[ObservationArray] = []
    index = []
    for number in np.unique(world.tracks.source).tolist():
        here = np.flatnonzero(world.tracks.source == number)
        classification = world.sources[number].classification if number < len(world.sources) else ""
        border = networks.border("", target, classification)
        here = here[~border.keeps_out(world.tracks.rows[here])]
        kept.append(border.withhold(world.tracks.rows[here]))
        index.append(here)
    places = np.concatenate(index) if index else np.empty(0, np.int64)
    tracks = world.tracks
    rows = np.concatenate(kept) if kept else tracks.rows[:0]
    crossed = TrackFrame(rows, tracks.position_m[places], tracks.source[places], tracks.version, tracks.at_s)
    alerts = world.alerts if networks.border("", target, "").is_open else ()
    return replace(world, tracks=crossed, alerts=alerts)


def refuse_city(networks: Networks, target: str) -> None:
    """Refuse to let tables of the city cross, which have no classification of their own, unless all of it may.

    Raises
    ------
    twin.errors.NotAllowedError
        With the rule.
    """
    border = networks.border("", target, "")
    if not border.is_open:
        rule = border.otherwise
        reason = border.refusal(rule) if not rule.allow else say("rule “{rule}” lets only some of it", rule=rule.name)
        raise NotAllowedError(say("this layer may not cross: {reason}", reason=reason))
