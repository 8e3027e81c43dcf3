"""JT/T 808 from socket to disk and back: what acknowledging after the commit costs, and what decoding together saves.

``python -m benchmarks.jt808``. The engine runs in a process of its own on a small county, terminals in another: 100
connections, each with a window of frames that it keeps full. Five rounds, both ways in turn, on fresh journals:

- after the commit: as the engine does it, ``synchronous=FULL``;
- on receipt: the same engine, that answers before it hands the frames to the same journal.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import data.gdal_guard  # noqa: F401 - before GDAL loads

# isort: split
from data.connectors.contract import Parcel, SourceSettings
from data.connectors.jt808 import bulk, decoder, encoder
from data.home import Home
from data.simulate.county.build import build_county
from data.store.twin_folder import save_city
from data.sync import engine as engine_module
from data.sync.engine import Engine
from data.sync.intake import Intake
from data.sync.journal import journal_path
from data.sync.ledger import Ledger
from data.sync.messages import Log, Message
from data.sync.source import RunningSource

CONNECTIONS = 100
FRAMES = 1500
"""Frames of each connection."""
WINDOW = 100
"""Frames a connection has on the way."""
ROUNDS = 5
DECODED = 20_000


class HastyIntake(Intake):
    """Answers before anything is kept."""

    def take(self, source: RunningSource, parcel: Parcel) -> None:
        """Settle, then keep."""
        parcel.settle()
        super().take(source, replace(parcel, settle=lambda: None))


def serve(home: Home, port: int, hasty: bool) -> None:
    """Run an engine until its input closes."""
    if hasty:
        vars(engine_module)["Intake"] = HastyIntake  # the one difference between the two servers
    options = {"port": port, "authentication": "open"}

    def say(message: Message) -> None:
        if isinstance(message, Log) and message.key == "source_up":
            print("up", flush=True)

    engine = Engine(home, "small", say, [SourceSettings("bench", "jt808", options)])

    async def run() -> None:
        loop = asyncio.get_running_loop()
        loop.run_in_executor(None, sys.stdin.read).add_done_callback(lambda _: engine.quit())
        await engine.run()

    asyncio.run(run())
    print(json.dumps({"cpu_s": time.process_time()}), flush=True)


def frames_of(phone: str, count: int, chance: random.Random) -> list[bytes]:
    """Return positions of one terminal, each at its own second and within metres: the gate keeps jumps out."""
    now = int(time.time())
    lon, lat = 120.9 + chance.uniform(-0.05, 0.05), 30.8 + chance.uniform(-0.05, 0.05)
    items = ((0x01, b"\0\0\x10\0"), (0x30, b"\x1f"), (0x31, b"\x0c"))
    return [
        encoder.write_position(
            phone,
            serial & 0xFFFF,
            decoder.Position(
                *(0, 3, lon + chance.uniform(-1e-5, 1e-5), lat + chance.uniform(-1e-5, 1e-5), 4),
                *(chance.uniform(0, 80), chance.randrange(360), float(now - count + serial), items),
            ),
        )
        for serial in range(count)
    ]


class Terminal(asyncio.Protocol):
    """Keeps its window full until all its frames are answered."""

    def __init__(self, frames: list[bytes], done: asyncio.Future[None]) -> None:
        self._frames, self._done = frames, done
        self._sent = self._flags = 0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Fill the window."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._fill()

    def data_received(self, data: bytes) -> None:
        """Count answers by their flags."""
        self._flags += data.count(b"\x7e")
        if self._flags // 2 >= len(self._frames):
            if not self._done.done():
                self._done.set_result(None)
        else:
            self._fill()

    def _fill(self) -> None:
        upto = min(self._flags // 2 + WINDOW, len(self._frames))
        if upto - self._sent >= WINDOW // 4 or upto == len(self._frames):
            assert self._transport is not None
            self._transport.write(b"".join(self._frames[self._sent : upto]))
            self._sent = upto


async def play(port: int) -> dict[str, float]:
    """Send everything and wait until all of it is answered."""
    chance = random.Random(1)
    fleets = [frames_of(f"0139{number:08d}", FRAMES, chance) for number in range(CONNECTIONS)]
    loop = asyncio.get_running_loop()
    done = [loop.create_future() for _ in fleets]
    begun, cpu = time.perf_counter(), time.process_time()
    links = [
        await loop.create_connection(lambda f=frames, d=future: Terminal(f, d), "127.0.0.1", port)  # type: ignore[misc]  # bound early
        for frames, future in zip(fleets, done, strict=True)
    ]
    await asyncio.gather(*done)
    seconds = time.perf_counter() - begun
    for transport, _ in links:
        transport.close()
    return {"seconds": seconds, "cpu_s": time.process_time() - cpu}


@dataclass(frozen=True, slots=True)
class Run:
    """One run: frames a second answered, processor seconds of both processes while it ran."""

    rate: float
    server_cpu_s: float
    terminals_cpu_s: float


def run(home: Home, hasty: bool) -> Run:
    """Start an engine and terminals, and prove that all that was answered is kept."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    for ending in ("", "-wal", "-shm"):
        path = journal_path(home, "small")
        path.with_name(path.name + ending).unlink(missing_ok=True)
    environment = {**os.environ, "ZHIAN_HOME": str(home.data.parent)}
    me = [sys.executable, "-m", "benchmarks.jt808"]
    server = subprocess.Popen(
        [*me, "--serve", str(port), *(["--hasty"] if hasty else [])],
        env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert server.stdout is not None
    assert server.stdin is not None
    assert server.stdout.readline() == "up\n"
    before = _cpu_s(server.pid)
    answer = subprocess.run([*me, "--play", str(port)], env=environment, text=True, capture_output=True, check=True)
    played = json.loads(answer.stdout)
    cpu = _cpu_s(server.pid) - before
    server.stdin.close()
    server.wait()
    accounts = Ledger(journal_path(home, "small")).balance()
    assert sum(account.stored for account in accounts) == CONNECTIONS * FRAMES
    return Run(CONNECTIONS * FRAMES / played["seconds"], cpu, played["cpu_s"])


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def compare_decoders() -> tuple[float, float]:
    """Return frames a second of the plain decoder and of the one that takes many at once, best of five."""
    chance = random.Random(2)
    frames = [wire[1:-1] for wire in frames_of("013912345678", DECODED, chance)]
    plain, together = [], []
    for _ in range(5):
        begun = time.perf_counter()
        for frame in frames:
            decoder.read_position(decoder.read_frame(frame).body)
        plain.append(DECODED / (time.perf_counter() - begun))
        begun = time.perf_counter()
        for at in range(0, DECODED, 4000):
            assert len(bulk.read_positions(frames[at : at + 4000])) == 4000
        together.append(DECODED / (time.perf_counter() - begun))
    return max(plain), max(together)


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--serve", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--play", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--hasty", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(Home.of_user(), arguments.serve, arguments.hasty)
    elif arguments.play:
        print(json.dumps(asyncio.run(play(arguments.play))))
    else:
        report()
    return 0


def report() -> None:
    """Measure and print."""
    plain, together = compare_decoders()
    print(f"decoding, frames/s: one by one {plain:,.0f}, together {together:,.0f}: {together / plain:.1f} x")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ZHIAN_HOME"] = folder
        home = Home.of_user()
        save_city(build_county(seed=1, small=True), home.twin("small"))
        print(
            f"{CONNECTIONS} connections, window {WINDOW}, {CONNECTIONS * FRAMES:,} frames a run, {os.cpu_count()} cores"
        )
        ratios = []
        for number in range(ROUNDS):
            commit, receipt = (run(home, hasty) for hasty in (False, True))
            ratios.append(commit.rate / receipt.rate)
            for name, result in (("after the commit", commit), ("on receipt", receipt)):
                print(
                    f"round {number + 1}, {name:16}: {result.rate:8,.0f} frames/s; processor seconds: engine "
                    f"{result.server_cpu_s:.1f}, terminals {result.terminals_cpu_s:.1f}"
                )
        print(f"after the commit / on receipt: {statistics.median(ratios):.2f} (median of {ROUNDS})")


if __name__ == "__main__":
    sys.exit(main())
