"""One entry is proved to somebody who has nothing but the file and the public key."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from data.audit.notary import USE, keep_taking, take_checkpoints
from data.audit.proofs import check, prove, write_proof
from data.audit.trails import DESK, desk_file
from data.home import Home
from data.signing.keys import own_publics
from tests.data.audit.test_witness import Desk
from tests.data.audit.trails import tamper
from twin.errors import BadInputError, IntegrityError, UsageError


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Entries 1 to 12; checkpoints over 6 and 13."""
    home = Home(*(tmp_path / name for name in ("data", "cache", "state", "runtime")))
    for folder in (home.data, home.state):
        folder.mkdir()
    made = Desk(home, tmp_path / "witness")
    for count in (5, 7):
        made.write(count)
        made.take()
    return made


def proved(desk: Desk, seq: int, path: Path) -> Path:
    write_proof(path, prove(desk.home, DESK, seq))
    return path


def test_each_entry_is_proved_without_the_trail(desk: Desk, tmp_path: Path) -> None:
    keys = own_publics(desk.home, USE)
    files = [proved(desk, seq, tmp_path / f"{seq}.json") for seq in range(13)]
    desk_file(desk.home).unlink()
    for seq, file in enumerate(files):
        kept, told = check(file, keys)
        assert (kept.seq, told.trail, told.size) == (seq, DESK, 6 if seq < 6 else 13)
    assert check(files[7], keys)[0].written.action == "action.1"


@pytest.mark.parametrize(
    "change",
    [
        lambda told: told | {"body": told["body"].replace("action.1", "action.2")},
        lambda told: told | {"seq": told["seq"] + 1},
        lambda told: told | {"before": "00" * 32},
        lambda told: told | {"proof": told["proof"][1:]},
        lambda told: told | {"proof": ["zz"]},
        lambda told: told | {"checkpoint": base64.b64encode(
            base64.b64decode(told["checkpoint"]).replace(b'"size":13', b'"size":12')).decode()},
    ],
    ids=["another deed", "another place", "another before", "shorter", "no hash", "another checkpoint"],
)  # fmt: skip
def test_what_was_changed_proves_nothing(
    desk: Desk, tmp_path: Path, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    file = proved(desk, 7, tmp_path / "7.json")
    file.write_text(json.dumps(change(json.loads(file.read_text("utf-8")))), "utf-8")
    with pytest.raises(IntegrityError, match="proves nothing"):
        check(file, own_publics(desk.home, USE))


def test_another_key_no_checkpoint_and_no_proof_are_told(desk: Desk, tmp_path: Path) -> None:
    file = proved(desk, 7, tmp_path / "7.json")
    with pytest.raises(IntegrityError, match="not ours"):
        check(file, {})
    desk.write(1)
    for seq in (13, -1):
        with pytest.raises(UsageError, match="no checkpoint"):
            prove(desk.home, DESK, seq)
    for text in (b"", b"{}", b"\xff", b"[" * 5000):
        file.write_bytes(text)
        with pytest.raises(BadInputError, match="no proof"):
            check(file, {})
    with pytest.raises(BadInputError, match="no such file"):
        check(tmp_path / "none", {})


def test_an_entry_that_was_changed_is_not_proved(desk: Desk) -> None:
    tamper(desk_file(desk.home), "UPDATE audit_entry SET body = replace(body, 'action.1', 'action.2') WHERE seq = 7")
    with pytest.raises(IntegrityError, match="audit verify"):
        prove(desk.home, DESK, 7)


def test_a_service_takes_checkpoints_and_tells_once_that_it_cannot(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.audit.notary.ROUND_S", 0.0)
    desk.write(1)
    told: list[str] = []

    async def serve() -> None:
        serving = asyncio.ensure_future(keep_taking(desk.home, tell))
        with contextlib.suppress(asyncio.CancelledError):
            await serving

    def tell(problem: str) -> None:
        told.append(problem)
        if problem:
            witness.unlink()
        else:
            tasks = asyncio.all_tasks()
            for task in tasks:
                task.cancel()

    witness = desk.home.data.parent / "witness"
    witness.write_text("a file where a folder should be")
    (desk.home.data / "audit.toml").write_text(f'witness = "{witness}"\nentries = 1\n', "utf-8")
    asyncio.run(serve())
    assert [bool(problem) for problem in told] == [True, False]
    assert [taken.now for taken in take_checkpoints(desk.home, 0.0)] == [False]
    assert len(list(witness.rglob("*.checkpoint"))) == 3
