"""The kinds of fault: each does its harm, takes it back, and leaves it to the run to see what became of it."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import sqlite3
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from tests.faults.beside import Beside
from tests.faults.damage import damage
from tests.faults.engine import FAKETIME, ROOT
from tests.faults.road import HOST, abort
from tests.faults.terminal import Air, Terminal
from tests.faults.world import World
from tests.services import Service

DAY_S = 86_400.0
BLIND_S = 5.0
"""A desk that hears nothing says so within this."""
FLOOD = 300
"""Positions a terminal has waiting at most while it floods."""
MARGIN = 4_000_000
"""Bytes of a disk that are filled bit by bit, as the engine writes meanwhile."""


class Fault(NamedTuple):
    """One kind of fault."""

    name: str
    strike: Callable[[World], Awaitable[None]]
    possible: Callable[[World], bool] = lambda world: True


async def killed(world: World) -> None:
    """Kill -9 at any moment."""
    await world.last(0.0, 0.6)
    await world.engine.kill()
    await world.restart()


async def killed_in_a_commit(world: World) -> None:
    """Kill -9 within three milliseconds of a write to the journal's log."""
    before = _written(world.journal)
    await world.until(lambda: _written(world.journal) != before, 20)
    await asyncio.sleep(world.chance.uniform(0, 0.003))
    await world.engine.kill()
    await world.restart()


def _written(journal: Path) -> tuple[int, int]:
    log = journal.with_name(journal.name + "-wal").stat()
    return log.st_size, log.st_mtime_ns


async def killed_in_a_checkpoint(world: World) -> None:
    """Kill -9 while the log is being copied into the file: provoked by a flood, which fills the log."""
    before = world.journal.stat().st_mtime_ns
    async with asyncio.timeout(60):
        while world.journal.stat().st_mtime_ns == before:
            for terminal in world.terminals:
                terminal.look(20 if terminal.unanswered < FLOOD else 0)
            await asyncio.sleep(0.02)
    await asyncio.sleep(world.chance.uniform(0, 0.02))
    await world.engine.kill()
    await world.restart()


async def killed_while_it_ends(world: World) -> None:
    """Kill -9 in the middle of an orderly end, when the log is put away."""
    world.engine.send(signal.SIGTERM)
    await asyncio.sleep(world.chance.uniform(0, 0.3))
    await world.engine.kill()
    await world.restart()


async def ended_and_started(world: World) -> None:
    """An orderly end under load: what it took last is answered or comes again."""
    code = await world.engine.end()
    assert code == 0, f"it ended with {code}: {world.engine.errors()}"
    await world.restart()


async def stopped(world: World) -> None:
    """SIGSTOP, up to 30 seconds, as when a machine is put to sleep or swaps."""
    world.engine.send(signal.SIGSTOP)
    long = world.chance.random() < 0.1
    await asyncio.sleep(world.scale.longest_stop_s if long else world.chance.uniform(0.3, 3) * world.scale.unit_s)
    world.engine.send(signal.SIGCONT)


async def half_open_platform(world: World) -> None:
    """The terminals vanish without a word; the platform's ends stay open."""
    world.road.lose(near=True)
    await world.last(0.3, 1.5)


async def half_open_terminals(world: World) -> None:
    """The platform's ends vanish without a word; the terminals have to find out."""
    world.road.lose(near=False)
    await world.last(0.3, 1.0)
    world.road.forget()


async def partition(world: World) -> None:
    """Nothing passes for a while; then everything does that was on the way."""
    world.road.hold()
    await world.last(0.5, 4)
    world.road.heal()


async def partition_and_reset(world: World) -> None:
    """Nothing passes for a while, and the connections do not outlive it."""
    world.road.hold()
    await world.last(0.3, 2)
    world.road.cut()
    await world.last(0.0, 1)
    world.road.heal()


async def resets(world: World) -> None:
    """Connections are reset, again and again."""
    for _ in range(world.chance.randint(1, 5)):
        world.road.cut()
        await world.last(0.0, 0.3)


def in_the_air(**shares: float) -> Callable[[World], Awaitable[None]]:
    """Return a fault of what goes through the air: shares of frames, as :class:`Air` names them."""

    async def strike(world: World) -> None:
        for name, share in shares.items():
            setattr(world.air, name, share * world.chance.uniform(0.5, 1.5))
        await world.last(1, 2)
        calm = Air()
        for name in shares:
            setattr(world.air, name, getattr(calm, name))

    return strike


async def terminals_clocks(world: World) -> None:
    """All terminals' clocks are a day ahead or behind."""
    world.air.clock_s = world.chance.choice((-DAY_S, DAY_S))
    await world.last(0.7, 1.5)
    world.air.clock_s = 0.0


async def engines_clock(world: World) -> None:
    """The engine's clock goes a day ahead or back while it runs, and comes back."""
    await world.engine.kill()
    await world.engine.start(moving_clock=True)
    await world.recovered()
    world.engine.clock_file.write_text(f"{world.chance.choice((-DAY_S, DAY_S)):+.0f}\n", "ascii")
    await world.last(1.5, 2.5)
    world.engine.clock_file.write_text("+0\n", "ascii")
    await world.last(1.2, 1.5)
    await world.engine.kill()
    await world.restart()


@contextmanager
def full_disk(world: World) -> Iterator[None]:
    """Let there be no room: on a disk of its own by filling it, else by a limit on the engine's files."""
    if world.disk is not None:
        ballast = world.disk / "ballast"
        room = os.statvfs(world.disk)
        with ballast.open("wb", buffering=0) as file, suppress(OSError):  # full is what it should become
            os.posix_fallocate(file.fileno(), 0, max(room.f_bavail * room.f_frsize - MARGIN, 1))
            while file.write(bytes(4096)):
                pass
        try:
            yield
        finally:
            ballast.unlink()
    else:
        pid, (_, hard) = world.engine.pid, resource.prlimit(world.engine.pid, resource.RLIMIT_FSIZE)
        log = world.journal.with_name(world.journal.name + "-wal")
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (max(log.stat().st_size // 2, 4096), hard))
        try:
            yield
        finally:
            if world.engine.running and world.engine.pid == pid:
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))


async def disk_full(world: World) -> None:
    """No room for a while."""
    with full_disk(world):
        await world.last(1, 3)


async def killed_on_a_full_disk(world: World) -> None:
    """No room, and killed in it; started again when there is room."""
    with full_disk(world):
        await world.last(0.5, 1.5)
        await world.engine.kill()
    await world.restart()


async def slow_reader(world: World) -> None:
    """A reader of the live table that copies it without pause, and one that is stopped while it holds it."""
    script = (
        "import sys; from pathlib import Path; from data.sync.shared import open_for_reading; "
        "from twin.live.reader import LiveReader; reader = LiveReader(open_for_reading(Path(sys.argv[1])).buffer); "
        "print('reads', flush=True)\nwhile True: reader.frame()"
    )
    readers = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", script, str(world.table), cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        for _ in range(2)
    ]
    for reader in readers:
        assert reader.stdout is not None
        await reader.stdout.readline()
    readers[0].send_signal(signal.SIGSTOP)
    await world.last(0.5, 1.5)
    await world.recovered()
    for reader in readers:
        reader.kill()
        await reader.wait()


async def long_question(world: World) -> None:
    """Someone asks the journal a question that does not end: its log cannot be put away meanwhile."""
    with closing(sqlite3.connect(f"file:{world.journal}?mode=ro", uri=True)) as connection:
        connection.isolation_level = None
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM record").fetchone()
        await world.last(1, 3)
        await world.recovered()


async def broker_killed(world: World) -> None:
    """Kill -9 the MQTT broker in mid-stream; it comes back with what it had saved."""
    world.devices.broker.kill()
    await world.last(0.1, 2)
    await asyncio.to_thread(world.devices.broker.start)


async def compactor_killed(world: World) -> None:
    """Kill -9 the process that seals the history, again and again, while the journal grows."""
    beside = _beside(world)
    for _ in range(4):
        await beside.round_of_history(killed_after_s=world.chance.uniform(0.2, 2.0))
    await beside.round_of_history()


async def nats_killed(world: World) -> None:
    """Kill -9 the NATS server: the desk says that it is blind, and sees again."""
    beside = _beside(world)
    await world.seen()
    beside.nats.kill()
    await world.until(lambda: world.blind, BLIND_S)
    await world.last(0.0, 2)
    await asyncio.to_thread(beside.nats.start)
    await world.seen()


async def database_killed(world: World) -> None:
    """Kill -9 PostgreSQL while the journal is being followed."""
    beside = _beside(world)
    beside.database.kill()
    await world.last(0.1, 2)
    await asyncio.to_thread(beside.database.start)


def neighbour_stopped(name: str) -> Callable[[World], Awaitable[None]]:
    """Return a fault that stops a neighbour for up to as long as the engine is stopped at most."""

    async def strike(world: World) -> None:
        service: Service = world.devices.broker if name == "broker" else getattr(_beside(world), name)
        service.send(signal.SIGSTOP)
        long = world.chance.random() < 0.1
        await asyncio.sleep(world.scale.longest_stop_s if long else world.chance.uniform(0.3, 3) * world.scale.unit_s)
        service.send(signal.SIGCONT)

    return strike


def _beside(world: World) -> Beside:
    assert world.beside is not None
    return world.beside


def _has_neighbours(world: World) -> bool:
    return world.beside is not None


async def crowd(world: World) -> None:
    """A thousand terminals connect at once, each with something to say."""
    notebook, count = world.notebook, world.scale.crowd
    many = [
        Terminal(5000 + n, world.engine.port, Air(), notebook, world.chance.randrange(1 << 30)) for n in range(count)
    ]
    driving = [asyncio.create_task(terminal.run(period_s=5.0)) for terminal in many]
    try:
        await world.until(lambda: all(terminal.newest[0] for terminal in many))
    finally:
        for task in driving:
            task.cancel()
        await asyncio.gather(*driving, return_exceptions=True)


async def deaf(world: World) -> None:
    """Terminals that send and send and never read an answer."""
    writers = []
    for number in range(3):
        terminal = Terminal(4000 + number, 0, Air(), world.notebook, world.chance.randrange(1 << 30))
        _, writer = await asyncio.open_connection(HOST, world.engine.port, limit=1)
        writers.append(writer)
        writer.write(b"".join(terminal.unheard(3000)))
    await world.last(0.5, 2)
    for writer in writers:
        abort(writer)


async def strangers(world: World) -> None:
    """Strangers who connect and say nothing, half a frame, or noise."""
    said = [b"", b"\x7e\x02\x00", world.chance.randbytes(20_000), b"\x7e" * 5000, b"GET / HTTP/1.1\r\n\r\n"]
    writers = []
    for number in range(50):
        _, writer = await asyncio.open_connection(HOST, world.engine.port)
        writer.write(said[number % len(said)])
        writers.append(writer)
    await world.last(0.5, 1.5)
    for writer in writers:
        abort(writer)


KINDS: tuple[Fault, ...] = (
    Fault("kill -9", killed),
    Fault("kill -9 in a commit", killed_in_a_commit),
    Fault("kill -9 in a checkpoint", killed_in_a_checkpoint),
    Fault("kill -9 while it ends", killed_while_it_ends),
    Fault("ended and started", ended_and_started),
    Fault("stopped (SIGSTOP)", stopped),
    Fault("half open at the platform", half_open_platform),
    Fault("half open at the terminals", half_open_terminals),
    Fault("partition, then all of it", partition),
    Fault("partition, then a reset", partition_and_reset),
    Fault("resets", resets),
    Fault("frames lost", in_the_air(loss=0.3)),
    Fault("answers lost", in_the_air(answers_lost=0.3)),
    Fault("frames corrupt", in_the_air(corrupt=0.2)),
    Fault("frames truncated", in_the_air(truncate=0.2)),
    Fault("frames doubled", in_the_air(duplicate=0.5)),
    Fault("frames out of order", in_the_air(disorder=0.4)),
    Fault("all of it in the air", in_the_air(loss=0.1, corrupt=0.1, truncate=0.1, duplicate=0.2, disorder=0.2)),
    Fault("terminals' clocks ± 1 day", terminals_clocks),
    Fault("engine's clock ± 1 day", engines_clock, lambda world: FAKETIME.exists()),
    Fault("disk full", disk_full),
    Fault("kill -9 on a full disk", killed_on_a_full_disk),
    Fault("journal damaged while down", damage),
    Fault("slow readers of the live table", slow_reader),
    Fault("endless question to the journal", long_question),
    Fault("1,000 terminals at once", crowd),
    Fault("terminals that never read", deaf),
    Fault("kill -9 of the MQTT broker", broker_killed),
    Fault("MQTT broker stopped", neighbour_stopped("broker")),
    Fault("kill -9 of the compactor", compactor_killed, _has_neighbours),
    Fault("kill -9 of PostgreSQL", database_killed, _has_neighbours),
    Fault("PostgreSQL stopped", neighbour_stopped("database"), _has_neighbours),
    Fault("kill -9 of NATS", nats_killed, _has_neighbours),
    Fault("NATS stopped", neighbour_stopped("nats"), _has_neighbours),
    Fault("strangers", strangers),
)
