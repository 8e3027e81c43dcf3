"""``zhian audit``: verify the trails, list their newest entries, take checkpoints."""

from __future__ import annotations

import argparse
import json
import re
import time
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from app.commands import Call, Command
from app.session import Session
from data.audit.checkpoints import Checkpoint
from data.audit.notary import USE, Taken, take_checkpoints
from data.audit.proofs import check, prove, write_proof
from data.audit.reading import entries
from data.audit.report import Report, verify_all
from data.audit.settings import FILE
from data.audit.trail import Kept
from data.audit.trails import DESK, RECORDS, desk_file
from data.audit.verify import Mark
from data.own_copy import copy_shipped
from data.sealed import key_of
from data.signing.keys import key_id, own_key, own_publics, public_key, public_text, use_sm2
from twin.errors import IntegrityError, UsageError
from twin.words import said, say

NEWEST = 50


def add_parser(verbs: Any) -> None:
    """Add ``zhian audit``."""
    parser = verbs.add_parser("audit", help="verify or list the record of decisions")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    checking = actions.add_parser("verify", help="follow the chain; exit 6 if an entry was changed or removed")
    checking.add_argument(
        "--checkpoint", default="", metavar="NUMBER:HASH", help="as printed earlier; shows whether the end was cut off"
    )
    checking.add_argument("--witness", type=Path, metavar="FOLDER", help="default: that of audit.toml")
    checking.add_argument(
        "--key", default="", metavar="KEY", help="the one that counts, as noted from `zhian audit key`"
    )
    checking.set_defaults(run=_verify)
    listing = actions.add_parser("list", help="show the newest entries")
    listing.add_argument("--newest", type=int, default=NEWEST, metavar="N", help=f"how many (default {NEWEST})")
    listing.set_defaults(run=_list)
    taking = actions.add_parser("checkpoint", help="sign what there is now, and bring it to the witness")
    taking.add_argument("--due", action="store_true", help="only where it is due by audit.toml")
    taking.set_defaults(run=_checkpoint)
    keys = actions.add_parser("key", help="show the key that signs; note it off this machine")
    keys.add_argument("--sm2", action="store_true", help="sign by SM2 from now on")
    keys.set_defaults(run=_key)
    proving = actions.add_parser("prove", help="write a file that proves one entry to whoever has the key")
    proving.add_argument("entry", type=int, metavar="ENTRY", help="its number in the trail")
    proving.add_argument("--trail", choices=(DESK, RECORDS), default=DESK, help="whose entry (default: desk)")
    proving.add_argument("--to", required=True, type=Path, metavar="FILE")
    proving.set_defaults(run=_prove)
    proven = actions.add_parser("check", help="check such a file, on any machine; exit 6 if it proves nothing")
    proven.add_argument("file", type=Path, metavar="FILE")
    proven.add_argument("--key", default="", metavar="KEY", help="the one that counts, as noted from `zhian audit key`")
    proven.set_defaults(run=_check)
    actions.add_parser("init", help="copy audit.toml to the data folder, to be changed there").set_defaults(run=_init)


def commands(session: Session) -> tuple[Command, ...]:
    """Return the commands of this verb."""
    home = session.home

    def verify(call: Call) -> list[Report]:
        told = call.arguments
        return verify_all(home, told["witness"], told["keys"], told["noted"])

    def take(call: Call) -> list[Taken]:
        return take_checkpoints(home, time.time(), call.arguments["at_once"])

    def check_file(call: Call) -> tuple[Kept, Checkpoint]:
        return check(call.arguments["file"], call.arguments["keys"] or own_publics(home, USE))

    def newest(call: Call) -> list[dict[str, Any]]:
        return entries(desk_file(home), call.arguments["newest"], key_of(home, desk_file(home)))

    return (
        Command("audit.verify", verify, "audit.read", in_palette=False),
        Command("audit.list", newest, "audit.read", in_palette=False),
        Command("audit.key", lambda _: public_text(own_key(home, USE)), "audit.read", in_palette=False),
        Command("audit.prove", lambda call: prove(home, **call.arguments), "audit.read", in_palette=False),
        Command("audit.check", check_file, "audit.read", in_palette=False),
        Command("audit.checkpoint", take, "audit.checkpoint", in_palette=False),
        Command("audit.sm2", lambda _: use_sm2(home, USE), "audit.change", in_palette=False),
        Command("audit.init", lambda _: copy_shipped(FILE, home), "audit.change", in_palette=False),
    )


def _verify(arguments: argparse.Namespace, session: Session) -> int:
    reports: list[Report] = session.commands.run(
        "audit.verify", witness=arguments.witness, keys=_keys(arguments.key), noted=_noted(arguments.checkpoint)
    )
    if session.as_json:
        print(json.dumps([{**asdict(report), "holds": report.holds} for report in reports], ensure_ascii=False))
    else:
        print("\n".join(line for report in reports for line in lines(report, session)))
    for report in reports:
        if not report.holds:
            raise IntegrityError(_broken(report))
    return 0


def lines(report: Report, session: Session) -> list[str]:
    """Return what is told of a trail that was verified."""
    texts, found = session.texts, report.found
    name = texts(f"audit.trail.{report.trail}")
    told = [texts("audit.whole", trail=name, count=found.count, hash=found.hash)] if report.holds else []
    taken = datetime.fromtimestamp(report.newest_s).astimezone().isoformat(" ", "seconds") if report.newest_s else "-"
    told.append(texts("audit.checkpoints", here=report.taken, witness=max(report.witnessed, 0), at=taken))
    if report.witnessed < 0:
        told.append(texts("audit.no_witness"))
    told += [texts("audit.moved", entry=move.seq, seconds=f"{move.by_s:+.0f}") for move in report.moved]
    told += [texts("audit.fault", trail=name, size=one.size, problem=texts.said(one.problem)) for one in report.faults]
    return told


def _broken(report: Report) -> str:
    found = report.found
    if found.problem:
        return say(
            "the audit trail {trail} does not hold: entry {entry}: {problem}. "
            "Keep the file as it is and tell the auditor",
            trail=report.trail, entry=found.bad_seq, problem=said(found.problem),
        )  # fmt: skip
    fault = report.faults[0]
    return say(
        "the audit trail {trail} does not hold: checkpoint {size}: {problem}. "
        "Keep the file as it is and tell the auditor",
        trail=report.trail, size=fault.size, problem=said(fault.problem),
    )  # fmt: skip


def _noted(text: str) -> dict[int, Mark]:
    if not text:
        return {}
    match = re.fullmatch(r"(\d{1,15}):([0-9a-f]{64})", text)
    if match is None:
        raise UsageError("--checkpoint is NUMBER:HASH as `zhian audit verify` prints it")
    return {int(match[1]): Mark(bytes.fromhex(match[2]))}


def _keys(text: str) -> Mapping[bytes, bytes] | None:
    try:
        return {key_id(public): public for public in [public_key(text)]} if text else None
    except ValueError:
        raise UsageError("--key is a key as `zhian audit key` prints it") from None


def _list(arguments: argparse.Namespace, session: Session) -> int:
    if arguments.newest < 1:
        raise UsageError("--newest counts entries: give 1 or more")
    for row in session.commands.run("audit.list", newest=arguments.newest):
        print(json.dumps(row, ensure_ascii=False) if session.as_json else _line(row, session))
    return 0


def _line(row: dict[str, Any], session: Session) -> str:
    answer = session.texts("audit.allowed" if row["allowed"] else "audit.refused")
    why = f" «{row['purpose']}»" if row["purpose"] else ""
    return f"{row['seq']:>6}  {row['at']}  {row['actor']}  {row['action']}  {row['object'] or '-'}  {answer}{why}"


def _checkpoint(arguments: argparse.Namespace, session: Session) -> int:
    taken: list[Taken] = session.commands.run("audit.checkpoint", at_once=not arguments.due)
    if session.as_json:
        print(msgspec.json.encode(taken).decode())
        return 0
    for one in taken:
        name = session.texts(f"audit.trail.{one.trail}")
        print(session.texts("audit.taken" if one.now else "audit.not_due", trail=name, size=one.size))
    return 0


def _prove(arguments: argparse.Namespace, session: Session) -> int:
    proof = session.commands.run("audit.prove", about=str(arguments.entry), trail=arguments.trail, seq=arguments.entry)
    write_proof(arguments.to, proof)
    print(
        json.dumps({"path": str(arguments.to)}) if session.as_json else session.texts("audit.proved", path=arguments.to)
    )
    return 0


def _check(arguments: argparse.Namespace, session: Session) -> int:
    kept, told = session.commands.run(
        "audit.check", about=arguments.file.name, file=arguments.file, keys=_keys(arguments.key)
    )
    if session.as_json:
        print(json.dumps({"trail": told.trail, "size": told.size, **kept.plain()}, ensure_ascii=False))
        return 0
    taken = datetime.fromtimestamp(told.at_s).astimezone().isoformat(" ", "seconds")
    print(session.texts("audit.proven", trail=session.texts(f"audit.trail.{told.trail}"), size=told.size, at=taken))
    print(_line(kept.plain(), session))
    return 0


def _key(arguments: argparse.Namespace, session: Session) -> int:
    if arguments.sm2:
        session.commands.run("audit.sm2")
    key = session.commands.run("audit.key")
    print(json.dumps({"key": key}) if session.as_json else key)
    return 0


def _init(_arguments: argparse.Namespace, session: Session) -> int:
    path = session.commands.run("audit.init")
    print(json.dumps({"path": str(path)}) if session.as_json else session.texts("audit.copied", path=path))
    return 0
