"""Two networks without a cable: bundles lost, doubled, mixed up, and processes killed; both journals equal at the end.

``python -m pytest tests/journeys/test_ferry.py -s`` prints the account.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.cli import main
from data.ferry import outgoing
from data.ferry.incoming import DOUBLE, REFUSED, TAKEN, unpack, write_receipts
from data.ferry.keys import own_line
from data.ferry.outgoing import ENDING, pack
from tests.data.ferry.sides import POLICE, TWIN, VIDEO, Side, pair, side

LOSS = 0.1
MESSAGES, ROUNDS = 1200, 60


def carry(chance: random.Random, medium: Path) -> list[Path]:
    """Return what arrives of a medium: a tenth is lost, a tenth doubled, and the order is any."""
    arrived = []
    for path in sorted(medium.glob(f"*{ENDING}")):
        dice = chance.random()
        arrived += [] if dice < LOSS else [path, path] if dice < 2 * LOSS else [path]
    chance.shuffle(arrived)
    return arrived


@pytest.mark.parametrize("seed", [1])
def test_a_tenth_lost_doubled_and_mixed_up_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(outgoing, "RECORDS_AT_ONCE", 20)
    monkeypatch.setattr(outgoing, "CHUNKS_AT_ONCE", 5)
    chance, (one, other) = random.Random(seed), pair(tmp_path)
    account = dict.fromkeys(("made", "again", TAKEN, DOUBLE, REFUSED, "rounds"), 0)
    kept = 0
    receipts: list[Path] = []
    for round_ in range(ROUNDS):
        for _ in range(6) if kept < MESSAGES else ():
            one.keep(kept, 40)
            kept += 40
        there, back = tmp_path / f"there{round_}", tmp_path / f"back{round_}"
        packed = pack(one.home, TWIN, POLICE, there, receipts, time.time())
        outcomes = unpack(other.home, TWIN, carry(chance, there), time.time())
        answered = write_receipts(other.home, TWIN, back)
        receipts = carry(chance, back)
        account["made"] += packed.made
        account["again"] += packed.again
        account["rounds"] += 1
        for outcome in outcomes:
            account[outcome.what] = account.get(outcome.what, 0) + 1
        if kept >= MESSAGES and answered and answered[0].known == account["made"] and not answered[0].missing:
            break
    print(json.dumps({"seed": seed, "messages": kept, **account}))
    assert account[DOUBLE] > 0
    assert account["again"] > 0
    assert account[TAKEN] == account["made"]
    assert other.records() == one.records()
    assert other.rows() == one.rows()
    assert len(one.records()) == kept
    other.check()


WORK = """
import sys, time
from pathlib import Path
from data.ferry import outgoing
from data.home import Home
from data.ferry.incoming import unpack
root, medium = Path(sys.argv[1]), Path(sys.argv[2])
outgoing.RECORDS_AT_ONCE, outgoing.CHUNKS_AT_ONCE = 20, 2
homes = [Home(*(root / side / name for name in ("data", "cache", "state", "runtime"))) for side in ("one", "other")]
print("begun", flush=True)
outgoing.pack(homes[0], "small", "公安网", medium, [], time.time())
unpack(homes[1], "small", sorted(medium.glob("*.zhferry")), time.time())
"""


def test_killed_at_any_moment_both_journals_are_equal_at_the_end(tmp_path: Path) -> None:
    chance, (one, other) = random.Random(7), pair(tmp_path)
    medium, killed = tmp_path / "medium", 0
    for round_ in range(3):
        one.keep(1000 * round_, 100)
        child = subprocess.Popen(
            [sys.executable, "-c", WORK, str(tmp_path), str(medium)], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        assert child.stdout.readline() == "begun\n"
        try:
            child.wait(timeout=chance.uniform(0.02, 0.4))
        except subprocess.TimeoutExpired:
            killed += 1
            child.kill()
            child.wait()
        child.stdout.close()
    assert killed
    pack(one.home, TWIN, POLICE, medium, [], time.time())
    unpack(other.home, TWIN, sorted(medium.glob(f"*{ENDING}")), time.time())
    assert other.records() == one.records()
    assert other.rows() == one.rows()
    other.check()


Said = pytest.CaptureFixture[str]


def zhian(monkeypatch: pytest.MonkeyPatch, at: Side, *arguments: object) -> int:
    monkeypatch.setenv("ZHIAN_HOME", str(at.home.data.parent))
    return main(["--language", "en", *map(str, arguments)])


def test_by_hand_with_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said) -> None:
    one, other = side(tmp_path / "one", VIDEO), side(tmp_path / "other", POLICE)
    for here, there, name in ((one, other, "police"), (other, one, "video")):
        assert zhian(monkeypatch, there, "--json", "ferry", "keys") == 0
        line = json.loads(capsys.readouterr().out.splitlines()[-1])["ours"]
        assert line == own_line(there.home, there.zone)
        assert zhian(monkeypatch, here, "ferry", "keys", "--trust", name, line) == 0
    one.keep(0, 5)
    to = ("ferry", "pack", "--twin", TWIN, "--to", POLICE)
    assert zhian(monkeypatch, one, *to, tmp_path / "m") == 5  # without a purpose nothing leaves
    assert zhian(monkeypatch, one, "--purpose", "drill", *to, tmp_path / "m") == 0
    assert "1 new bundles (5 messages, 5 rows), 0 again" in capsys.readouterr().out
    shutil.copytree(tmp_path / "m", tmp_path / "carried")
    take = ("ferry", "unpack", "--twin", TWIN, tmp_path / "carried", "--receipts", tmp_path / "back")
    assert zhian(monkeypatch, other, *take) == 0
    said = capsys.readouterr().out
    assert "bundle 1 taken, 5 messages, 5 rows, 0 kept out by the rules" in said
    assert "all 1 bundles are here" in said
    assert zhian(monkeypatch, one, "--purpose", "drill", *to, tmp_path / "m2", "--receipts", tmp_path / "back") == 0
    assert "0 new bundles" in capsys.readouterr().out
    (tmp_path / "carried" / f"x{ENDING}").write_bytes(b"junk")
    assert zhian(monkeypatch, other, *take) == 6
    assert zhian(monkeypatch, other, "ferry", "keys", "--forget", "video") == 0
    assert zhian(monkeypatch, other, "ferry", "keys", "--forget", "video") == 4
    assert zhian(monkeypatch, other, "ferry", "keys", "--trust", "x", "no key") == 4
    assert zhian(monkeypatch, other, "ferry", "unpack", "--twin", TWIN, tmp_path / "nowhere") == 4
    assert other.records() == one.records()
