"""MQTT, QoS 1: what it costs to acknowledge after the commit, against paho that merely subscribes.

``python -m benchmarks.mqtt [--senml]``. A broker (mosquitto) holds messages for a session that is away; then it comes
and takes them as fast as it can. Five rounds, both ways in turn, each in a process of its own, the same broker:

- after the commit: the engine with its gate and journal, ``synchronous=FULL``; from the first message's arrival to the
  last one's commit;
- merely subscribing: paho that acknowledges by itself and counts; from the first message to the last.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import data.gdal_guard  # noqa: F401 - before GDAL loads

# isort: split
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from data.connectors.contract import SourceSettings
from data.home import Home
from data.simulate.county.build import build_county
from data.simulate.fleet import Fleet
from data.simulate.mqtt import TOPICS, Device, JsonVehicle, SenmlSensor
from data.store.twin_folder import save_city
from data.sync.engine import Engine
from data.sync.journal import journal_path
from data.sync.ledger import Ledger
from data.sync.messages import Log, Message

HOST = "127.0.0.1"
MESSAGES = 20_000
ROUNDS = 5
WINDOW = 20_000
AT_ONCE = 100
"""Messages on the way to the broker while it is filled; paho looks through all of them at each answer."""
SESSION = "benchmark"
MISTAKE_S = 120.0


@contextmanager
def broker(folder: Path) -> Iterator[int]:
    """Run mosquitto with the window and the queue that docs/mqtt.md asks for."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = int(probe.getsockname()[1])
    lines = [f"listener {port} {HOST}", "allow_anonymous true", "user root", "max_queued_messages 0"]
    settings = folder / "mosquitto.conf"
    settings.write_text("\n".join([*lines, f"max_inflight_messages {WINDOW}", ""]))
    command = [shutil.which("mosquitto") or "/usr/sbin/mosquitto", "-c", str(settings)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while socket.socket().connect_ex((HOST, port)) != 0:
            process.wait(0.05) if process.poll() is not None else time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()


def client(session: str) -> paho.Client:
    """Return a client whose session the broker keeps."""
    return paho.Client(CallbackAPIVersion.VERSION2, session, clean_session=False)


def listen(port: int) -> None:
    """Subscribe, and print how long it took from the first message to the last."""
    times, begun = list[float](), list[float]()

    def on_message(me: paho.Client, _: object, message: paho.MQTTMessage) -> None:
        if not times:
            begun.append(time.process_time())
        times.append(time.perf_counter())
        if len(times) == MESSAGES:
            me.disconnect()

    me = client(SESSION)
    me.on_message = on_message
    me.connect(HOST, port)
    me.subscribe("zhian/demo/#", 1)
    me.loop_forever()
    print(json.dumps({"seconds": times[-1] - times[0], "cpu_s": time.process_time() - begun[0]}))


def serve(port: int) -> None:
    """Run an engine until all is in its journal."""
    home = Home.of_user()
    options = {"url": f"mqtt://{HOST}:{port}", "version": "3.1.1", "client_id": SESSION, "topics": TOPICS}
    begun: list[float] = []

    def say(message: Message) -> None:
        if isinstance(message, Log) and message.key == "source_up":
            begun.append(time.process_time())

    engine = Engine(home, "small", say, [SourceSettings("bench", "mqtt", options)])

    async def watch() -> None:
        async with asyncio.timeout(MISTAKE_S):
            while kept(home)[0] < MESSAGES:
                await asyncio.sleep(0.2)
        engine.quit()

    async def run() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(engine.run())
            group.create_task(watch())

    asyncio.run(run())
    print(json.dumps({"seconds": kept(home)[1], "cpu_s": time.process_time() - begun[0]}))


def kept(home: Home) -> tuple[int, float]:
    """Return how many records there are, and the time from the first arrival to the last commit."""
    path = journal_path(home, "small")
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as journal:
            count, seconds = journal.execute(
                "SELECT max(at), (SELECT commit_s FROM record ORDER BY at DESC LIMIT 1) - "
                "(SELECT arrival_s FROM record ORDER BY at LIMIT 1) FROM record"
            ).fetchone()
    except sqlite3.OperationalError:
        return 0, 0.0
    return int(count or 0), float(seconds or 0.0)


def messages(senml: bool) -> list[tuple[str, bytes]]:
    """Return what invented devices say, each at its own moment."""
    fleet, now = Fleet(terminals=500), time.time()
    make = SenmlSensor if senml else JsonVehicle
    devices: list[Device] = [make(fleet, f"b{number:04d}", random.Random(number)) for number in range(fleet.terminals)]
    moments = (now - 3600 + number * 0.05 for number in range(MESSAGES))
    return [
        (device.topic, device.report(at))
        for at, device in zip(moments, devices * (MESSAGES // len(devices)), strict=True)
    ]


def fill(port: int, told: list[tuple[str, bytes]]) -> None:
    """Let the session be known and leave, and publish for it."""
    absent, speaker = client(SESSION), client("speaker")
    absent.on_subscribe = lambda me, *_: me.disconnect()
    absent.connect(HOST, port)
    absent.subscribe("zhian/demo/#", 1)
    absent.loop_forever()
    speaker.max_inflight_messages_set(AT_ONCE)
    speaker.connect(HOST, port)
    speaker.loop_start()
    for sent in [speaker.publish(topic, payload, 1) for topic, payload in told]:
        sent.wait_for_publish(MISTAKE_S)
    speaker.disconnect()
    speaker.loop_stop()


@dataclass(frozen=True, slots=True)
class Run:
    """One run: messages a second, and the processor seconds of the subscriber's process."""

    rate: float
    cpu_s: float


def run(home: Home, port: int, way: str, told: list[tuple[str, bytes]]) -> Run:
    """Fill the broker, take everything one way, and prove that nothing is missing."""
    fill(port, told)
    for ending in ("", "-wal", "-shm"):
        path = journal_path(home, "small")
        path.with_name(path.name + ending).unlink(missing_ok=True)
    command = [sys.executable, "-m", "benchmarks.mqtt", f"--{way}", str(port)]
    environment = {**os.environ, "ZHIAN_HOME": str(home.data.parent)}
    answer = subprocess.run(command, env=environment, text=True, stdout=subprocess.PIPE, check=True)
    if way == "serve":
        accounts = Ledger(journal_path(home, "small")).balance()
        assert sum(account.stored for account in accounts) == MESSAGES
        assert all(account.difference == 0 for account in accounts)
    result = json.loads(answer.stdout)
    return Run(MESSAGES / result["seconds"], result["cpu_s"])


def report(senml: bool) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder, broker(Path(folder)) as port:
        os.environ["ZHIAN_HOME"] = folder
        home = Home.of_user()
        save_city(build_county(seed=1, small=True), home.twin("small"))
        told = messages(senml)
        size = statistics.mean(len(payload) for _, payload in told)
        print(f"{MESSAGES:,} messages of {size:.0f} bytes a run, window {WINDOW:,}, {os.cpu_count()} cores")
        ratios = []
        for number in range(ROUNDS):
            commit, plain = (run(home, port, way, told) for way in ("serve", "listen"))
            ratios.append(commit.rate / plain.rate)
            for way, result in (("after the commit", commit), ("merely subscribing", plain)):
                print(
                    f"round {number + 1}, {way:18}: {result.rate:7,.0f} messages/s; {result.cpu_s:.2f} processor "
                    "seconds of the process, without its start"
                )
        print(f"after the commit / merely subscribing: {statistics.median(ratios):.2f} (median of {ROUNDS})")


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--senml", action="store_true", help="packs of SenML in place of plain JSON")
    parser.add_argument("--serve", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--listen", type=int, default=0, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments.serve)
    elif arguments.listen:
        listen(arguments.listen)
    else:
        report(arguments.senml)
    return 0


if __name__ == "__main__":
    sys.exit(main())
