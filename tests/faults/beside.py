"""What stands beside the engine: a records database, a NATS server with a desk, the lake; each can be killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

import shapely
import sqlalchemy as sa

from data.fanout.accounts import Join
from data.history.engines import DuckDB
from data.history.manifest import lake_path
from data.history.questions import Questions
from data.history.reader import History
from data.home import Home
from data.records.database import engine_of, upgrade
from data.records.tables import CHECKPOINTS, ENTITIES, POSITIONS
from data.sync.chunks import chunks, journal_id, newest_chunk
from data.sync.journal import journal_path
from tests.data.conftest import fresh_database
from tests.data.fanout.far import FarDesk, join
from tests.faults.engine import ROOT
from tests.services import HOST, Service, nats_server, postgres

TWIN = "small"
EVERYWHERE = shapely.box(-180, -90, 180, 90)
DAYS_S = 3 * 86_400.0
"""Clocks are at most a day off."""
FOLLOWED_S = 90.0
State = tuple[str, int, int, int]
"""An entity, when it was where, in milliseconds and 1e-7 degrees: as exactly as every store keeps it."""


@dataclass(slots=True)
class Copies:
    """What became of the journal's rows in another store."""

    name: str
    rows: int
    missing: int
    doubled: int

    def __str__(self) -> str:
        return f"{self.name}: {self.rows:,} states; missing: {self.missing:,}, visible duplicates: {self.doubled:,}"


@dataclass(slots=True)
class Beside:
    """The neighbours of one engine."""

    home: Home
    database: Service
    nats: Service
    desk: FarDesk
    url: sa.URL

    @property
    def arguments(self) -> list[str]:
        """What the engine is started with."""
        return ["--fanout", f"nats://{HOST}:{self.nats.port}"]

    async def round_of_history(self, *, killed_after_s: float | None = None) -> None:
        """Have the lake take what the journal has; killed on the way if wanted."""
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "data.history", "--twin", TWIN), cwd=ROOT, stdin=subprocess.DEVNULL,
            env={**os.environ, "ZHIAN_HOME": str(self.home.data.parent)},
        )  # fmt: skip
        if killed_after_s is None:
            assert await child.wait() == 0
            return
        await asyncio.sleep(killed_after_s)
        with contextlib.suppress(ProcessLookupError):  # it was faster
            child.kill()
        await child.wait()

    async def followed(self) -> None:
        """Wait until the database has what the journal has."""
        journal = journal_path(self.home, TWIN)
        wanted = await asyncio.to_thread(newest_kept, journal)
        try:
            async with asyncio.timeout(FOLLOWED_S):
                while await asyncio.to_thread(self._reached) < wanted:
                    await asyncio.sleep(0.2)
        except TimeoutError:
            raise AssertionError(f"the database came to {self._reached()}, the journal is at {wanted}") from None

    def _reached(self) -> int:
        engine = engine_of(self.url)
        try:
            with engine.connect() as connection:
                mine = CHECKPOINTS.c.journal == journal_id(journal_path(self.home, TWIN))
                return connection.scalar(sa.select(CHECKPOINTS.c.at).where(mine)) or 0
        except sa.exc.OperationalError:  # it is still starting
            return 0
        finally:
            engine.dispose()

    def accounts(self, now_s: float) -> list[Copies]:
        """Hold both stores against the journal."""
        told = told_by(journal_path(self.home, TWIN))
        return [_held_against("records database", told, self._in_database()), self._in_lake(told, now_s)]

    def _in_database(self) -> Counter[State]:
        engine = engine_of(self.url)
        columns = (ENTITIES.c.id, POSITIONS.c.time_s, POSITIONS.c.lon_deg, POSITIONS.c.lat_deg)
        query = sa.select(*columns).join(ENTITIES, ENTITIES.c.number == POSITIONS.c.entity)
        with engine.connect() as connection:
            found = Counter(state(*row) for row in connection.execute(query))
        engine.dispose()
        return found

    def _in_lake(self, told: Counter[State], now_s: float) -> Copies:
        """Hold the lake against the journal: of equal states it keeps one once their day is merged."""
        folder = lake_path(self.home, TWIN)
        with closing(History(folder, folder / "no-journal")) as history, closing(DuckDB()) as engine:
            rows = Questions(history, engine).within(EVERYWHERE, now_s - DAYS_S, now_s + DAYS_S)
        found = Counter(state(bytes(row["id"]).decode(), row["time_s"], row["lon_deg"], row["lat_deg"]) for row in rows)
        return _held_against("lake", told, found, merged=True)


def state(entity: str, time_s: float, lon_deg: float, lat_deg: float) -> State:
    """Return a state as every store has it."""
    return entity, round(float(time_s) * 1e3), round(float(lon_deg) * 1e7), round(float(lat_deg) * 1e7)


def told_by(journal: Path) -> Counter[State]:
    """Return the states in a journal's chunks."""
    told: Counter[State] = Counter()
    at = 0
    while some := list(chunks(journal, at)):
        for chunk in some:
            rows = chunk.rows
            told.update(state(bytes(row["id"]).decode(), row["time_s"], row["lon_deg"], row["lat_deg"]) for row in rows)
        at = some[-1].at
    return told


def newest_kept(journal: Path) -> int:
    """Return the offset of the newest chunk that is there: after damage offsets begin anew much higher."""
    upto, at = newest_chunk(journal), 0
    while some := list(chunks(journal, at)):
        at = some[-1].at
    return min(upto, at)


def _held_against(name: str, told: Counter[State], found: Counter[State], *, merged: bool = False) -> Copies:
    missing = sum((told - found).values()) if not merged else len(told.keys() - found.keys())
    doubled = sum(count - max(told[one], 1) for one, count in found.items() if count > max(told[one], 1))
    return Copies(name, found.total(), missing, doubled)


@contextlib.contextmanager
def services(folder: Path, home: Home) -> Iterator[Beside]:
    """Start a database and a NATS server, and let the engine know."""
    for name in ("database", "nats"):
        (folder / name).mkdir()
    with postgres(folder / "database") as database, nats_server(folder / "nats") as nats:
        url = fresh_database(database)
        engine = engine_of(url)
        upgrade(engine)
        engine.dispose()
        (home.data / "records.toml").write_text(f'database = "{url.render_as_string()}"\n', "utf-8")
        there: Join = join(f"nats://{HOST}:{nats.port}")
        yield Beside(home, database, nats, FarDesk(folder / "desk", there), url)


@asynccontextmanager
async def reading_along(beside: Beside) -> AsyncIterator[None]:
    """Run the desk."""
    task = asyncio.create_task(beside.desk.engine.run())
    try:
        yield
    finally:
        beside.desk.engine.quit()
        await asyncio.wait([task], timeout=10)
