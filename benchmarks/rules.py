"""38 scenarios over 20,000 updates a second, against a loop with shapely: ``python -m benchmarks.rules``.

The demo life of the full county, a batch a second and then ten a second. The loop knows the same kinds, filters as
Python and areas as prepared shapes, and keeps no memory and makes no hits: it does less than the rules do.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Sequence
from types import CodeType

import numpy as np
import shapely

from benchmarks._county import ENTITIES, START_S, bare_folder
from data.connectors.demo_life.life import Life
from data.own_copy import shipped
from data.rules.demo import demo_lists
from data.rules.files import FOLDER, Folder
from data.store.twin_folder import open_city
from twin.city.city import City
from twin.geo import FloatArray
from twin.live.kinds import KINDS, STATES
from twin.live.observation import ObservationArray
from twin.rules.batch import codes_of
from twin.rules.evaluate import Rules, Setting, filters_of
from twin.rules.ground import ground_of
from twin.rules.scenario import Loaded

SECONDS = 20
ALONE_ROWS = 4000
Told = list[tuple[ObservationArray, FloatArray, float]]


def live(city: City) -> Told:
    """Return what the demo life tells in each second, and where."""
    life, told = Life(city, ENTITIES, 1, START_S), []
    for _ in range(SECONDS):
        life.step(1.0)
        rows = life.rows().copy()
        place_m = np.column_stack(city.frame.to_local(rows["lon_deg"], rows["lat_deg"]))
        told.append((rows, place_m, life.time_s))
    return told


def cut(told: Told, parts: int) -> Told:
    """Return the same in so many batches a second."""
    return [
        (some, place, now_s)
        for rows, place_m, now_s in told
        for some, place in zip(np.array_split(rows, parts), np.array_split(place_m, parts), strict=True)
    ]


def in_bulk(scenarios: Sequence[Loaded], city: City, told: Told) -> tuple[float, int]:
    """Return seconds of processor time a row, and how many hits there were; the first second is not counted."""
    rules = Rules(scenarios, Setting(city, (), demo_lists(START_S)))
    spent, looked, hits = 0.0, 0, 0
    for rows, place_m, now_s in told:
        begun = time.process_time()
        hits += len(rules.take(rows, place_m, now_s))
        if now_s > START_S + 1.5:
            spent += time.process_time() - begun
            looked += len(rows)
    return spent / looked, hits


Ready = list[tuple[set[str], list[CodeType], shapely.Geometry | None]]


def ready_of(scenarios: Sequence[Loaded], city: City) -> Ready:
    """Return what the loop asks of each scenario: kinds, filters as Python, and all its areas as one, prepared."""
    ready: Ready = []
    for loaded in scenarios:
        told = loaded.scenario
        if told.when is None or told.watch is None:
            continue
        area = getattr(told.when, "area", None)
        whole = ground_of(area, city).whole if area is not None else None  # prepared
        kinds = {KINDS[code].name for code in codes_of(told.watch)}
        ready.append((kinds, [compile(_plain(text), loaded.id, "eval") for text in filters_of(told)], whole))
    return ready


def alone(scenarios: Sequence[Loaded], city: City, rows: ObservationArray, place_m: FloatArray) -> float:
    """Return seconds of processor time a row of the loop."""
    ready = ready_of(scenarios, city)
    begun, found = time.process_time(), 0
    for row, (east, north) in zip(rows, place_m, strict=True):
        told_row = {name: row[name].item() for name in rows.dtype.names or ()}
        told_row |= {
            "kind": KINDS[row["kind"]].name, "state": STATES[row["state"]], "label": row["label"].decode(),
            "hour": (told_row["time_s"] / 3600 + 8) % 24,
        }  # fmt: skip
        for kinds, tests, whole in ready:
            if told_row["kind"] not in kinds:
                continue
            fits = all(eval(test, {}, told_row) for test in tests)  # noqa: S307 - our own files
            if fits and (whole is None or shapely.contains_xy(whole, east, north)):
                found += 1
    return (time.process_time() - begun) / len(rows)


def _plain(text: str) -> str:
    """Return a filter as Python."""
    for one, other in ((" = ", " == "), ("<>", "!="), (" AND ", " and "), (" OR ", " or "), (" IN ", " in ")):
        text = text.replace(one, other)
    column, like, pattern = text.partition(" LIKE ")
    return f"{column}.startswith({pattern.replace('%', '')})" if like else text


def main() -> int:
    """Print the table."""
    folder = Folder((shipped(FOLDER),))
    folder.read()
    scenarios = list(folder.scenarios.values())
    city = open_city(bare_folder())
    told = live(city)
    print(f"{len(scenarios)} scenarios, {len(told[0][0]):,} entities, {SECONDS} s")
    loop = statistics.median(
        alone(scenarios, city, rows[:: len(rows) // ALONE_ROWS], place_m[:: len(rows) // ALONE_ROWS])
        for rows, place_m, _ in told[1:4]
    )
    for parts in (1, 10):
        bulk, hits = in_bulk(scenarios, city, cut(told, parts))
        share = bulk * 20_000
        print(f"{parts:3} batches/s: {share:6.1%} of one core at 20,000 updates/s, loop ÷ ours {loop / bulk:.0f}")
        print(f"    {hits} hits")
    print(f"loop with shapely: {loop * 20_000:.1f} cores")
    return 0


if __name__ == "__main__":
    sys.exit(main())
