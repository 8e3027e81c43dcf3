"""Reference lists that travel: as the ferry carries one, and where what came waits until a person takes it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from data.forms import learn
from data.home import Home
from data.rules.lists import LARGEST, Brought, ListStore, written_until
from data.whole_file import write_file
from twin.errors import BadInputError
from twin.rules.lists import RefList
from twin.words import say


class CarriedList(msgspec.Struct, frozen=True):
    """A whole list: what it says of itself, and its entries as JSON in the columns of a file.

    Its day is that of its source, however long it was on the way.
    """

    told: Brought
    entries: bytes


learn(CarriedList)


def carried(store: ListStore, ids: Sequence[str]) -> list[CarriedList]:
    """Return lists as they stand, to be sent.

    Raises
    ------
    twin.errors.BadInputError
        If there is no such list, or it is too large to travel in one piece.
    """
    lists, told = store.lists(), {one.id: one for one in store.told()}
    for id_ in ids:
        if id_ not in told:
            names = ", ".join(sorted(told)) or "—"
            raise BadInputError(id_, "there is no such list", say("use one of {names}", names=names))
    return [_carried(lists[id_], told[id_].watch) for id_ in ids]


def _carried(listed: RefList, watch: bool) -> CarriedList:
    rows = [
        {"key": entry.key, "note": entry.note, "until": written_until(entry.until_s), "legal_basis": entry.legal_basis,
         "owner": entry.owner}
        for entry in listed.entries
    ]  # fmt: skip
    entries = msgspec.json.encode(rows)
    if len(entries) > LARGEST:
        raise BadInputError(listed.id, say("it is larger than {size} bytes", size=LARGEST), "bring it by file")
    told = Brought(listed.id, listed.source, listed.owner, listed.as_of_s, listed.good_for_s, watch)
    return CarriedList(told, entries)


def list_folder(home: Home, twin: str) -> Path:
    """Return where lists that came by the ferry wait: who may bring lists takes them, with `zhian list import`."""
    return home.state / f"ferry-{twin}" / "lists"


def leave(folder: Path, came: Sequence[CarriedList]) -> None:
    """Put lists where they wait, each under a name of its own that is the same however often it comes."""
    for one in came:
        folder.mkdir(parents=True, exist_ok=True)
        body = msgspec.json.encode(one)
        write_file(folder / f"{hashlib.sha256(body).hexdigest()[:24]}.json", body)


def waiting(folder: Path) -> list[CarriedList]:
    """Return the newest of each list that came, by id.

    Raises
    ------
    twin.errors.BadInputError
        If a file is damaged.
    """
    newest: dict[str, CarriedList] = {}
    for path in sorted(folder.glob("*.json")):
        try:
            one = msgspec.json.decode(path.read_bytes(), type=CarriedList)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise BadInputError(
                str(path), say("it cannot be read: {error}", error=error), "have it sent again"
            ) from None
        if one.told.as_of_s >= newest.get(one.told.id, one).told.as_of_s:
            newest[one.told.id] = one
    return [newest[id_] for id_ in sorted(newest)]
