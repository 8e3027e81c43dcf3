"""A view library with real sockets: what is answered is on disk, and whoever may not post does not."""

from __future__ import annotations

import asyncio
import gzip
import json
import ssl
import time
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import aiohttp
import pytest

from data.connectors.contract import Parcel, SourceSettings
from data.connectors.gat1400 import source as gat1400
from data.connectors.gat1400.encoder import CONTENT_TYPE, local_time, write_device_id, write_passes
from data.home import Home
from data.sync.engine import Engine
from data.sync.journal import journal_path, read
from data.sync.ledger import Ledger
from data.sync.messages import Log, Message
from data.sync.replay import replay
from data.sync.settings import set_sources
from data.sync.shared import open_for_reading, table_path
from tests.data.connectors.cot.test_source import certificate
from tests.data.connectors.gat1400.objects_seen import FACE, GATE, PARKING
from tests.services import HOST, free_port
from tests.small_county import home_with_county, small_county
from twin.errors import BadInputError
from twin.live.observation import ObservationArray
from twin.live.reader import LiveReader

CAMERA = "33042100001190000001"
PLACE = {"lon_deg": 120.92, "lat_deg": 30.84}
JSON = dict[str, object]


class Bench:
    """An engine with a view library on a free port."""

    def __init__(self, home: Home, **options: object) -> None:
        self.home, self.port, self.said = home, free_port(), list[Message]()
        self.url = f"http://{HOST}:{self.port}"
        told = {"port": self.port, "users": {"gate": "opens"}, "devices": {CAMERA: PLACE}, **options}
        self.settings = SourceSettings("gates", "gat1400", told, zone="视频专网")
        set_sources(home, "small", [self.settings])
        self.engine = Engine(home, "small", self.said.append, [self.settings])
        self.ledger = Ledger(journal_path(home, "small"))

    def run(self, act: Callable[[], Awaitable[None]]) -> None:
        async def both() -> None:
            async with asyncio.TaskGroup() as group:
                running = group.create_task(self.engine.run())
                await self.until(lambda: "source_up" in self.told() or running.done())
                await act()
                self.engine.quit()

        asyncio.run(both())

    def told(self) -> list[str]:
        return [message.key for message in self.said if isinstance(message, Log)]

    async def until(self, come: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not come():
                await asyncio.sleep(0.01)

    @property
    def library(self) -> gat1400.Gat1400:
        (source,) = vars(self.engine)["_sources"].values()
        return cast(gat1400.Gat1400, source.connector)

    def rows(self) -> ObservationArray:
        shared = open_for_reading(table_path(self.home, "small"))
        assert shared is not None
        reader = LiveReader(shared.buffer)
        rows = reader.frame().rows
        reader.close()
        shared.close()
        return rows

    def account(self) -> tuple[int, ...]:
        """Return received, stored, duplicate and quarantined, and prove that they are exact."""
        accounts = self.ledger.balance()
        assert [a.difference for a in accounts] == [0] * len(accounts)
        assert self.ledger.verify() == []
        return tuple(sum(column) for column in zip(*(a[2:6] for a in accounts), strict=True))

    @asynccontextmanager
    async def client(self, device: str = CAMERA, register: bool = True) -> AsyncIterator[Client]:
        headers = {"User-Identify": device, "Content-Type": CONTENT_TYPE}
        async with aiohttp.ClientSession(self.url, headers=headers) as session:
            client = Client(session)
            if register:
                digest = aiohttp.DigestAuthMiddleware("gate", "opens")
                body = write_device_id("Register", device)
                async with session.post("/VIID/System/Register", data=body, middlewares=(digest,)) as answer:
                    assert answer.status == 200, await answer.text()
            yield client


class Client:
    """Posts and reads the answer."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.session = session

    async def post(self, path: str, body: bytes, **headers: str) -> tuple[int, list[str]]:
        """Return the HTTP status and the codes in the answer."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.post(path, data=body, headers=named) as answer:
            assert answer.headers["Content-Type"] == CONTENT_TYPE
            told = json.loads(await answer.read())
        one = told.get("ResponseStatusObject")
        listed = [one] if one else told["ResponseStatusListObject"]["ResponseStatusObject"]
        return answer.status, [status["StatusCode"] for status in listed]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("ZHIAN_HOME", str(tmp_path))
    return home_with_county(tmp_path)


def passed(number: int, plate: str = "浙FA0001", device: str = CAMERA, **more: object) -> JSON:
    time_s = time.time() - 100 + number
    return {
        "MotorVehicleID": f"{device}{number:05d}", "DeviceID": device, "PassTime": local_time(time_s),
        "PlateNo": plate, "HasPlate": "1", "VehicleClass": "K33", "StorageUrl1": "http://x/1.jpg", **more,
    }  # fmt: skip


def motor(*passes: JSON) -> bytes:
    return write_passes(passes)


def test_a_pass_is_answered_once_it_is_on_disk_and_then_shown(home: Home) -> None:
    bench = Bench(home)

    async def act() -> None:
        async with bench.client() as client:
            posted: list[JSON] = [passed(1), passed(2, "浙FA0002"), {"MotorVehicleID": "7", "PlateNo": "浙FA0003"}]
            assert await client.post("/VIID/MotorVehicles", motor(*posted)) == (200, ["0", "0", "8"])
            kept = list(read(bench.ledger.path))
            assert [json.loads(stored.raw) for stored in kept] == posted[:2]
            assert {stored.device for stored in kept} == {CAMERA}
            assert await client.post("/VIID/MotorVehicles", motor(posted[0])) == (200, ["0"])
        await bench.until(lambda: len(bench.rows()) == 2)
        rows = bench.rows()
        assert sorted(row["label"].decode() for row in rows) == ["浙FA0001", "浙FA0002"]
        assert [tuple(row[["lon_deg", "lat_deg"]]) for row in rows] == [(120.92, 30.84)] * 2
        assert not any(b"A000" in row["id"] for row in rows)

    bench.run(act)
    assert bench.account() == (4, 2, 1, 1)
    (held,) = bench.ledger.quarantine()
    assert (held.reason, json.loads(held.raw)["PlateNo"]) == ("no time", "浙FA0003")


def test_nothing_is_answered_before_the_disk_has_it(home: Home) -> None:
    bench = Bench(home)
    held_back: list[Parcel] = []

    async def act() -> None:
        source = next(iter(vars(bench.engine)["_sources"].values()))
        intake = vars(bench.engine)["_intake"]
        take = intake.take
        intake.take = lambda _, parcel: held_back.append(parcel)
        async with bench.client() as client:
            post = asyncio.create_task(client.post("/VIID/MotorVehicles", motor(passed(1))))
            await bench.until(lambda: len(held_back) == 1)
            assert await client.post("/VIID/System/Keepalive", b"") == (200, ["0"])
            assert not post.done()
            take(source, held_back[0])
            assert await post == (200, ["0"])
            post = asyncio.create_task(client.post("/VIID/MotorVehicles", motor(passed(2))))
            await bench.until(lambda: len(held_back) == 2)
            held_back[1].give_up()
            assert await post == (500, ["1"])

    bench.run(act)


def test_who_is_not_registered_is_asked_for_a_digest(home: Home) -> None:
    bench = Bench(home)

    async def act() -> None:
        async with bench.client(register=False) as client:
            for path in ("/VIID/MotorVehicles", "/VIID/System/Keepalive", "/VIID/APEs", "/VIID/Faces"):
                assert await client.post(path, motor(passed(1))) == (401, ["4"])
            digest = aiohttp.DigestAuthMiddleware("gate", "wrong")
            async with client.session.post("/VIID/System/Register", data=b"{}", middlewares=(digest,)) as answer:
                assert answer.status == 401
                assert answer.headers["WWW-Authenticate"].startswith('Digest realm="viid", qop="auth", algorithm=MD5')
            digest = aiohttp.DigestAuthMiddleware("gate", "opens")  # each request may carry one of its own
            async with client.session.post(
                "/VIID/MotorVehicles", data=motor(passed(1)), middlewares=(digest,)
            ) as answer:
                assert answer.status == 200
        async with bench.client() as client:
            assert await client.post("/VIID/System/Keepalive", b"") == (200, ["0"])
            assert await client.post("/VIID/System/UnRegister", b"") == (200, ["0"])
            assert await client.post("/VIID/System/Keepalive", b"") == (401, ["4"])

    bench.run(act)
    assert bench.account() == (1, 1, 0, 0)


def test_the_standard_librarys_client_registers(home: Home) -> None:
    bench = Bench(home, numbers=True, library="33042100002000000001")

    def register() -> tuple[JSON, JSON]:
        passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        passwords.add_password(None, bench.url, "gate", "opens")
        opener = urllib.request.build_opener(urllib.request.HTTPDigestAuthHandler(passwords))
        opener.addheaders = [("User-Identify", CAMERA)]
        with opener.open(bench.url + "/VIID/System/Register", write_device_id("Register", CAMERA)) as answer:
            told = json.load(answer)
        with opener.open(bench.url + "/VIID/System/Time") as answer:
            return told, json.load(answer)

    async def act() -> None:
        told, clock = await asyncio.to_thread(register)
        status = cast(JSON, told["ResponseStatusObject"])
        assert (status["StatusCode"], status["Id"], status["RequestURL"]) == (0, CAMERA, "/VIID/System/Register")
        now = cast(JSON, clock["SystemTimeObject"])
        assert now["VIIDServerID"] == "33042100002000000001"
        assert abs(int(cast(str, now["LocalTime"])) - int(local_time(time.time()))) < 100

    bench.run(act)


def test_sha_256_is_offered_where_that_is_set(home: Home) -> None:
    bench = Bench(home, algorithms=["SHA-256", "MD5"])

    async def act() -> None:
        async with bench.client() as client:
            assert await client.post("/VIID/System/Keepalive", b"") == (200, ["0"])

    bench.run(act)


def test_a_registration_counts_for_its_address_and_grows_old(home: Home) -> None:
    bench = Bench(home)

    async def act() -> None:
        async with bench.client() as client:
            assert bench.library.server.sessions.knows(CAMERA, HOST)
            assert not bench.library.server.sessions.knows(CAMERA, "10.0.0.9")
            vars(bench.library.server.sessions)["_until"][CAMERA, HOST] = 0.0  # as if it had been silent for long
            assert await client.post("/VIID/System/Keepalive", b"") == (401, ["4"])

    bench.run(act)


def test_only_known_devices_register_where_that_is_set(home: Home) -> None:
    bench = Bench(home, known_only=True)

    async def act() -> None:
        digest = aiohttp.DigestAuthMiddleware("gate", "opens")
        async with aiohttp.ClientSession(bench.url) as session:
            for device, http in ((CAMERA, 200), ("stranger", 403), ("", 400)):
                body = write_device_id("Register", device)
                async with session.post("/VIID/System/Register", data=body, middlewares=(digest,)) as answer:
                    assert answer.status == http

    bench.run(act)


def test_cameras_tell_where_they_stand_and_that_outlives_the_engine(home: Home) -> None:
    first, second = Bench(home), Bench(home)
    device = "33042100001190000099"
    camera = {"ApeID": device, "Name": "东门 1", "Longitude": "120.9", "Latitude": 30.8, "Password": "theirs"}

    async def learn() -> None:
        async with first.client() as client:
            assert await client.post("/VIID/MotorVehicles", motor(passed(1, device=device))) == (200, ["8"])
            body = json.dumps({"APEListObject": {"APEObject": [camera, {"Name": "no id"}]}}).encode()
            assert await client.post("/VIID/APEs", body) == (200, ["0", "8"])
            async with client.session.get("/VIID/APEs") as answer:
                (known,) = (await answer.json(content_type=None))["APEListObject"]["APEObject"]
            assert (known["ApeID"], known["Longitude"], known["Name"]) == (device, 120.9, "东门 1")
            assert await client.post("/VIID/MotorVehicles", motor(passed(2, device=device))) == (200, ["0"])

    async def remember() -> None:
        async with second.client() as client:
            assert await client.post("/VIID/MotorVehicles", motor(passed(3, device=device))) == (200, ["0"])
        await second.until(lambda: len(second.rows()) == 1)
        assert tuple(second.rows()[0][["lon_deg", "lat_deg"]]) == (120.9, 30.8)

    first.run(learn)
    assert not any(b"theirs" in stored.raw for stored in read(first.ledger.path))
    second.run(remember)
    assert second.account() == (5, 3, 0, 2)
    nowhere = next(held for held in second.ledger.quarantine() if held.reason == "place of the device unknown")
    placed = SourceSettings("gates", "gat1400", {**second.settings.options, "devices": {device: PLACE}})
    set_sources(home, "small", [placed])
    assert replay(home, "small", nowhere.id) == 1


def test_notifications_are_taken_with_what_is_in_them(home: Home) -> None:
    bench = Bench(home)
    notes = [
        {"NotificationID": "1", "MotorVehicleObjectList": {"MotorVehicle0bject": [passed(1), passed(2)]},
         "FaceObjectList": json.loads(FACE)["FaceListObject"]},
        {"NotificationID": "2", "MotorVehicleObjectList": [passed(3), {"PlateNo": "浙FA0003"}]},
    ]  # fmt: skip
    body = json.dumps({"SubscribeNotificationListObject": {"SubscribeNotificationObject": notes}}).encode()

    async def act() -> None:
        async with bench.client() as client:
            assert await client.post("/VIID/SubscribeNotifications", body) == (200, ["0", "8"])

    bench.run(act)
    assert bench.account() == (4, 3, 0, 1)


def test_no_face_is_taken_on_any_way_in(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The law: what tells of people is refused, counted, and leaves no trace but its number."""
    monkeypatch.setattr("data.connectors.gat1400.exchange.PEOPLE_S", 0.0)
    monkeypatch.setattr("data.connectors.gat1400.source.SWEEP_S", 0.05)
    bench = Bench(home)
    face = json.loads(FACE)
    driver = {"SubImageInfoObject": [{"Type": "04", "ImageID": "9", "StoragePath": "http://x/face.jpg"}]}
    with_face = passed(1, DriverFaceID="face-1", SubImageList=driver, **face)
    note = {"SubscribeNotificationListObject": {"SubscribeNotificationObject": [{"FaceObjectList": face}]}}

    async def act() -> None:
        async with bench.client() as client:
            for path in ("/VIID/Faces", "/VIID/Persons", "/VIID/NonMotorVehicles", "/VIID/Faces/1"):
                assert await client.post(path, FACE) == (403, ["4"])
            assert await client.post("/VIID/MotorVehicles", FACE) == (400, ["8"])
            assert await client.post("/VIID/MotorVehicles", FACE[:-5]) == (400, ["7"])
            assert (await client.post("/VIID/SubscribeNotifications", json.dumps(note).encode()))[0] == 200
            assert await client.post("/VIID/MotorVehicles", motor(with_face)) == (200, ["0"])
        await bench.until(lambda: any(held.message == "people" for held in bench.ledger.quarantine()))

    bench.run(act)
    for file in home.state.glob("journal-small.sqlite*"):
        kept = file.read_bytes()
        assert not any(word in kept for word in (b"FaceID", b"GenderCode", b"face.jpg", b"face-1", b"minio"))
    counted = [held for held in bench.ledger.quarantine() if held.message == "people"]
    assert {held.reason for held in counted} == {"people are not taken"}
    assert sum(json.loads(held.raw)["objects"] for held in counted) >= 4
    bench.account()


def test_what_cannot_be_read_is_kept_with_its_reason_and_said(home: Home) -> None:
    bench = Bench(home, most_body_mb=0.1, most_objects=3)
    many = motor(*[passed(n) for n in range(4)])
    refused = [
        (PARKING[:-9], "7", "not JSON"), (b"{}", "8", "no object in it"), (many, "8", "too many objects"),
        (b'{"a":' * 20 + b"1" + b"}" * 20, "8", "nested too deep"),
    ]  # fmt: skip

    async def act() -> None:
        async with bench.client() as client:
            for body, code, _ in refused:
                assert await client.post("/VIID/MotorVehicles", body) == (400, [code])
            assert await client.post("/VIID/MotorVehicles", motor(passed(1)), Content_Type="application/xml") == (
                415, ["7"],
            )  # fmt: skip
            assert await client.post("/VIID/MotorVehicles", b" " * 100_001) == (413, ["8"])
            bomb = gzip.compress(b" " * 20_000_000)
            assert await client.post("/VIID/MotorVehicles", bomb, Content_Encoding="gzip") == (413, ["8"])
            packed = gzip.compress(motor(passed(1)))
            assert await client.post("/VIID/MotorVehicles", packed, Content_Encoding="gzip") == (200, ["0"])
            assert await client.post("/VIID/Nothing", b"") == (404, ["4"])
            async with client.session.post("/VIID/MotorVehicles", data=motor(passed(2)), expect100=True) as answer:
                assert answer.status == 200

    bench.run(act)
    assert bench.account() == (6, 2, 0, 4)
    assert {held.reason for held in bench.ledger.quarantine()} == {reason for *_, reason in refused}
    assert not any(b"/9j/4AAQ" in held.raw for held in bench.ledger.quarantine())


def test_a_body_that_drips_in_and_a_head_that_never_ends_are_cut_off(home: Home) -> None:
    bench = Bench(home, authentication="open", request_s=0.1, idle_s=0.2)

    async def act() -> None:
        reader, writer = await asyncio.open_connection(HOST, bench.port)
        writer.write(b"POST /VIID/MotorVehicles HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        head, slow = await asyncio.open_connection(HOST, bench.port)
        slow.write(b"POST /VIID/MotorVehicles HTTP/1.1\r\nHost: ")
        async with asyncio.timeout(60):
            assert (await reader.readline()).startswith(b"HTTP/1.1 408")
            assert await head.read() == b""
        writer.close()
        slow.close()

    bench.run(act)


def test_too_many_connections_and_too_many_requests_are_turned_away(home: Home) -> None:
    bench = Bench(home, authentication="open", most_links=2, most_requests_per_s=1e-6)

    async def act() -> None:
        async with bench.client(register=False) as client:
            answers = [(await client.post("/VIID/System/Keepalive", b"")) for _ in range(4)]
            assert answers == [(200, ["0"])] + [(429, ["2"])] * 3
        links = [await asyncio.open_connection(HOST, bench.port) for _ in range(4)]
        connections = bench.library.server.connections
        assert connections is not None
        await bench.until(lambda: connections.turned_away >= 2)
        for _, writer in links:
            writer.close()

    bench.run(act)


def test_a_library_that_is_behind_says_that_it_is_busy(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gat1400, "MOST_WAITING", 2)
    bench = Bench(home)
    held_back: list[Parcel] = []

    async def act() -> None:
        source = next(iter(vars(bench.engine)["_sources"].values()))
        intake = vars(bench.engine)["_intake"]
        take = intake.take
        intake.take = lambda _, parcel: held_back.append(parcel)
        async with bench.client() as client:
            post = asyncio.create_task(client.post("/VIID/MotorVehicles", motor(*[passed(n) for n in range(3)])))
            await bench.until(lambda: len(held_back) == 1)
            assert await client.post("/VIID/MotorVehicles", motor(passed(9))) == (503, ["2"])
            intake.take = take
            take(source, held_back[0])
            assert await post == (200, ["0"] * 3)
            assert await client.post("/VIID/MotorVehicles", motor(passed(9))) == (200, ["0"])

    bench.run(act)
    assert bench.account() == (4, 4, 0, 0)


def test_the_recorded_gate_is_kept_and_its_old_time_moves_nothing_new(home: Home) -> None:
    bench = Bench(home, devices={"65010000001190000001": PLACE})

    async def act() -> None:
        async with bench.client() as client:
            assert await client.post("/VIID/MotorVehicles", GATE) == (200, ["0"])

    bench.run(act)
    (stored,) = read(bench.ledger.path)
    assert (stored.message, stored.device, stored.source_s) == ("MotorVehicle", "65010000001190000001", 1_473_688_867)


def test_a_library_may_speak_tls(home: Home, tmp_path: Path) -> None:
    authority = certificate(tmp_path, "authority", None)
    certificate(tmp_path, "server", authority)
    bench = Bench(home, certificate=str(tmp_path / "server.pem"), key=str(tmp_path / "server.key"))

    async def act() -> None:
        context = ssl.create_default_context(cafile=str(tmp_path / "authority.pem"))
        digest = aiohttp.DigestAuthMiddleware("gate", "opens")
        async with aiohttp.ClientSession(f"https://localhost:{bench.port}") as session:
            body = write_device_id("Register", CAMERA)
            async with session.post("/VIID/System/Register", data=body, middlewares=(digest,), ssl=context) as answer:
                assert answer.status == 200
            with pytest.raises(aiohttp.ClientConnectorCertificateError):
                await session.get("/VIID/System/Time")

    bench.run(act)
    options = {"users": {"gate": "opens"}, "certificate": str(tmp_path / "gone.pem")}
    with pytest.raises(BadInputError):
        gat1400.open_source(SourceSettings("gates", "gat1400", options), small_county())


@pytest.mark.parametrize(
    "options",
    [{}, {"users": {"gate": "opens"}, "kind": "ufo"}, {"users": {"gate": "opens"}, "color": 1}, {"devices": {"1": {}}}],
)
def test_options_that_make_no_sense_are_told(home: Home, options: JSON) -> None:
    with pytest.raises(BadInputError):
        gat1400.open_source(SourceSettings("gates", "gat1400", options), small_county())


def test_a_library_says_what_is_open_about_it(home: Home) -> None:
    options = {"authentication": "open", "host": "0.0.0.0"}
    assert len(gat1400.open_source(SourceSettings("gates", "gat1400", options), small_county()).report()) == 3
