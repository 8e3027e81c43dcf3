"""Which certificates are believed: our own authority, its revocation list, and why a card's is refused.

``cards/`` in the user's data folder holds ``ca.pem`` (one or more authorities), ``crl.pem`` (the newest list of each)
and, where the reader's library is not found by itself, ``module`` (its path).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from data.home import Home
from twin.errors import BadInputError
from twin.words import say

FOLDER, AUTHORITIES, REVOKED = "cards", "ca.pem", "crl.pem"


@dataclass(frozen=True, slots=True)
class Trust:
    """The authorities that are believed, and the newest revocation list of each."""

    authorities: Sequence[x509.Certificate]
    lists: Sequence[x509.CertificateRevocationList]

    def refusal(self, certificate: x509.Certificate, now: datetime) -> str:
        """Return why a certificate is not believed at a moment, as a sentence; empty if it is."""
        authority = next((one for one in self.authorities if _issued(certificate, one)), None)
        if authority is None:
            return "the card was not issued by our authority"
        if not _is_authority(authority) or not _valid(authority, now):
            return "our authority's own certificate is not valid: ask an administrator"
        if now < certificate.not_valid_before_utc:
            return say("the card is valid from {day} only", day=f"{certificate.not_valid_before_utc:%Y-%m-%d}")
        if now > certificate.not_valid_after_utc:
            return say("the card expired on {day}", day=f"{certificate.not_valid_after_utc:%Y-%m-%d}")
        if not _for_sign_in(certificate):
            return "the card's certificate is not meant for signing in"
        return self._refused_by_list(certificate, authority, now)

    def _refused_by_list(self, certificate: x509.Certificate, authority: x509.Certificate, now: datetime) -> str:
        """No list, an old one or a forged one refuses every card: else it would be enough to delete it."""
        lists = [one for one in self.lists if one.issuer == authority.subject and _signed(one, authority)]
        if not lists:
            return "there is no revocation list of our authority: ask an administrator"
        newest = max(lists, key=lambda one: one.last_update_utc)
        if newest.next_update_utc is None or now > newest.next_update_utc:
            return "the revocation list is too old: ask an administrator for the newest one"
        found = newest.get_revoked_certificate_by_serial_number(certificate.serial_number)
        if found is not None:
            return say("the card was revoked on {day}", day=f"{found.revocation_date_utc:%Y-%m-%d}")
        return ""


def read_trust(home: Home) -> Trust:
    """Return what is believed here; nothing where no authority was named."""
    folder = home.data / FOLDER
    return Trust(_authorities(folder / AUTHORITIES), _lists(folder / REVOKED))


def keep_trust(home: Home, authorities: Path, revoked: Path) -> Trust:
    """Take over authorities and their revocation lists from files.

    Raises
    ------
    twin.errors.BadInputError
        If they cannot be read, do not belong together, or a list is older than the one that is kept.
    """
    fresh, before = Trust(_authorities(authorities), _lists(revoked)), read_trust(home)
    if not fresh.authorities:
        raise BadInputError(str(authorities), "there is no certificate in it", "give the authority's, as PEM")
    now = datetime.now(UTC)
    for authority in fresh.authorities:
        if not _is_authority(authority) or not _valid(authority, now):
            raise BadInputError(
                str(authorities), "it is no authority's valid certificate", "give the authority's, as PEM"
            )
        lists = [one for one in fresh.lists if one.issuer == authority.subject and _signed(one, authority)]
        if not lists:
            raise BadInputError(
                str(revoked), "there is no list in it that the authority signed", "give its newest, as PEM"
            )
        kept = [one.last_update_utc for one in before.lists if one.issuer == authority.subject]
        if kept and max(one.last_update_utc for one in lists) < max(kept):
            raise BadInputError(
                str(revoked), "it is older than the list that is kept", "give the authority's newest, as PEM"
            )
    folder = home.data / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    _write(folder / AUTHORITIES, [one.public_bytes(Encoding.PEM) for one in fresh.authorities])
    _write(folder / REVOKED, [one.public_bytes(Encoding.PEM) for one in fresh.lists])
    return fresh


def read_certificate(path: Path) -> x509.Certificate:
    """Read one certificate, as PEM or DER.

    Raises
    ------
    twin.errors.BadInputError
    """
    content = _content(path)
    try:
        if b"-----BEGIN" in content:
            return x509.load_pem_x509_certificate(content)
        return x509.load_der_x509_certificate(content)
    except ValueError:
        raise BadInputError(str(path), "it is no certificate", "give one as PEM or DER") from None


def _authorities(path: Path) -> list[x509.Certificate]:
    if not path.exists():
        return []
    try:
        return x509.load_pem_x509_certificates(_content(path))
    except ValueError:
        raise BadInputError(str(path), "it is no certificate", "give one as PEM or DER") from None


def _lists(path: Path) -> list[x509.CertificateRevocationList]:
    if not path.exists():
        return []
    end = b"-----END X509 CRL-----"
    try:
        parts = [part + end for part in _content(path).split(end)[:-1]]
        return [x509.load_pem_x509_crl(part.strip()) for part in parts]
    except ValueError:
        raise BadInputError(str(path), "it is no revocation list", "give the authority's newest, as PEM") from None


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInputError(str(path), say("it cannot be read: {error}", error=error), "give another file") from None


def _write(path: Path, parts: Sequence[bytes]) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_bytes(b"".join(parts))
    fresh.replace(path)


def _issued(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _signed(revoked: x509.CertificateRevocationList, authority: x509.Certificate) -> bool:
    try:
        return revoked.is_signature_valid(authority.public_key())  # type: ignore[arg-type]  # others raise TypeError
    except (TypeError, UnsupportedAlgorithm):
        return False


def _valid(certificate: x509.Certificate, now: datetime) -> bool:
    return certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False


def _for_sign_in(certificate: x509.Certificate) -> bool:
    """Tell whether it is a holder's own, for signatures and as a client's (RFC 5280, 4.2.1.3 and 4.2.1.12)."""
    try:
        extensions = certificate.extensions
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
        purposes = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (x509.ExtensionNotFound, ValueError):
        return False
    return usage.digital_signature and ExtendedKeyUsageOID.CLIENT_AUTH in purposes and not _is_authority(certificate)
