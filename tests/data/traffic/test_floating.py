from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.router.matching import HmmMatcher
from data.traffic.floating import Following, read_fixes, slots_from
from tests.data.router.grid import grid
from tests.twin.traffic.test_trips import both, drive
from twin.datums import wgs84_to_gcj02
from twin.errors import BadInputError
from twin.traffic.graph import road_graph
from twin.traffic.slots import together
from twin.traffic.trips import Fixes


def test_following_in_pieces_gives_what_one_look_gives() -> None:
    city = grid(20)
    matcher, rng = HmmMatcher(road_graph(city)), np.random.default_rng(1)
    fixes = both(*(drive(v, (rng.uniform(0, 300), 100.0 * v), 7.0, 240, at_s=3.0 * v) for v in range(6)))
    whole = slots_from(matcher, fixes)
    following, parts = Following(matcher), []
    for now in np.arange(0.0, 2000.0, 45.0):
        fresh = (fixes.time_s > now - 45.0) & (fixes.time_s <= now)
        parts.append(following.take([Fixes(*(getattr(fixes, name)[fresh] for name in Fixes.__slots__))], now))
    found = together(parts)
    assert found.metres.sum() == pytest.approx(whole.metres.sum(), rel=0.01)
    assert found.seconds.sum() == pytest.approx(whole.seconds.sum(), rel=0.01)
    assert len(found) == pytest.approx(len(whole), rel=0.05)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_file_of_a_map_maker_lies_on_the_roads(tmp_path: Path, form: str) -> None:
    city = grid()
    local = np.column_stack([np.linspace(5, 290, 60), np.zeros(60)])
    lon, lat = wgs84_to_gcj02(*city.frame.to_lonlat(local[:, 0], local[:, 1]))
    when = pd.date_range("2026-11-20T08:00:00+08:00", periods=60, freq="5s")
    table = pd.DataFrame({"vehicle": "浙F12345", "time": when.map(lambda at: at.isoformat()), "lon": lon, "lat": lat})
    path = tmp_path / f"fixes.{form}"
    table.to_csv(path, index=False) if form == "csv" else table.to_parquet(path)
    fixes = read_fixes(path, city.frame, road_graph(city))
    assert fixes.position_m == pytest.approx(local, abs=0.5)
    assert fixes.time_s[0] == pd.Timestamp("2026-11-20T00:00:00Z").timestamp()


@pytest.mark.parametrize("content", [b"", b"\x00\xff\x00", b"vehicle,time,lon\n1,2,3\n"])
def test_what_is_no_file_of_fixes_says_what_is_wanted(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "fixes.csv"
    path.write_bytes(content)
    with pytest.raises(BadInputError, match="lon and lat are needed"):
        read_fixes(path, grid().frame, road_graph(grid()))


def test_rows_that_hold_no_figures_are_no_positions(tmp_path: Path) -> None:
    path = tmp_path / "fixes.csv"
    path.write_text("vehicle,time,lon,lat\na,now,x,31\nb,2026-11-20T08:00:00Z,120.5,\n", "utf-8")
    city = grid()
    fixes = read_fixes(path, city.frame, road_graph(city), "wgs-84")
    assert len(fixes) == 2
    assert not np.isfinite(fixes.position_m).all(axis=1).any()
