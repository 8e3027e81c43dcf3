"""The last picture of a camera, by the address that the camera told; nothing is kept, it is fetched when asked for.

The address stands in a GA/T 1400 record of the journal (pictures that show a face have none there). It is fetched only
from hosts that the source's settings name (``picture_hosts``), whatever a camera writes.
"""

from __future__ import annotations

import contextlib
import math
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import sqlalchemy as sa

from data.connectors.gat1400.envelope import fields_of, text_of
from data.connectors.gat1400.options import Gate
from data.forms import learn
from data.home import Home
from data.sync.journal import journal_path
from data.sync.ledger import Ledger
from data.sync.settings import sources_of
from data.sync.tables import RECORDS, open_engine
from twin.errors import BadInputError, MissingPieceError
from twin.words import say, why

KIND, MESSAGE = "gat1400", "MotorVehicle"
MOST_BYTES, FETCH_S, NEAR_M = 8_000_000, 5.0, 25.0
"""A gate within so many metres of a camera of the city is that camera."""
LOOK_BACK = 100_000
"""Records that are looked through from the newest."""
METRES_A_DEGREE = 111_320.0


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera of the city: its id, what it is called, and where it is (degrees in WGS 84)."""

    id: str
    name: str
    lon_deg: float
    lat_deg: float


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it was fetched, and when it was taken (seconds since 1970-01-01 UTC)."""

    at_s: float
    body: bytes


class _PictureOptions(msgspec.Struct, frozen=True):
    picture_hosts: tuple[str, ...] = ()
    devices: dict[str, Gate] = {}


learn(_PictureOptions)


def last_picture(home: Home, twin: str, camera: Camera) -> Picture:
    """Return the newest picture of a camera.

    Raises
    ------
    twin.errors.BadInputError
        If none came yet, or its host is not among those of the settings.
    twin.errors.MissingPieceError
        If the host does not give it.
    """
    journal = journal_path(home, twin)
    for source in sources_of(home, twin, invented=False):
        if source.kind == KIND and journal.exists():
            options = msgspec.convert(source.options, _PictureOptions)
            for device in _devices(journal, source.name, options.devices, camera):
                found = last_address(journal, device)
                if found is not None:
                    at_s, address = found
                    return Picture(at_s, fetched(address, options.picture_hosts))
    raise BadInputError(
        camera.name or camera.id, "no picture of it came yet", "see in the networks panel whether it is connected"
    )


def last_address(journal: Path, device: str) -> tuple[float, str] | None:
    """Return when the newest picture of a device was taken and where it lies; None if it told of none."""
    engine = open_engine(journal)
    newest = sa.select(sa.func.max(RECORDS.c.at)).scalar_subquery()
    query = (
        sa.select(RECORDS.c.source_s, RECORDS.c.raw)
        .where(RECORDS.c.at > newest - LOOK_BACK, RECORDS.c.device == device, RECORDS.c.message == MESSAGE)
        .order_by(RECORDS.c.at.desc())
        .limit(20)
    )
    try:
        with engine.connect() as connection:
            for at_s, raw in connection.execute(query):
                address = next(_addresses(msgspec.json.decode(raw)), "")
                if address:
                    return float(at_s), address
    finally:
        engine.dispose()
    return None


def fetched(address: str, hosts: tuple[str, ...]) -> bytes:
    """Return the bytes at an address, from a host that is named, without following it to another.

    Raises
    ------
    twin.errors.BadInputError, twin.errors.MissingPieceError
        As :func:`last_picture`.
    """
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or parts.hostname not in hosts:
        raise BadInputError(
            parts.hostname or address[:60], "pictures are not fetched from there",
            "name the host in `picture_hosts` of the source in sources.toml",
        )  # fmt: skip
    try:
        with contextlib.closing(_OPENER.open(address, timeout=FETCH_S)) as answer:
            body: bytes = answer.read(MOST_BYTES + 1)
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise MissingPieceError(say("the picture cannot be fetched: {reason}", reason=why(error))) from None
    if len(body) > MOST_BYTES:
        raise MissingPieceError("the picture is too large")
    return body


class _NoWayOn(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """Follow to nowhere: a host that is named must not send us to one that is not."""


_OPENER = urllib.request.build_opener(_NoWayOn, urllib.request.ProxyHandler({}))


def _devices(journal: Path, source: str, known: Mapping[str, Gate], camera: Camera) -> Iterator[str]:
    """Yield the ids under which a camera sends: its own, and those of gates that stand where it does."""
    yield camera.id
    for device, gate in known.items():
        if _away_m(camera, gate.lon_deg, gate.lat_deg) <= NEAR_M:
            yield device
    for device, label in Ledger(journal).labels(source).items():
        with contextlib.suppress(ValueError):  # another kind of label
            lon, lat = (float(word) for word in label.split(" ", 2)[:2])
            if _away_m(camera, lon, lat) <= NEAR_M:
                yield device


def _away_m(camera: Camera, lon_deg: float, lat_deg: float) -> float:
    east = (lon_deg - camera.lon_deg) * math.cos(math.radians(camera.lat_deg))
    return math.hypot(east, lat_deg - camera.lat_deg) * METRES_A_DEGREE


def _addresses(value: object) -> Iterator[str]:
    """Yield the addresses of pictures in an object, those of the object itself first."""
    if isinstance(value, dict):
        fields = fields_of(value)
        address = text_of(fields, "storageurl1", "storagepath", "storageurl2", "storageurl3")
        if address.startswith(("http://", "https://")):
            yield address
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _addresses(inner)
