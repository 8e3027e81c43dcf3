"""Invented banks keep the law, keep their books, and misbehave as asked."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import aiohttp
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from data.signing.keys import OwnKey
from data.simulate.fraud import cashier
from data.simulate.fraud.bank_server import BankServer, key_ring
from data.simulate.fraud.books import CASH, Books, World
from data.simulate.fraud.cashier import Cashier
from data.simulate.fraud.moods import Moods, read_moods
from data.simulate.fraud.teller import Teller
from data.simulate.fraud.wire import Letter, Reply, read_letter, write_reply

PAID_S = 1_795_400_000
HOUR, DAY = 3600, 86400
CASE = Cashier()


def letter(id_: str = "I1", verb: str = "stop", **told: Any) -> Letter:
    plain = Letter(
        version=1, id=id_, verb=verb, account=CASE.stranger, case="FZ1", measure="M1", holder=CASE.stranger_name,
        amount_fen=CASE.paid_fen, paid_at_s=PAID_S, until_s=0, from_s=0, to_account="", to_holder="", payment="",
        asked_at_s=PAID_S + 60, officers=("a", "b", "c"), basis="",
    )  # fmt: skip
    return msgspec.structs.replace(plain, **told)


@pytest.fixture
def teller() -> Teller:
    books = Books(World(invent=False))
    cashier.tell(books, PAID_S)
    return Teller(books)


def test_a_stop_within_forty_minutes_finds_what_is_left(teller: Teller) -> None:
    reply = teller.do(letter(), PAID_S + 1200)
    assert (reply.state, reply.held_fen) == ("executed", CASE.left_fen + 12_345)
    assert reply.ends_s == PAID_S + 1200 + 48 * HOUR
    later = teller.do(letter("I2", "holder"), PAID_S + 3 * HOUR)
    assert later.balance_fen == CASE.left_fen + 12_345
    assert CASH in teller._books.accounts  # what had gone on became cash


def test_a_stop_that_comes_late_finds_nothing(teller: Teller) -> None:
    assert teller.do(letter(), PAID_S + 3 * HOUR).held_fen == 12_345


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"holder": "周维"}, "name_mismatch"),
        ({"amount_fen": 1}, "amount_mismatch"),
        ({"paid_at_s": PAID_S + 300}, "time_mismatch"),
        ({"account": "ICBC:1"}, "no_such_account"),
        ({"verb": "dance"}, "unsupported"),
        ({"verb": "extend"}, "not_stopped"),
        ({"verb": "return"}, "not_frozen"),
        ({"verb": "freeze", "until_s": PAID_S}, "expired"),
    ],
)
def test_what_does_not_match_is_refused(teller: Teller, wrong: dict[str, Any], reason: str) -> None:
    reply = teller.do(letter(**wrong), PAID_S + 1200)
    assert (reply.state, reply.reason, teller.done) == ("failed", reason, {})


def test_there_is_no_third_stop(teller: Teller) -> None:
    first = teller.do(letter("I1"), PAID_S + 60)
    second = teller.do(letter("I2", "extend"), PAID_S + DAY)
    third = teller.do(letter("I3", "extend"), PAID_S + 2 * DAY)
    fourth = teller.do(letter("I4", "stop"), PAID_S + 9 * DAY)
    assert second.ends_s == first.ends_s + 48 * HOUR
    assert (third.reason, fourth.reason) == ("third_stop", "third_stop")


def test_money_goes_back_from_a_freeze_and_no_more_than_there_is(teller: Teller) -> None:
    teller.do(letter("I1"), PAID_S + 1200)
    teller.do(letter("I2", "freeze", until_s=PAID_S + 180 * DAY), PAID_S + HOUR)
    back = letter("I3", "return", amount_fen=CASE.left_fen, to_account=CASE.company, to_holder=CASE.company_name)
    company = teller._books.accounts[CASE.company]
    before = company.balance_fen
    assert teller.do(back, PAID_S + DAY).returned_fen == CASE.left_fen
    assert company.balance_fen == before + CASE.left_fen
    assert teller.do(msgspec.structs.replace(back, id="I4"), PAID_S + DAY).reason == "no_money"


def test_what_was_lifted_can_leave_again(teller: Teller) -> None:
    teller.do(letter("I1"), PAID_S + 60)
    assert teller.do(letter("I2", "lift"), PAID_S + 120).ends_s == PAID_S + 120
    assert teller.do(letter("I3", "holder"), PAID_S + HOUR).balance_fen == 12_345


def test_a_watch_tells_what_moved_since(teller: Teller) -> None:
    assert teller.do(letter("W", "watch"), PAID_S + 60).moved == ()
    moved = teller.do(letter("W", "watch"), PAID_S + 600).moved
    assert [(one.to_account, one.amount_fen) for one in moved] == [(CASE.second, CASE.gone_fen)]


def test_invented_accounts_are_the_same_for_a_seed_and_no_fen_is_made() -> None:
    def play(seed: int) -> tuple[list[Reply], int]:
        books = Books(World(seed=seed, earlier=0.3, partial=0.3, mismatched=0.2))
        bank = Teller(books)
        asked = [letter(f"I{n}", account=f"ABC:62{n}", amount_fen=1_000_000 + n) for n in range(40)]
        replies = [bank.do(one, PAID_S + 1800) for one in asked]
        books.run(PAID_S + 90 * DAY)
        return replies, sum(account.balance_fen for account in books.accounts.values())

    replies, money = play(3)
    assert (replies, money) == play(3)
    assert money == sum(1_000_000 + n for n in range(40))
    assert replies != play(4)[0]
    assert {"executed", "failed"} == {reply.state for reply in replies}
    assert any(reply.earlier for reply in replies)
    assert any(0 < reply.held_fen < reply.balance_fen - sum(one.held_fen for one in reply.earlier) for reply in replies)


Client = Callable[[aiohttp.ClientSession, str], Awaitable[None]]


def serve(server: BankServer, client: Client) -> None:
    async def run() -> None:
        await server.open()
        try:
            async with aiohttp.ClientSession() as session:
                await client(session, f"http://127.0.0.1:{server.port}")
        finally:
            await server.close()

    asyncio.run(run())


def a_server(moods: Moods = Moods(), **more: Any) -> BankServer:  # noqa: B008  # frozen
    books = Books(World())
    cashier.tell(books, PAID_S)
    return BankServer(books, moods, clock=lambda: PAID_S + 1200.0, **more)


async def post(session: aiohttp.ClientSession, base: str, one: Letter, **more: Any) -> tuple[int, bytes]:
    url = f"{base}/v1/instructions/{one.id}"
    async with session.post(url, data=msgspec.json.encode(one), **more) as response:
        return response.status, await response.read()


def test_the_same_id_is_done_once_and_other_bytes_under_it_are_a_conflict() -> None:
    server = a_server()

    async def client(session: aiohttp.ClientSession, base: str) -> None:
        first = await post(session, base, letter())
        assert first == await post(session, base, letter())
        assert (await post(session, base, letter(case="FZ2")))[0] == 409
        assert (await session.post(f"{base}/v1/instructions/I1", data=b"{")).status == 400
        assert (await session.post(f"{base}/v1/instructions/I9", data=msgspec.json.encode(letter()))).status == 400
        book = await (await session.get(f"{base}/v1/book")).json()
        assert book["done"] == {"I1": 1}

    serve(server, client)


def test_thirty_percent_silence_loses_and_doubles_nothing() -> None:
    server = a_server(Moods(silent=0.2, lost=0.1, unready=0.1), seed=5)
    asked = [letter(f"Q{n}", "holder") for n in range(30)]

    async def until_final(session: aiohttp.ClientSession, base: str, one: Letter) -> None:
        for _ in range(50):
            try:
                _, body = await post(session, base, one, timeout=aiohttp.ClientTimeout(total=0.15))
            except TimeoutError:
                continue
            if json.loads(body)["state"] == "executed":
                return
        raise AssertionError(one.id)

    async def client(session: aiohttp.ClientSession, base: str) -> None:
        await asyncio.gather(*(until_final(session, base, one) for one in asked))

    serve(server, client)
    assert server.teller.done == {one.id: 1 for one in asked}
    assert server.tally["silent"] + server.tally["lost"] > 0


def test_only_letters_that_are_signed_count() -> None:
    key = OwnKey(Ed25519PrivateKey.generate())
    server = a_server(keys=key_ring([key.public]))

    async def client(session: aiohttp.ClientSession, base: str) -> None:
        body = msgspec.json.encode(letter())
        headers = {"Zhian-Key": key.id.hex(), "Zhian-Signature": base64.b64encode(key.sign(body)).decode()}
        assert json.loads((await post(session, base, letter()))[1])["reason"] == "bad_signature"
        assert json.loads((await post(session, base, letter(), headers=headers))[1])["state"] == "executed"

    serve(server, client)


def test_something_else_is_never_a_good_answer() -> None:
    server = a_server(Moods(other=1.0))

    async def client(session: aiohttp.ClientSession, base: str) -> None:
        bodies = [(await post(session, base, letter("Q", "holder")))[1] for _ in range(25)]
        assert len({len(body) for body in bodies}) > 4
        for body in bodies:
            try:
                told = json.loads(body) if len(body) < 2**23 else {}
            except ValueError:
                continue
            assert (told.get("id"), told.get("version")) != ("Q", 1)

    serve(server, client)


def test_the_wire_is_that_of_the_page() -> None:
    body = msgspec.json.encode(letter())
    assert read_letter(body) == letter()
    assert list(json.loads(body))[:4] == ["version", "id", "verb", "account"]
    assert json.loads(write_reply(Reply(1, "I1", "failed", 5))) == {
        "version": 1,
        "id": "I1",
        "state": "failed",
        "at_s": 5,
    }
    with pytest.raises(ValueError, match="version"):
        read_letter(msgspec.json.encode(letter(version=2)))


def test_moods_are_read_and_checked() -> None:
    assert read_moods("silent=0.2,latency=3") == replace(Moods(), silent=0.2, latency_s=3.0)
    for wrong in ("silent=2", "silent", "sulky=0.1", "lost=nan"):
        with pytest.raises(ValueError, match=wrong):
            read_moods(wrong)
