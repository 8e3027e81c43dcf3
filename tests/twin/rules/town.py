"""A town of a few areas, rows in it by metres, and rules made of the words of files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import shapely

from tests.twin.small import FRAME, table
from twin.city.city import City
from twin.geo import FloatArray
from twin.live.observation import Observation, ObservationArray, batch
from twin.rules.evaluate import Rules, Setting
from twin.rules.hit import Hit
from twin.rules.lists import RefList
from twin.rules.scenario import Loaded, Scenario

START = 1_790_035_200.0
"""Eight in the morning in China, 2026-09-22."""


def town() -> City:
    """Return a school of 100 m, a hospital of 100 m 500 m east of it, and a route 1000 m long 300 m north of them."""
    sites = table(
        [shapely.box(0, 0, 100, 100), shapely.box(500, 0, 600, 100)],
        id=["s1", "s2"], name=["鹿春小学", "中医院"], name_en=["School", "Hospital"], kind=["school", "hospital"],
        status=["open"] * 2, capacity=[300, 400], building_id=["", ""],
    )  # fmt: skip
    routes = table(
        [shapely.LineString([(0, 300), (1000, 300)])], id=["r1"], name=["101路"], name_en=["101"], kind=["bus"]
    )
    return City("town", "town", FRAME, {"sites": sites, "routes": routes})


def at(key: str, east_m: float, north_m: float, after_s: float, kind: str = "car", **told: Any) -> Observation:
    """Return what an entity told so many seconds after :data:`START`, by its place in metres."""
    lon, lat = FRAME.to_lonlat(east_m, north_m)
    return Observation(key, kind, START + after_s, float(lon), float(lat), **told)


def scenario(when: Mapping[str, Any], watch: Mapping[str, Any] | None = None, **more: Any) -> Loaded:
    """Return a scenario of the words of a file."""
    words: dict[str, Any] = {
        "chinese": "试", "english": "try", "about_chinese": "试", "about_english": "try", "form": "alarm",
        "severity": 2,
        "tell": ["operator"], "legal_basis": "law", "purpose": "order", "retention_days": 30, "quiet_s": 0,
        "watch": watch or {}, "when": when, **more,
    }  # fmt: skip
    return Loaded("try", "security", str(hash(str(words))), msgspec.convert(words, Scenario))


def placed(rows: ObservationArray) -> FloatArray:
    """Return the places of rows in the town, (N, 2) metres."""
    return np.column_stack(FRAME.to_local(rows["lon_deg"], rows["lat_deg"]))


class Run:
    """One scenario that is told one thing after the other."""

    def __init__(self, loaded: Loaded, *lists: RefList) -> None:
        self.rules = Rules([loaded], Setting(town(), (), {listed.id: listed for listed in lists}))

    def tell(self, *observations: Observation, now_s: float | None = None) -> list[Hit]:
        """Tell a batch; the time is that of the newest row, or ``now_s`` after :data:`START`."""
        rows = batch("test", observations).rows
        newest = float(rows["time_s"].max()) if len(rows) else 0.0
        return self.rules.take(rows, placed(rows), newest if now_s is None else START + now_s)

    def fired(self, *batches: Sequence[Observation]) -> list[list[str]]:
        """Tell batches; return for each whom it was about."""
        return [[hit.subjects[0].id for hit in self.tell(*one)] for one in batches]
