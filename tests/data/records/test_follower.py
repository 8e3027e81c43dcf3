"""What the journal keeps is in the records once, in each database, whatever is killed."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from data.connectors.contract import Gap
from data.records.database import engine_of, upgrade
from data.records.follower import Follower
from data.records.tables import BALANCE, CHECKPOINTS, ENTITIES, GAPS, POSITIONS, SOURCES
from data.sync.chunks import chunks
from data.sync.journal import Journal
from tests.data.conftest import fresh_database
from tests.data.records.journal import DAY_S, NOON, entry, told, write
from tests.services import Service, postgres
from twin.errors import IntegrityError


@pytest.fixture
def engine(empty: sa.Engine) -> sa.Engine:
    upgrade(empty)
    return empty


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with closing(Journal(tmp_path / "journal.sqlite", lambda: NOON + 1)) as journal:
        yield journal


def _follower(engine: sa.Engine, path: Path, days: int = 30) -> Follower:
    return Follower(engine, path, "small", days, lambda: NOON)


def _count(engine: sa.Engine, table: sa.Table) -> int:
    with engine.connect() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def test_rows_states_sources_balance_and_gaps_are_in_the_records(engine: sa.Engine, journal: Journal) -> None:
    gap = Gap("van", 5, 3, 2, NOON, NOON + 1)
    journal.append([entry(1, told(0, 3), (gap,)), entry(2, told(1, 3, NOON + 10))])
    follower = _follower(engine, journal.path)
    assert follower.step() == 1
    assert follower.step() == 0
    assert [_count(engine, table) for table in (POSITIONS, ENTITIES, SOURCES, GAPS)] == [6, 4, 1, 1]
    with engine.connect() as connection:
        newest = connection.execute(sa.select(ENTITIES).where(ENTITIES.c.id == "van 1")).mappings().one()
        (account,) = connection.execute(sa.select(BALANCE)).mappings()
        found = connection.execute(sa.select(POSITIONS.c.time_s).where(POSITIONS.c.entity == newest["number"]))
        assert sorted(found.scalars()) == [NOON, NOON + 10]
    assert (newest["time_s"], newest["kind"], newest["state"]) == (NOON + 10, "dump_truck", "moving")
    assert (newest["speed_mps"], newest["heading_deg"], newest["label"]) == (12.5, None, "浙F·8K2Q6")
    assert (account["received"], account["stored"], account["destroyed"], account["source"]) == (6, 6, 0, "vans")


def test_what_is_late_is_a_position_and_no_newer_state(engine: sa.Engine, journal: Journal) -> None:
    journal.append([entry(1, told(0, 1, NOON + 60))])
    journal.append([entry(2, told(0, 1, NOON - DAY_S))])
    _follower(engine, journal.path).step()
    with engine.connect() as connection:
        assert connection.scalars(sa.select(ENTITIES.c.time_s)).all() == [NOON + 60]
    assert _count(engine, POSITIONS) == 2


def test_two_followers_and_one_that_begins_anew_take_each_chunk_once(engine: sa.Engine, journal: Journal) -> None:
    for serial in range(40):
        journal.append([entry(serial, told(0, 5, NOON + serial))])
    failures: list[BaseException] = []

    def follow() -> None:
        try:
            follower = _follower(engine, journal.path)
            while follower.step():
                pass
        except BaseException as error:  # noqa: BLE001 - handed to the test
            failures.append(error)

    threads = [threading.Thread(target=follow) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert _follower(engine, journal.path).step() == 0
    assert _count(engine, POSITIONS) == 200


def test_a_step_that_fails_leaves_nothing_and_is_taken_again(
    engine: sa.Engine, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.append([entry(1, told(0, 3))])
    follower = _follower(engine, journal.path)
    with monkeypatch.context() as broken:
        broken.setattr(Follower, "_set_checkpoint", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            follower.step()
    assert [_count(engine, table) for table in (POSITIONS, ENTITIES, SOURCES)] == [0, 0, 0]
    assert follower.step() == 1
    assert _count(engine, POSITIONS) == 3


def test_a_chunk_that_was_changed_is_passed_over_and_counted(engine: sa.Engine, journal: Journal) -> None:
    for serial in range(3):
        journal.append([entry(serial, told(serial, 1))])
    second = [chunk.at for chunk in chunks(journal.path)][1]
    journal._raw.execute("UPDATE chunk SET crc = crc + 1 WHERE at = ?", (second,))
    follower = _follower(engine, journal.path)
    for _ in range(3):
        follower.step()
    assert follower.damaged == 1
    assert _count(engine, POSITIONS) == 2


def test_a_journal_that_is_older_than_the_records_is_told(engine: sa.Engine, journal: Journal, tmp_path: Path) -> None:
    journal.append([entry(1, told(0, 1))])
    journal._raw.execute("VACUUM INTO ?", (str(tmp_path / "older.sqlite"),))
    journal.append([entry(2, told(0, 1, NOON + 1))])
    _follower(engine, journal.path).step()
    with pytest.raises(IntegrityError, match="one backup"):
        _follower(engine, tmp_path / "older.sqlite").step()
    assert _count(engine, POSITIONS) == 2


def test_days_past_their_time_are_dropped(engine: sa.Engine, journal: Journal) -> None:
    journal.append([entry(1, told(0, 2, NOON - 40 * DAY_S)), entry(2, told(0, 2))])
    _follower(engine, journal.path).step()
    _follower(engine, journal.path).step()
    assert _count(engine, POSITIONS) == 2
    assert _count(engine, ENTITIES) == 2


def test_on_postgres_days_are_partitions_with_both_indexes_and_entities_have_a_place(
    server: Service, journal: Journal
) -> None:
    engine = engine_of(fresh_database(server))
    upgrade(engine)
    journal.append([entry(1, told(0, 2)), entry(2, told(0, 2, NOON + DAY_S))])
    _follower(engine, journal.path).step()
    with engine.connect() as connection:
        names = connection.exec_driver_sql("SELECT tablename FROM pg_tables WHERE tablename LIKE 'position_2%%'")
        assert sorted(names.scalars()) == ["position_20261122", "position_20261123"]
        kinds = connection.exec_driver_sql(
            "SELECT amname FROM pg_class JOIN pg_index ON indexrelid = pg_class.oid JOIN pg_am ON pg_am.oid = relam "
            "WHERE indrelid = 'position_20261122'::regclass"
        )
        assert sorted(kinds.scalars()) == ["brin", "btree"]
        near = "SELECT count(*) FROM entity WHERE ST_DWithin(place, ST_SetSRID(ST_MakePoint(120.9, 30.8), 4326), 0.001)"
        assert connection.exec_driver_sql(near).scalar() == 2
        late = "EXPLAIN SELECT * FROM position WHERE time_s >= %(begin_s)s"
        plan = connection.exec_driver_sql(late, {"begin_s": NOON + DAY_S - 3600})
        assert "position_20261122" not in "\n".join(plan.scalars())
    engine.dispose()


def test_the_follower_is_killed_again_and_again_while_the_journal_grows(tmp_path: Path, server: Service) -> None:
    path = tmp_path / "journal.sqlite"
    url = fresh_database(server)
    engine = engine_of(url)
    upgrade(engine)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    commits, rows = 120, 50
    command = [sys.executable, "-m", "tests.data.records.following", str(path), url.render_as_string()]
    writing = threading.Thread(target=write, args=(path, commits, rows))
    writing.start()
    seen = 0
    for _ in range(2):
        following = subprocess.Popen(command, env=environment)
        while _count(engine, POSITIONS) == seen and following.poll() is None:
            threading.Event().wait(0.01)
        following.kill()
        following.wait()
        seen = _count(engine, POSITIONS)
        assert seen % rows == 0
    writing.join()
    follower = _follower(engine, path)
    while follower.step():
        pass
    with engine.connect() as connection:
        once = sa.select(sa.func.count()).select_from(
            sa.select(POSITIONS.c.entity, POSITIONS.c.time_s).distinct().subquery()
        )
        assert connection.scalar(once) == _count(engine, POSITIONS) == commits * rows
        assert connection.scalar(sa.select(CHECKPOINTS.c.at)) == commits
    engine.dispose()


def test_a_database_that_is_killed_loses_and_doubles_nothing(
    tmp_path: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.records.follower.RETRY_S", 0.05)
    (tmp_path / "own").mkdir()
    with postgres(tmp_path / "own") as server:
        engine = engine_of(fresh_database(server))
        upgrade(engine)
        stop, problems = threading.Event(), list[str]()
        follower = _follower(engine, journal.path)
        following = threading.Thread(target=follower.run, args=(stop, problems.append))
        following.start()
        for serial in range(60):
            journal.append([entry(serial, told(0, 20, NOON + serial))])
            if serial == 30:
                server.kill()
        while not problems:
            stop.wait(0.02)
        server.start()
        while not _is_followed(engine, 60):
            stop.wait(0.05)
        stop.set()
        following.join()
        assert _count(engine, POSITIONS) == 1200
        assert _count(engine, ENTITIES) == 20
        assert "password" not in " ".join(problems)
        engine.dispose()


def _is_followed(engine: sa.Engine, at: int) -> bool:
    try:
        with engine.connect() as connection:
            return connection.scalar(sa.select(CHECKPOINTS.c.at)) == at
    except sa.exc.OperationalError:  # the server is still starting
        return False
