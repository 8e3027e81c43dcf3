"""Mixed load: what two cores hold of all protocols at once, beside JT/T 808 alone at the same rate.

``python -m benchmarks.mixed --rate 2000 --minutes 1``. 60 % JT/T 808, 25 % MQTT through mosquitto, 10 % GA/T 1400, 5 %
CoT and MAVLink; the engine, the broker and the devices each in a process of their own. Every message is on disk before
it is answered, and the accounts are verified at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import data.gdal_guard  # noqa: F401 - before GDAL loads

# isort: split
import numpy as np

from data.connectors.contract import SourceSettings
from data.home import Home
from data.simulate.county.build import build_county
from data.simulate.fleet import Fleet
from data.simulate.protocols import PROTOCOLS
from data.store.twin_folder import save_city
from data.sync.journal import journal_path
from data.sync.ledger import Ledger
from data.sync.messages import Log, Status, read_message
from data.sync.settings import set_sources

HOST = "127.0.0.1"
SHARES = {"jt808": 0.6, "mqtt": 0.25, "gat1400": 0.1, "cot": 0.025, "mavlink": 0.025}
DEVICES = 100
AIM = 20_000
FIELDS = {"speed": "speed_kmh", "time": "at", "lon": "position.0", "lat": "position.1"}
TOPICS = [
    {"topic": "zhian/demo/senml/{id}", "format": "senml", "kind": "air_sensor", "fields": {"value": "pm25"}},
    {"topic": "zhian/demo/{kind}/{id}", "fields": FIELDS, "units": {"speed": "km/h", "time": "ms"}},
]


@dataclass(frozen=True, slots=True)
class Run:
    """One run: messages a second on disk, milliseconds from arrival to commit, processor seconds a second, memory."""

    rate: float
    commit_p50_ms: float
    commit_p99_ms: float
    engine_cpu: float
    broker_cpu: float
    devices_cpu: float
    mb_a_minute: float
    unanswered: int
    wrong: int


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=float, default=2000.0, help="messages a second of all together")
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--play", default="", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.play:
        print(json.dumps(asyncio.run(_play(json.loads(given.play)))))
        return 0
    print(
        f"asked {given.rate:,.0f} messages/s for {given.minutes:g} min, {DEVICES} devices each, {os.cpu_count()} cores"
    )
    with tempfile.TemporaryDirectory() as folder:
        runs = {
            name: _run(Path(folder) / name, shares, given.rate, given.minutes)
            for name, shares in (("mixed", SHARES), ("jt808 alone", {"jt808": 1.0}))
        }
    for name, run in runs.items():
        print(
            f"{name:12}: {run.rate:8,.0f}/s on disk ({run.rate / AIM:.2f} of the aim of {AIM:,}); arrival to commit "
            f"p50 {run.commit_p50_ms:.0f}, p99 {run.commit_p99_ms:.0f} ms; processor seconds a second: engine "
            f"{run.engine_cpu:.2f}, broker {run.broker_cpu:.2f}, devices {run.devices_cpu:.2f}; memory "
            f"{run.mb_a_minute:+.1f} MB/min; unanswered {run.unanswered}, accounts wrong {run.wrong}"
        )
    mixed, alone = runs.values()
    print(
        f"mixed / jt808 alone: rate {mixed.rate / alone.rate:.2f}, commit p99 "
        f"{mixed.commit_p99_ms / alone.commit_p99_ms:.2f},"
        f" engine's processor time a message {mixed.engine_cpu / mixed.rate / (alone.engine_cpu / alone.rate):.2f}"
    )
    return 0


async def _play(fleets: Mapping[str, tuple[str, float, float]]) -> dict[str, object]:
    """Play all fleets at once: address, messages a second and seconds of each protocol."""
    simulations = {
        name: PROTOCOLS[name].open(Fleet(terminals=DEVICES, rate_hz=rate, seconds=seconds), address)
        for name, (address, rate, seconds) in fleets.items()
    }
    begun = time.monotonic()
    outcomes = await asyncio.gather(*(simulation.run() for simulation in simulations.values()))
    spent = {"cpu_s": time.process_time(), "seconds": time.monotonic() - begun}
    return {**spent, **dict(zip(simulations, map(asdict, outcomes), strict=True))}


def _port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _run(root: Path, shares: Mapping[str, float], rate: float, minutes: float) -> Run:
    root.mkdir()
    home = Home(*(root / name for name in ("data", "cache", "state", "runtime")))
    save_city(build_county(seed=1, small=True), home.twin("small"))
    ports = {name: _port(socket.SOCK_DGRAM if name == "mavlink" else socket.SOCK_STREAM) for name in SHARES}
    url = f"mqtt://{HOST}:{ports['mqtt']}"
    options: dict[str, dict[str, object]] = {name: {"port": port} for name, port in ports.items()}
    options["mqtt"] = {"url": url, "topics": TOPICS}
    options["jt808"] |= {"secret": "kept", "kind": "bus"}
    options["gat1400"] |= {"users": {"gate": "opens"}, "most_requests_per_s": 100_000}
    addresses = {
        "jt808": f"{HOST}:{ports['jt808']}", "mqtt": url, "gat1400": f"http://gate:opens@{HOST}:{ports['gat1400']}",
        "cot": f"tcp://{HOST}:{ports['cot']}", "mavlink": f"udp://{HOST}:{ports['mavlink']}",
    }  # fmt: skip
    set_sources(home, "small", [SourceSettings(name, name, options[name]) for name in shares])
    environment = {**os.environ, "ZHIAN_HOME": str(root)}
    broker = _broker(root, ports["mqtt"])
    engine = subprocess.Popen(
        [sys.executable, "-m", "app", "--json", "sync", "--twin", "small"], env=environment, stdout=subprocess.PIPE
    )
    memory, up = list[tuple[float, float]](), threading.Event()
    threading.Thread(target=_listen, args=(engine, memory, up, len(shares)), daemon=True).start()
    if not up.wait(60):
        raise TimeoutError("the engine's sources are not up")
    cpu = _cpu_s(engine.pid)
    broker_cpu = _cpu_s(broker.pid)
    fleets = {name: (addresses[name], rate * share, 60 * minutes) for name, share in shares.items()}
    command = [sys.executable, "-m", "benchmarks.mixed", "--play", json.dumps(fleets)]
    played = json.loads(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)
    seconds = played.pop("seconds")
    cpus = (_cpu_s(engine.pid) - cpu, _cpu_s(broker.pid) - broker_cpu, played.pop("cpu_s"))
    engine.terminate()
    engine.wait()
    broker.kill()
    broker.wait()
    return _account(home, memory, seconds, cpus, sum(told["unanswered"] for told in played.values()))


def _broker(root: Path, port: int) -> subprocess.Popen[bytes]:
    settings = root / "mosquitto.conf"
    lines = (f"listener {port} {HOST}", "allow_anonymous true", "max_inflight_messages 2000", "max_queued_messages 0")
    settings.write_text("\n".join(lines) + "\n", "utf-8")
    program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
    process = subprocess.Popen([program, "-c", str(settings)], stderr=subprocess.DEVNULL)
    while True:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return process
        time.sleep(0.05)


def _listen(
    engine: subprocess.Popen[bytes], memory: list[tuple[float, float]], up: threading.Event, count: int
) -> None:
    assert engine.stdout is not None
    sources = set[str]()
    for text in engine.stdout:
        message = read_message(text)
        if isinstance(message, Status):
            memory.append((time.monotonic(), message.memory_mb))
        elif isinstance(message, Log) and message.key == "source_up":
            sources.add(message.source)
            if len(sources) == count:
                up.set()


def _account(
    home: Home, memory: list[tuple[float, float]], seconds: float, cpus: tuple[float, float, float], unanswered: int
) -> Run:
    ledger = Ledger(journal_path(home, "small"))
    accounts = ledger.balance()
    with contextlib.closing(sqlite3.connect(ledger.path)) as connection:
        rows = connection.execute("SELECT commit_s - arrival_s FROM record").fetchall()
    delays_ms = 1000 * np.array(rows)[:, 0]
    at_s, mb = np.array(memory).T
    late = at_s > at_s[0] + (at_s[-1] - at_s[0]) / 3  # what is loaded once does not count as growth
    slope = float(np.polyfit(at_s[late], mb[late], 1)[0]) * 60
    p50, p99 = np.percentile(delays_ms, (50, 99)).tolist()
    engine_cpu, broker_cpu, devices_cpu = (cpu_s / seconds for cpu_s in cpus)
    wrong = sum(account.difference != 0 for account in accounts) + len(ledger.verify())
    rate = sum(account.received for account in accounts) / seconds
    return Run(rate, p50, p99, engine_cpu, broker_cpu, devices_cpu, slope, unanswered, wrong)


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    sys.exit(main())
