"""How pages stand in a file: as SQLite wrote them, or encrypted by SQLCipher; the latter are opened here one by one.

SQLCipher refuses a page whose check sum does not hold. Here it is opened all the same, and what of it is whole comes
back: in AES's CBC mode bytes that were hit cost their block of 16 and change some of the next. Layout from
zetetic.net/sqlcipher/design: a page ends with its initial vector (16 bytes) and its check sum (HMAC-SHA512); in place
of the first 16 bytes of the file, which are the same in every one, stands its salt.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from data.sealed import PLAIN

PAGE = 4096
FILE_HEAD = 100
"""Of the first page, before its own head."""
VECTOR, SUM = 16, 64
HEADS = {2: 12, 5: 12, 10: 8, 13: 8}
"""The bytes of a page's head, by its kind: of trees and their leaves."""
MOST_FRAGMENTS = 60
Numbered = tuple[int, bytes]
"""A page, and its number from 0."""


class Cover(NamedTuple):
    """How the pages of a file are opened; ``reserved`` are the bytes at their ends that hold no rows."""

    key: bytes = b""
    reserved: int = 0

    def opened(self, number: int, page: bytes) -> bytes:
        """Return a page as SQLite wrote it; one of zeros was never written."""
        if not self.key or not any(page):
            return page
        salt = len(PLAIN) if number == 0 else 0
        vector = page[PAGE - self.reserved :][:VECTOR]
        decryptor = Cipher(algorithms.AES(self.key), modes.CBC(vector)).decryptor()
        body = decryptor.update(page[salt : PAGE - self.reserved]) + decryptor.finalize()
        return PLAIN[:salt] + body + bytes(self.reserved)

    def fits(self, pages: Iterable[Numbered]) -> bool:
        """Tell whether any page opened like this is one of a tree; noise passes for one once in 100,000 pages."""
        return any(is_tree(self.opened(number, page), FILE_HEAD if number == 0 else 0) for number, page in pages)


BARE = Cover()


def sealed_by(key: str) -> Cover:
    """Return how pages are opened that SQLCipher wrote by a key in hex."""
    return Cover(bytes.fromhex(key), VECTOR + SUM)


def is_tree(page: bytes, head: int) -> bool:
    """Tell whether a page says of itself what only a page of a tree can say."""
    size = HEADS.get(page[head])
    if size is None:
        return False
    free, count, content, fragments = struct.unpack_from(">HHHB", page, head + 1)
    begin = head + size + 2 * count
    if begin > PAGE or free >= PAGE or fragments > MOST_FRAGMENTS or not begin <= (content or PAGE) <= PAGE:
        return False
    return all(begin <= at < PAGE for at in struct.unpack_from(f">{count}H", page, head + size))
