"""The ferry signs by SM2 as it does by Ed25519."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.ferry.incoming import NOTED, TAKEN, unpack, write_receipts
from data.ferry.keys import USE, Peer, line, own_line, peers, trust
from data.ferry.outgoing import pack
from data.ferry.seal import SealError, seal, unseal
from data.home import Home
from data.signing.keys import OwnKey, own_key, use_sm2
from data.signing.sm2 import Sm2Key
from tests.data.ferry.sides import POLICE, TWIN, pair
from tests.data.signing.test_sm2 import SECRET, flipped
from twin.errors import BadInputError


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(*(tmp_path / name for name in ("data", "cache", "state", "runtime")))
    home.data.mkdir()
    return home


def test_a_machine_signs_by_sm2_once_it_is_told_to_and_keeps_its_key(home: Home) -> None:
    before = own_key(home, USE)
    use_sm2(home, USE)
    use_sm2(home, USE)
    key = own_key(home, USE)
    assert (before.is_sm2, key.is_sm2) == (False, True)
    assert own_key(home, USE).public == key.public
    assert (home.data / "ferry" / "key.sm2").stat().st_mode & 0o777 == 0o600
    peer = trust(home, "there", line(key, "公安网"))
    assert peers(home) == {key.id: peer}
    assert unseal(seal(b"payload", key), peers(home)).payload == b"payload"


def test_an_envelope_names_the_algorithm_of_its_key(home: Home) -> None:
    use_sm2(home, USE)
    for key in (own_key(home, USE), OwnKey(Sm2Key.fresh())):
        trusted = {key.id: Peer("there", "公安网", key.public)}
        sealed = seal(b"payload", key, "sha256")
        assert sealed[8] == 3
        for number in (1, 2):
            with pytest.raises(SealError, match="algorithm"):
                unseal(sealed[:8] + bytes([number]) + sealed[9:], trusted)
        with pytest.raises(SealError, match="signature"):
            unseal(flipped(sealed, len(sealed) - 1), trusted)


def test_a_key_that_is_no_point_or_of_another_kind_is_not_trusted(home: Home) -> None:
    told = line(OwnKey(Sm2Key(SECRET)), "公安网")
    word, public, zone = told.split()
    trust(home, "good", told)
    for bad in (f"{word} {public[:-8]}AAAAAA== {zone}", f"zhian-ferry-ed25519 {public} {zone}"):
        with pytest.raises(BadInputError, match="this is no key"):
            trust(home, "bad", bad)
    (home.data / "ferry" / "key.sm2").write_text("not hex")
    with pytest.raises(BadInputError, match="no SM2 key"):
        own_key(home, USE)


def test_what_sm2_signed_crosses_and_so_does_the_receipt(tmp_path: Path) -> None:
    one, other = pair(tmp_path)
    for mine, name, there in ((one, "one", other), (other, "other", one)):
        use_sm2(mine.home, USE)
        trust(there.home, name, own_line(mine.home, mine.zone))
    one.keep(0, 10)
    pack(one.home, TWIN, POLICE, tmp_path / "m", [], 5000.0)
    taken = unpack(other.home, TWIN, sorted((tmp_path / "m").iterdir()), 5000.0)
    assert {outcome.what for outcome in taken} == {TAKEN, NOTED}
    assert other.records() == one.records()
    (receipt,) = write_receipts(other.home, TWIN, tmp_path / "back")
    again = pack(one.home, TWIN, POLICE, tmp_path / "m", sorted((tmp_path / "back").iterdir()), 5000.0)
    assert (receipt.missing, again.refused) == ([], [])
