"""``zhian balance`` and ``zhian quarantine``: what became of every message, and what was kept out."""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from app.commands import Call, Command
from app.session import Session
from data.connectors.contract import Gap
from data.sync.journal import journal_path
from data.sync.ledger import Account, Held, Ledger
from data.sync.replay import replay
from twin.access import mask_plate
from twin.errors import IntegrityError, UsageError
from twin.words import say

MINUTES = 10
NEWEST = 50


def add_parser(verbs: Any) -> None:
    """Add ``zhian balance`` and ``zhian quarantine list|show|replay``."""
    balance = verbs.add_parser("balance", help="what became of every message")
    balance.add_argument(
        "--minutes", type=int, default=MINUTES, metavar="N", help=f"newest minutes (default {MINUTES})"
    )
    balance.add_argument(
        "--verify", action="store_true", help="count every row and check every byte; exit 6 on any misfit"
    )
    balance.add_argument("--gaps", action="store_true", help="list messages missing by their serial numbers")
    balance.add_argument("--twin", default="", help="which twin (default: the current one)")
    balance.set_defaults(run=_balance)
    quarantine = verbs.add_parser("quarantine", help="messages that were kept out, with the reason")
    actions = quarantine.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="show the newest")
    listing.add_argument("--newest", type=int, default=NEWEST, metavar="N", help=f"how many (default {NEWEST})")
    listing.add_argument("--source", default="", help="of one source")
    listing.add_argument("--all", action="store_true", help="also those that were taken after all")
    listing.set_defaults(run=_list)
    showing = actions.add_parser("show", help="show one with its bytes; needs --purpose")
    showing.add_argument("number", type=int)
    showing.set_defaults(run=_show)
    playing = actions.add_parser("replay", help="read one again, and take it if it holds now")
    playing.add_argument("number", type=int)
    playing.add_argument("--raw", default="", metavar="HEX", help="mended bytes to read in its place")
    playing.set_defaults(run=_replay)
    for parser in (listing, showing, playing):
        parser.add_argument("--twin", default="", help="which twin (default: the current one)")


def commands(session: Session) -> tuple[Command, ...]:
    """Return the commands of these verbs."""

    def ledger(call: Call) -> Ledger:
        return Ledger(journal_path(session.home, call.arguments["twin"]))

    def balance(call: Call) -> list[Account]:
        newest = int(time.time() // 60) - call.arguments["minutes"]
        return ledger(call).balance(newest)

    def listed(call: Call) -> list[Held]:
        arguments = call.arguments
        found = ledger(call).quarantine(arguments["newest"], arguments["source"], replayed=arguments["all"])
        return found if call.unmask else [held._replace(device=mask_plate(held.device)) for held in found]

    def gaps(call: Call) -> list[tuple[str, Gap]]:
        found = ledger(call).gaps()
        return found if call.unmask else [(name, replace(gap, device=mask_plate(gap.device))) for name, gap in found]

    def play(call: Call) -> int:
        return replay(session.home, call.arguments["twin"], call.arguments["number"], call.arguments["raw"])

    return (
        Command("balance.show", balance, "balance.read", in_palette=False),
        Command("balance.verify", lambda call: ledger(call).verify(), "balance.read", in_palette=False),
        Command("gaps.list", gaps, "balance.read", sensitive=True, in_palette=False, shows=True),
        Command("quarantine.list", listed, "quarantine.read", sensitive=True, in_palette=False, shows=True),
        Command(
            "quarantine.show", lambda call: ledger(call).held(call.arguments["number"]), "quarantine.read",
            needs_purpose=True, sensitive=True, in_palette=False,
        ),
        Command("quarantine.replay", play, "quarantine.replay", sensitive=True, in_palette=False),
    )  # fmt: skip


def _balance(arguments: argparse.Namespace, session: Session) -> int:
    twin = arguments.twin or session.home.current()
    if arguments.minutes < 1:
        raise UsageError("--minutes counts minutes: give 1 or more")
    if arguments.gaps:
        return _gaps(session, twin)
    accounts = session.commands.run("balance.show", about=twin, twin=twin, minutes=arguments.minutes)
    for account in accounts:
        print(json.dumps(account._asdict()) if session.as_json else _line(account, session))
    misfits = [f"{a.source}, {_minute(a.minute)}: {a.difference}" for a in accounts if a.difference]
    if arguments.verify:
        misfits += session.commands.run("balance.verify", about=twin, twin=twin)
    if misfits:
        raise IntegrityError(
            say("the balance of {twin} does not hold: {misfits}", twin=twin, misfits="; ".join(misfits[:5]))
        )
    if not session.as_json:
        print(session.texts("balance.holds" if accounts or arguments.verify else "balance.nothing"))
    return 0


def _line(account: Account, session: Session) -> str:
    gone = session.texts("networks.destroyed", count=account.destroyed) if account.destroyed else ""
    return session.texts("balance.line", **{**account._asdict(), "minute": _minute(account.minute)}) + gone


def _minute(minute: int) -> str:
    return datetime.fromtimestamp(minute * 60, UTC).astimezone().strftime("%Y-%m-%d %H:%M")


def _gaps(session: Session, twin: str) -> int:
    for source, gap in session.commands.run("gaps.list", about=twin, twin=twin):
        told = {
            "source": source, "device": gap.device, "first": gap.first, "last": gap.last, "missing": gap.missing,
            "count": gap.count,
        }  # fmt: skip
        print(json.dumps(told) if session.as_json else session.texts("balance.gap", **told, at=_clock(gap.begin_s)))
    return 0


def _list(arguments: argparse.Namespace, session: Session) -> int:
    twin = arguments.twin or session.home.current()
    if arguments.newest < 1:
        raise UsageError("--newest counts messages: give 1 or more")
    found = session.commands.run(
        "quarantine.list", about=twin, twin=twin, newest=arguments.newest, source=arguments.source, all=arguments.all
    )
    for held in found:
        told = {**held._asdict(), "raw": len(held.raw)}
        print(json.dumps(told, ensure_ascii=False) if session.as_json else _held_line(session, held))
    return 0


def _held_line(session: Session, held: Held) -> str:
    taken = "  ✔" if held.replayed_s else ""
    words = (held.source, held.device or "-", held.message or "-", session.texts.said(held.reason))
    return f"{held.id:>6}  {_clock(held.arrival_s)}  {'  '.join(words)}  ({len(held.raw)} B){taken}"


def _show(arguments: argparse.Namespace, session: Session) -> int:
    twin = arguments.twin or session.home.current()
    held = session.commands.run(
        "quarantine.show", about=f"{twin}/{arguments.number}", twin=twin, number=arguments.number
    )
    if session.as_json:
        print(json.dumps({**held._asdict(), "raw": held.raw.hex()}, ensure_ascii=False))
    else:
        print(_held_line(session, held))
        print(held.raw.hex())
    return 0


def _replay(arguments: argparse.Namespace, session: Session) -> int:
    twin = arguments.twin or session.home.current()
    about = f"{twin}/{arguments.number}"
    new = session.commands.run(
        "quarantine.replay", about=about, twin=twin, number=arguments.number, raw=_bytes(arguments.raw)
    )
    print(json.dumps({"new": new}) if session.as_json else session.texts("quarantine.taken", new=new))
    return 0


def _bytes(text: str) -> bytes | None:
    try:
        return bytes.fromhex(text) if text else None
    except ValueError:
        raise UsageError("--raw wants bytes as hexadecimal digits") from None


def _clock(time_s: float) -> str:
    return datetime.fromtimestamp(time_s, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
