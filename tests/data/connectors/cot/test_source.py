"""Handhelds and servers over real sockets."""

from __future__ import annotations

import asyncio
import sqlite3
import ssl
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from data.connectors import listening
from data.connectors.contract import SourceSettings
from data.connectors.cot.encoder import as_datagram, as_stream, write_detail, write_event
from data.connectors.cot.source import open_source
from data.home import Home
from data.sync import commits
from data.sync.journal import Entry, Journal, Kept
from tests.data.connectors.bench import HOST, Bench, connect, hung_up, shout
from tests.data.connectors.cot.events_seen import PING
from tests.services import free_port
from tests.small_county import home_with_county, small_county
from twin.errors import BadInputError

BEGUN = time.time() - 4000.0


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return home_with_county(tmp_path)


def bench(home: Home, **options: object) -> Bench:
    return Bench(home, SourceSettings("tak", "cot", {"port": 0, **options}, zone="政务外网"))


def event(number: int, uid: str = "unit-1") -> bytes:
    detail = write_detail("巡逻一组", 90.0, 1.0)
    return write_event(uid, "a-f-G-U-C", BEGUN + number, 120.92, 30.84, ce_m=5.0, detail=detail).strip()


def test_events_over_tcp_are_on_disk_and_then_in_the_table(home: Home) -> None:
    desk = bench(home)

    async def act() -> None:
        reader, writer = await connect(desk.port)
        writer.write(event(1) + b"noise" + event(2) + as_stream(event(3)) + event(1) + PING)
        async with asyncio.timeout(60):
            assert b"t-x-c-t-r" in await reader.readuntil(b"</event>")
        await desk.until_stored(5)
        await desk.until(lambda: (status := desk.status()) is not None and status.entities == 1)
        writer.close()

    desk.run(act)
    assert desk.account() == (5, 3, 1, 1)
    assert desk.raws() == [event(1), event(2), as_stream(event(3))]


def test_what_a_connection_did_not_end_is_quarantined(home: Home) -> None:
    desk = bench(home)

    async def act() -> None:
        _, writer = await connect(desk.port)
        writer.write(event(1) + event(2)[:100])
        writer.close()
        await desk.until_stored(2)

    desk.run(act)
    assert desk.account() == (2, 1, 0, 1)


def test_udp_and_multicast(home: Home) -> None:
    desk = bench(home, transport="udp", host="0.0.0.0", multicast=["239.2.3.1"], interface=HOST)

    async def act() -> None:
        shout(desk.port, event(1), as_datagram(event(2)), event(3) + event(4))
        shout(desk.port, event(5), host="239.2.3.1")
        await desk.until_stored(5)
        assert desk.listening.peers() == 2

    desk.run(act)
    assert desk.account() == (5, 5, 0, 0)


def test_a_server_that_hangs_up_is_told_and_connected_to_again(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.sync.source.RETRY_S", (0.01, 0.02))
    port = free_port()
    desk = bench(home, transport="client", port=port)

    async def act() -> None:
        came = 0

        async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal came
            came += 1
            writer.write(event(came))
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(serve, HOST, port)
        await desk.until_stored(3)
        server.close()

    desk.run(act, up=False)
    assert "source_down" in desk.told()
    assert desk.account()[1] >= 3


def test_a_connection_that_is_silent_is_closed(home: Home) -> None:
    desk = bench(home, idle_s=0.05)

    async def act() -> None:
        reader, writer = await connect(desk.port)
        assert await hung_up(reader)
        writer.close()

    desk.run(act)


def test_no_more_connections_than_may_be(home: Home) -> None:
    desk = bench(home, most_links=1)

    async def act() -> None:
        _, first = await connect(desk.port)
        first.write(event(1))
        await desk.until_stored(1)
        _, second = await connect(desk.port)
        await desk.until(lambda: desk.listening.links.turned_away == 1)
        assert desk.listening.peers() == 1
        first.close()
        second.close()

    desk.run(act)


def test_while_the_disk_is_full_reading_stops_and_nothing_is_lost(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    append, full = Journal.append, asyncio.Event()

    def fail_while_full(journal: Journal, entries: Sequence[Entry]) -> list[Kept]:
        if full.is_set():
            raise sqlite3.OperationalError("database or disk is full")
        return append(journal, entries)

    monkeypatch.setattr(Journal, "append", fail_while_full)
    monkeypatch.setattr(commits, "RETRY_S", 0.01)
    monkeypatch.setattr(listening, "MOST_WAITING", 100)
    desk = bench(home, transport="both")

    async def act() -> None:
        _, writer = await connect(desk.port)
        full.set()
        writer.write(b"".join(event(n) for n in range(3000)))
        await desk.until(lambda: desk.listening.links.full)
        shout(desk.port, *(event(n, "late") for n in range(7)))
        await desk.until(lambda: desk.listening.links.missed == 7)
        full.clear()
        await desk.until_stored(3000)
        await desk.until(lambda: desk.ledger.gaps() != [])
        writer.close()

    desk.run(act)
    assert desk.account() == (3000, 3000, 0, 0)
    (gap,) = (gap for _, gap in desk.ledger.gaps())
    assert (gap.device[:4], gap.missing) == ("udp:", 7)


def test_datagrams_that_the_system_threw_away_are_told_as_missing(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.connectors.datagrams.BUFFER_BYTES", 8192)
    desk = bench(home, transport="udp")

    async def act() -> None:
        shout(desk.port, *(event(n) for n in range(400)))  # at once: the engine's loop does not turn meanwhile
        assert desk.listening.links.missed > 0
        await desk.until_stored(1)
        await desk.until(lambda: desk.ledger.gaps() != [])

    desk.run(act)
    missing = sum(gap.missing for _, gap in desk.ledger.gaps())
    assert missing + desk.account()[0] == 400


def certificate(
    folder: Path, name: str, signer: tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """Write a certificate and its key as PEM; one without a signer is an authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(signer[0].subject if signer else subject)
        .public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=signer is None, path_length=None), critical=True)
        .sign(signer[1] if signer else key, hashes.SHA256())
    )  # fmt: skip
    pem = serialization.Encoding.PEM
    (folder / f"{name}.pem").write_bytes(made.public_bytes(pem))
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / f"{name}.key").write_bytes(key.private_bytes(pem, *plain))
    return made, key


def test_with_an_authority_only_its_certificates_are_let_in(home: Home, tmp_path: Path) -> None:
    authority = certificate(tmp_path, "authority", None)
    for name in ("server", "handheld"):
        certificate(tmp_path, name, authority)
    files = {name: str(tmp_path / name) for name in ("server.pem", "server.key", "authority.pem")}
    desk = bench(home, certificate=files["server.pem"], key=files["server.key"], authority=files["authority.pem"])

    async def act() -> None:
        context = ssl.create_default_context(cafile=files["authority.pem"])
        reader, writer = await asyncio.open_connection(HOST, desk.port, ssl=context, server_hostname="localhost")
        writer.write(event(1))
        assert await hung_up(reader)
        writer.close()
        context.load_cert_chain(tmp_path / "handheld.pem", tmp_path / "handheld.key")
        _, writer = await asyncio.open_connection(HOST, desk.port, ssl=context, server_hostname="localhost")
        writer.write(event(2))
        await desk.until_stored(1)
        writer.close()

    desk.run(act)
    assert desk.raws() == [event(2)]


def test_a_certificate_that_is_not_there_is_told() -> None:
    for transport in ("tcp", "client"):
        settings = SourceSettings("tak", "cot", {"certificate": "/nowhere.pem", "transport": transport})
        with pytest.raises(BadInputError, match="no certificate"):
            open_source(settings, small_county())


def test_where_it_listens_is_told(home: Home) -> None:
    desk = bench(home, host="0.0.0.0", transport="udp")

    async def act() -> None:
        said = " ".join(desk.listening.report())
        assert "listens for CoT on 0.0.0.0:0 (udp)" in said
        assert "not secured" in said

    desk.run(act)
