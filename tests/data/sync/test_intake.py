"""The engine with real sockets: what is answered is on disk."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest

from data.connectors.contract import SourceSettings
from data.connectors.jt808 import decoder, encoder
from data.connectors.jt808 import source as jt808
from data.connectors.jt808.frames import Splitter
from data.home import Home
from data.simulate.faults import Faults
from data.simulate.fleet import Fleet, Outcome
from data.simulate.jt808 import Jt808Simulation
from data.sync import commits
from data.sync.engine import Engine
from data.sync.journal import Entry, Journal, Kept, journal_path, read
from data.sync.ledger import Ledger
from data.sync.messages import Log, Message, Status
from tests.data.connectors.jt808.frames_seen import SWAPPED_AXES
from tests.small_county import home_with_county

PHONE = "013912345678"
BEGUN = int(time.time()) - 40_000


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Bench:
    """An engine with a listener on a free port."""

    def __init__(self, home: Home, **options: object) -> None:
        self.home, self.port, self.said = home, free_port(), list[Message]()
        options = {"port": self.port, "authentication": "open", **options}
        settings = SourceSettings("vans", "jt808", options, zone="视频专网", classification="internal")
        self.engine = Engine(home, "small", self.said.append, [settings])
        self.ledger = Ledger(journal_path(home, "small"))

    def run(self, act: Callable[[], Awaitable[None]]) -> None:
        async def both() -> None:
            async with asyncio.TaskGroup() as group:
                running = group.create_task(self.engine.run())
                await self.until(lambda: "source_up" in self.told() or running.done())
                await act()
                self.engine.quit()

        asyncio.run(both())

    def told(self) -> list[str]:
        return [message.key for message in self.said if isinstance(message, Log)]

    async def until(self, come: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not come():
                await asyncio.sleep(0.01)

    def account(self) -> tuple[int, ...]:
        """Return received, stored, duplicate and quarantined, and prove that they are exact."""
        accounts = self.ledger.balance()
        assert [a.difference for a in accounts] == [0] * len(accounts)
        assert self.ledger.verify() == []
        return tuple(sum(column) for column in zip(*(a[2:6] for a in accounts), strict=True))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return home_with_county(tmp_path)


async def connect(bench: Bench) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", bench.port)


def position(number: int) -> bytes:
    told = decoder.Position(0, 2, 120.92, 30.84, 4, 30.0, 90, float(BEGUN + number))
    return encoder.write_position(PHONE, number, told)


async def answers(reader: asyncio.StreamReader, count: int) -> list[decoder.Frame]:
    splitter, found = Splitter(), list[decoder.Frame]()
    async with asyncio.timeout(60):
        while len(found) < count:
            found += [decoder.read_frame(frame) for frame in splitter.feed(await reader.read(65536))]
    return found


def test_what_is_answered_is_on_disk_and_then_in_the_table(home: Home) -> None:
    bench = Bench(home)

    async def act() -> None:
        reader, writer = await connect(bench)
        writer.write(b"".join(map(position, range(10))) + bytes.fromhex(SWAPPED_AXES))
        told = await answers(reader, 11)
        assert sorted(int.from_bytes(frame.body[:2], "big") for frame in told[:10]) == list(range(10))
        kept = list(read(bench.ledger.path))
        assert [stored.raw for stored in kept] == [position(n)[1:-1] for n in range(10)]
        await bench.until(lambda: isinstance(bench.said[-1], Status) and bench.said[-1].entities == 1)
        writer.close()

    bench.run(act)
    assert bench.account() == (11, 10, 0, 1)
    (held,) = bench.ledger.quarantine()
    assert (held.reason, held.raw.hex(), held.source) == ("position out of range", SWAPPED_AXES[2:-2], "vans")


def test_udp_is_answered_too(home: Home) -> None:
    bench = Bench(home, transport="both")

    async def act() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as terminal:
            terminal.setblocking(False)
            terminal.connect(("127.0.0.1", bench.port))
            terminal.send(position(1) + position(2))
            async with asyncio.timeout(60):
                loop = asyncio.get_running_loop()
                told = [await loop.sock_recv(terminal, 2000) for _ in range(2)]
        assert [decoder.read_frame(wire[1:-1]).body.hex() for wire in told] == ["0001020000", "0002020000"]

    bench.run(act)
    assert bench.account() == (2, 2, 0, 0)


def test_plates_and_open_gaps_outlive_the_engine(home: Home) -> None:
    first, second = Bench(home), Bench(home)

    async def register_and_skip() -> None:
        reader, writer = await connect(first)
        writer.write(encoder.write_registration(PHONE, 0, "浙F12345") + position(1) + position(4))
        assert len(await answers(reader, 3)) == 3
        writer.close()

    async def fill() -> None:
        (source,) = second.engine._sources.values()
        assert isinstance(source.connector, jt808.Jt808)
        assert source.connector.exchange.parcel() is None
        reader, writer = await connect(second)
        writer.write(position(5) + position(2))
        assert len(await answers(reader, 2)) == 2
        assert [gap.missing for _, gap in second.ledger.gaps()] == [1]
        writer.write(position(6) + position(3))
        assert len(await answers(reader, 2)) == 2
        writer.close()

    first.run(register_and_skip)
    assert first.ledger.labels("vans") == {"13912345678": "浙F12345"}
    assert [(gap.first, gap.missing) for _, gap in first.ledger.gaps()] == [(2, 2)]
    second.run(fill)
    assert second.ledger.gaps() == []


def test_a_damaged_journal_is_mended_when_the_next_message_comes(home: Home) -> None:
    first, second = Bench(home), Bench(home)

    def send(bench: Bench, number: int) -> Callable[[], Awaitable[None]]:
        async def act() -> None:
            reader, writer = await connect(bench)
            writer.write(position(number))
            assert len(await answers(reader, 1)) == 1
            writer.close()

        return act

    first.run(send(first, 1))
    first.ledger.path.write_bytes(b"\xff" * 8192)
    second.run(send(second, 2))
    assert "journal_damaged" in second.told()
    assert [stored.raw for stored in read(second.ledger.path)] == [position(2)[1:-1]]
    assert len(list(home.state.glob("*.damaged-*"))) == 1


def play(bench: Bench, fleet: Fleet) -> tuple[Outcome, set[tuple[str, bytes]]]:
    """Let a fleet drive; return what came of it, and the positions that were acknowledged."""
    simulation, outcomes = Jt808Simulation(fleet, "127.0.0.1", bench.port), list[Outcome]()

    async def act() -> None:
        outcomes.append(await simulation.run())

    bench.run(act)
    return outcomes[0], {
        (client.phone.lstrip("0"), base) for client in simulation.clients for base in client.tally.acknowledged
    }


def stored_positions(path: Path) -> list[tuple[str, bytes]]:
    """Return device and position of every record that tells one."""
    bodies = (
        (record.device, record.raw if record.message == "0704" else decoder.read_frame(record.raw).body)
        for record in read(path, limit=1_000_000)
        if record.message in ("0200", "0704")
    )
    return [(device, body[:28]) for device, body in bodies]


def test_a_faulty_line_loses_and_doubles_nothing(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.connectors.jt808.client.RESEND_S", 0.3)
    bench = Bench(home, authentication="required")
    faults = Faults(loss=0.05, duplicate=0.05, disorder=0.05, corrupt=0.05, clock_s=30)
    outcome, acknowledged = play(bench, Fleet(terminals=10, rate_hz=400, seconds=2, faults=faults))
    assert outcome.acknowledged == outcome.reported == 800
    assert outcome.unanswered == 0
    stored = stored_positions(bench.ledger.path)
    assert len(stored) == len(set(stored))
    assert set(stored) == acknowledged
    assert bench.account()[2] > 0
    assert bench.account()[3] > 0
    assert bench.ledger.gaps() == []


def test_while_the_disk_is_full_nothing_is_answered_and_reading_stops(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    append, full = Journal.append, asyncio.Event()

    def fail_while_full(journal: Journal, entries: Sequence[Entry]) -> list[Kept]:
        if full.is_set():
            raise sqlite3.OperationalError("database or disk is full")
        return append(journal, entries)

    monkeypatch.setattr(Journal, "append", fail_while_full)
    monkeypatch.setattr(commits, "RETRY_S", 0.01)
    monkeypatch.setattr(jt808, "MOST_WAITING", 200)
    bench = Bench(home)

    async def act() -> None:
        reader, writer = await connect(bench)
        full.set()
        writer.write(b"".join(position(n) for n in range(50)))
        await bench.until(lambda: "journal_stopped" in bench.told())
        writer.write(b"".join(position(n) for n in range(50, 30_000)))
        (source,) = bench.engine._sources.values()
        assert isinstance(source.connector, jt808.Jt808)
        links = source.connector.links
        await bench.until(lambda: links.full)
        assert bench.engine._state(source).reason == "journal: database or disk is full"
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 0.1)
        full.clear()
        assert len(await answers(reader, 30_000)) == 30_000
        await bench.until(lambda: not links.full)
        writer.close()

    bench.run(act)
    assert bench.account() == (30_000, 30_000, 0, 0)
    assert bench.told()[-2:] == ["journal_stopped", "journal_writes_again"]
