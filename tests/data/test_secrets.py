"""Secrets are in files that one user reads or in the keyring, made once, and follow the setting."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import keyring
import keyring.backend
import keyring.errors
import pytest

from data.home import Home
from data.secrets import FILE, keep_secret, random_secret, secret
from data.signing.keys import own_key
from twin.errors import BadInputError, MissingPieceError


class Ring(keyring.backend.KeyringBackend):
    """A keyring in memory, which can be locked."""

    priority = 1.0

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # keyring has no hints for it
        self.kept: dict[str, str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        self._must_be_open()
        return self.kept.get(f"{service} {username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._must_be_open()
        self.kept[f"{service} {username}"] = password

    def delete_password(self, service: str, username: str) -> None:
        self._must_be_open()
        del self.kept[f"{service} {username}"]

    def _must_be_open(self) -> None:
        if self.locked:
            raise keyring.errors.KeyringLocked


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(*(tmp_path / name for name in ("data", "cache", "state", "runtime")))
    home.data.mkdir()
    home.state.mkdir()
    return home


@pytest.fixture
def ring() -> Iterator[Ring]:
    before, ring = keyring.get_keyring(), Ring()
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(before)


def test_without_a_setting_a_secret_is_a_file_of_one_user_made_once(home: Home) -> None:
    key = random_secret(home, "vehicle-ids")
    assert random_secret(home, "vehicle-ids") == key
    assert len(key) == 32
    (file,) = home.state.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert secret(home, "other") is None
    assert keep_secret(home, "vehicle-ids", b"later") == key


def test_in_the_keyring_nothing_is_on_the_disk(home: Home, ring: Ring) -> None:
    (home.data / FILE).write_text('keep = "keyring"')
    key = own_key(home, "audit")
    assert own_key(home, "audit").public == key.public
    assert [path.name for path in home.data.rglob("*")] == [FILE]
    assert len(ring.kept) == 1


def test_a_secret_follows_the_setting_there_and_back(home: Home, ring: Ring) -> None:
    key = own_key(home, "audit").public
    (home.data / FILE).write_text('keep = "keyring"')
    assert own_key(home, "audit").public == key
    assert not (home.data / "audit" / "key.pem").exists()
    (home.data / FILE).write_text('keep = "file"')
    assert own_key(home, "audit").public == key
    assert (home.data / "audit" / "key.pem").stat().st_mode & 0o777 == 0o600
    assert ring.kept == {}


def test_a_keyring_that_does_not_answer_is_told_and_no_other_key_is_made(home: Home, ring: Ring) -> None:
    (home.data / FILE).write_text('keep = "keyring"')
    own_key(home, "audit")
    ring.locked = True
    with pytest.raises(MissingPieceError, match="KeyringLocked"):
        own_key(home, "audit")
    assert [path.name for path in home.data.rglob("*")] == [FILE]


@pytest.mark.parametrize("text", ["keep = 3", 'keep = "safe"', "keep", 'kept = "file"', "\xff"])
def test_a_setting_that_makes_no_sense_is_refused(home: Home, text: str) -> None:
    (home.data / FILE).write_text(text, "latin-1")
    with pytest.raises(BadInputError, match="keep ="):
        secret(home, "x")
