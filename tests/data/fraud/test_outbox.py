"""What was signed reaches the bank once, whatever is lost on the way; every byte is on record."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import msgspec
import pytest

from data.banks.http import HttpBank
from data.banks.ways import EVERY, Ways, ways_of
from data.fraud.outbox import Outbox, ask_of
from data.fraud.store import SqlFraud
from data.home import Home
from data.signing.keys import own_key
from data.simulate.fraud.bank_server import BankServer
from data.simulate.fraud.books import Books, World
from data.simulate.fraud.moods import Moods
from tests.data.fraud.made import NOW_S, PAID, by, case_of, opened, signed, submitted
from twin.errors import BadInputError
from twin.fraud.bank import VERBS, Answer, Ask, NoAnswerError, UnreadableAnswerError
from twin.fraud.clocks import STOP_S
from twin.fraud.deeds import Clear, NewPayment, ReportAnswer
from twin.fraud.records import Instruction, Measure


@dataclass
class Unreliable:
    """A bank that loses three attempts in ten: one half of them before it did anything, one half after."""

    dice: Random = field(default_factory=lambda: Random(7))
    name: str = "invented"
    can: frozenset[str] = frozenset(VERBS)
    done: Counter[str] = field(default_factory=Counter)
    letters: dict[str, bytes] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    lost: int = 0

    def write(self, ask: Ask) -> bytes:
        return msgspec.json.encode(ask)

    def carry(self, id_: str, letter: bytes) -> bytes:
        with self.lock:
            drawn = self.dice.random()
            self.lost += drawn < 0.3
            if drawn < 0.15:
                raise NoAnswerError("nothing came")
            if id_ not in self.letters:
                self.done[id_] += 1
                self.letters[id_] = letter
            assert self.letters[id_] == letter  # the same bytes at every attempt
            if drawn < 0.3:
                raise NoAnswerError("nothing came back")
            return msgspec.json.encode(Answer(id_, "executed", int(NOW_S), held_fen=5))

    def read(self, ask: Ask, reply: bytes) -> Answer:
        return msgspec.json.decode(reply, type=Answer)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlFraud]:
    with contextlib.closing(opened(tmp_path)) as store:
        yield store


def many(store: SqlFraud, count: int) -> list[str]:
    """Sign the stops of many accounts of one case."""
    paid = [NewPayment(f"ICBC:62220212040000{n:05d}", 100 + n, NOW_S - 60.0, "张三") for n in range(count)]
    case = case_of(store, *paid).number
    return [signed(store, submitted(store, case, f"P{n:02d}").id).id for n in range(1, count + 1)]


def sent_until_done(store: SqlFraud, bank: Unreliable) -> float:
    """Run rounds on a clock of its own until nothing waits; returns how long that took by it."""
    now_s = NOW_S
    outbox = Outbox(store, Ways({EVERY: bank}), "program", lambda: now_s)
    while outbox.waiting():
        outbox.round()
        now_s += 1.0
        assert now_s < NOW_S + 3600.0
    return now_s - NOW_S


def test_thirty_percent_lost_loses_and_doubles_nothing(store: SqlFraud) -> None:
    ids, bank = many(store, 20), Unreliable()
    sent_until_done(store, bank)
    assert bank.lost >= 5
    assert dict(bank.done) == dict.fromkeys(ids, 1)
    assert {one.state for one in store.find(Instruction)} == {"executed"}
    assert {one.state for one in store.find(Measure)} == {"stopped"}
    for id_ in ids:
        messages = store.messages(id_)
        assert {message.body for message in messages if message.way == "out"} == {bank.letters[id_]}
        ways = Counter(message.way for message in messages)
        assert (ways["in"], ways["out"]) == (1, 1 + ways["none"])


def test_a_program_that_is_killed_after_sending_sends_the_same_letter_again(store: SqlFraud) -> None:
    (id_,), bank = many(store, 1), Unreliable(Random(1))

    class KilledError(Exception):
        pass

    def dies(*_: object) -> bytes:
        raise KilledError

    outbox = Outbox(store, Ways({EVERY: bank}), "program", lambda: NOW_S)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Unreliable, "carry", dies)
        with pytest.raises(KilledError):
            outbox.round()
    assert store.one(Instruction, id_).state == "sent"
    sent_until_done(store, bank)
    assert bank.done == {id_: 1}


def test_what_is_no_answer_is_kept_and_not_believed_and_a_contradiction_is_shown(store: SqlFraud) -> None:
    (id_,), bank = many(store, 1), Unreliable(Random(1))

    def nonsense(_: object, __: object) -> Answer:
        raise UnreadableAnswerError("no answer")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bank, "read", nonsense)
        outbox = Outbox(store, Ways({EVERY: bank}), "program", lambda: NOW_S)
        assert outbox.round() == 0
    assert "unread" in [one.way for one in store.messages(id_)] or bank.lost
    store.do(ReportAnswer(id_, Answer(id_, "executed", int(NOW_S))), by("program"))
    outbox._take(bank, Answer(id_, "failed", int(NOW_S), "refused"), b"otherwise")
    last = store.messages(id_)[-1]
    assert (last.way, last.body, last.note) == ("contradiction", b"otherwise", "executed")
    assert store.one(Instruction, id_).state == "executed"


def test_nothing_but_its_lift_goes_to_a_cleared_account(store: SqlFraud) -> None:
    bank = Unreliable(Random(3))
    many(store, 1)
    sent_until_done(store, bank)
    (measure,) = store.find(Measure)
    store.do(Clear(measure.id, "bob", "货款"), by("ann"))
    (lift,) = store.find(Instruction, ("submitted",))
    signed(store, lift.id)
    outbox = Outbox(store, Ways({EVERY: bank}), "program", lambda: NOW_S)
    assert [one.verb for one in outbox.waiting()] == ["lift"]
    sent_until_done(store, bank)
    assert store.one(Measure, measure.id).state == "lifted"


def test_what_a_way_cannot_do_fails_in_words_and_an_unknown_bank_waits(store: SqlFraud) -> None:
    (id_,) = many(store, 1)
    assert Outbox(store, Ways({}), "program", lambda: NOW_S).round() == 0
    assert "no way to the bank ICBC" in Ways({}).why_not("ICBC:1", "stop")
    ways = Ways({"ICBC": Unreliable(can=frozenset({"recall"}))})
    assert "cannot stop" in ways.why_not("ICBC:1", "stop")
    Outbox(store, ways, "program", lambda: NOW_S).round()
    assert store.one(Instruction, id_).failed_why == "unsupported"


def test_the_file_of_ways_is_read_and_its_faults_are_named(tmp_path: Path) -> None:
    home = Home(tmp_path, tmp_path, tmp_path, tmp_path)
    assert ways_of(home).by_bank == {}
    (tmp_path / "banks.toml").write_text(
        '[[way]]\nname="s"\nadapter="http"\naddress="http://127.0.0.1:1"\nbanks=["*"]\n'
        '[[way]]\nname="i"\nadapter="iso20022"\naddress="swift"\nbanks=["HSBC"]\nbic="ZHIACNSH"\n', "utf-8",
    )  # fmt: skip
    ways = ways_of(home)
    assert ways.why_not("ICBC:1", "freeze") == ""
    assert "cannot" in ways.why_not("HSBC:1", "freeze")
    for wrong in ('[[way]]\nname="s"', "way = 3", '[[way]]\nname="s"\nadapter="fax"\naddress="x"\nbanks=["*"]'):
        (tmp_path / "banks.toml").write_text(wrong, "utf-8")
        with pytest.raises(BadInputError, match=r"banks\.toml"):
            ways_of(home)


@contextlib.contextmanager
def serving(server: BankServer) -> Iterator[str]:
    """Run a simulated bank beside the test."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(server.open(), loop).result(60)
        yield f"http://127.0.0.1:{server.port}"
    finally:
        asyncio.run_coroutine_threadsafe(server.close(), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def test_the_simulated_bank_over_http_with_everything_going_wrong(store: SqlFraud, tmp_path: Path) -> None:
    key = own_key(Home(tmp_path, tmp_path, tmp_path, tmp_path), "banks")
    moods = Moods(silent=0.08, lost=0.07, unready=0.1, twice=0.05, other=0.1, error=0.1)
    server = BankServer(Books(World(seed=5)), moods, 5, {key.id.hex(): key.public}, clock=lambda: NOW_S)
    ids = many(store, 8)
    with serving(server) as address:
        bank, now_s = HttpBank("simulator", address, key, 0.3), NOW_S
        outbox = Outbox(store, Ways({EVERY: bank}), "program", lambda: now_s)
        while outbox.waiting():
            outbox.round()
            now_s += 60.0
            assert now_s < NOW_S + 36_000.0
        counted = dict(server.teller.done)
    assert counted == dict.fromkeys(ids, 1)
    assert {one.state for one in store.find(Instruction)} == {"executed"}
    assert all(one.ends_s == NOW_S + STOP_S for one in store.find(Measure))


def test_http_replies_are_read_strictly(tmp_path: Path) -> None:
    bank = HttpBank("b", "http://127.0.0.1:1", own_key(Home(tmp_path, tmp_path, tmp_path, tmp_path), "banks"), 0.2)
    ask = Ask("I1", "stop", "ICBC:1")
    good = b'{"version":1,"id":"I1","state":"executed","at_s":7,"moved":[]}'
    assert bank.read(ask, good) == bank.read(ask, good + b"\n" + good) == Answer("I1", "executed", 7)
    bad = (
        b"", b"{}", b"\xff", b"[" * 100_000, good[:-1], good.replace(b"I1", b"I2"), good + b"\n" + good[:-1],
        good.replace(b'"version":1', b'"version":2'), good.replace(b"executed", b"maybe"), good.replace(b"7", b'"7"'),
        b" " * (9 * 2**20) + good, good + b"\n" + good.replace(b"executed", b"failed"),
    )  # fmt: skip
    for reply in bad:
        with pytest.raises(UnreadableAnswerError):
            bank.read(ask, reply)
    with pytest.raises(NoAnswerError):
        bank.carry("I1", b"{}")


def test_the_same_ask_is_the_same_letter(store: SqlFraud, tmp_path: Path) -> None:
    (id_,) = many(store, 1)
    found = store.one(Instruction, id_)
    ask = ask_of(found, store.one(Measure, found.measure))
    bank = HttpBank("b", "http://b", own_key(Home(tmp_path, tmp_path, tmp_path, tmp_path), "banks"))
    assert bank.write(ask) == bank.write(ask)
    told = msgspec.json.decode(bank.write(ask))
    assert list(told)[:4] == ["version", "id", "verb", "account"]
    assert (told["amount_fen"], told["officers"]) == (100, ["ann", "bob", "lead"])
    assert PAID.amount_fen not in told.values()
