"""A certificate is believed only if our authority issued it, for signing in, now, and has not revoked it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from data.accounts.trust import AUTHORITIES, FOLDER, Trust, keep_trust, read_certificate, read_trust
from data.home import Home
from tests.data.accounts.pki import DAY, Authority, key_usage, pem
from twin.errors import BadInputError

OURS, FOREIGN = Authority(), Authority("别处 CA")
NAMESAKE = Authority()  # calls itself the same, and has another key
KEY = ec.generate_private_key(ec.SECP256R1())
CARD = OURS.issue(KEY)
TRUST = Trust([OURS.certificate], [OURS.revoked()])
NOW = OURS.now


def test_a_card_of_ours_is_believed() -> None:
    assert TRUST.refusal(CARD, NOW) == ""


@pytest.mark.parametrize(
    ("certificate", "trust", "now", "words"),
    [
        (FOREIGN.issue(KEY), TRUST, NOW, "not issued by our authority"),
        (NAMESAKE.issue(KEY), TRUST, NOW, "not issued by our authority"),
        (CARD, Trust([], []), NOW, "not issued by our authority"),
        (OURS.issue(KEY, end=NOW - DAY / 4), TRUST, NOW, "expired on"),
        (OURS.issue(KEY, begin=NOW + DAY / 4), TRUST, NOW, "valid from"),
        (OURS.issue(KEY, usage=key_usage(signs=False)), TRUST, NOW, "not meant for signing in"),
        (OURS.issue(KEY, purpose=ExtendedKeyUsageOID.SERVER_AUTH), TRUST, NOW, "not meant for signing in"),
        (OURS.certificate, TRUST, NOW, "not meant for signing in"),
        (CARD, Trust([OURS.certificate], [OURS.revoked(CARD)]), NOW, "revoked on"),
        (CARD, Trust([OURS.certificate], [OURS.revoked(told=NOW - DAY), OURS.revoked(CARD)]), NOW, "revoked on"),
        (CARD, Trust([OURS.certificate], []), NOW, "no revocation list"),
        (CARD, Trust([OURS.certificate], [NAMESAKE.revoked()]), NOW, "no revocation list"),
        (CARD, TRUST, NOW + DAY * 0.75, "too old"),
        (CARD, TRUST, NOW + 30 * DAY, "our authority's own certificate"),
    ],
)
def test_each_other_is_refused_with_its_reason(
    certificate: x509.Certificate, trust: Trust, now: datetime, words: str
) -> None:
    assert words in trust.refusal(certificate, now)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path, tmp_path, tmp_path, tmp_path)


def test_what_is_kept_is_what_was_given_and_no_older_list_replaces_it(home: Home, tmp_path: Path) -> None:
    assert read_trust(home).refusal(CARD, NOW)
    ca, newest = pem(tmp_path / "ca", OURS.certificate, FOREIGN.certificate), OURS.revoked(CARD)
    keep_trust(home, ca, pem(tmp_path / "crl", newest, FOREIGN.revoked()))
    assert "revoked" in read_trust(home).refusal(CARD, NOW)
    with pytest.raises(BadInputError, match="older"):
        keep_trust(home, ca, pem(tmp_path / "crl", OURS.revoked(told=NOW - DAY), FOREIGN.revoked()))
    assert "revoked" in read_trust(home).refusal(CARD, NOW)


@pytest.mark.parametrize(
    ("authorities", "lists", "words"),
    [
        ((), (OURS.revoked(),), "no certificate"),
        ((CARD,), (OURS.revoked(),), "no authority's valid certificate"),
        ((Authority(is_authority=False).certificate,), (OURS.revoked(),), "no authority's valid certificate"),
        ((OURS.certificate,), (), "no list in it"),
        ((OURS.certificate,), (NAMESAKE.revoked(),), "no list in it"),
    ],
)
def test_what_does_not_belong_together_is_not_kept(
    home: Home, tmp_path: Path, authorities: tuple[x509.Certificate, ...],
    lists: tuple[x509.CertificateRevocationList, ...], words: str,
) -> None:  # fmt: skip
    with pytest.raises(BadInputError, match=words):
        keep_trust(home, pem(tmp_path / "ca", *authorities), pem(tmp_path / "crl", *lists))
    assert not (home.data / FOLDER / AUTHORITIES).exists()


@pytest.mark.parametrize("content", [b"", b"\x00" * 999, b"-----BEGIN CERTIFICATE-----\nx", "证书".encode("gbk")])
def test_what_is_no_certificate_is_refused(home: Home, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.pem"
    path.write_bytes(content)
    with pytest.raises(BadInputError):
        read_certificate(path)
    with pytest.raises(BadInputError):
        keep_trust(home, path, path)
    with pytest.raises(BadInputError):
        read_certificate(tmp_path / "nowhere")
