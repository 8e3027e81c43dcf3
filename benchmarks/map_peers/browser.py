"""Runs a page in Chromium on the same OpenGL, and hears from it what each frame took."""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

PAGES = Path(__file__).parent / "pages"
FLAGS = (
    "--use-gl=angle", "--use-angle=gl-egl", "--ignore-gpu-blocklist", "--no-sandbox", "--no-first-run",
    "--disable-extensions", "--disable-background-networking", "--window-size=1400,1000",
    "--disable-features=Translate,OptimizationHints",
)  # fmt: skip
LONGEST_S = 1500.0


class Heard:
    """What a page said: results, and the processor time at its marks."""

    def __init__(self) -> None:
        self.done = threading.Event()
        self.result: Mapping[str, Any] = {}
        self.marks: dict[str, float] = {}
        self.session = 0

    def mark(self, name: str) -> None:
        """Note the processor seconds of all of the browser's processes."""
        self.marks[name] = processor_s(self.session)


class Handler(SimpleHTTPRequestHandler):
    """Serves pages, peers and scene, and takes marks and the result."""

    def __init__(self, *args: Any, folders: Mapping[str, Path], heard: Heard, **more: Any) -> None:
        self.folders, self.heard = folders, heard
        super().__init__(*args, **more)

    def translate_path(self, path: str) -> str:
        """Find a file by the first part of its address."""
        first, _, rest = path.split("?")[0].lstrip("/").partition("/")
        folder = self.folders.get(first, PAGES).resolve()
        found = (folder / rest).resolve()
        return str(found if found.is_relative_to(folder) else folder)

    def do_POST(self) -> None:
        """Take a mark or the result."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.startswith("/mark/"):
            self.heard.mark(self.path.removeprefix("/mark/"))
        else:
            self.heard.result = json.loads(body)
            self.heard.done.set()
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name it has there
        """Say nothing."""


def run(page: str, folders: Mapping[str, Path], picture: Path | None) -> Heard:
    """Run one page to its end.

    Raises
    ------
    RuntimeError
        If the page failed or said nothing in time.
    """
    heard = Heard()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, folders=folders, heard=heard))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    profile = tempfile.mkdtemp(prefix="map-peers-")
    address = f"http://127.0.0.1:{server.server_port}/pages/{page}"
    browser = subprocess.Popen(
        [shutil.which("chromium") or "chromium", *FLAGS, f"--user-data-dir={profile}", address],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    heard.session = browser.pid
    try:
        if not heard.done.wait(LONGEST_S):
            raise RuntimeError(f"{page}: nothing heard in {LONGEST_S:.0f} s")
    finally:
        os.killpg(browser.pid, signal.SIGTERM)
        browser.wait()
        server.shutdown()
        time.sleep(0.5)  # its children still write there
        shutil.rmtree(profile, ignore_errors=True)
    if "error" in heard.result:
        raise RuntimeError(f"{page}: {heard.result['error']}")
    if picture is not None:
        for pose, data in heard.result["pictures"].items():
            (picture / f"{page.partition('.')[0]}-{pose}.png").write_bytes(base64.b64decode(data.partition(",")[2]))
    return heard


def processor_s(session: int) -> float:
    """Return the processor seconds that all processes of a session have used."""
    total = 0
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text("utf-8").rpartition(")")[2].split()
            except OSError:
                continue  # it has ended meanwhile
            if int(fields[3]) == session:
                total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")
