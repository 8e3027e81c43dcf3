"""The dissuasion desk for ``zhian fraud warn …``: whom to call, what came of it, feeds, and what is deleted on time."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from app import formats
from app.commands import Call, Command
from app.session import Session
from app.times import parse_time
from data.fraud_warning.cards import FILE, keep_cards, learn_invented, read_cards, warnings_of
from data.fraud_warning.decoder import Sheet
from data.fraud_warning.options import Feed, read_feeds
from data.fraud_warning.source import listen
from data.fraud_warning.store import Record, SqlWarnings, Who
from twin.access import mask_name
from twin.errors import UsageError
from twin.fraud.warning.categories import CATEGORIES
from twin.fraud.warning.figures import share
from twin.fraud.warning.warning import (
    CALLS,
    OUTCOMES,
    Contact,
    Turn,
    Warned,
    called,
    closed,
    must_visit,
    turns,
    visit_asked,
)
from twin.words import say

FEEDS = "warning-feeds.toml"
Kept = tuple[int, int, list[tuple[int, str]]]


def commands(session: Session) -> tuple[Command, ...]:
    """Return the commands of this verb."""

    def asks(id_: str, permission: str, act: Callable[[SqlWarnings, Call], Any]) -> Command:
        def run(call: Call) -> Any:
            with contextlib.closing(SqlWarnings.of(session.home)) as store:
                return act(store, call)

        return Command(id_, run, permission, in_palette=False, sensitive=True)

    def work(name: str, change: Callable[[Call], Callable[[Warned], Warned]]) -> Command:
        return asks(f"warn.{name}", "warn.work", lambda store, call: store.change(
            call.arguments["warning"], change(call), "warn.work", _who(call)
        ))  # fmt: skip

    return (
        asks("warn.list", "warn.read", lambda store, _: turns(store.all(), store.curve(), time.time())),
        asks("warn.feeds", "warn.read", lambda store, _: store.feeds()),
        asks("warn.take", "warn.take", lambda store, call: _taken(
            store, session, call.arguments["feed"], call.arguments["seconds"]
        )),
        work("call", lambda call: partial(called, contact=_contact(call, call.arguments["result"]))),
        work("visit", lambda call: partial(
            visit_asked, station=call.arguments["station"], contact=_contact(call, "asked")
        )),
        work("close", lambda call: partial(
            closed, outcome=call.arguments["outcome"], at_s=time.time(), lost_fen=call.arguments["lost_fen"],
            paid_s=call.arguments["paid_s"],
        )),
        asks("warn.learn", "warn.take", lambda _, call: _learnt(session, call.arguments["people"])),
        asks("warn.score", "warn.take", _scored(session)),
        asks("warn.forget", "warn.work", lambda store, call: store.forget(time.time(), _who(call))),
    )  # fmt: skip


def add_actions(actions: Any) -> None:
    """Add ``warn`` with what can be done at the dissuasion desk."""
    desk = actions.add_parser("warn", help="warnings: whom to call, what came of it, feeds")
    doing = desk.add_subparsers(dest="doing", required=True, metavar="ACTION")
    listing = doing.add_parser("list", help="whom to call first, by risk and the time that is left")
    listing.add_argument("--limit", type=int, default=50, metavar="N", help="how many (default 50)")
    calling = doing.add_parser("call", help="put down what came of a call")
    calling.add_argument("result", choices=CALLS)
    visiting = doing.add_parser("visit", help="ask a station to go there")
    visiting.add_argument("station", metavar="STATION")
    closing = doing.add_parser("close", help="end a warning with its outcome")
    closing.add_argument("outcome", choices=OUTCOMES)
    closing.add_argument("--lost", type=float, default=0.0, metavar="YUAN", help="what was lost, in yuan")
    closing.add_argument("--paid", default="", metavar="TIME", help="when it was paid")
    for one in (calling, visiting, closing):
        one.add_argument("--warning", required=True, metavar="ID", help="as `zhian fraud warn list` has it")
        one.add_argument("--note", default="", help="a line for the record")
    doing.add_parser("feeds", help="how often each source of warnings was right")
    taking = doing.add_parser("take", help="read a feed of warning-feeds.toml")
    taking.add_argument("feed", metavar="FEED")
    taking.add_argument("--seconds", type=float, default=60.0, metavar="S", help="how long to listen (default 60)")
    learning = doing.add_parser("learn", help="make scorecards from invented people, until a desk has cases of its own")
    learning.add_argument(
        "--people", type=int, default=20_000, metavar="N", help="how many are invented (default 20000)"
    )
    scoring = doing.add_parser("score", help="score everybody of whom facts are kept, and warn of the highest")
    scoring.add_argument("--most", type=int, default=50, metavar="N", help="how many at most (default 50)")
    doing.add_parser("forget", help="delete warnings without outcome, and facts whose time is over")
    desk.set_defaults(run=_run)


def _learnt(session: Session, people: int) -> int:
    cards = learn_invented(people)
    keep_cards(session.home.data / FILE, cards)
    return len(cards)


def _scored(session: Session) -> Callable[[SqlWarnings, Call], tuple[Warned, ...]]:
    def run(store: SqlWarnings, call: Call) -> tuple[Warned, ...]:
        now_s = time.time()
        cards = read_cards(session.home.data / FILE)
        hints, names = store.hints(now_s - max(category.keep_s for category in CATEGORIES))
        return store.raise_(warnings_of(cards, hints, names, now_s, call.arguments["most"]), _who(call))

    return run


def _who(call: Call) -> Who:
    return Who(call.actor.id, time.time(), call.purpose)


def _contact(call: Call, result: str) -> Contact:
    return Contact(time.time(), call.actor.id, "call", result, call.arguments["note"])


def _taken(store: SqlWarnings, session: Session, name: str, seconds: float) -> Kept:
    feeds = read_feeds(session.home.data / FEEDS)
    if name not in feeds:
        raise UsageError(say("there is no {word}; there are {words}", word=name, words=", ".join(feeds) or "-"))
    facts, made, refused = 0, 0, list[tuple[int, str]]()

    def keep(sheet: Sheet) -> None:
        nonlocal facts, made
        new, fresh = store.take(sheet.told, time.time())
        facts, made = facts + new, made + len(fresh)
        refused.extend(sheet.refused)

    asyncio.run(_listened(name, feeds[name], keep, seconds))
    return facts, made, refused


async def _listened(name: str, feed: Feed, keep: Callable[[Sheet], None], seconds: float) -> None:
    """Read a feed for so long; a file is read once."""
    try:
        async with asyncio.timeout(seconds) as limit:
            await listen(name, feed, time.time, keep)
    except TimeoutError:
        if not limit.expired():
            raise


def _run(arguments: argparse.Namespace, session: Session) -> int:
    doing = arguments.doing
    given: dict[str, Any] = {}
    if doing in ("call", "visit", "close"):
        given = {"warning": arguments.warning, "note": arguments.note}
    if doing == "call":
        given["result"] = arguments.result
    if doing == "visit":
        given["station"] = arguments.station
    if doing == "close":
        paid_s = parse_time(arguments.paid) if arguments.paid else 0.0
        given |= {"outcome": arguments.outcome, "lost_fen": round(arguments.lost * 100), "paid_s": paid_s}
    if doing == "take":
        given |= {"feed": arguments.feed, "seconds": arguments.seconds}
    if doing in ("learn", "score"):
        given = {"people": arguments.people} if doing == "learn" else {"most": arguments.most}
    found = session.commands.run(f"warn.{doing}", **given)
    _TELL[doing](found, session, arguments)
    return 0


def _tell_list(found: tuple[Turn, ...], session: Session, arguments: argparse.Namespace) -> None:
    for turn in found[: arguments.limit]:
        _tell_warning(turn.warned, session, arguments, round(turn.in_time, 3), turn.earlier)


def _tell_warning(
    warned: Warned, session: Session, _arguments: argparse.Namespace, in_time: float = 1.0, earlier: int = 0
) -> None:
    subject = warned.subject if session.commands.purpose else mask_name(warned.subject)
    plain = {
        "id": warned.id, "state": warned.state, "subject": subject, "kind": warned.kind, "risk": round(warned.risk, 3),
        "in_time": in_time, "earlier": earlier, "tries": warned.tries, "visit": must_visit(warned), "feed": warned.feed,
        "outcome": warned.outcome, "reasons": list(warned.reasons), "against": list(warned.against),
    }  # fmt: skip
    if session.as_json:
        print(json.dumps(plain, ensure_ascii=False))
        return
    texts = session.texts
    told = [warned.id, texts.said(warned.state), subject, texts(f"fraud.kind.{warned.kind}"), f"{warned.risk:.0%}"]
    print("  ".join([*told, formats.clock(warned.made_s)]))
    for sign in warned.reasons:
        print("      + " + texts(f"fraud.sign.{sign}"))
    for sign in warned.against:
        print("      − " + texts(f"fraud.sign.{sign}"))
    if warned.state != "closed":
        print("      " + texts(f"fraud.script.{warned.kind}"))


def _tell_feeds(found: tuple[Record, ...], session: Session, _arguments: argparse.Namespace) -> None:
    for one in found:
        told = share(one.right, one.closed)
        plain = {"feed": one.feed, "warnings": one.made, "known": one.closed, "right": one.right,
                 "precision": None if one.closed == 0 else round(told.share, 3), "low": round(told.low, 3),
                 "high": round(told.high, 3)}  # fmt: skip
        print(json.dumps(plain, ensure_ascii=False) if session.as_json else session.texts("fraud.warn.feed", **plain))


def _tell_taken(found: Kept, session: Session, _arguments: argparse.Namespace) -> None:
    new, made, refused = found
    if session.as_json:
        print(json.dumps({"facts": new, "warnings": made, "refused": len(refused)}))
        return
    print(session.texts("fraud.warn.taken", facts=new, warnings=made, refused=len(refused)))
    for place, reason in refused[:20]:
        print(f"  {place}: {session.texts.said(reason)}")


def _tell_learnt(found: int, session: Session, _arguments: argparse.Namespace) -> None:
    print(json.dumps({"scorecards": found}) if session.as_json else session.texts("fraud.warn.learnt", count=found))


def _tell_scored(found: tuple[Warned, ...], session: Session, arguments: argparse.Namespace) -> None:
    for warned in found:
        _tell_warning(warned, session, arguments)


def _tell_forgotten(found: tuple[int, int], session: Session, _arguments: argparse.Namespace) -> None:
    plain = {"warnings": found[0], "facts": found[1]}
    print(json.dumps(plain) if session.as_json else session.texts("fraud.warn.forgotten", **plain))


_TELL: dict[str, Callable[[Any, Session, argparse.Namespace], None]] = {
    "list": _tell_list, "call": _tell_warning, "visit": _tell_warning, "close": _tell_warning, "feeds": _tell_feeds,
    "take": _tell_taken, "forget": _tell_forgotten,
    "learn": _tell_learnt, "score": _tell_scored,
}  # fmt: skip
