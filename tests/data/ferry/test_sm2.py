"""SM2 as the standard computes it, and as the ferry signs by it."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.ferry import sm2
from data.ferry.incoming import NOTED, TAKEN, unpack, write_receipts
from data.ferry.keys import OwnKey, Peer, own_key, peers, trust, use_sm2
from data.ferry.outgoing import pack
from data.ferry.seal import SealError, seal, unseal
from data.ferry.sm2 import Sm2Key
from data.home import Home
from tests.data.ferry.sides import POLICE, TWIN, pair
from twin.errors import BadInputError

# GB/T 32918.5-2017, appendix A.2: the message, the keys, the random number and the signature of its example.
MESSAGE = b"message digest"
SECRET = bytes.fromhex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8")
PUBLIC = bytes.fromhex(
    "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
)
RANDOM = 0x59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21
SIGNATURE = bytes.fromhex(
    "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
    "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
)


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def test_the_example_of_the_standard_is_signed_and_holds() -> None:
    key = Sm2Key(SECRET, lambda _: RANDOM)
    assert key.public == PUBLIC
    assert key.sign(MESSAGE) == SIGNATURE
    assert sm2.signed(PUBLIC, SIGNATURE, MESSAGE)


@pytest.mark.parametrize("at", [0, 31, 32, 63])
def test_what_was_changed_does_not_hold(at: int) -> None:
    assert not sm2.signed(PUBLIC, flipped(SIGNATURE, at), MESSAGE)
    assert not sm2.signed(PUBLIC, SIGNATURE, flipped(MESSAGE, at % len(MESSAGE)))
    assert not sm2.is_point(flipped(PUBLIC, at))


def test_numbers_out_of_range_do_not_hold() -> None:
    assert not sm2.signed(PUBLIC, bytes(64), MESSAGE)
    assert not sm2.signed(PUBLIC, b"\xff" * 64, MESSAGE)


def test_no_signature_is_like_another_and_all_hold() -> None:
    key = Sm2Key.fresh()
    signatures = {key.sign(MESSAGE) for _ in range(3)}
    assert len(signatures) == 3
    assert all(sm2.signed(key.public, signature, MESSAGE) for signature in signatures)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(*(tmp_path / name for name in ("data", "cache", "state", "runtime")))
    home.data.mkdir()
    return home


def test_a_machine_signs_by_sm2_once_it_is_told_to_and_keeps_its_key(home: Home) -> None:
    before = own_key(home)
    use_sm2(home)
    use_sm2(home)
    key = own_key(home)
    assert (before.is_sm2, key.is_sm2) == (False, True)
    assert own_key(home).public == key.public
    assert (home.data / "ferry" / "key.sm2").stat().st_mode & 0o777 == 0o600
    peer = trust(home, "there", key.line("公安网"))
    assert peers(home) == {key.id: peer}
    assert unseal(seal(b"payload", key), peers(home)).payload == b"payload"


def test_an_envelope_names_the_algorithm_of_its_key(home: Home) -> None:
    use_sm2(home)
    for key in (own_key(home), OwnKey(Sm2Key.fresh())):
        trusted = {key.id: Peer("there", "公安网", key.public)}
        sealed = seal(b"payload", key, "sha256")
        assert sealed[8] == 3
        for number in (1, 2):
            with pytest.raises(SealError, match="algorithm"):
                unseal(sealed[:8] + bytes([number]) + sealed[9:], trusted)
        with pytest.raises(SealError, match="signature"):
            unseal(flipped(sealed, len(sealed) - 1), trusted)


def test_a_key_that_is_no_point_or_of_another_kind_is_not_trusted(home: Home) -> None:
    line = OwnKey(Sm2Key(SECRET)).line("公安网")
    word, public, zone = line.split()
    trust(home, "good", line)
    for bad in (f"{word} {public[:-8]}AAAAAA== {zone}", f"zhian-ferry-ed25519 {public} {zone}"):
        with pytest.raises(BadInputError, match="this is no key"):
            trust(home, "bad", bad)
    (home.data / "ferry" / "key.sm2").write_text("not hex")
    with pytest.raises(BadInputError, match="no SM2 key"):
        own_key(home)


def test_what_sm2_signed_crosses_and_so_does_the_receipt(tmp_path: Path) -> None:
    one, other = pair(tmp_path)
    for mine, name, there in ((one, "one", other), (other, "other", one)):
        use_sm2(mine.home)
        trust(there.home, name, own_key(mine.home).line(mine.zone))
    one.keep(0, 10)
    pack(one.home, TWIN, POLICE, tmp_path / "m", [], 5000.0)
    taken = unpack(other.home, TWIN, sorted((tmp_path / "m").iterdir()), 5000.0)
    assert {outcome.what for outcome in taken} == {TAKEN, NOTED}
    assert other.records() == one.records()
    (receipt,) = write_receipts(other.home, TWIN, tmp_path / "back")
    again = pack(one.home, TWIN, POLICE, tmp_path / "m", sorted((tmp_path / "back").iterdir()), 5000.0)
    assert (receipt.missing, again.refused) == ([], [])
