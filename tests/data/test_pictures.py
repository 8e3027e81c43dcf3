"""The last picture of a camera: found by its address, fetched only from hosts that are named."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest

from data.connectors.contract import Record, SourceSettings
from data.home import Home
from data.pictures import Camera, last_address, last_picture
from data.sync.journal import Entry, Journal, Origin, journal_path
from data.sync.settings import set_sources
from twin.errors import BadInputError, MissingPieceError

CAMERA = Camera("330421000011900001", "人民大道 1", 120.92, 30.84)
JPEG = b"\xff\xd8\xff\xe0 a picture"


class Host(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Give a picture, or send on to where none should follow."""
        self.send_response(302 if "away" in self.path else 200)
        if "away" in self.path:
            self.send_header("Location", "http://elsewhere.invalid/x.jpg")
        self.end_headers()
        self.wfile.write(JPEG)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Host)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path, tmp_path, tmp_path, tmp_path)


def seen(home: Home, device: str, *objects: dict[str, object], hosts: tuple[str, ...] = ("127.0.0.1",)) -> None:
    """Let a gate tell of vehicles, one a second."""
    options = {
        "authentication": "open",
        "picture_hosts": list(hosts),
        "devices": {"gate-7": {"lon_deg": 120.92, "lat_deg": 30.84}},
    }
    set_sources(home, "real", (SourceSettings("gates", "gat1400", options=options),))
    journal = Journal(journal_path(home, "real"))
    records = [
        Record(bytes([n]), device, "MotorVehicle", 100.0 + n, msgspec.json.encode(one)) for n, one in enumerate(objects)
    ]
    journal.append([Entry(Origin("gates"), 200.0, len(records), records)])
    journal.close()


@pytest.mark.parametrize("device", [CAMERA.id, "gate-7"])
def test_the_newest_picture_is_fetched_by_the_cameras_id_or_its_place(home: Home, port: int, device: str) -> None:
    url = f"http://127.0.0.1:{port}"
    seen(
        home,
        device,
        {"StorageUrl1": f"{url}/1.jpg"},
        {"SubImageList": {"SubImageInfoObject": [{"StoragePath": f"{url}/2.jpg"}]}},
        {"PlateNo": "x"},
    )
    assert last_address(journal_path(home, "real"), device) == (101.0, f"{url}/2.jpg")
    found = last_picture(home, "real", CAMERA)
    assert (found.at_s, found.body) == (101.0, JPEG)


def test_only_hosts_that_are_named_are_asked_and_nobody_is_followed(home: Home, port: int) -> None:
    seen(home, CAMERA.id, {"StorageUrl1": "file:///etc/passwd"}, {"StorageUrl1": f"http://127.0.0.1:{port}/away.jpg"})
    with pytest.raises(MissingPieceError, match="cannot be fetched"):
        last_picture(home, "real", CAMERA)
    seen(home, CAMERA.id, hosts=("pictures.example",))
    with pytest.raises(BadInputError, match="not fetched from there"):
        last_picture(home, "real", CAMERA)


def test_a_camera_of_which_nothing_came_says_so(home: Home) -> None:
    with pytest.raises(BadInputError, match="no picture"):
        last_picture(home, "real", CAMERA)
    seen(home, "another", {"StorageUrl1": "http://127.0.0.1/1.jpg"})
    with pytest.raises(BadInputError, match="no picture"):
        last_picture(home, "real", Camera("c2", "", 121.5, 31.0))
