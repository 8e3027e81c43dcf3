"""What is around the objects: bodies, the many envelopes of the makers, and what of them we never keep.

Pure functions. The reader is lenient: a list may miss one of its levels, hold one object bare, or spell its name with a
zero for an O (all three were seen, see this folder's README).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

import msgspec

Fields = Mapping[str, object]
"""An object, its names in lower case."""

DEEPEST = 16
"""Levels of lists and objects in one another."""
MOST_UNREADABLE_BYTES = 65_536
SHORTEST_PICTURE = 128
_RUN = r"[A-Za-z0-9+/=\\%_-]{128,}"
"""As long a run of Base64 is a picture: ids have 20 to 48 digits, and addresses have dots and colons in between."""
_PICTURE = re.compile(_RUN)
_PICTURE_IN_BODY = re.compile(rb'(?i:"data")|' + _RUN.encode())
_PEOPLE = re.compile(rb"(?i)face|person")
_PICTURES_OF_PEOPLE = frozenset({4, 5, 10, 11})
"""Types of pictures: driver's face, second seat's face, person, face."""


class BodyError(ValueError):
    """A body that cannot be read; its text is the reason, ``status`` the protocol's code for it."""

    def __init__(self, reason: str, status: int) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(slots=True)
class LeftOut:
    """What was taken out of objects before they were kept: pictures' bytes, and what tells of people."""

    pictures: int = 0
    people: int = 0


def inflate(packed: bytes, encoding: str, most_bytes: int) -> bytes:
    """Unpack a body, never into more than ``most_bytes``.

    Raises
    ------
    BodyError
        If it is larger, or not packed in this way.
    """
    if encoding in ("", "identity"):
        return packed
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise BodyError("packed in an unknown way", 7)
    worker = zlib.decompressobj(wbits=zlib.MAX_WBITS if encoding == "deflate" else zlib.MAX_WBITS | 16)
    try:
        plain = worker.decompress(packed, most_bytes + 1)
    except zlib.error:
        raise BodyError("packed body does not hold", 7) from None
    if len(plain) > most_bytes:
        raise BodyError("body too large", 8)
    if not worker.eof:
        raise BodyError("packed body does not hold", 7)
    return plain


def read_body(body: bytes) -> object:
    """Read JSON in UTF-8, or in GB 18030 where it is no UTF-8.

    Raises
    ------
    BodyError
        If it is none, or nested deeper than :data:`DEEPEST`.
    """
    body = body.removeprefix(b"\xef\xbb\xbf")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        text = body.decode("gb18030", errors="replace")
    try:
        document = msgspec.json.decode(text)
    except RecursionError:
        raise BodyError("nested too deep", 8) from None
    except msgspec.DecodeError:
        raise BodyError("not JSON", 7) from None
    if text.count("[") + text.count("{") > DEEPEST and _depth_over(document, DEEPEST):
        raise BodyError("nested too deep", 8)
    return cast(object, document)


def _depth_over(value: object, most: int) -> bool:
    level = [value]
    for _ in range(most):
        level = [inner for outer in level for inner in _inner(outer)]
        if not level:
            return False
    return True


def _inner(value: object) -> list[object]:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [part for part in parts if isinstance(part, dict | list)]


def objects_of(document: object, noun: str, most: int) -> list[dict[str, object]]:
    """Return the objects of one kind (``MotorVehicle``) out of any of the envelopes that makers use.

    Raises
    ------
    BodyError
        If there are more than ``most``.
    """
    names, id_name = _names(noun)
    tops = {_plain(name) for item in _dicts(document) for name in item}
    if id_name not in tops and names.isdisjoint(tops):
        return []
    found: list[dict[str, object]] = []
    for item in _bare(document, id_name) if names.isdisjoint(tops) else _gather(document, names, inside=False):
        found.append(item)
        if len(found) > most:
            raise BodyError("too many objects", 8)
    return found


@lru_cache
def _names(noun: str) -> tuple[frozenset[str], str]:
    """Return what lists of such objects are called, and what an object's own id is."""
    plain = _plain(noun)
    endings = ("", "s", "object", "objects", "list", "listobject", "objectlist")
    return frozenset(plain + ending for ending in endings), plain + "id"


def _bare(document: object, id_name: str) -> Iterator[dict[str, object]]:
    """Yield objects that came without any envelope."""
    return (item for item in _dicts(document) if any(_plain(name) == id_name for name in item))


def _dicts(document: object) -> list[dict[str, object]]:
    return [item for item in (document if isinstance(document, list) else [document]) if isinstance(item, dict)]


def _gather(value: object, names: frozenset[str], inside: bool) -> Iterator[dict[str, object]]:
    """Yield the objects below ``value``; ``inside`` says that it stands under one of the names itself."""
    if isinstance(value, list):
        for item in value:
            yield from _gather(item, names, inside)
    elif isinstance(value, dict):
        lists = [inner for name, inner in value.items() if _plain(name) in names and isinstance(inner, dict | list)]
        for inner in lists:
            yield from _gather(inner, names, inside=True)
        if inside and not lists:
            yield value


@lru_cache(4096)
def _plain(name: str) -> str:
    return name.lower().replace("0", "o")


def fields_of(item: Mapping[str, object]) -> Fields:
    """Return an object with its names in lower case: ``DeviceID`` and ``DeviceId`` both occur."""
    return {name.lower(): value for name, value in item.items()}


def text_of(fields: Fields, *names: str) -> str:
    """Return the first of some fields that holds a text or a number, as a text cut to 128; empty if none does."""
    for name in names:
        value = fields.get(name)
        if isinstance(value, str):
            if word := value.strip():
                return word[:128]
        elif isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)[:128]
    return ""


def number_of(fields: Fields, *names: str) -> float | None:
    """Return the first of some fields that holds a number, be it written as a text."""
    try:
        return float(text_of(fields, *names))
    except ValueError:
        return None


def without_people(value: object, left_out: LeftOut) -> object:
    """Return a copy without pictures' bytes and without what tells of people, and count what was left out.

    Addresses of pictures stay, but not those of pictures that show a face. Feature lists go as a whole, as they may
    describe a face; so does whatever is as long as a picture, under whatever name it came.
    """
    if isinstance(value, list):
        kept = [item for item in value if not _shows_people(item)]
        left_out.people += len(value) - len(kept)
        bare = [item for item in kept if not (isinstance(item, str) and _is_picture(item))]
        left_out.pictures += len(kept) - len(bare)
        return [without_people(item, left_out) for item in bare]
    if not isinstance(value, dict):
        return value
    copy: dict[str, object] = {}
    for name, inner in value.items():
        plain = _plain(name)
        if plain == "data" or _is_picture(name) or (isinstance(inner, str) and _is_picture(inner)):
            left_out.pictures += bool(inner)
        elif plain == "password":
            continue  # cameras tell their own, and we have no use for it
        elif "face" in plain or "person" in plain or "feature" in plain:
            left_out.people += bool(inner)
        elif isinstance(inner, dict) and _shows_people(inner):
            left_out.people += 1
        else:
            copy[name] = without_people(inner, left_out) if isinstance(inner, dict | list) else inner
    return copy


def _is_picture(text: str) -> bool:
    return len(text) >= SHORTEST_PICTURE and _PICTURE.search(text) is not None


def _shows_people(item: object) -> bool:
    if not isinstance(item, dict):
        return False
    fields = fields_of(item)
    is_picture = any(name in fields for name in ("imageid", "storagepath", "shottime", "fileformat", "data"))
    return is_picture and number_of(fields, "type") in _PICTURES_OF_PEOPLE


def unreadable(body: bytes) -> bytes:
    """Return what may be kept of a body that cannot be read: its text up to the first picture, and nothing at all where
    people are in it, or where it is no text in which they could be found.
    """
    if b"\0" in body or _PEOPLE.search(body):
        return b""
    picture = _PICTURE_IN_BODY.search(body)
    return body[: picture.start() if picture else MOST_UNREADABLE_BYTES][:MOST_UNREADABLE_BYTES]
