"""An engine's table reaches desks through a real NATS server, whatever happens to the server, the way or the desk."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import msgspec
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from data.fanout.accounts import Accounts, Grant, Join
from data.fanout.frames import Frame, live_subject, unpack_word
from data.fanout.link import Credential, Link, checked, keep_linked
from data.home import Home
from tests.data.fanout.far import TWIN, ZONES, FarDesk, FarEngine, join, publisher, running, until
from tests.services import HOST, Service, free_port, nats_server
from tests.small_county import home_with_county
from twin.errors import UsageError
from twin.words import say


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return home_with_county(tmp_path / "engine")


@pytest.fixture
def engine(home: Home) -> Iterator[FarEngine]:
    with closing(FarEngine(home)) as engine:
        yield engine


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Service]:
    with nats_server(tmp_path) as server:
        yield server


def _url(server: Service) -> str:
    return f"nats://{HOST}:{server.port}"


def test_desks_know_what_the_engine_knows_early_and_late_and_say_when_they_hear_nothing(
    home: Home, engine: FarEngine, server: Service, tmp_path: Path
) -> None:
    early, late = (FarDesk(tmp_path / name, join(_url(server))) for name in ("early", "late"))

    async def run() -> None:
        engine.tell("police", "car 1", "car 2")
        async with running(publisher(home, _url(server)).run(), early.engine.run()):
            async with running(engine.live()):
                await until(lambda: bool(early.said) and set(early.known()) == {"car 1", "car 2"})
                engine.tell("video", "drone 1", kind="drone")
                engine.table.drop([b"car 2"])
                engine.commit()
                await until(lambda: set(early.known()) == {"car 1", "drone 1"})
                async with running(late.engine.run()):
                    await until(lambda: bool(late.said) and set(late.known()) == {"car 1", "drone 1"})
                    await until(lambda: late.up() == {"police": True, "video": True})
            await until(lambda: not any(early.up().values()))  # the engine's own silence
            assert set(early.known()) == {"car 1", "drone 1"}
            early.engine.quit()

    asyncio.run(run())
    assert list(early.home.runtime.iterdir()) == []


def test_a_server_that_is_killed_or_stopped_makes_desks_say_so_and_is_only_a_cache(
    home: Home, engine: FarEngine, server: Service, tmp_path: Path
) -> None:
    desk = FarDesk(tmp_path / "desk", join(_url(server)))

    async def knows(*keys: str) -> None:
        engine.tell("police", *keys)
        await until(lambda: desk.known() == dict.fromkeys(keys, engine.clock) and all(desk.up().values()))

    async def run() -> None:
        async with running(engine.live(), publisher(home, _url(server)).run(), desk.engine.run()):
            await until(lambda: bool(desk.said))
            await knows("a", "b")
            server.kill()
            await until(lambda: not any(desk.up().values()))
            assert set(desk.known()) == {"a", "b"}
            engine.table.drop([b"a"])
            await asyncio.to_thread(server.start)
            await knows("b", "c")
            server.send(signal.SIGSTOP)
            await until(lambda: not any(desk.up().values()))
            engine.table.drop([b"b"])
            server.send(signal.SIGCONT)
            await knows("c", "d")
            desk.engine.quit()

    asyncio.run(run())
    assert {"fanout_lost", "fanout_heard"} <= set(desk.keys())


def test_a_desk_is_told_why_a_source_is_down_in_words_it_can_translate(
    home: Home, engine: FarEngine, server: Service, tmp_path: Path
) -> None:
    desk = FarDesk(tmp_path / "desk", join(_url(server)))
    reason = say("{host} is another machine: make credentials first, with `zhian desk open`", host="far")

    async def run() -> None:
        async with running(engine.live(), publisher(home, _url(server)).run(), desk.engine.run()):
            engine.tell_down("video", reason)
            await until(lambda: bool(desk.said) and desk.reasons().get("video") == reason)
            desk.engine.quit()

    asyncio.run(run())


class Way:
    """The way from a desk to the server, which can be cut without either end being told."""

    def __init__(self, port: int) -> None:
        self._port, self.open = port, asyncio.Event()
        self.open.set()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        tasks: set[asyncio.Task[None]] = set()

        async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            there, back = await asyncio.open_connection(HOST, self._port)
            for source, sink in ((reader, back), (there, writer)):
                tasks.add(asyncio.create_task(self._carry(source, sink)))

        server = await asyncio.start_server(carry, HOST, 0)
        try:
            yield f"nats://{HOST}:{server.sockets[0].getsockname()[1]}"
        finally:
            server.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                await self.open.wait()
                sink.write(data)
                await sink.drain()
        except ConnectionError:
            return
        finally:
            sink.close()


def test_a_partition_is_noticed_and_made_good_after_it(
    home: Home, engine: FarEngine, server: Service, tmp_path: Path
) -> None:
    async def run() -> None:
        way = Way(server.port)
        async with way.listening() as url:
            desk = FarDesk(tmp_path / "desk", join(url))
            async with running(engine.live(), publisher(home, _url(server)).run(), desk.engine.run()):
                engine.tell("police", "a", "b")
                await until(lambda: bool(desk.said) and all(desk.up().values()) and len(desk.known()) == 2)
                way.open.clear()
                await until(lambda: not any(desk.up().values()))
                engine.table.drop([b"a"])
                engine.tell("police", "b")
                way.open.set()
                await until(lambda: desk.known() == {"b": engine.clock} and all(desk.up().values()))
                desk.engine.quit()

    asyncio.run(run())


def test_a_desk_that_does_not_read_slows_neither_the_engine_nor_the_others(
    home: Home, engine: FarEngine, server: Service, tmp_path: Path
) -> None:
    desk = FarDesk(tmp_path / "desk", join(_url(server)))
    keys = [f"e{number}" for number in range(4000)]

    async def run() -> None:
        async with running(engine.live(), publisher(home, _url(server)).run(), desk.engine.run()):
            _, slow = await asyncio.open_connection(HOST, server.port)  # never reads
            slow.write(b'CONNECT {"verbose":false}\r\nSUB zhian.> 1\r\n')
            await until(lambda: bool(desk.said))
            for _ in range(30):
                engine.tell("police", *keys)
                await until(lambda: desk.known().get("e3999") == engine.clock)
            slow.close()
            desk.engine.quit()

    asyncio.run(run())


def test_a_cancellation_that_the_client_swallows_ends_the_link_all_the_same(server: Service) -> None:
    swallowed: list[bool] = []
    begun = asyncio.Event()

    async def work(link: Link) -> None:
        begun.set()
        while len(swallowed) < 2:
            try:
                await link.client.flush()
                await asyncio.sleep(60)
            except asyncio.CancelledError:  # as asyncio.wait_for does when the answer comes in the same turn
                swallowed.append(True)
        await asyncio.sleep(60)

    async def run() -> None:
        linked = asyncio.ensure_future(keep_linked(_url(server), None, work, lambda reason: None))
        async with asyncio.timeout(60):
            await begun.wait()
            linked.cancel()
            with pytest.raises(asyncio.CancelledError):
                await linked

    asyncio.run(run())
    assert len(swallowed) == 2


@pytest.fixture
def guarded(home: Home, tmp_path: Path) -> Iterator[tuple[Accounts, Service]]:
    """A server with TLS, that lets in the engine and a desk for the police's vehicles."""
    accounts = Accounts(home, TWIN)
    accounts.open(f"{HOST}:{free_port()}")
    with nats_server(tmp_path, "-c", str(accounts.settings)) as server:
        yield accounts, server


def _add(accounts: Accounts, server: Service, grant: Grant) -> Join:
    joined = accounts.add(grant)
    server.send(signal.SIGHUP)
    return msgspec.structs.replace(joined, url=f"tls://{HOST}:{server.port}")


def test_a_desk_sees_what_its_account_may_see_and_nothing_else(
    home: Home, engine: FarEngine, guarded: tuple[Accounts, Service], tmp_path: Path
) -> None:
    accounts, server = guarded
    grant = Grant("desk-1", [ZONES["police"]], [], ["vehicles"])
    joined = _add(accounts, server, grant)
    desk = FarDesk(tmp_path / "desk", joined)

    async def refused(subject: str) -> None:
        async with Link(joined.url, joined.credential) as link:
            seen: list[bytes] = []
            await link.client.subscribe(subject, cb=_keeping(seen))
            await until(lambda: "permissions violation" in link.refused.lower())
            assert seen == []

    async def run() -> None:
        engine.tell("police", "car")
        engine.tell("police", "officer", kind="officer")
        engine.tell("video", "other car")
        url = joined.url
        async with running(engine.live(), publisher(home, url, accounts.credential()).run(), desk.engine.run()):
            await until(lambda: bool(desk.said) and set(desk.known()) == {"car"})
            await until(lambda: desk.up() == {"police": True})
            await refused(live_subject(TWIN, ZONES["video"], "*", "*"))
            await refused(f"zhian.{TWIN}.live.>")
            async with Link(joined.url, joined.credential) as link:
                await link.client.publish(live_subject(TWIN, ZONES["police"], "内部", "vehicles"), b"forged")
                await until(lambda: "permissions violation for publish" in link.refused.lower())
            assert set(desk.known()) == {"car"}
            desk.engine.quit()

    asyncio.run(run())


def _keeping(seen: list[bytes]) -> Callable[[Msg], Awaitable[None]]:
    async def keep(message: Msg) -> None:
        seen.append(message.data)

    return keep


def test_a_wrong_or_withdrawn_credential_is_refused(
    home: Home, guarded: tuple[Accounts, Service], tmp_path: Path
) -> None:
    accounts, server = guarded
    good = _add(accounts, server, Grant("desk-1"))
    other = Accounts(home_with_county(tmp_path / "stranger"), TWIN).add(Grant("desk-1"))
    assert good.credential is not None
    assert other.credential is not None
    forged = msgspec.structs.replace(other.credential, authority=good.credential.authority)

    async def connects(credential: Credential | None) -> bool:
        try:
            async with Link(good.url, credential) as link:
                await link.client.flush(2)
                return not link.lost.is_set()
        except Exception:  # noqa: BLE001 - however it is refused
            return False

    async def run() -> None:
        await until(lambda: True)
        assert await connects(good.credential)
        assert not await connects(forged)
        with pytest.raises(OSError, match="certificate"):
            async with Link(good.url, other.credential):
                pass
        anonymous = Client()
        with pytest.raises(OSError, match="certificate"):
            await anonymous.connect(good.url, allow_reconnect=False, connect_timeout=2)
        accounts.remove("desk-1")
        server.send(signal.SIGHUP)
        begun = time.monotonic()
        while await connects(good.credential):
            assert time.monotonic() - begun < 10

    asyncio.run(run())


def test_nothing_secret_is_in_the_servers_settings_and_all_files_are_their_owners_alone(home: Home) -> None:
    accounts = Accounts(home, TWIN)
    joined = accounts.add(Grant("desk-1", zones=["公安网"]))
    settings = accounts.settings.read_text("utf-8")
    assert "PRIVATE" not in settings
    assert joined.credential is not None
    assert joined.credential.key not in "".join(path.read_text("utf-8") for path in accounts.folder.iterdir())
    assert {path.stat().st_mode & 0o077 for path in accounts.folder.iterdir()} == {0}


@pytest.mark.parametrize(
    "url", ["nats://10.0.0.1:4222", "http://127.0.0.1:1", "nats://127.0.0.1", "nats://u:p@localhost:1"]
)
def test_an_address_in_the_clear_must_be_of_this_machine(url: str) -> None:
    with pytest.raises(UsageError):
        checked(url, None)
    assert checked("nats://127.0.0.1:4222", None)


def test_a_frame_on_the_wire_is_ours(home: Home, engine: FarEngine, server: Service) -> None:
    seen: list[bytes] = []

    async def run() -> None:
        client = Client()
        await client.connect(_url(server))
        await client.subscribe(live_subject(TWIN, "公安网", "内部", "vehicles"), cb=_keeping(seen))
        await client.flush()
        async with running(engine.live(), publisher(home, _url(server)).run()):
            engine.tell("police", "car")
            await until(lambda: bool(seen))
        await client.close()

    asyncio.run(run())
    word = unpack_word(seen[0])
    assert isinstance(word, Frame)
    assert (word.sequence, word.sources) == (1, ["police"])


def test_the_settings_are_those_a_server_takes(home: Home, tmp_path: Path) -> None:
    accounts = Accounts(home, TWIN)
    accounts.add(Grant("desk-1", ["公安网", "a.b"], ["内部"], ["vehicles"]))

    binary = Path(sys.executable).with_name("nats-server")
    checking = subprocess.run([str(binary), "-c", str(accounts.settings), "-t"], capture_output=True, text=True)
    assert checking.returncode == 0, checking.stderr
