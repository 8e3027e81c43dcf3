"""Two machines in two networks, with journals, that trust each other's keys."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import sqlalchemy as sa

from data.connectors.contract import Record
from data.ferry.keys import own_line, trust
from data.home import Home
from data.own_copy import shipped
from data.sync.chunks import chunks
from data.sync.journal import Entry, Journal, Origin, journal_path
from data.sync.ledger import Ledger
from data.sync.tables import RECORDS, SOURCES, open_engine
from data.sync.zones import FILE, zones_of
from tests.twin.live.factory import rows
from twin.live.observation import ObservationArray

TWIN = "small"
VIDEO, POLICE, OUTER = "视频专网", "公安网", "政务外网"


@dataclass(frozen=True)
class Side:
    """One machine."""

    home: Home

    @property
    def zone(self) -> str:
        return zones_of(self.home).networks.here

    @property
    def journal(self) -> Path:
        return journal_path(self.home, TWIN)

    def keep(self, first: int, count: int, origin: Origin | None = None, told: ObservationArray | None = None) -> None:
        """Keep messages, each telling a row."""
        origin = origin or Origin("cameras", VIDEO, "一般")
        told = rows(*((f"e{n}", float(n)) for n in range(first, first + count))) if told is None else told
        told["label"] = "浙F·I0001".encode()
        records = [
            Record(b"%08d" % n, f"1390{n % 7}", "0200", float(n), b"raw %d" % n) for n in range(first, first + count)
        ]
        journal = Journal(self.journal)
        journal.append([Entry(origin, 1000.0 + first, count, records, rows=told)])
        journal.close()

    def records(self) -> list[tuple[object, ...]]:
        """Return all messages, by key, with all that crosses."""
        names = ("key", "device", "message", "source_s", "arrival_s", "raw")
        query = sa.select(
            SOURCES.c.name, SOURCES.c.zone, SOURCES.c.classification, *(RECORDS.c[name] for name in names)
        ).join(SOURCES, SOURCES.c.id == RECORDS.c.source)
        engine = open_engine(self.journal)
        with engine.begin() as connection:
            found = [tuple(row) for row in connection.execute(query.order_by(RECORDS.c.key))]
        engine.dispose()
        return found

    def rows(self) -> list[bytes]:
        """Return all rows, sorted."""
        found = [chunk.rows for chunk in chunks(self.journal, limit=1_000_000)]
        return sorted(row.tobytes() for row in (np.concatenate(found) if found else ()))

    def check(self) -> None:
        """Prove that the balance is exact."""
        assert Ledger(self.journal).verify() == []
        assert {account.difference for account in Ledger(self.journal).balance()} <= {0}


def side(root: Path, zone: str) -> Side:
    """Return a machine in a network."""
    home = Home(*(root / name for name in ("data", "cache", "state", "runtime")))
    for folder in (home.data, home.cache, home.state, home.runtime):
        folder.mkdir(parents=True)
    text = shipped(FILE).read_text("utf-8").replace('here = "公安网"', f'here = "{zone}"')
    (home.data / FILE).write_text(text, "utf-8")
    return Side(home)


def pair(root: Path, first: str = VIDEO, second: str = POLICE) -> tuple[Side, Side]:
    """Return two machines that trust each other."""
    one, other = side(root / "one", first), side(root / "other", second)
    trust(other.home, "one", own_line(one.home, first))
    trust(one.home, "other", own_line(other.home, second))
    return one, other
