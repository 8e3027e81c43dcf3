"""``zhian ferry keys|pack|unpack``: what crosses between networks that have no cable."""

from __future__ import annotations

import argparse
import contextlib
import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.commands import Call, Command
from app.session import Session
from data.ferry.bundle import Receipt
from data.ferry.incoming import REFUSED, Outcome, stone_folder, unpack, write_receipts
from data.ferry.keys import USE, Peer, forget, own_line, peers, trust
from data.ferry.outgoing import ENDING, Packed, pack
from data.ferry.seal import NUMBERS
from data.home import Home
from data.records.database import open_records
from data.rules.carried import CarriedList, carried
from data.rules.lists import ListStore
from data.signing.keys import use_sm2
from data.sync.zones import zones_of
from twin.errors import BadInputError, IntegrityError
from twin.words import say


def add_parser(verbs: Any) -> None:
    """Add ``zhian ferry``."""
    ferry = verbs.add_parser("ferry", help="carry data between networks without a cable")
    actions = ferry.add_subparsers(dest="action", required=True, metavar="ACTION")
    keys = actions.add_parser("keys", help="show our key and those we trust; trust or forget one")
    keys.add_argument("--trust", nargs=2, metavar=("NAME", "LINE"), help="trust the key that is told there")
    keys.add_argument("--forget", metavar="NAME", help="trust a key no longer")
    keys.add_argument("--sm2", action="store_true", help="sign by SM2 from now on; the others must trust the new key")
    keys.set_defaults(run=_keys)
    packing = actions.add_parser("pack", help="write bundles of what is new and may cross; needs --purpose")
    packing.add_argument("folder", type=Path, help="where they are written: the medium")
    packing.add_argument("--to", required=True, metavar="NETWORK", help="to which network, as in zones.toml")
    packing.add_argument("--receipts", type=Path, metavar="PATH", help="a receipt, or a folder of them, from there")
    packing.add_argument("--list", action="append", default=[], metavar="LIST", help="a reference list to send, whole")
    packing.set_defaults(run=_pack)
    unpacking = actions.add_parser("unpack", help="take bundles into the journal, each once")
    unpacking.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="bundles, or folders of them")
    unpacking.add_argument("--receipts", type=Path, metavar="FOLDER", help="where receipts to carry back are written")
    unpacking.set_defaults(run=_unpack)
    for parser in (packing, unpacking):
        parser.add_argument("--twin", default="", help="which twin (default: the current one)")
        parser.add_argument(
            "--digest", choices=sorted(NUMBERS), default="sha256", help="under the signature (default sha256)"
        )


def commands(session: Session) -> tuple[Command, ...]:
    """Return the commands of this verb."""
    home = session.home

    def packed(call: Call) -> Packed:
        told = call.arguments
        lists = _lists(home, told["lists"])
        return pack(
            home, told["twin"], told["target"], told["folder"], told["receipts"], time.time(), told["digest"], lists
        )

    def unpacked(call: Call) -> list[Outcome]:
        return unpack(home, call.arguments["twin"], call.arguments["paths"], time.time())

    def receipts(call: Call) -> list[Receipt]:
        told = call.arguments
        return write_receipts(home, told["twin"], told["folder"], told["digest"])

    return (
        Command("ferry.pack", packed, "ferry.pack", needs_purpose=True, sensitive=True, in_palette=False),
        Command("ferry.unpack", unpacked, "ferry.unpack", sensitive=True, in_palette=False),
        Command("ferry.receipts", receipts, "ferry.unpack", in_palette=False),
        Command("ferry.keys", lambda call: list(peers(home).values()), "ferry.keys.read", in_palette=False),
        Command("ferry.trust", lambda call: trust(home, *call.arguments["key"]), "ferry.keys.change", in_palette=False),
        Command("ferry.sm2", lambda _: use_sm2(home, USE), "ferry.keys.change", in_palette=False),
        Command(
            "ferry.forget", lambda call: forget(home, call.arguments["name"]), "ferry.keys.change", in_palette=False
        ),
    )


def _lists(home: Home, ids: Sequence[str]) -> list[CarriedList]:
    if not ids:
        return []
    with contextlib.closing(ListStore(open_records(home))) as store:
        return carried(store, ids)


def _keys(arguments: argparse.Namespace, session: Session) -> int:
    if arguments.sm2:
        session.commands.run("ferry.sm2")
    if arguments.trust:
        session.commands.run("ferry.trust", about=arguments.trust[0], key=arguments.trust)
    if arguments.forget:
        session.commands.run("ferry.forget", about=arguments.forget, name=arguments.forget)
    trusted: list[Peer] = session.commands.run("ferry.keys")
    ours = own_line(session.home, zones_of(session.home).networks.here)
    if session.as_json:
        known = [{"name": peer.name, "zone": peer.zone, "id": peer.id.hex()} for peer in trusted]
        print(json.dumps({"ours": ours, "trusted": known}, ensure_ascii=False))
        return 0
    print(session.texts("ferry.ours"))
    print(ours)
    for peer in trusted:
        print(session.texts("ferry.trusted", name=peer.name, zone=peer.zone, id=peer.id.hex()))
    return 0


def _pack(arguments: argparse.Namespace, session: Session) -> int:
    twin = arguments.twin or session.home.current()
    packed: Packed = session.commands.run(
        "ferry.pack", about=f"{twin}/{arguments.to}", twin=twin, target=arguments.to, folder=arguments.folder,
        receipts=_files([arguments.receipts]) if arguments.receipts else [], digest=arguments.digest,
        lists=arguments.list,
    )  # fmt: skip
    if session.as_json:
        print(json.dumps(asdict(packed), ensure_ascii=False))
        return 0
    texts = session.texts
    print(texts("ferry.packed", made=packed.made, again=packed.again, records=packed.records, rows=packed.rows))
    for rule, count in packed.kept_back.items():
        print(texts("ferry.kept_back", rule=texts.said(rule), count=count))
    if packed.tombstones:
        print(texts("ferry.stones_packed", count=packed.tombstones))
    if packed.lists:
        print(texts("ferry.lists_packed", count=packed.lists))
    for file, reason in packed.refused:
        print(texts("ferry.refused", file=file, reason=texts.said(reason)))
    if packed.damaged:
        print(texts("ferry.damaged", count=packed.damaged))
    return 0


def _unpack(arguments: argparse.Namespace, session: Session) -> int:
    twin = arguments.twin or session.home.current()
    paths = _files(arguments.paths)
    outcomes: list[Outcome] = session.commands.run("ferry.unpack", about=twin, twin=twin, paths=paths)
    receipts: list[Receipt] = []
    if arguments.receipts:
        receipts = session.commands.run(
            "ferry.receipts", about=twin, twin=twin, folder=arguments.receipts, digest=arguments.digest
        )
    for outcome in outcomes:
        print(_plain(asdict(outcome)) if session.as_json else _line(session, outcome))
    if any(outcome.tombstones for outcome in outcomes) and not session.as_json:
        print(session.texts("ferry.stones_came", folder=stone_folder(session.home, twin)))
    if any(outcome.lists for outcome in outcomes) and not session.as_json:
        print(session.texts("ferry.lists_came"))
    for receipt in receipts:
        told = {"line": receipt.line, "received": receipt.received, "known": receipt.known, "missing": receipt.missing}
        print(_plain(told) if session.as_json else _missing(session, receipt))
    refused = [outcome for outcome in outcomes if outcome.what == REFUSED]
    if refused:
        raise IntegrityError(say("{count} of {all} files were refused", count=len(refused), all=len(outcomes)))
    return 0


def _files(paths: Sequence[Path]) -> list[Path]:
    """Return the ferry's files among paths and in folders, by name."""
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise BadInputError(str(path), "there is no such file or folder", "give the medium that was carried over")
        found += sorted(path.glob(f"*{ENDING}")) if path.is_dir() else [path]
    return found


def _plain(told: dict[str, Any]) -> str:
    return json.dumps(told, ensure_ascii=False)


def _line(session: Session, outcome: Outcome) -> str:
    reason = session.texts.said(outcome.reason)
    return session.texts(f"ferry.{outcome.what}", **{**asdict(outcome), "reason": reason})


def _missing(session: Session, receipt: Receipt) -> str:
    numbers = ", ".join(map(str, receipt.missing[:20])) + (" …" if len(receipt.missing) > 20 else "")
    key = "missing" if receipt.missing else "complete"
    return session.texts(f"ferry.{key}", line=receipt.line, known=receipt.known, numbers=numbers)
