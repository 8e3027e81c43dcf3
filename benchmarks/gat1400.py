"""GA/T 1400 from socket to disk and back: what answering after the commit costs.

``python -m benchmarks.gat1400``. The engine runs in a process of its own on a small county, gates in another: 100
kept-alive connections, each of which posts ten passes, waits for the answer, and posts the next. Rounds of both ways in
turn, on fresh journals:

- after the commit: as the engine does it, ``synchronous=FULL``;
- on receipt: the same engine, that answers before it hands the passes to the same journal.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

import data.gdal_guard  # noqa: F401 - before GDAL loads

# isort: split
from benchmarks.jt808 import HastyIntake, _cpu_s
from data.connectors.contract import SourceSettings
from data.connectors.gat1400.encoder import local_time, write_passes
from data.home import Home
from data.simulate.county.build import build_county
from data.store.twin_folder import save_city
from data.sync import engine as engine_module
from data.sync.engine import Engine
from data.sync.journal import journal_path
from data.sync.ledger import Ledger
from data.sync.messages import Log, Message

CONNECTIONS = 100
POSTS = 40
"""Posts of each connection."""
PASSES = 10
"""Passes in each post."""
ROUNDS = 5
CAMERA = "33042100001190000001"


def serve(home: Home, port: int, hasty: bool) -> None:
    """Run an engine until its input closes."""
    if hasty:
        vars(engine_module)["Intake"] = HastyIntake  # the one difference between the two servers
    options = {
        "port": port, "authentication": "open", "most_requests_per_s": 1e9,
        "devices": {CAMERA: {"lon_deg": 120.92, "lat_deg": 30.84}},
    }  # fmt: skip

    def say(message: Message) -> None:
        if isinstance(message, Log) and message.key == "source_up":
            print("up", flush=True)

    engine = Engine(home, "small", say, [SourceSettings("bench", "gat1400", options)])

    async def run() -> None:
        loop = asyncio.get_running_loop()
        loop.run_in_executor(None, sys.stdin.read).add_done_callback(lambda _: engine.quit())
        await engine.run()

    asyncio.run(run())


def posts_of(connection: int) -> list[bytes]:
    """Return the requests of one connection: each vehicle passes once."""
    chance, begun = random.Random(connection), time.time() - 3600
    requests = []
    for post in range(POSTS):
        number = connection * POSTS * PASSES + post * PASSES
        passes = [
            {
                "MotorVehicleID": f"{CAMERA}{number + n:028d}", "DeviceID": CAMERA, "HasPlate": "1",
                "PlateNo": f"浙F·I{number + n:05d}", "PassTime": local_time(begun + chance.uniform(0, 3000)),
                "StorageUrl1": f"http://pictures.invalid/{number + n}.jpg", "VehicleClass": "K33", "Speed": 50,
            }
            for n in range(PASSES)
        ]  # fmt: skip
        body = write_passes(passes)
        head = f"POST /VIID/MotorVehicles HTTP/1.1\r\nHost: x\r\nUser-Identify: {CAMERA}\r\nContent-Length: {len(body)}"
        requests.append(f"{head}\r\n\r\n".encode() + body)
    return requests


async def _post(port: int, requests: list[bytes]) -> list[float]:
    """Post one after the other and return how long each answer took."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    took = []
    for request in requests:
        begun = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        answer = await reader.readexactly(length)
        assert answer.count(b'"StatusCode":"0"') == PASSES, answer
        took.append(time.perf_counter() - begun)
    writer.close()
    return took


async def play(port: int) -> dict[str, float]:
    """Post everything and wait until all of it is answered."""
    fleets = [posts_of(number) for number in range(CONNECTIONS)]
    begun, cpu = time.perf_counter(), time.process_time()
    told = await asyncio.gather(*(_post(port, requests) for requests in fleets))
    seconds = time.perf_counter() - begun
    took = sorted(itertools.chain.from_iterable(told))
    return {"seconds": seconds, "cpu_s": time.process_time() - cpu, "p99_ms": took[int(len(took) * 0.99)] * 1e3}


@dataclass(frozen=True, slots=True)
class Run:
    """One run: passes a second answered, processor seconds of both processes while it ran, slowest answers."""

    rate: float
    server_cpu_s: float
    gates_cpu_s: float
    p99_ms: float


def run(home: Home, hasty: bool) -> Run:
    """Start an engine and gates, and prove that all that was answered is kept."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    for ending in ("", "-wal", "-shm"):
        path = journal_path(home, "small")
        path.with_name(path.name + ending).unlink(missing_ok=True)
    environment = {**os.environ, "ZHIAN_HOME": str(home.data.parent)}
    me = [sys.executable, "-m", "benchmarks.gat1400"]
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
    total = CONNECTIONS * POSTS * PASSES
    assert sum(account.stored for account in Ledger(journal_path(home, "small")).balance()) == total
    return Run(total / played["seconds"], cpu, played["cpu_s"], played["p99_ms"])


def main() -> int:
    """Print the table."""
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
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ZHIAN_HOME"] = folder
        home = Home.of_user()
        save_city(build_county(seed=1, small=True), home.twin("small"))
        total = CONNECTIONS * POSTS * PASSES
        print(f"{CONNECTIONS} connections, {PASSES} passes a post, {total:,} passes a run, {os.cpu_count()} cores")
        ratios = []
        for number in range(ROUNDS):
            commit, receipt = (run(home, hasty) for hasty in (False, True))
            ratios.append(commit.rate / receipt.rate)
            for name, result in (("after the commit", commit), ("on receipt", receipt)):
                print(
                    f"round {number + 1}, {name:16}: {result.rate:7,.0f} passes/s, 99 % within {result.p99_ms:4.0f} ms"
                    f"; processor seconds: engine {result.server_cpu_s:.1f}, gates {result.gates_cpu_s:.1f}"
                )
        print(f"after the commit / on receipt: {statistics.median(ratios):.2f} (median of {ROUNDS})")


if __name__ == "__main__":
    sys.exit(main())
