from __future__ import annotations

import numpy as np
import pytest

from tests.twin.live.factory import ids, rows
from tests.twin.small import city
from twin.crossing import refuse_city, world_for
from twin.errors import NotAllowedError
from twin.live.frame import TrackFrame
from twin.live.kinds import CODE
from twin.networks import Networks, Rule, Zone
from twin.world import SourceState, World

BUSES = Rule("buses", ("police",), ("public",), ("open",), kinds=("bus",), fields=("speed",))
NETWORKS = Networks("police", (Zone("police"), Zone("public")), (BUSES,), "secret")


def world() -> World:
    told = rows(("bus", 1.0), ("car", 1.0), ("secret bus", 1.0), ("nobody's", 1.0), kind="bus")
    told["kind"][1] = CODE["car"]
    told["label"] = b"plate"
    position_m = np.arange(12, dtype=np.float32).reshape(4, 3)
    frame = TrackFrame(told, position_m, np.array([0, 0, 1, 7], np.uint8), 3, 1.0)
    sources = tuple(SourceState(name, "script", True, "", 1.0, 1.0, classification=name) for name in ("open", "secret"))
    return World(city(), frame, sources, 1.0, live=True)


def test_only_what_may_cross_is_left_and_without_what_may_not() -> None:
    crossed = world_for(world(), NETWORKS, "public").tracks
    assert ids(crossed.rows) == ["bus"]
    assert crossed.rows["label"].tolist() == [b""]
    assert crossed.position_m.tolist() == [[0.0, 1.0, 2.0]]
    assert len(world_for(world(), NETWORKS, "").tracks) == 4


def test_tables_of_the_city_do_not_cross_unless_all_of_it_may() -> None:
    with pytest.raises(NotAllowedError, match="what no rule allows"):
        refuse_city(NETWORKS, "public")
    refuse_city(NETWORKS, "police")
    part = Networks("police", NETWORKS.zones, (Rule("part", ("*",), ("*",), fields=("speed",)),), "secret")
    with pytest.raises(NotAllowedError, match="only some of it"):
        refuse_city(part, "public")
