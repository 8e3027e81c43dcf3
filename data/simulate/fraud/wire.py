"""The wire of ``docs/bank-adapter.md`` from the bank's side: written from the page, not from the desk's code."""

from __future__ import annotations

import msgspec

VERSION = 1
MEDIA_TYPE = "application/json"


class Letter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An instruction as it came in."""

    version: int
    id: str
    verb: str
    account: str
    case: str
    measure: str
    holder: str
    amount_fen: int
    paid_at_s: int
    until_s: int
    from_s: int
    to_account: str
    to_holder: str
    payment: str
    asked_at_s: int
    officers: tuple[str, ...]
    basis: str


class EarlierHold(msgspec.Struct, frozen=True):
    """A hold of somebody else that came before."""

    by: str
    held_fen: int
    until_s: int


class Told(msgspec.Struct, frozen=True):
    """A transfer as the bank tells it."""

    id: str
    from_account: str
    to_account: str
    at_s: int
    amount_fen: int
    balance_fen: int = -1
    channel: str = ""


class Reply(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the bank answers; what is left out has its default."""

    version: int
    id: str
    state: str
    at_s: int
    reason: str = ""
    note: str = ""
    held_fen: int = 0
    balance_fen: int = -1
    ends_s: int = 0
    returned_fen: int = 0
    earlier: tuple[EarlierHold, ...] = ()
    holder: str = ""
    moved: tuple[Told, ...] = ()


def read_letter(body: bytes) -> Letter:
    """Read an instruction.

    Raises
    ------
    ValueError
        If it is none of this version.
    """
    letter = msgspec.json.decode(body, type=Letter)
    if letter.version != VERSION:
        raise ValueError(f"version {letter.version}")
    return letter


def write_reply(reply: Reply) -> bytes:
    """Write an answer."""
    return msgspec.json.encode(reply)
