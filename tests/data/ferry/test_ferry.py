"""What crosses, what does not, and what becomes of files that are lost, doubled, mixed up, torn or forged."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.ferry import incoming, outgoing, seal
from data.ferry.bundle import Bundle, Manifest, SentOrigin, SentRecord, SentRows, decode, encode
from data.ferry.incoming import DOUBLE, NOTED, REFUSED, TAKEN, stone_folder, unpack, write_receipts
from data.ferry.keys import USE, Peer
from data.ferry.outgoing import ENDING, pack
from data.ferry.seal import SealError, unseal
from data.history.manifest import lake_path
from data.history.retention import Tombstone, leave, read_tombstone
from data.signing.keys import own_key
from data.sync.journal import Journal, Origin
from data.sync.ledger import Ledger
from tests.data.ferry.sides import OUTER, POLICE, TWIN, VIDEO, Side, pair, side
from tests.twin.live.factory import rows
from twin.errors import BadInputError
from twin.live.kinds import CODE


@pytest.fixture(autouse=True)
def small_bundles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "RECORDS_AT_ONCE", 4)
    monkeypatch.setattr(outgoing, "CHUNKS_AT_ONCE", 2)


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{ENDING}"))


def bundles(folder: Path) -> list[Path]:
    return [path for path in files(folder) if "manifest" not in path.name]


def take(to: Side, paths: list[Path]) -> list[str]:
    return [outcome.what for outcome in unpack(to.home, TWIN, paths, 5000.0)]


def test_what_is_new_crosses_once_and_both_journals_are_equal(tmp_path: Path) -> None:
    one, other = pair(tmp_path)
    one.keep(0, 10)
    packed = pack(one.home, TWIN, POLICE, tmp_path / "m", [], 5000.0)
    assert (packed.made, packed.records, packed.rows) == (3, 10, 10)
    assert take(other, files(tmp_path / "m")) == [TAKEN, TAKEN, TAKEN, NOTED]
    assert take(other, files(tmp_path / "m")) == [DOUBLE, DOUBLE, DOUBLE, NOTED]
    assert other.records() == one.records()
    assert other.rows() == one.rows()
    other.check()
    assert pack(one.home, TWIN, POLICE, tmp_path / "m", [], 5000.0).made == 0
    one.keep(10, 1)
    assert pack(one.home, TWIN, POLICE, tmp_path / "m", [], 5000.0).made == 1


def test_what_is_missing_is_told_asked_for_and_sent_again(tmp_path: Path) -> None:
    one, other = pair(tmp_path)
    one.keep(0, 20)
    pack(one.home, TWIN, POLICE, tmp_path / "m", [], 5000.0)
    sent = files(tmp_path / "m")
    take(other, [sent[3], sent[0], sent[-1]])  # disordered; the last is the manifest
    (receipt,) = write_receipts(other.home, TWIN, tmp_path / "back")
    assert (receipt.received, receipt.known, receipt.missing) == (1, 5, [2, 3, 5])
    again = pack(one.home, TWIN, POLICE, tmp_path / "m2", files(tmp_path / "back"), 5000.0)
    assert (again.made, again.again) == (0, 3)
    take(other, files(tmp_path / "m2"))
    assert other.records() == one.records()
    (receipt,) = write_receipts(other.home, TWIN, tmp_path / "back")
    assert (receipt.received, receipt.missing) == (5, [])
    assert pack(one.home, TWIN, POLICE, tmp_path / "m3", files(tmp_path / "back"), 5000.0).again == 0
    kept = next((one.home.state / f"ferry-{TWIN}").iterdir())
    assert list(kept.iterdir()) == []  # what the other side has is no longer kept


def test_bundles_lost_with_their_manifest_are_found_by_the_next_one(tmp_path: Path) -> None:
    one, other = pair(tmp_path)
    one.keep(0, 8)
    pack(one.home, TWIN, POLICE, tmp_path / "lost", [], 5000.0)
    one.keep(8, 1)
    pack(one.home, TWIN, POLICE, tmp_path / "m", [], 5000.0)
    take(other, bundles(tmp_path / "m"))
    (receipt,) = write_receipts(other.home, TWIN, tmp_path / "back")
    assert receipt.missing == [1, 2]


def test_only_what_the_rules_allow_crosses_and_only_with_its_fields(tmp_path: Path) -> None:
    one, other = pair(tmp_path, POLICE, OUTER)
    told = rows(("bus", 1.0), ("officer", 1.0), ("car", 1.0))
    told["kind"] = [CODE["bus"], CODE["officer"], CODE["car"]]
    one.keep(0, 3, Origin("fleet", "", "一般"), told)
    one.keep(10, 2, Origin("secret", "", "核心"))
    packed = pack(one.home, TWIN, OUTER, tmp_path / "m", [], 5000.0)
    assert (packed.records, packed.rows) == (0, 1)
    assert packed.kept_back["未经许可不得跨网"] == 5
    assert packed.kept_back["核心数据不出网"] == 4
    data = b"".join(unseal(path.read_bytes(), trusted(one, POLICE)).payload for path in bundles(tmp_path / "m"))
    assert "浙F".encode() not in data
    assert b"raw" not in data
    assert take(other, files(tmp_path / "m")) == [TAKEN, NOTED]
    assert len(other.rows()) == 1


def trusted(of: Side, zone: str) -> dict[bytes, Peer]:
    key = own_key(of.home, USE)
    return {key.id: Peer("one", zone, key.public)}


def test_the_receiving_side_has_rules_of_its_own(tmp_path: Path) -> None:
    one, other = pair(tmp_path)
    path = other.home.data / "zones.toml"
    text = path.read_text("utf-8").replace(
        'name = "各网汇入公安网"', 'name = "各网汇入公安网"\nclassifications = ["公开"]'
    )
    path.write_text(text, "utf-8")
    one.keep(0, 3)
    pack(one.home, TWIN, POLICE, tmp_path / "m", [], 5000.0)
    (outcome, _) = unpack(other.home, TWIN, files(tmp_path / "m"), 5000.0)
    assert (outcome.what, outcome.records, outcome.rows, outcome.kept_out) == (TAKEN, 0, 0, 6)
    held = Ledger(other.journal).quarantine()
    assert {message.reason for message in held} == {"network rule “未经许可不得跨网”: 一般 from 视频专网 to 公安网"}
    other.check()


def test_files_that_are_torn_changed_or_strange_are_refused_and_cost_no_other(tmp_path: Path) -> None:
    one, other = pair(tmp_path)
    one.keep(0, 3)
    pack(one.home, TWIN, POLICE, tmp_path / "m", [], 5000.0)
    (good,) = bundles(tmp_path / "m")
    data = good.read_bytes()
    bad = tmp_path / "bad"
    bad.mkdir()
    for at in range(0, len(data), max(len(data) // 60, 1)):
        (bad / f"cut{at}{ENDING}").write_bytes(data[:at])
        (bad / f"flip{at}{ENDING}").write_bytes(data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :])
    (bad / f"more{ENDING}").write_bytes(data + b"!")
    (bad / f"link{ENDING}").symlink_to(good)
    (bad / f"folder{ENDING}").mkdir()
    os.mkfifo(bad / f"pipe{ENDING}")
    outcomes = unpack(other.home, TWIN, [*files(bad), good], 5000.0)
    assert {outcome.what for outcome in outcomes[:-1]} == {REFUSED}
    assert outcomes[-1].what == TAKEN
    assert other.records() == one.records()


def test_files_of_strangers_for_others_or_in_anothers_name_are_refused(tmp_path: Path) -> None:
    one, other = pair(tmp_path)
    stranger = side(tmp_path / "stranger", VIDEO)
    one.keep(0, 1)
    stranger.keep(0, 1)
    pack(stranger.home, TWIN, POLICE, tmp_path / "forged", [], 5000.0)
    pack(one.home, TWIN, OUTER, tmp_path / "foreign", [], 5000.0)
    refused = unpack(other.home, TWIN, [*files(tmp_path / "forged"), *files(tmp_path / "foreign")], 5000.0)
    assert {outcome.what for outcome in refused} == {REFUSED}
    assert {outcome.reason.split(" ")[0] for outcome in refused} == {"its", "it"}
    key = own_key(one.home, USE)
    for content, problem in (
        (Manifest(f"{key.id.hex()}/j/{POLICE}", OUTER, POLICE, last=3), "does not speak for"),
        (Manifest(f"00/j/{POLICE}", VIDEO, POLICE, last=3), "does not speak for"),
        (Bundle(f"{key.id.hex()}/j/x", VIDEO, POLICE, number=0, origins=[], records=[], rows=[]), "no number"),
    ):
        path = tmp_path / "m.zhferry"
        path.write_bytes(seal.seal(encode(content), key))
        (outcome,) = unpack(other.home, TWIN, [path], 5000.0)
        assert problem in outcome.reason


def test_a_number_that_was_taken_with_other_content_is_refused(tmp_path: Path) -> None:
    one, other = pair(tmp_path)
    key = own_key(one.home, USE)
    outcomes = []
    for name in ("a", "b"):
        record = SentRecord(0, name.encode(), "d", "m", 1.0, 1.0, b"raw")
        content = Bundle(
            f"{key.id.hex()}/j/x", VIDEO, POLICE, number=1, origins=[SentOrigin("s", VIDEO, "一般")],
            records=[record], rows=[],
        )  # fmt: skip
        path = tmp_path / f"{name}{ENDING}"
        path.write_bytes(seal.seal(encode(content), key))
        outcomes += unpack(other.home, TWIN, [path], 5000.0)
    assert [outcome.what for outcome in outcomes] == [TAKEN, REFUSED]
    assert len(other.records()) == 1


@pytest.mark.parametrize(
    ("records", "sent_rows", "problem"),
    [
        ([SentRecord(7, b"k", "d", "m", 1.0, 1.0, b"")], [], "cannot be read"),
        ([SentRecord(0, b"k", "d", "m", float("nan"), 1.0, b"")], [], "clock"),
        ([SentRecord(0, b"k", "d", "m", 1.0, -1.0, b"")], [], "clock"),
        ([], [SentRows(0, 1.0, 5, 1, b"junk")], "cannot be read"),
        ([], [SentRows(0, 1.0, 10**9, 1, b"")], "unknown layout"),
        ([], [SentRows(0, 1.0, 1, 99, b"")], "unknown layout"),
    ],
)
def test_signed_nonsense_changes_nothing(
    tmp_path: Path, records: list[SentRecord], sent_rows: list[SentRows], problem: str
) -> None:
    one, other = pair(tmp_path)
    key = own_key(one.home, USE)
    content = Bundle(
        f"{key.id.hex()}/j/x", VIDEO, POLICE, number=1, origins=[SentOrigin("s", VIDEO, "一般")],
        records=records, rows=sent_rows,
    )  # fmt: skip
    path = tmp_path / f"m{ENDING}"
    path.write_bytes(seal.seal(encode(content), key))
    (outcome,) = unpack(other.home, TWIN, [path], 5000.0)
    assert outcome.what == REFUSED
    assert problem in outcome.reason
    assert write_receipts(other.home, TWIN, tmp_path / "back") == []


def test_a_bomb_is_not_blown_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = side(tmp_path, VIDEO)
    bomb = seal.seal(bytes(10_000_000), own_key(one.home, USE))
    assert len(bomb) < 20_000
    monkeypatch.setattr(seal, "MOST_PLAIN_BYTES", 1_000_000)
    with pytest.raises(SealError, match="more than a bundle may"):
        unseal(bomb, trusted(one, VIDEO))
    monkeypatch.setattr(seal, "MOST_BYTES", 1000)
    (tmp_path / "big").write_bytes(bytes(1001))
    with pytest.raises(SealError, match="larger"):
        seal.read_file(tmp_path / "big")


@settings(max_examples=300, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(st.binary(max_size=200), st.recursive(
    st.none() | st.integers(-(2**63), 2**63) | st.text(max_size=5) | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(
        ["type", "line", "zone", "target", "number", "origins", "records", "rows", "last"]), inner, max_size=8),
    max_leaves=12,
).map(msgspec.msgpack.encode)))  # fmt: skip
def test_any_payload_is_read_or_refused(payload: bytes) -> None:
    try:
        decode(payload)
    except SealError:
        return


@pytest.mark.parametrize("digest", ["sha256", "sm3"])
def test_both_digests_hold(tmp_path: Path, digest: str) -> None:
    one = side(tmp_path, VIDEO)
    sealed = seal.seal(b"payload", own_key(one.home, USE), digest)
    assert unseal(sealed, trusted(one, VIDEO)).payload == b"payload"
    swapped = sealed[:8] + bytes([3 - sealed[8]]) + sealed[9:]
    with pytest.raises(SealError):
        unseal(swapped, trusted(one, VIDEO))


def test_an_old_or_impossible_receipt_loses_nothing(tmp_path: Path) -> None:
    one, other = pair(tmp_path)
    one.keep(0, 12)
    pack(one.home, TWIN, POLICE, tmp_path / "m", [], 5000.0)
    take(other, bundles(tmp_path / "m")[:1])
    write_receipts(other.home, TWIN, tmp_path / "old")
    take(other, bundles(tmp_path / "m")[1:2])
    write_receipts(other.home, TWIN, tmp_path / "new")
    pack(one.home, TWIN, POLICE, tmp_path / "m2", files(tmp_path / "new"), 5000.0)
    again = pack(one.home, TWIN, POLICE, tmp_path / "m3", files(tmp_path / "old"), 5000.0)
    take(other, files(tmp_path / "m3"))
    assert other.records() == one.records()
    assert again.refused == []


def test_tombstones_cross_once_and_wait_to_be_followed(tmp_path: Path) -> None:
    one, other = pair(tmp_path)
    one.keep(0, 1)
    (lake_path(one.home, TWIN)).mkdir(parents=True)
    stones = [
        Tombstone(TWIN, "2026-11-20", "vehicles", classification, 5, "past its date", 1.5)
        for classification in ("一般", "核心")  # the second may not cross, so nobody there has a copy
    ]
    for stone in stones:
        leave(lake_path(one.home, TWIN), stone)
    assert pack(one.home, TWIN, POLICE, tmp_path / "m", [], 5000.0).tombstones == 1
    assert pack(one.home, TWIN, POLICE, tmp_path / "m", [], 5000.0).tombstones == 0
    take(other, [*files(tmp_path / "m"), *files(tmp_path / "m")])
    (came,) = stone_folder(other.home, TWIN).iterdir()
    assert read_tombstone(came) == stones[0]


def test_what_cannot_be_packed_is_told(tmp_path: Path) -> None:
    one = side(tmp_path, VIDEO)
    with pytest.raises(BadInputError, match="no such other network"):
        pack(one.home, TWIN, "月球", tmp_path / "m", [], 1.0)
    with pytest.raises(BadInputError, match="no such other network"):
        pack(one.home, TWIN, VIDEO, tmp_path / "m", [], 1.0)
    with pytest.raises(BadInputError, match="no journal"):
        pack(one.home, TWIN, POLICE, tmp_path / "m", [], 1.0)


class CutOffError(BaseException):
    """The end of a process, as far as it can be played inside of one: nothing catches it but what takes back."""


class Fuse:
    """Ends the work at the n-th step."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def step(self) -> None:
        self.left -= 1
        if not self.left:
            raise CutOffError

    def around(self, function: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object) -> object:
            self.step()
            outcome = function(*arguments)
            self.step()
            return outcome

        return call


class FusedConnection:
    """A connection whose statements burn a fuse, before and after."""

    def __init__(self, raw: sqlite3.Connection, fuse: Fuse) -> None:
        self.execute, self.executemany = fuse.around(raw.execute), fuse.around(raw.executemany)
        self._raw = raw

    @property
    def in_transaction(self) -> bool:
        return self._raw.in_transaction


def cut_off(act: Callable[[], object]) -> bool:
    """Run; tell whether it was cut off."""
    try:
        act()
    except CutOffError:
        return True
    return False


def test_cut_off_anywhere_in_packing_nothing_is_lost_or_doubled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = pair(tmp_path)
    for steps in range(1, 17):
        if steps % 4 == 1:
            one.keep(10 * steps, 3)
        fuse = Fuse(steps)
        with monkeypatch.context() as patch:
            for name in ("write_file", "_save", "tell_followed"):
                patch.setattr(outgoing, name, fuse.around(getattr(outgoing, name)))
            assert cut_off(lambda: pack(one.home, TWIN, POLICE, tmp_path / "m", [], 5000.0)) or steps > 8
    pack(one.home, TWIN, POLICE, tmp_path / "m", [], 5000.0)
    assert set(take(other, files(tmp_path / "m"))) <= {TAKEN, NOTED}
    assert other.records() == one.records()
    assert other.rows() == one.rows()


def test_cut_off_anywhere_in_unpacking_each_bundle_is_taken_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = pair(tmp_path)
    one.keep(0, 2)
    pack(one.home, TWIN, POLICE, tmp_path / "m", [], 5000.0)
    steps, ended = 0, True
    while ended:
        steps += 1
        for path in other.home.state.glob("journal*"):
            path.unlink()

        class Fused(Journal):
            def __init__(self, path: Path, fuse: Fuse = Fuse(steps)) -> None:  # noqa: B008 - bound early
                super().__init__(path)
                self._raw = FusedConnection(self._raw, fuse)  # type: ignore[assignment]  # stands in for it

        with monkeypatch.context() as patch:
            patch.setattr(incoming, "Journal", Fused)
            ended = cut_off(lambda: unpack(other.home, TWIN, files(tmp_path / "m"), 5000.0))
        take(other, files(tmp_path / "m"))
        assert other.records() == one.records()
        assert other.rows() == one.rows()
        other.check()
    assert steps > 20
