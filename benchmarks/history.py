"""The history: a county's day of invented states, linked for a year, and what three questions to it take.

``python -m benchmarks.history --rows 46600000`` makes one day of 46.6 million rows (17 billion / 365) in both orders,
about 1 GB, and links its files 365 times: the manifest then lists 17 billion rows. Every figure is of one day linked
365 times, files in the page cache, lean rows. Without ``--rows`` a million rows a day do for a quick look. Each
question is asked five times in a fresh process, whose peak memory is told with it. The same are put to PostGIS over
``--share`` rows of a day (partition of a day, BRIN on time, B-tree on entity and time, GiST on place), and the answers
are compared row by row; with ``--spark URL`` a distributed engine is asked as well.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from itertools import product
from pathlib import Path
from typing import TypeVar

import numpy as np
import psycopg
import shapely

from data.history.compactor import RANGE_ROWS
from data.history.engines import engine_of
from data.history.files import ENTITY, PLACE, Written, day_name, write
from data.history.lean import DAY_MS, DEGREE, HOUR_MS, LEAN_DTYPE, LeanArray, by_entity, by_place
from data.history.manifest import Entity, Manifest, add_entities, add_files
from data.history.policy import Asking
from data.history.questions import Cells, Questions
from data.history.reader import History
from tests.services import Service, postgres
from twin.live.observation import ObservationArray

FIRST_DAY = 20_700
ENTITIES_A_ROW = 1 / 2330
"""A county-day of 46.6 million rows is told by 20,000 entities."""
LON_DEG, LAT_DEG = 120.9, 30.85
SPAN_DEG = 0.2
ROUNDS = 5
AREA = shapely.Polygon([(120.90, 30.84), (120.93, 30.845), (120.925, 30.87), (120.905, 30.865)])
NINE_S = FIRST_DAY * 86400.0 + 9 * 3600
Answer = TypeVar("Answer")
QUESTIONS = ("area, 1 h", "entity, 1 day", "entity, 30 days", "heat map, 1 day", "an instant")
INSTANT = QUESTIONS.index("an instant")


class County:
    """States of a day by blocks of entities and hours, so that neither order needs the whole day in memory."""

    def __init__(self, rows: int) -> None:
        self.entities = max(int(rows * ENTITIES_A_ROW), 24)
        self.hourly = max(rows // self.entities // 24, 1)
        self.rows = self.entities * self.hourly * 24

    def ranges(self) -> list[tuple[int, int]]:
        """Return the ranges of entities that fill a file each."""
        step = max(RANGE_ROWS // (self.hourly * 24), 1)
        return [(first, min(first + step, self.entities)) for first in range(0, self.entities, step)]

    def block(self, first: int, last: int, hour: int) -> LeanArray:
        """Return what some entities told in an hour: each on a path round its home, now and then at rest."""
        chance = np.random.default_rng((first, hour))
        home = np.random.default_rng(first)
        count = last - first
        at = home.uniform(-SPAN_DEG / 2, SPAN_DEG / 2, (2, count, 1)) * DEGREE
        reach, turn = home.uniform(1e4, 2e5, (count, 1)), home.uniform(0, 6.3, (count, 1))
        t = np.arange(self.hourly) * (HOUR_MS // self.hourly) + chance.integers(0, 1000, (count, self.hourly))
        angle = turn + (t + hour * HOUR_MS) / 6e5
        lean = np.zeros(count * self.hourly, LEAN_DTYPE)
        lean["entity"] = np.repeat(np.arange(first + 1, last + 1), self.hourly)
        lean["t"] = (FIRST_DAY * DAY_MS + hour * HOUR_MS + t).ravel()
        lean["lon"] = (LON_DEG * DEGREE + at[0] + reach * np.cos(angle)).ravel()
        lean["lat"] = (LAT_DEG * DEGREE + at[1] + reach * np.sin(2 * angle)).ravel()
        lean["heading"] = np.degrees(angle).ravel() % 360
        lean["speed"] = np.abs(chance.normal(900, 400, len(lean))).astype(np.int16)
        lean["accuracy"], lean["value"], lean["state"] = -1, np.nan, 4
        return lean


def make(folder: Path, rows: int, days: int) -> None:
    """Write one day in both orders and link it."""
    county = County(rows)
    begun = time.perf_counter()
    written = [
        write(folder, ENTITY, by_entity(np.concatenate([county.block(*span, hour) for hour in range(24)])), part=False)
        for span in county.ranges()
    ]
    for hour in range(24):
        lean = np.concatenate([county.block(*span, hour) for span in county.ranges()])
        written.append(write(folder, PLACE, by_place(lean), part=False))
    seconds = time.perf_counter() - begun
    with closing(Manifest(folder)) as manifest, manifest.change() as connection:
        names = (b"car %d" % number for number in range(1, county.entities + 1))
        known = [Entity(n, "invented", "", "", name, 0, b"") for n, name in enumerate(names, 1)]
        add_entities(connection, known)
        for day in range(days):
            add_files(connection, [_linked(folder, one, day)._replace(minutes={}) for one in written])
    size = {order: sum(one.bytes for one in written if one.order == order) for order in (PLACE, ENTITY)}
    print(
        f"{county.rows:,} rows of {county.entities:,} entities a day, linked {days} times: {county.rows * days:,} rows "
        f"in {len(written) * days:,} listed files; written in {seconds:.0f} s; bytes a row: space-time "
        f"{size[PLACE] / county.rows:.1f}, entity-time {size[ENTITY] / county.rows:.1f}; on disk "
        f"{sum(size.values()) / 1e6:,.0f} MB",
        flush=True,
    )


def _linked(folder: Path, one: Written, day: int) -> Written:
    """Return a file as one of a later day, by a hard link: its rows are those of the first day."""
    if not day:
        return one
    name = f"{day_name(FIRST_DAY + day)}/{Path(one.name).name}"
    (folder / name).parent.mkdir(exist_ok=True)
    os.link(folder / one.name, folder / name)
    later = day * DAY_MS
    return one._replace(day=one.day + day, name=name, begin_ms=one.begin_ms + later, end_ms=one.end_ms + later)


def ask(questions: Questions, number: int) -> ObservationArray | Cells:
    """Ask one of the questions; the entity is the seventh."""
    day_s = FIRST_DAY * 86400.0
    if number == 0:
        return questions.within(AREA, NINE_S, NINE_S + 3600)
    if number == 3:
        return questions.heat(day_s, day_s + 86399.999)
    return questions.track("car 7", day_s, day_s + (1 if number == 1 else 30) * 86400 - 0.001)


def count_of(answer: ObservationArray | Cells) -> int:
    """Return how many rows an answer stands for."""
    return int(answer.rows.sum()) if isinstance(answer, Cells) else len(answer)


def asked_here(folder: Path, number: int, engine: str) -> None:
    """Ask a question some times in this process and print what it took."""
    asking = Asking() if not engine else Asking(engine="spark", remote=engine)
    with closing(History(folder, folder / "no-journal")) as history, closing(engine_of(asking)) as asked:
        questions = Questions(history, asked)
        instants = np.random.default_rng(1).uniform(NINE_S + 900, NINE_S + 3600, ROUNDS)  # as a slider is dragged
        walls, cpus = list[float](), list[float]()
        for instant_s in instants.tolist():
            begun, cpu = time.perf_counter(), time.process_time()
            answer = history.states_at(instant_s) if number == INSTANT else ask(questions, number)
            walls.append(time.perf_counter() - begun)
            cpus.append(time.process_time() - cpu)
    told = {
        "first_s": walls[0],
        "first_cpu_s": cpus[0],
        "s": statistics.median(walls),
        "cpu_s": statistics.median(cpus),
    }
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(json.dumps({**told, "mb": peak_mb, "rows": count_of(answer)}))


def asked_apart(folder: Path, number: int, engine: str = "") -> dict[str, float]:
    """Ask a question in a fresh process."""
    line = [sys.executable, "-m", "benchmarks.history", "--ask", str(folder), str(number), "--spark", engine]
    told: dict[str, float] = json.loads(subprocess.run(line, check=True, capture_output=True, text=True).stdout)
    return told


def in_postgis(service: Service, folder: Path, county: County) -> None:
    """Load a day into PostGIS, ask it the same and compare the answers with the lake's."""
    begun = time.perf_counter()
    with _connected(service) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        connection.execute(
            "CREATE TABLE told (entity int, t bigint, lon int, lat int, geom geometry(Point, 4326)) "
            "PARTITION BY RANGE (t)"
        )
        first = FIRST_DAY * DAY_MS
        connection.execute(f"CREATE TABLE day0 PARTITION OF told FOR VALUES FROM ({first}) TO ({first + DAY_MS})")
        with connection.cursor() as cursor, cursor.copy("COPY day0 (entity, t, lon, lat) FROM STDIN") as copy:
            for hour, span in product(range(24), county.ranges()):
                for row in county.block(*span, hour)[["entity", "t", "lon", "lat"]].tolist():
                    copy.write_row(row)
        connection.execute("UPDATE day0 SET geom = ST_SetSRID(ST_MakePoint(lon / 1e7, lat / 1e7), 4326)")
        for index in ("USING brin (t)", "(entity, t)", "USING gist (geom)"):
            connection.execute(f"CREATE INDEX ON day0 {index}")
        connection.execute("VACUUM ANALYZE day0")
        loaded = time.perf_counter() - begun
        size = connection.execute(f"SELECT pg_total_relation_size('day0') / {county.rows}").fetchone()
        print(
            f"PostGIS: {county.rows:,} rows loaded in {loaded:.0f} s, {size[0] if size else 0} bytes a row", flush=True
        )
        compare(connection, folder)


def _connected(service: Service) -> psycopg.Connection[tuple[object, ...]]:
    """Connect as soon as it has started."""
    until = time.monotonic() + 60
    while True:
        try:
            return psycopg.connect(f"postgresql://postgres@127.0.0.1:{service.port}/postgres", autocommit=True)
        except psycopg.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def compare(connection: psycopg.Connection[tuple[object, ...]], folder: Path) -> None:
    """Ask both, in turn, and print ratios."""
    day = FIRST_DAY * DAY_MS
    hour = int(NINE_S * 1000)
    area = f"t BETWEEN {hour} AND {hour + 3_600_000} AND ST_Intersects(geom, ST_GeomFromText('{AREA.wkt}', 4326))"
    track = f"entity = 7 AND t BETWEEN {day} AND {day + DAY_MS - 1}"
    rows = "SELECT entity, t FROM told WHERE {} ORDER BY t, entity"
    cells = "SELECT floor(lon / 100000.0)::int AS x, floor(lat / 100000.0)::int AS y, count(*) FROM told "
    statements = {0: rows.format(area), 1: rows.format(track), 3: f"{cells} GROUP BY x, y ORDER BY x, y"}
    with closing(History(folder, folder / "no-journal")) as history:
        questions = Questions(history, engine_of(Asking()))
        for number, statement in statements.items():
            theirs, their_s = timed(lambda sql=statement: connection.execute(sql).fetchall())  # type: ignore[misc]  # bound early
            ours, our_s = timed(lambda n=number: ask(questions, n))  # type: ignore[misc]  # bound early
            assert plain(ours) == theirs, f"the answers to {QUESTIONS[number]} differ"
            print(
                f"  {QUESTIONS[number]:16} equal ({len(theirs):,}); DuckDB over the lake {our_s * 1000:7.1f} ms, "
                f"PostGIS {their_s * 1000:7.1f} ms: {their_s / our_s:.2f} x",
                flush=True,
            )


def timed(act: Callable[[], Answer]) -> tuple[Answer, float]:
    """Return the last answer of some, and the median of the times they took."""
    times: list[float] = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        answer = act()
        times.append(time.perf_counter() - begun)
    return answer, statistics.median(times)


def plain(answer: ObservationArray | Cells) -> list[tuple[object, ...]]:
    """Return an answer as every engine can give it."""
    if isinstance(answer, Cells):
        x, y = (np.rint(degrees * 100).astype(int).tolist() for degrees in (answer.lon_deg, answer.lat_deg))
        return list(zip(x, y, answer.rows.tolist(), strict=True))
    numbers = [int(key.split()[1]) for key in answer["id"].tolist()]
    return list(zip(numbers, np.rint(answer["time_s"] * 1000).astype(int).tolist(), strict=True))


def report(rows: int, days: int, share: int, spark: str) -> None:
    """Make the lake and print the tables."""
    with tempfile.TemporaryDirectory(prefix="zhian-history-") as name:
        folder = Path(name) / "year"
        make(folder, rows, days)
        print(f"one day linked {days} times, warm cache, lean rows; {os.cpu_count()} cores")
        for engine in ("", *([spark] if spark else [])):
            for number, question in enumerate(QUESTIONS):
                told = asked_apart(folder, number, engine)
                shown = {name: f"{told[name]:.3f}" for name in ("s", "cpu_s", "first_s", "first_cpu_s")}
                print(
                    f"  {engine or 'DuckDB':10} {question:16} {told['rows']:12,.0f} rows: {shown['s']} s, processor "
                    f"{shown['cpu_s']} s; the first time {shown['first_s']} s, processor {shown['first_cpu_s']} s; "
                    f"peak memory {told['mb']:.0f} MB",
                    flush=True,
                )
        part = Path(name) / "part"
        make(part, share, 1)
        with postgres(Path(name)) as service:
            in_postgis(service, part, County(share))


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the day (default 1,000,000)")
    parser.add_argument("--days", type=int, default=365, help="how often it is linked (default 365)")
    parser.add_argument("--share", type=int, default=500_000, help="rows of a day for PostGIS (default 500,000)")
    parser.add_argument("--spark", default="", metavar="URL", help="also ask this engine")
    parser.add_argument("--ask", nargs=2, default=(), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.ask:
        asked_here(Path(arguments.ask[0]), int(arguments.ask[1]), arguments.spark)
    else:
        report(arguments.rows, arguments.days, arguments.share, arguments.spark)
    return 0


if __name__ == "__main__":
    sys.exit(main())
