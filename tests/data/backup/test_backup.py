"""The drill: backed up under load, lost, restored, and gone on with; and every torn backup refused."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.cli import main
from data.audit.reading import verify_file as verify_audit
from data.backup.listing import NAME, read_listing, verify
from data.backup.make import make_backup
from data.backup.restore import restore
from data.connectors.contract import SourceSettings
from data.home import Home
from data.records.database import engine_of, open_records, upgrade
from data.records.follower import Follower
from data.records.settings import FILE
from data.records.totals import totals
from data.simulate.fleet import Fleet
from data.simulate.jt808 import Jt808Simulation
from data.sync.journal import Journal, journal_path
from data.sync.ledger import Ledger
from data.sync.settings import set_sources
from data.sync.shared import open_for_writing, table_path
from tests.data.conftest import fresh_database
from tests.data.records.journal import entry, told
from tests.data.sync.test_intake import free_port, stored_positions
from tests.services import Service
from tests.small_county import home_with_county
from twin.errors import BadInputError, IntegrityError, UsageError

MADE_S = 1_795_320_000.0


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("ZHIAN_HOME", str(tmp_path / "home"))
    return home_with_county(tmp_path / "home")


def test_the_drill(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.connectors.jt808.client.RECONNECT_S", (0.05, 0.2))
    monkeypatch.setattr("data.connectors.jt808.client.RESEND_S", 0.5)
    port = free_port()
    set_sources(home, "small", [SourceSettings("vans", "jt808", {"port": port, "secret": "kept over restarts"})])
    simulation = Jt808Simulation(Fleet(terminals=10, rate_hz=500, seconds=1e6), "127.0.0.1", port)
    shelf = tmp_path / "shelf"

    async def start() -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "data.sync", "--twin", "small"),
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL,
        )  # fmt: skip

    async def acknowledged(more: int) -> None:
        enough = simulation.outcome().acknowledged + more
        async with asyncio.timeout(90):
            while simulation.outcome().acknowledged < enough:
                await asyncio.sleep(0.01)

    def bases() -> set[tuple[str, bytes]]:
        return {(client.phone.lstrip("0"), base) for client in simulation.clients for base in client.tally.acknowledged}

    async def run() -> set[tuple[str, bytes]]:
        engine = await start()
        driving = asyncio.create_task(simulation.run())
        await acknowledged(500)
        before = bases()
        assert await asyncio.to_thread(main, ["backup", str(shelf)]) == 0  # while the engine writes
        await acknowledged(200)
        engine.kill()
        await engine.wait()
        shutil.rmtree(home.data)
        shutil.rmtree(home.state)
        (made,) = shelf.iterdir()
        assert await asyncio.to_thread(main, ["restore", str(made)]) == 0
        engine = await start()
        await acknowledged(300)
        driving.cancel()
        await asyncio.wait([driving], timeout=60)
        assert engine.stdin is not None
        engine.stdin.close()
        assert await engine.wait() == 0
        return before

    before = asyncio.run(run())
    ledger = Ledger(journal_path(home, "small"))
    stored = stored_positions(ledger.path)
    assert before <= set(stored)
    assert len(stored) == len(set(stored))
    assert [account.difference for account in ledger.balance()] == [0] * len(ledger.balance())
    assert ledger.verify() == []
    assert verify_audit(home.state / "trail.sqlite").problem == ""


def test_what_comes_again_after_a_restore_is_recognised(home: Home, tmp_path: Path) -> None:
    journal = Journal(journal_path(home, "small"))
    journal.append([entry(1, told(0, 5))])
    made = make_backup(home, tmp_path / "shelf", "0", MADE_S)  # the journal is open and in its log
    journal.append([entry(2, told(0, 5))])
    journal.close()
    (aside, _) = restore(home, made, replace=True, now_s=MADE_S)
    assert (aside / "twins" / "small" / "twin.json").exists()
    journal = Journal(journal_path(home, "small"))
    kept = journal.append([entry(1, told(0, 5)), entry(2, told(0, 5))])
    journal.close()
    assert [outcome.new.sum() for outcome in kept] == [0, 5]
    (account,) = Ledger(journal.path).balance()
    assert (account.received, account.stored, account.duplicate, account.difference) == (15, 10, 5, 0)


def _cut(folder: Path) -> None:
    journal = next(folder.glob("state/journal-*.sqlite"))
    journal.write_bytes(journal.read_bytes()[:-100])


def _flip(folder: Path) -> None:
    manifest = folder / "data" / "twins" / "small" / "twin.json"
    body = bytearray(manifest.read_bytes())
    body[10] ^= 1
    manifest.write_bytes(body)


def _flip_the_list(folder: Path) -> None:
    body = bytearray((folder / NAME).read_bytes())
    body[20] ^= 1
    (folder / NAME).write_bytes(body)


@pytest.mark.parametrize(
    ("harm", "error"),
    [
        (_cut, IntegrityError),
        (_flip, IntegrityError),
        (_flip_the_list, IntegrityError),
        (lambda folder: (folder / "data" / "twins" / "small" / "twin.json").unlink(), IntegrityError),
        (lambda folder: (folder / "data" / "stranger.toml").write_text("x"), IntegrityError),
        (lambda folder: (folder / NAME).unlink(), BadInputError),
    ],
)
def test_a_torn_backup_is_refused_and_changes_nothing(
    harm: Callable[[Path], object], error: type[Exception], home: Home, tmp_path: Path
) -> None:
    Journal(journal_path(home, "small")).close()
    made = make_backup(home, tmp_path / "shelf", "0", MADE_S)
    assert verify(made).made_s == MADE_S
    harm(made)
    with pytest.raises(error):
        restore(home, made, replace=True, now_s=MADE_S)
    assert home.twins() == ["small"]
    assert sorted(path.name for path in home.data.parent.iterdir()) == ["cache", "data", "runtime", "state"]


def test_a_backup_that_is_cut_off_leaves_nothing_that_looks_like_one(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("data.backup.make.shutil.copy2", full)
    with pytest.raises(Exception, match="the disk is full"):
        make_backup(home, tmp_path / "shelf", "0", MADE_S)
    assert list((tmp_path / "shelf").iterdir()) == []


def test_nothing_is_restored_over_a_running_engine_or_over_a_twin_unasked(home: Home, tmp_path: Path) -> None:
    made = make_backup(home, tmp_path / "shelf", "0", MADE_S)
    with pytest.raises(UsageError, match="--replace"):
        restore(home, made, replace=False, now_s=MADE_S)
    engine = open_for_writing(table_path(home, "small"), 8)
    with pytest.raises(UsageError, match="running"):
        restore(home, made, replace=True, now_s=MADE_S)
    engine.close()


def test_a_later_backup_shares_the_lakes_files_with_the_one_before(home: Home, tmp_path: Path) -> None:
    sealed = home.data / "history" / "small" / "day=20779" / "a-1.parquet"
    sealed.parent.mkdir(parents=True)
    sealed.write_bytes(b"sealed" * 1000)
    first, second = (make_backup(home, tmp_path / "shelf", "0", MADE_S + day) for day in (0, 86400))
    there = [made / "data" / "history" / "small" / "day=20779" / "a-1.parquet" for made in (first, second)]
    assert there[0].samefile(there[1])
    assert not there[0].samefile(sealed)
    shutil.rmtree(first)
    assert verify(second)


def test_records_on_a_server_come_back_with_the_journal_and_are_followed_on(
    home: Home,
    tmp_path: Path,
    server: Service,
) -> None:
    def settle(url: sa.URL) -> None:
        (home.data / FILE).write_text(f'database = "{url.render_as_string()}"\n', "utf-8")

    url = fresh_database(server)
    settle(url)
    engine = engine_of(url)
    upgrade(engine)
    journal = Journal(journal_path(home, "small"))
    journal.append([entry(1, told(0, 5))])
    Follower(engine, journal.path, "small", 30, lambda: MADE_S).step()
    journal.append([entry(2, told(0, 5, MADE_S + 1))])
    journal.close()
    made = make_backup(home, tmp_path / "shelf", "0", MADE_S)
    assert read_listing(made).records == "postgresql"
    with pytest.raises(UsageError, match="holds records already"):
        restore(home, made, replace=True, now_s=MADE_S)
    engine.dispose()
    admin = sa.create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {url.database} WITH (FORCE)")
        connection.exec_driver_sql(f"CREATE DATABASE {url.database}")
    admin.dispose()
    restore(home, made, replace=True, now_s=MADE_S)
    engine = open_records(home)
    assert totals(engine)["positions"] == 5
    Follower(engine, journal.path, "small", 30, lambda: MADE_S).step()
    assert (totals(engine)["positions"], totals(engine)["entities"]) == (10, 5)
    engine.dispose()
