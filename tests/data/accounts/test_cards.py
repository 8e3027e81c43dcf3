"""A card in a reader signs a challenge through PKCS#11; SoftHSM2 is reader and card."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pkcs11
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from data.accounts.cards import CONTEXT, Card, is_signed, module_of, opened, subject_of
from data.accounts.trust import FOLDER, Trust
from data.home import Home
from tests.data.accounts.pki import MODULE, PIN, Authority, Key, put_on_card, reader
from twin.errors import MissingPieceError, NotAllowedError

OURS = Authority()
TRUST = Trust([OURS.certificate], [OURS.revoked()])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("SOFTHSM2_CONF", str(reader(tmp_path)))
    yield tmp_path
    pkcs11.lib(str(MODULE)).finalize()


@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP384R1()),
        rsa.generate_private_key(65537, 2048),
    ],
    ids=["P-256", "P-384", "RSA"],
)
def test_who_holds_the_card_and_its_pin_is_known_by_it(folder: Path, key: Key) -> None:
    put_on_card(folder, key, OURS.issue(key))
    with opened(MODULE, PIN) as card:
        assert subject_of(card, TRUST) == "CN=王小明 012345"
        ((certificate, sign),) = card.certificates
        assert is_signed(certificate, b"x", sign(b"x"))
        assert not is_signed(certificate, b"y", sign(b"x"))
        assert not is_signed(certificate, b"x", b"")
    for pin in ("999999", "1", ""):
        with pytest.raises(NotAllowedError, match="PIN"), opened(MODULE, pin):
            pass
    revoked = Trust([OURS.certificate], [OURS.revoked(certificate)])
    with opened(MODULE, PIN) as card, pytest.raises(NotAllowedError, match="revoked"):
        subject_of(card, revoked)


def test_an_empty_reader_and_an_empty_card_say_so(folder: Path) -> None:
    with pytest.raises(NotAllowedError, match="no card"), opened(MODULE, PIN):
        pass
    with pytest.raises(NotAllowedError, match="no certificate"):
        subject_of(Card(()), TRUST)


@pytest.mark.parametrize("end", ["os.abort()", "os._exit(0)", "os.kill(os.getpid(), 11)"])
def test_a_driver_that_falls_over_takes_nothing_with_it(end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.accounts.cards.reader_program", lambda: [sys.executable, "-c", f"import os; {end}"])
    with pytest.raises(NotAllowedError, match="broke down"), opened(MODULE, PIN):
        pass


def test_a_copied_certificate_without_its_key_opens_nothing() -> None:
    holder, thief = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    challenges: list[bytes] = []

    def sign(content: bytes) -> bytes:
        challenges.append(content)
        return bytes(64)

    card = Card(((OURS.issue(holder), sign), (OURS.issue(thief, "另一人"), sign)))
    with pytest.raises(NotAllowedError, match="did not sign"):
        subject_of(card, TRUST)
    assert all(one.startswith(CONTEXT) and len(one) == len(CONTEXT) + 32 for one in challenges)
    assert len(set(challenges)) == 2


def test_the_readers_library_is_named_or_found(tmp_path: Path) -> None:
    home = Home(tmp_path, tmp_path, tmp_path, tmp_path)
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "module").write_text(f"{MODULE}\n")
    assert module_of(home) == MODULE
    (tmp_path / FOLDER / "module").write_text("/nowhere.so")
    with pytest.raises(MissingPieceError, match="module"):
        module_of(home)
    (tmp_path / "no.so").write_bytes(b"no library")
    with pytest.raises(MissingPieceError, match="does not work"), opened(tmp_path / "no.so", PIN):
        pass
