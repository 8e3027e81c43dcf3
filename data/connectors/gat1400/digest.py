"""HTTP digest authentication as a server sees it (RFC 7616; MD5 as in RFC 2617): pure, without sockets.

Own code, as no library that is kept up does the server's half outside its own web framework. Only ``qop=auth`` is
taken: the answers of RFC 2069, which count nothing, could be sent again by anyone who heard one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from enum import Enum

NONCE_S = 300.0
"""A nonce may be used for so long after it was made."""
MOST_NONCES = 100_000
"""Nonces remembered with their counts; above it a nonce that was not used before is called stale."""
_HASHES: Mapping[str, str] = {"MD5": "md5", "SHA-256": "sha256"}
ALGORITHMS = tuple(_HASHES)
_PAIR = re.compile(r'\s*([A-Za-z0-9*-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))\s*(?:,|$)')
_COUNT = re.compile(r"[0-9a-fA-F]{8}")


class Verdict(Enum):
    """What an answer is worth: good, wrong, or right but for a nonce that is used up."""

    GOOD = "good"
    WRONG = "wrong"
    STALE = "stale"


class Gatekeeper:
    """Challenges clients and checks their answers.

    A nonce is its time, chance, and a keyed sum over both, so those that were never used need no memory. One that was
    used with the right password is remembered with its highest count until it is too old: an answer that is sent
    again counts no higher, and is stale.

    Parameters
    ----------
    passwords : mapping of str
        By user name.
    algorithms : sequence of str
        Offered in this order; old cameras know only the first challenge, and only MD5.
    clock : callable
        Seconds of a clock that never jumps.
    """

    def __init__(
        self, realm: str, passwords: Mapping[str, str], algorithms: Sequence[str], clock: Callable[[], float]
    ) -> None:
        self._realm, self._passwords, self._algorithms, self._clock = realm, passwords, tuple(algorithms), clock
        self._key = secrets.token_bytes(32)
        self._counts: dict[str, tuple[float, int]] = {}

    def challenges(self, stale: bool = False) -> list[str]:
        """Return the values of ``WWW-Authenticate``, one for each algorithm."""
        nonce, ending = self._nonce(), ", stale=true" if stale else ""
        return [
            f'Digest realm="{self._realm}", qop="auth", algorithm={name}, nonce="{nonce}"{ending}'
            for name in self._algorithms
        ]

    def judge(self, authorization: str, method: str, target: str) -> tuple[Verdict, str]:
        """Check the value of ``Authorization`` for a request, and return the user it is of.

        Parameters
        ----------
        target : str
            Path and query as they stand in the request line.
        """
        said = read_pairs(authorization)
        user, algorithm = said.get("username", ""), said.get("algorithm", "MD5").upper()
        if not self._is_whole(said, algorithm, target):
            return Verdict.WRONG, ""
        password = self._passwords.get(user)
        expected = response(algorithm, said, password if password is not None else secrets.token_hex(), method)
        if (
            not hmac.compare_digest(expected, said["response"].lower().encode("utf-8", "surrogateescape"))
            or password is None
        ):
            return Verdict.WRONG, ""
        return (Verdict.GOOD, user) if self._is_next(said["nonce"], int(said["nc"], 16)) else (Verdict.STALE, "")

    def _is_whole(self, said: Mapping[str, str], algorithm: str, target: str) -> bool:
        return (
            algorithm in self._algorithms
            and said.get("realm") == self._realm
            and said.get("qop") == "auth"
            and _COUNT.fullmatch(said.get("nc", "")) is not None
            and bool(said.get("cnonce"))
            and "response" in said
            and _path(said.get("uri", "")) == _path(target)
            and self._made_s(said.get("nonce", "")) is not None
        )

    def _is_next(self, nonce: str, count: int) -> bool:
        """Tell whether a nonce is fresh and counted on, and remember its count."""
        now, made_s = self._clock(), self._made_s(nonce)
        if made_s is None or now - made_s > NONCE_S:
            return False
        self._forget(now)
        before = self._counts.get(nonce)
        if count <= (before[1] if before else 0) or (before is None and len(self._counts) >= MOST_NONCES):
            return False
        self._counts[nonce] = (made_s, count)
        return True

    def _forget(self, now: float) -> None:
        """Drop what is too old from the front: nonces are used about in the order in which they were made."""
        while self._counts:
            oldest = next(iter(self._counts))
            if now - self._counts[oldest][0] <= NONCE_S:
                return
            del self._counts[oldest]

    def _nonce(self) -> str:
        head = int(self._clock() * 1000).to_bytes(8, "big") + secrets.token_bytes(8)
        return base64.urlsafe_b64encode(head + self._sum(head)).decode()

    def _made_s(self, nonce: str) -> float | None:
        """Return when a nonce of ours was made; None if it is none."""
        try:
            plain = base64.urlsafe_b64decode(nonce.encode("ascii"))
        except ValueError:
            return None
        head, kept = plain[:16], plain[16:]
        ours = hmac.compare_digest(kept, self._sum(head)) and base64.urlsafe_b64encode(plain).decode() == nonce
        return int.from_bytes(head[:8], "big") / 1000 if ours else None

    def _sum(self, head: bytes) -> bytes:
        return hmac.digest(self._key, head, "sha256")[:16]


def response(algorithm: str, said: Mapping[str, str], password: str, method: str) -> bytes:
    """Return the ``response`` that a client with this password gives (RFC 7616, 3.4.1), in lower case digits."""
    who = _hex(algorithm, f"{said.get('username', '')}:{said['realm']}:{password}")
    what = _hex(algorithm, f"{method}:{said['uri']}")
    return _hex(algorithm, ":".join((who, said["nonce"], said["nc"], said["cnonce"], said["qop"], what))).encode()


def read_pairs(header: str) -> dict[str, str]:
    """Return the fields of a digest header by their names in lower case; empty if it is none.

    A field that comes twice makes the header none: which of the two was meant is not for us to guess.
    """
    scheme, _, rest = header.strip().partition(" ")
    pairs: dict[str, str] = {}
    at = 0
    while scheme.lower() == "digest" and at < len(rest):
        found = _PAIR.match(rest, at)
        if found is None or found[1].lower() in pairs:
            return {}
        pairs[found[1].lower()] = re.sub(r"\\(.)", r"\1", found[2]) if found[2] is not None else found[3]
        at = found.end()
    return pairs


def _hex(algorithm: str, text: str) -> str:
    return hashlib.new(_HASHES[algorithm], text.encode("utf-8", "surrogateescape"), usedforsecurity=False).hexdigest()


def _path(target: str) -> str:
    """Return a target without scheme and host, which proxies and some cameras put before it."""
    return re.sub(r"^https?://[^/?]*", "", target, count=1, flags=re.IGNORECASE)
