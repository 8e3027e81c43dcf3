"""Who may read along with an engine: a certificate for each desk, and what holds the server to it.

One folder a twin in the user's data folder holds the authority that signs, the server's certificate, the engine's own
credential, what each desk may see, and ``nats-server.conf``. The server knows an account by its certificate, so its
settings hold nothing secret, and a desk that is removed from them is out.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from data.fanout.frames import SOURCES, ask_subject, beat_subject, live_subject
from data.fanout.link import Credential, read_credential
from data.home import Home
from twin.errors import BadInputError, UsageError
from twin.words import say

YEARS = 5
ENGINE = "engine"
DEFAULT_AT = "127.0.0.1:4222"


class Grant(msgspec.Struct, frozen=True):
    """What a desk may see; an empty list stands for all."""

    name: str
    zones: Sequence[str] = ()
    classifications: Sequence[str] = ()
    layers: Sequence[str] = ()


class Join(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a desk needs to read along: where, which twin of the engine's, which subjects, and as whom."""

    url: str
    twin: str
    desk: str
    subjects: Sequence[str]
    layers: Sequence[str] = ()
    credential: Credential | None = None


class Accounts:
    """The desks of one engine."""

    def __init__(self, home: Home, twin: str) -> None:
        home.twin(twin)  # refuses what cannot name a twin
        self._twin = twin
        self.folder = home.data / "fanout" / twin

    @property
    def settings(self) -> Path:
        """What ``nats-server -c`` is given."""
        return self.folder / "nats-server.conf"

    def credential(self) -> Credential | None:
        """Return the engine's own credential; None if no desk was ever let in."""
        path = self.folder / "engine.json"
        return read_credential(path) if path.exists() else None

    def at(self) -> str:
        """Return where the server listens, HOST:PORT."""
        path = self.folder / "at"
        return path.read_text("utf-8") if path.exists() else DEFAULT_AT

    def desks(self) -> tuple[Grant, ...]:
        """Return the desks that are let in."""
        path = self.folder / "desks.json"
        return msgspec.json.decode(path.read_bytes(), type=tuple[Grant, ...]) if path.exists() else ()

    def open(self, at: str) -> None:
        """Say where the server listens, and make what it needs.

        Raises
        ------
        twin.errors.UsageError
            If it is no HOST:PORT.
        """
        host, _, port = at.rpartition(":")
        if not re.fullmatch(r"[A-Za-z0-9.\-]+|\[[0-9a-fA-F:]+\]", host) or not port.isdecimal():
            raise UsageError(say("{at}: where the server listens is written as HOST:PORT", at=at))
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not (self.folder / "authority.json").exists():
            self._keep("authority.json", _credential(f"zhian {self._twin}", None))
        self._keep("server.json", server := self._sign("server", host.strip("[]")))
        for name, text in (("authority.pem", server.authority), ("server.pem", server.certificate + server.key)):
            _write(self.folder / name, text)
        if not (self.folder / "engine.json").exists():
            self._keep("engine.json", self._sign(ENGINE))
        _write(self.folder / "at", at)
        self._write_settings()

    def add(self, grant: Grant) -> Join:
        """Let a desk in and return what it needs; one of the same name gets a new certificate.

        Raises
        ------
        twin.errors.UsageError
            If the name cannot be used.
        """
        if not re.fullmatch(r"[a-z0-9][a-z0-9\-]{0,31}", grant.name) or grant.name == ENGINE:
            raise UsageError(say("{name!r} cannot name a desk: use small letters, digits and dashes", name=grant.name))
        if not self.settings.exists():
            self.open(self.at())
        self._change([*(desk for desk in self.desks() if desk.name != grant.name), grant])
        subjects = [beat_subject(self._twin), *_subjects(self._twin, grant)]
        return Join(f"tls://{self.at()}", self._twin, grant.name, subjects, grant.layers, self._sign(grant.name))

    def remove(self, name: str) -> None:
        """Let a desk in no longer.

        Raises
        ------
        twin.errors.BadInputError
            If there is none of this name.
        """
        if name not in {desk.name for desk in self.desks()}:
            raise BadInputError(name, "there is no such desk", "`zhian desk list` shows them")
        self._change([desk for desk in self.desks() if desk.name != name])

    def _change(self, desks: Sequence[Grant]) -> None:
        _write(self.folder / "desks.json", msgspec.json.encode(desks).decode())
        self._write_settings()

    def _keep(self, name: str, credential: Credential) -> None:
        _write(self.folder / name, msgspec.json.encode(credential).decode())

    def _sign(self, name: str, host: str = "") -> Credential:
        return _credential(name, read_credential(self.folder / "authority.json"), host)

    def _write_settings(self) -> None:
        twin = self._twin
        engine = _user(ENGINE, [f"{live_subject(twin, '*', '*', '*')}", beat_subject(twin)], [ask_subject(twin, "*")])
        desks = [
            _user(desk.name, [ask_subject(twin, desk.name)], [beat_subject(twin), *_subjects(twin, desk)])
            for desk in self.desks()
        ]
        _write(self.settings, _SETTINGS.format(at=self.at(), folder=self.folder, users="\n".join([engine, *desks])))


_SETTINGS = """# Written by `zhian desk`. Run: nats-server -c THIS FILE; after a change: nats-server --signal reload
listen: "{at}"
max_payload: 1MB
max_pending: 32MB
write_deadline: "2s"
tls {{
  cert_file: "{folder}/server.pem"
  key_file: "{folder}/server.pem"
  ca_file: "{folder}/authority.pem"
  verify_and_map: true
  timeout: 5
}}
authorization {{
  users = [
{users}
  ]
}}
"""


def _user(name: str, publish: Sequence[str], subscribe: Sequence[str]) -> str:
    rights = {"publish": {"allow": list(publish)}, "subscribe": {"allow": list(subscribe)}}
    return f"    {json.dumps({'user': f'CN={name}', 'permissions': rights})}"


def _subjects(twin: str, grant: Grant) -> list[str]:
    layers = [*grant.layers, SOURCES] if grant.layers else ["*"]
    return [
        live_subject(twin, zone, classification, layer)
        for zone in grant.zones or ["*"]
        for classification in grant.classifications or ["*"]
        for layer in layers
    ]


def _credential(name: str, authority: Credential | None, host: str = "") -> Credential:
    """Return a new key and its certificate, signed by an authority or, for one, by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    signer, issuer = (key, subject) if authority is None else _signer(authority)
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))  # clocks of machines differ
        .not_valid_after(now + timedelta(days=365 * YEARS))
        .add_extension(x509.BasicConstraints(ca=authority is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if authority is not None:
        usage = ExtendedKeyUsageOID.SERVER_AUTH if host else ExtendedKeyUsageOID.CLIENT_AUTH
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    if host:
        builder = builder.add_extension(x509.SubjectAlternativeName([_host(host)]), critical=False)
    certificate = builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    return Credential(name, authority.certificate if authority else certificate, certificate, secret)


def _signer(authority: Credential) -> tuple[ec.EllipticCurvePrivateKey, x509.Name]:
    key = serialization.load_pem_private_key(authority.key.encode(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"our own authority has no elliptic key but {type(key).__name__}")
    return key, x509.load_pem_x509_certificate(authority.certificate.encode()).subject


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _write(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    fresh.touch(0o600)
    fresh.write_text(text, "utf-8")
    fresh.replace(path)


def joined_path(home: Home, twin: str) -> Path:
    """Return where it is kept which engine a desk's twin reads along with."""
    return home.twin(twin).parent.parent / "joined" / f"{twin}.json"


def joined(home: Home, twin: str) -> Join | None:
    """Return which engine a twin reads along with; None if it has its own.

    Raises
    ------
    twin.errors.BadInputError
        If what is kept of it cannot be read.
    """
    path = joined_path(home, twin)
    return read_join(path) if path.exists() else None


def read_join(path: Path) -> Join:
    """Read what `zhian desk add` wrote.

    Raises
    ------
    twin.errors.BadInputError
        If it is nothing of the kind.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Join)
    except FileNotFoundError:
        raise BadInputError(path.name, "there is no such file or folder", "give the file of `zhian desk add`") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadInputError(path.name, say("no credential: {error}", error=error), "make it again") from None


def write_join(path: Path, join: Join) -> None:
    """Keep what a desk needs, for its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _write(path, msgspec.json.encode(join).decode())
