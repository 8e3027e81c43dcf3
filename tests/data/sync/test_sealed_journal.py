"""An encrypted journal is as safe as a plain one: what is whole in a damaged one comes back, without key nothing."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from data.home import Home
from data.sealed import SECRET, is_sealed, turn
from data.secrets import set_encrypt
from data.sync.chunks import journal_id
from data.sync.cover import BARE, PAGE, sealed_by
from data.sync.journal import Entry, Journal, Origin, journal_path, read
from data.sync.ledger import Ledger
from data.sync.log_file import log_of
from data.sync.recovery import mend, open_or_recover
from tests.data.sync.test_recovery import NOON, body, record
from twin.errors import MissingPieceError

COUNT = 1200
KEY = "5a" * 32
AROUND = 120
"""Bytes of a row before its message and after it, and the blocks of the cipher that they share with others."""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home whose new files are encrypted."""
    made = Home(*(tmp_path / name for name in ("data", "cache", "state", "runtime")))
    for folder in (made.data, made.cache, made.state, made.runtime):
        folder.mkdir()
    (made.state / f"{SECRET}.key").write_text(KEY)
    set_encrypt(made, True)
    return made


def filled(home: Home, last: int = COUNT) -> Path:
    path = journal_path(home, "small")
    journal = Journal(path)
    for begin in range(0, last, 200):
        records = [record(number) for number in range(begin, begin + 200)]
        journal.append([Entry(Origin("vans"), NOON + 60.0 * (begin // 200), 200, records)])
    journal.close()
    return path


def recover(path: Path) -> tuple[set[int], int]:
    """Return which messages are there after opening, and how many were told to be destroyed."""
    lines: list[dict[str, str]] = []
    open_or_recover(path, lambda level, key, values: lines.append(values)).close()
    assert is_sealed(path)
    assert Ledger(path).verify() == []
    assert {account.difference for account in Ledger(path).balance()} == {0}
    stored = {int.from_bytes(kept.key, "big") for kept in read(path)}
    return stored, sum(int(values["destroyed"]) for values in lines)


def harmed(path: Path, harm: Callable[[bytearray], None]) -> tuple[bytes, bytes]:
    before = path.read_bytes()
    after = bytearray(before)
    harm(after)
    path.write_bytes(after)
    return before, bytes(after)


def in_the_clear(data: bytes) -> bytes:
    cover = sealed_by(KEY)
    return b"".join(cover.opened(at // PAGE, data[at : at + PAGE]) for at in range(0, len(data), PAGE))


def test_nothing_of_a_message_stands_in_the_files_and_all_of_it_is_read(home: Home) -> None:
    path = filled(home)
    assert is_sealed(path)
    on_disk = b"".join(file.read_bytes() for file in home.state.iterdir())
    assert not [number for number in range(0, COUNT, 7) if body(number)[:16] in on_disk]
    assert b"013912345678" not in on_disk
    assert [stored.raw for stored in read(path)] == [body(number) for number in range(COUNT)]
    assert recover(path) == (set(range(COUNT)), 0)


@pytest.mark.parametrize("seed", range(6))
def test_whose_bytes_are_there_comes_back_and_the_rest_is_told(home: Home, seed: int) -> None:
    path, chance = filled(home), random.Random(seed)

    def harm(data: bytearray) -> None:
        for _ in range(chance.randint(1, 8)):
            at = chance.randrange(0 if seed == 5 else PAGE, len(data) - 512) // 512 * 512
            data[at : at + 512] = bytes(512) if chance.random() < 0.5 else chance.randbytes(512)
        if seed == 4:
            del data[-3 * PAGE // 2 :]

    before, after = harmed(path, harm)
    stored, destroyed = recover(path)
    clear = in_the_clear(before)
    lost = [number for number in range(COUNT) if number % 500 and number not in stored]
    for number in lost:
        at = clear.index(body(number))
        vector = slice(at // PAGE * PAGE + PAGE - 80, at // PAGE * PAGE + PAGE)
        row = slice(at - AROUND, at + 40 + AROUND)
        assert (before[row], before[vector]) != (after[row], after[vector])
    assert destroyed <= COUNT - len(stored)  # of a minute whose figures were hit nothing is known


def test_transactions_behind_a_break_in_the_log_come_back(home: Home) -> None:
    path = journal_path(home, "small")
    journal = Journal(path)
    for number in range(0, 400, 40):
        journal.append([Entry(Origin("vans"), NOON, 40, [record(n) for n in range(number, number + 40)])])
    log, copy = log_of(path).read_bytes(), path.read_bytes()
    journal.close()
    hurt = bytearray(log)
    hurt[len(hurt) // 2] ^= 1
    path.write_bytes(copy)
    log_of(path).write_bytes(hurt)
    stored, _ = recover(path)
    assert {*range(360, 400), *range(40)} <= stored


@pytest.mark.parametrize("key", ["", "cd" * 32])
def test_without_its_key_it_is_left_as_it_is(home: Home, key: str) -> None:
    path = filled(home, 400)
    before = path.read_bytes()
    kept = home.state / f"{SECRET}.key"
    kept.unlink()
    if key:
        kept.write_text(key)
    with pytest.raises(MissingPieceError, match=r"at-rest\.key"):
        open_or_recover(path, lambda *_: None)
    assert path.read_bytes() == before
    assert not list(home.state.glob("*.damaged*"))
    kept.write_text(KEY)
    assert recover(path) == (set(range(400)), 0)


@pytest.mark.parametrize("sealed", [False, True])
def test_one_whose_first_page_is_gone_is_read_as_it_was_written(home: Home, sealed: bool) -> None:
    set_encrypt(home, sealed)
    path = filled(home, 400)
    assert is_sealed(path) is sealed
    set_encrypt(home, True)
    harmed(path, lambda data: data.__setitem__(slice(0, 512), random.Random(1).randbytes(512)))
    assert recover(path) == (set(range(400)), 0)


def test_an_old_journal_goes_on_plain_and_is_turned_with_all_that_its_followers_know(home: Home) -> None:
    set_encrypt(home, False)
    path = filled(home, 400)
    name = journal_id(path)
    set_encrypt(home, True)
    journal = Journal(path)
    journal.append([Entry(Origin("vans"), NOON, 1, [record(400)])])
    journal.close()
    assert not is_sealed(path)
    turn(path, "", KEY)
    journal = Journal(path)
    assert journal.append([Entry(Origin("vans"), NOON, 2, [record(400), record(401)])])[0].new.tolist() == [False, True]
    journal.close()
    assert (journal_id(path), mend(path)) == (name, [])
    assert [stored.at for stored in read(path)][:401] == list(range(1, 402))
    with closing(sqlite3.connect(path)) as plain, pytest.raises(sqlite3.DatabaseError, match="not a database"):
        plain.execute("SELECT * FROM sqlite_master")


def test_noise_fits_no_cover() -> None:
    chance = random.Random(3)
    noise = [(number, chance.randbytes(PAGE)) for number in range(1, 400)]
    assert not BARE.fits(noise)
    assert not sealed_by(KEY).fits(noise)
