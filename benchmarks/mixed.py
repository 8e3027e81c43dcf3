"""Mixed load: the highest rate that all protocols at once can be taken at, beside JT/T 808 alone at that rate.

``python -m benchmarks.mixed --minutes 10`` looks for the rate by itself and then holds it for so long; with ``--rate``
it holds that one. 60 % JT/T 808, 25 % MQTT through mosquitto, 10 % GA/T 1400, 5 % CoT and MAVLink; the engine, the
broker, JT/T 808's terminals and the other devices are four processes. Every message is on disk before it is answered,
and the accounts are verified at the end.

A rate is held if what was asked came (90 % of it, connecting and the wait for the last answer included), everything was
answered, every account is exact, and 99 % were on disk within a second. "Said to screen" is from the clock of a device
that tells milliseconds (MQTT, CoT) to a frame in which a reader at 30 Hz finds it: a bound on receive to screen.
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
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import data.gdal_guard  # noqa: F401 - before GDAL loads

# isort: split
import msgspec
import numpy as np

from data.connectors.contract import SourceSettings
from data.home import Home
from data.simulate.county.build import build_county
from data.simulate.fleet import Fleet, Outcome
from data.simulate.mqtt import TOPICS
from data.simulate.protocols import PROTOCOLS
from data.store.twin_folder import save_city
from data.sync.journal import journal_path
from data.sync.ledger import Ledger
from data.sync.messages import Log, Status, read_message
from data.sync.settings import set_sources
from data.sync.shared import open_for_reading, table_path
from twin.live.reader import LiveReader

HOST = "127.0.0.1"
SHARES = {"jt808": 0.6, "mqtt": 0.25, "gat1400": 0.1, "cot": 0.025, "mavlink": 0.025}
DEVICES = 100
AIM = 20_000
BEGIN, STEP, TRIAL_S = 1000.0, 1.1, 15.0
"""The search doubles the rate until it is not held, and then halves the way between until that is this near."""
HELD, PATIENT_MS = 0.9, 1000.0
FRAME_S = 1 / 30
CLOCKS = (b"mqtt", b"cot")
"""Sources whose devices tell milliseconds."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run: messages a second on disk, milliseconds, processor seconds a second, memory."""

    asked: float
    rate: float
    commit_p50_ms: float
    commit_p99_ms: float
    screen_p99_ms: float
    engine_cpu: float
    broker_cpu: float
    devices_cpu: float
    mb_a_minute: float
    unanswered: int
    missed: int
    wrong: int

    @property
    def held(self) -> bool:
        """Whether the rate can be gone on with."""
        whole = self.unanswered == self.missed == self.wrong == 0
        return whole and self.rate >= HELD * self.asked and self.commit_p99_ms <= PATIENT_MS

    def line(self) -> str:
        """Return it in words."""
        cores = self.engine_cpu + self.broker_cpu + self.devices_cpu
        return (
            f"{self.rate:,.0f}/s on disk of {self.asked:,.0f} asked ({self.rate / AIM:.2f} of the aim of {AIM:,}), "
            f"{'held' if self.held else 'NOT HELD'}; arrival to commit p50 {self.commit_p50_ms:.0f}, p99 "
            f"{self.commit_p99_ms:.0f} ms; said to screen p99 {self.screen_p99_ms:.0f} ms; processor seconds a second "
            f"{cores:.2f}: engine {self.engine_cpu:.2f}, broker {self.broker_cpu:.2f}, devices {self.devices_cpu:.2f}; "
            f"memory {self.mb_a_minute:+.1f} MB/min; unanswered {self.unanswered}, datagrams missed {self.missed}, "
            f"accounts wrong {self.wrong}"
        )


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=float, default=0.0, help="messages a second of all together; 0 looks for it")
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--play", default="", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.play:
        print(msgspec.json.encode(asyncio.run(_play(json.loads(given.play)))).decode())
        return 0
    print(
        f"{DEVICES} devices of each protocol, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before", flush=True
    )
    with tempfile.TemporaryDirectory() as folder:
        city = Path(folder) / "city"
        save_city(build_county(seed=1, small=True), city)
        rate = given.rate or _highest(city)
        mixed, alone = (_told(name, city, shares, rate, given.minutes * 60) for name, shares in _ways())
    print(
        f"mixed / jt808 alone: rate {mixed.rate / alone.rate:.2f}, commit p99 "
        f"{mixed.commit_p99_ms / alone.commit_p99_ms:.2f}, engine's processor time a message "
        f"{mixed.engine_cpu / mixed.rate / (alone.engine_cpu / alone.rate):.2f}"
    )
    return 0


def _ways() -> tuple[tuple[str, Mapping[str, float]], ...]:
    return ("mixed", SHARES), ("jt808 alone", {"jt808": 1.0})


def _told(name: str, city: Path, shares: Mapping[str, float], rate: float, seconds: float) -> Run:
    run = _run(city, shares, rate, seconds)
    print(f"{name}, {seconds:.0f} s: {run.line()}", flush=True)
    return run


def _highest(city: Path) -> float:
    """Return the highest rate that is held."""
    low, high = 0.0, BEGIN
    while _told("trial", city, SHARES, high, TRIAL_S).held:
        low, high = high, 2 * high
    while low and high / low > STEP:
        middle = (low * high) ** 0.5
        low, high = (middle, high) if _told("trial", city, SHARES, middle, TRIAL_S).held else (low, middle)
    return low or BEGIN


class Played(msgspec.Struct):
    """What a process of devices tells at its end: processor seconds, seconds, and the outcome of each protocol."""

    cpu_s: float
    seconds: float
    told: dict[str, Outcome]


async def _play(fleets: Mapping[str, tuple[str, float, float]]) -> Played:
    """Play fleets at once: address, messages a second and seconds of each protocol; begin when a line comes."""
    simulations = {
        name: PROTOCOLS[name].open(Fleet(terminals=DEVICES, rate_hz=rate, seconds=seconds), address)
        for name, (address, rate, seconds) in fleets.items()
    }
    print("ready", flush=True)
    sys.stdin.readline()
    begun, cpu_s = time.monotonic(), time.process_time()
    outcomes = await asyncio.gather(*(simulation.run() for simulation in simulations.values()))
    spent = (time.process_time() - cpu_s, time.monotonic() - begun)
    return Played(*spent, dict(zip(simulations, outcomes, strict=True)))


def _run(city: Path, shares: Mapping[str, float], rate: float, seconds: float) -> Run:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        home = Home(*(root / name for name in ("data", "cache", "state", "runtime")))
        shutil.copytree(city, home.twin("small"))
        ports = {name: _port(socket.SOCK_DGRAM if name == "mavlink" else socket.SOCK_STREAM) for name in SHARES}
        addresses = _set_up(home, shares, ports)
        fleets = {name: (addresses[name], rate * share, seconds) for name, share in shares.items()}
        environment = {**os.environ, "ZHIAN_HOME": str(root)}
        with _broker(root, ports["mqtt"]) as broker, _engine(home, environment, len(shares)) as engine:
            players = [_player(some, environment) for some in _parted(fleets)]
            cpus = [_cpu_s(broker.pid), _cpu_s(engine.process.pid)]
            told = _answers(players)
            broker_s, engine_s = (
                _cpu_s(pid) - before for pid, before in zip((broker.pid, engine.process.pid), cpus, strict=True)
            )
        took_s = max(played.seconds for played in told)
        cpu_s = (engine_s / took_s, broker_s / took_s, sum(played.cpu_s for played in told) / took_s)
        outcomes = {name: outcome for played in told for name, outcome in played.told.items()}
        return _account(home, engine, rate, took_s, cpu_s, outcomes)


def _set_up(home: Home, shares: Mapping[str, float], ports: Mapping[str, int]) -> dict[str, str]:
    """Write the engine's settings and return where devices find it."""
    url = f"mqtt://{HOST}:{ports['mqtt']}"
    options: dict[str, dict[str, object]] = {name: {"port": port} for name, port in ports.items()}
    options["mqtt"] = {"url": url, "topics": TOPICS}
    options["jt808"] |= {"secret": "kept", "kind": "bus"}
    options["gat1400"] |= {"users": {"gate": "opens"}, "most_requests_per_s": 100_000}
    set_sources(home, "small", [SourceSettings(name, name, options[name]) for name in shares])
    return {
        "jt808": f"{HOST}:{ports['jt808']}", "mqtt": url, "gat1400": f"http://gate:opens@{HOST}:{ports['gat1400']}",
        "cot": f"tcp://{HOST}:{ports['cot']}", "mavlink": f"udp://{HOST}:{ports['mavlink']}",
    }  # fmt: skip


def _parted(fleets: Mapping[str, tuple[str, float, float]]) -> list[dict[str, tuple[str, float, float]]]:
    """Return what each process of devices plays."""
    parts = [{name: fleet for name, fleet in fleets.items() if (name == "jt808") == mine} for mine in (True, False)]
    return [part for part in parts if part]


def _player(fleets: Mapping[str, tuple[str, float, float]], environment: Mapping[str, str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "benchmarks.mixed", "--play", json.dumps(fleets)]
    player = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert player.stdout is not None
    assert player.stdout.readline() == "ready\n"
    return player


def _answers(players: list[subprocess.Popen[str]]) -> list[Played]:
    """Let all begin at once, and return what they tell at their ends."""
    for player in players:
        assert player.stdin is not None
        player.stdin.write("go\n")
        player.stdin.flush()
    return [msgspec.json.decode(player.communicate()[0], type=Played) for player in players]


@dataclass(slots=True)
class Watched:
    """An engine, its memory over time, and how old what devices said was when a frame showed it."""

    process: subprocess.Popen[bytes]
    up: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    memory: list[tuple[float, float]] = field(default_factory=list)
    delays_s: list[np.ndarray] = field(default_factory=list)


@contextlib.contextmanager
def _engine(home: Home, environment: Mapping[str, str], sources: int) -> Iterator[Watched]:
    """Run an engine, listened to and read along with; it is up when all its sources are."""
    command = [sys.executable, "-m", "app", "--json", "sync", "--twin", "small"]
    engine = Watched(subprocess.Popen(command, env=environment, stdout=subprocess.PIPE))
    listening = threading.Thread(target=_listen, args=(engine, sources))
    looking = threading.Thread(target=_look, args=(engine, table_path(home, "small")))
    listening.start()
    try:
        if not engine.up.wait(60):
            raise TimeoutError("the engine's sources are not up")
        looking.start()
        yield engine
    finally:
        engine.ended.set()
        engine.process.terminate()
        engine.process.wait()
        listening.join()
        if looking.ident is not None:
            looking.join()


def _listen(engine: Watched, count: int) -> None:
    assert engine.process.stdout is not None
    sources = set[str]()
    for text in engine.process.stdout:
        message = read_message(text)
        if isinstance(message, Status):
            engine.memory.append((time.monotonic(), message.memory_mb))
        elif isinstance(message, Log) and message.key == "source_up":
            sources.add(message.source)
            if len(sources) == count:
                engine.up.set()


def _look(engine: Watched, path: Path) -> None:
    """Read the live table as the window does, and note how old what is new in it is."""
    shared = open_for_reading(path)
    assert shared is not None
    reader, before = LiveReader(shared.buffer), dict[bytes, float]()
    while not engine.ended.wait(FRAME_S):
        frame, now_s = reader.frame(), time.time()
        clocks = [index for index, source in enumerate(reader.sources()) if source.name.encode() in CLOCKS]
        chosen = np.isin(frame.source, clocks)
        told = dict(zip(frame.rows["id"][chosen].tolist(), frame.rows["time_s"][chosen].tolist(), strict=True))
        engine.delays_s.append(np.array([now_s - at for name, at in told.items() if before.get(name) != at]))
        before = told
    reader.close()
    shared.close()


@contextlib.contextmanager
def _broker(root: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    settings = root / "mosquitto.conf"
    lines = (f"listener {port} {HOST}", "allow_anonymous true", "max_inflight_messages 20000", "max_queued_messages 0")
    settings.write_text("\n".join(lines) + "\n", "utf-8")
    program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
    process = subprocess.Popen([program, "-c", str(settings)], stderr=subprocess.DEVNULL)
    try:
        while not _answers_at(port):
            time.sleep(0.05)
        yield process
    finally:
        process.kill()
        process.wait()


def _answers_at(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def _account(
    home: Home, engine: Watched, asked: float, seconds: float, cpu_s: tuple[float, float, float],
    told: Mapping[str, Outcome],
) -> Run:  # fmt: skip
    ledger = Ledger(journal_path(home, "small"))
    accounts = ledger.balance()
    with contextlib.closing(sqlite3.connect(ledger.path)) as connection:
        rows = connection.execute("SELECT commit_s - arrival_s FROM record").fetchall()
    p50, p99 = np.percentile(1000 * np.array(rows)[:, 0], (50, 99)).tolist()
    delays_s = np.concatenate([*engine.delays_s, np.empty(0)])
    screen_ms = 1000 * float(np.percentile(delays_s, 99)) if len(delays_s) else 0.0
    at_s, mb = np.array(engine.memory).T
    late = at_s > at_s[0] + (at_s[-1] - at_s[0]) / 3  # what is loaded once does not count as growth
    slope = float(np.polyfit(at_s[late], mb[late], 1)[0]) * 60
    spoken = sum(account.received for account in accounts if account.source == "mavlink")
    missed = told["mavlink"].reported - spoken if "mavlink" in told else 0
    return Run(
        asked, sum(account.received for account in accounts) / seconds, p50, p99, screen_ms, *cpu_s, slope,
        sum(outcome.unanswered for outcome in told.values()), missed,
        sum(account.difference != 0 for account in accounts) + len(ledger.verify()),
    )  # fmt: skip


def _port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    sys.exit(main())
