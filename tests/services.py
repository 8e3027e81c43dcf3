"""Real services for tests, each started on a free port with its files in a folder of the test's."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

START_S = 30.0
HOST = "127.0.0.1"


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """Return a port that nobody listens on at this moment."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    """Tell whether somebody takes connections on a port."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((HOST, port)) == 0


@dataclass(slots=True)
class Service:
    """A process that listens; it can be killed and started again with the files it had."""

    command: Sequence[str]
    port: int
    log: Path
    user: str | None = None
    environment: dict[str, str] = field(default_factory=dict)
    ready: Callable[[int], bool] = listens
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, user=self.user,
                env={**os.environ, **self.environment}, start_new_session=True,
            )  # fmt: skip
        until = time.monotonic() + START_S
        while not self.ready(self.port):
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{self.command[0]} did not start:\n{self.log.read_text(errors='replace')}")
            self._wait(0.02)

    def send(self, number: signal.Signals) -> None:
        """Send a signal to it and its children: SIGKILL, SIGSTOP, SIGCONT."""
        if self.process is not None:
            os.killpg(self.process.pid, number)

    def kill(self) -> None:
        """Kill it without a word of warning and wait until it is gone."""
        if self.process is not None:
            self.send(signal.SIGCONT)
            self.send(signal.SIGKILL)
            self.process.wait()
            self.process = None

    def _wait(self, seconds: float) -> None:
        assert self.process is not None
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return


@contextmanager
def _running(service: Service) -> Iterator[Service]:
    service.start()
    try:
        yield service
    finally:
        service.kill()


@contextmanager
def child(command: Sequence[str], **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program of ours from these sources, with nobody listening; it does not outlive the test that fails."""
    around = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), **environment}
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, env=around) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def mosquitto(folder: Path, *lines: str) -> Iterator[Service]:
    """Run an MQTT broker; ``lines`` are added to its configuration."""
    port, settings = free_port(), folder / "mosquitto.conf"
    settings.write_text("\n".join([f"listener {port} {HOST}", "allow_anonymous true", "user root", *lines, ""]))
    command = [shutil.which("mosquitto") or "/usr/sbin/mosquitto", "-c", str(settings)]
    with _running(Service(command, port, folder / "mosquitto.log")) as service:
        yield service


@contextmanager
def nats_server(folder: Path, *arguments: str) -> Iterator[Service]:
    """Run a NATS server; ``arguments`` are added to its command line."""
    port = free_port()
    binary = Path(sys.executable).with_name("nats-server")
    command = [str(binary), "--addr", HOST, "--port", str(port), *arguments]
    with _running(Service(command, port, folder / "nats.log")) as service:
        yield service


@contextmanager
def postgres(folder: Path) -> Iterator[Service]:
    """Run PostgreSQL with PostGIS; the superuser ``postgres`` is let in from this machine without a password."""
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    port, place = free_port(), folder / "postgres"
    place.mkdir(mode=0o700)
    user = "postgres" if os.geteuid() == 0 else None  # it refuses to run as root
    if user is not None:
        _open_the_way(folder)
        os.chown(place, pwd.getpwnam(user).pw_uid, -1)
    make = [str(programs / "initdb"), "--pgdata", str(place), "--username=postgres", "--auth=trust", "--no-sync"]
    subprocess.run([*make, "--encoding=UTF8", "--locale=C.UTF-8"], check=True, capture_output=True, user=user, cwd="/")
    command = [str(programs / "postgres"), "-D", str(place), "-p", str(port), "-h", HOST, "-k", ""]
    asks = [str(programs / "pg_isready"), "--quiet", "--host", HOST, "--port"]

    def answers(port: int) -> bool:  # it listens before it lets anybody in
        return subprocess.run([*asks, str(port)], check=False).returncode == 0

    with _running(Service(command, port, folder / "postgres.log", user, ready=answers)) as service:
        yield service


def _open_the_way(folder: Path) -> None:
    """Let another user pass through the folders that pytest makes for its own user alone."""
    for parent in (folder, *folder.parents):
        if parent.stat().st_uid == os.geteuid() and parent != Path(parent.anchor):
            parent.chmod(parent.stat().st_mode | 0o011)
