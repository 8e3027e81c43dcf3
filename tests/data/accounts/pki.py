"""An authority of the tests, the certificates it issues, and cards in SoftHSM2."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pkcs11
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = "246810"
DAY = timedelta(days=1)
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def key_usage(signs: bool = True, certifies: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(signs, False, False, False, False, certifies, certifies, False, False)


@dataclass
class Authority:
    """Issues certificates and lists of those it revoked."""

    common: str = "智安测试 CA"
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    is_authority: bool = True

    def __post_init__(self) -> None:
        self.certificate = self._sign(name(self.common), self.key, self.now - DAY, self.now + 9 * DAY, (
            (x509.BasicConstraints(ca=self.is_authority, path_length=None), True), (key_usage(certifies=True), True),
        ))  # fmt: skip

    def issue(
        self,
        key: Key,
        common: str = "王小明 012345",
        begin: datetime | None = None,
        end: datetime | None = None,
        usage: x509.KeyUsage | None = None,
        purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.CLIENT_AUTH,
    ) -> x509.Certificate:
        extensions = (
            (x509.BasicConstraints(ca=False, path_length=None), True), (usage or key_usage(), True),
            (x509.ExtendedKeyUsage([purpose]), False),
        )  # fmt: skip
        return self._sign(name(common), key, begin or self.now - DAY, end or self.now + DAY, extensions)

    def revoked(self, *certificates: x509.Certificate, told: datetime | None = None) -> x509.CertificateRevocationList:
        told = told or self.now - DAY / 2
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.certificate.subject)
        builder = builder.last_update(told).next_update(told + DAY)
        for one in certificates:
            entry = x509.RevokedCertificateBuilder().serial_number(one.serial_number).revocation_date(told).build()
            builder = builder.add_revoked_certificate(entry)
        return builder.sign(self.key, hashes.SHA256())

    def _sign(
        self, subject: x509.Name, key: Key, begin: datetime, end: datetime,
        extensions: tuple[tuple[x509.ExtensionType, bool], ...],
    ) -> x509.Certificate:  # fmt: skip
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(name(self.common))
        builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(begin).not_valid_after(end)
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical=critical)
        return builder.sign(self.key, hashes.SHA256())


def pem(path: Path, *things: x509.Certificate | x509.CertificateRevocationList) -> Path:
    path.write_bytes(b"".join(thing.public_bytes(serialization.Encoding.PEM) for thing in things))
    return path


def put_on_card(folder: Path, key: Key, certificate: x509.Certificate) -> None:
    """Make a card of SoftHSM2; ``SOFTHSM2_CONF`` must name :func:`reader` of the folder."""
    made = ["softhsm2-util", "--init-token", "--free", "--label", "card", "--pin", PIN, "--so-pin", "13579135"]
    subprocess.run(made, check=True, capture_output=True)
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, *plain))
    put = ["softhsm2-util", "--import", str(folder / "key.pem"), "--token", "card", "--label", "k", "--id", "01"]
    subprocess.run([*put, "--pin", PIN], check=True, capture_output=True)
    library = pkcs11.lib(str(MODULE))
    library.reinitialize()
    token = library.get_token(token_label="card")  # noqa: S106 - its name
    with token.open(rw=True, user_pin=PIN) as session:
        session.create_object({
            pkcs11.Attribute.CLASS: pkcs11.ObjectClass.CERTIFICATE, pkcs11.Attribute.TOKEN: True,
            pkcs11.Attribute.CERTIFICATE_TYPE: pkcs11.CertificateType.X_509, pkcs11.Attribute.ID: b"\x01",
            pkcs11.Attribute.SUBJECT: certificate.subject.public_bytes(),
            pkcs11.Attribute.VALUE: certificate.public_bytes(serialization.Encoding.DER),
        })  # fmt: skip


def reader(folder: Path) -> Path:
    """Return the settings of an empty reader."""
    (folder / "tokens").mkdir()
    settings = folder / "softhsm2.conf"
    settings.write_text(f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n")
    return settings
