"""What to stop first, what belongs together, and the results: for ``zhian fraud queue|links|results``."""

from __future__ import annotations

import argparse
import contextlib
import json
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from app.commands import Call, Command
from app.session import Session
from app.texts import Texts
from app.times import show_time
from data.fraud_order.links import ANSWERS, Link, answer, between, links
from data.fraud_order.results import FraudLine, lines, question
from data.fraud_order.standing import curves, held
from data.records.database import open_records
from data.reports.menu import Line, page_of
from data.whole_file import write_file
from twin.errors import UsageError
from twin.fraud.account import mask_account
from twin.fraud.ordering import ACTIONS, Queue, order
from twin.fraud.outreach import READERS, Dish, menu
from twin.fraud.reasons import reasons, yuan
from twin.fraud.results import BY, FIGURES

WEEK_S = 7 * 86_400.0
HANDLING_S = 120.0
"""How long it takes from the queue to the bank's stop, as the desk's own clock has it."""
UNITS = {figure.id: figure.unit for figure in FIGURES}


def asks(session: Session, id_: str, permission: str, act: Callable[[sa.Engine, Call], Any], **more: Any) -> Command:
    """Return a command that asks the records."""

    def run(call: Call) -> Any:
        engine = open_records(session.home)
        with contextlib.ExitStack() as stack:
            stack.callback(engine.dispose)
            return act(engine, call)

    return Command(id_, run, permission, in_palette=False, **more)


def commands(session: Session) -> tuple[Command, ...]:
    """Return the commands of these verbs."""
    return (
        asks(session, "fraud.queue", "measure.read", _queue, sensitive=True),
        asks(session, "fraud.links", "measure.read", _links, sensitive=True),
        asks(session, "fraud.link", "case.merge", _link, sensitive=True),
        asks(session, "fraud.menu", "results.read", lambda engine, call: _menu(engine, call, session.texts)),
        asks(session, "fraud.results", "results.read", lambda engine, call: (
            question(call.arguments["figure"], call.arguments["by"]) if call.arguments["sql"]
            else lines(engine, *(call.arguments[name] for name in ("figure", "by", "begin_s", "end_s")))
        )),
    )  # fmt: skip


def add_actions(actions: Any) -> None:
    """Add ``queue``, ``links`` and ``results``."""
    queue = actions.add_parser("queue", help="what to stop first: accounts of all open cases, and why")
    queue.add_argument("--limit", type=int, default=50, metavar="N", help="how many (default 50)")
    queue.set_defaults(run=_run_queue)
    linking = actions.add_parser("links", help="cases that may belong together, and what they share")
    linking.add_argument(
        "--least", type=float, default=0.4, metavar="S", help="the least strength, 0 to 1 (default 0.4)"
    )
    linking.add_argument("--answer", choices=ANSWERS, help="say of two cases that they belong together, or do not")
    linking.add_argument("cases", nargs="*", metavar="CASE", help="the two cases that are answered for")
    linking.add_argument("--why", default="", help="a line for the record")
    linking.set_defaults(run=_run_links)
    page = actions.add_parser("menu", help="a page to hang up: the swindles of these weeks, as PDF")
    page.add_argument("file", type=Path, help="the PDF to write")
    page.add_argument("--for", dest="reader", choices=list(READERS), default="home", help="who reads it (default home)")
    page.add_argument("--weeks", type=int, default=4, metavar="N", help="of how many weeks (default 4)")
    page.set_defaults(run=_run_menu)
    results = actions.add_parser("results", help="the figures of the fraud desk, computed from the records")
    results.add_argument("figure", choices=list(UNITS))
    results.add_argument("--by", choices=BY, default="all", help="how it is split (default all)")
    results.add_argument(
        "--from", dest="begin", type=datetime.fromisoformat, metavar="TIME", help="default: a week ago"
    )
    results.add_argument("--until", type=datetime.fromisoformat, metavar="TIME", help="default: now")
    results.add_argument("--sql", action="store_true", help="print the query behind it instead")
    results.set_defaults(run=_run_results)


def _queue(engine: sa.Engine, _call: Call) -> Queue:
    banks, learnt = curves(engine)
    return order(held(engine, banks), learnt, time.time(), HANDLING_S)


def _links(engine: sa.Engine, call: Call) -> tuple[Link, ...]:
    return links(engine, call.arguments["least"])


def _link(engine: sa.Engine, call: Call) -> Link:
    found = between(links(engine), *call.arguments["cases"])
    return answer(
        engine, found, call.arguments["answer"], call.actor.id, time.time(), call.arguments["why"], call.purpose
    )


def _menu(engine: sa.Engine, call: Call, texts: Texts) -> Path:
    end_s, span_s = time.time(), call.arguments["weeks"] * WEEK_S
    now, before = (
        {line.key: line.count for line in lines(engine, "cases", "kind", until_s - span_s, until_s)}
        for until_s in (end_s, end_s - span_s)
    )
    dishes = [
        Line(texts(f"fraud.menu.name.{one.kind}"), _how_many(one, texts), texts(f"fraud.menu.how.{one.kind}"),
             texts(f"fraud.menu.todo.{one.kind}"))
        for one in menu(now, before, call.arguments["reader"])
    ]  # fmt: skip
    when = texts("fraud.menu.when", begin=show_time(end_s - span_s)[:10], end=show_time(end_s)[:10])
    made = page_of(texts("fraud.menu.title"), when, dishes, texts("fraud.menu.foot"), int(end_s), texts.language)
    file: Path = call.arguments["file"]
    write_file(file, made)
    return file


def _how_many(dish: Dish, texts: Texts) -> str:
    return texts("fraud.menu.more" if dish.more else "fraud.menu.count" if dish.cases else "fraud.menu.few",
                 cases=dish.cases)  # fmt: skip


def _run_menu(arguments: argparse.Namespace, session: Session) -> int:
    file = session.commands.run(
        "fraud.menu", about=arguments.reader, file=arguments.file, reader=arguments.reader, weeks=arguments.weeks
    )
    print(json.dumps({"file": str(file)}) if session.as_json else session.texts("fraud.menu.saved", path=file))
    return 0


def _run_queue(arguments: argparse.Namespace, session: Session) -> int:
    queue: Queue = session.commands.run("fraud.queue")
    together, watch = set(queue.batch().tolist()), set(queue.to_watch().tolist())
    for place in range(min(len(queue), arguments.limit)):
        why = [session.texts.said(reason) for reason in reasons(queue, place)]
        plain = {
            "place": place + 1, "account": _shown(str(queue.account[place]), session),
            "action": ACTIONS[queue.action[place]], "batch": place in together, "watch": place in watch,
            "still_fen": int(queue.still_fen[place]), "inflow_fen": int(queue.inflow_fen[place]),
            "reasons": why,
        }  # fmt: skip
        if session.as_json:
            print(json.dumps(plain, ensure_ascii=False))
            continue
        what = session.texts(f"fraud.order.{plain['action']}")
        print(f"{place + 1:>4}  {plain['account']}  {yuan(int(queue.still_fen[place])):>16}  {what}")
        print("      " + session.texts("fraud.order.and").join(why))
    return 0


def _run_links(arguments: argparse.Namespace, session: Session) -> int:
    if arguments.answer:
        if len(arguments.cases) != 2:
            raise UsageError("name two cases, like FZ20261123-0001 FZ20261123-0002")
        found = (session.commands.run("fraud.link", cases=arguments.cases, answer=arguments.answer, why=arguments.why),)
    else:
        found = session.commands.run("fraud.links", least=arguments.least)
    for link in found:
        shown = [(kind, _masked(kind, value, session), sharing) for kind, value, sharing in link.reasons]
        if session.as_json:
            print(json.dumps({**asdict(link), "reasons": shown}, ensure_ascii=False))
            continue
        state = session.texts(f"fraud.link.{link.state}")
        print(f"{link.first}  {link.second}  {link.strength:.2f}  {state}")
        for kind, value, sharing in shown:
            print("      " + session.texts("fraud.link.shared", kind=session.texts(f"fraud.link.{kind}"), value=value,
                                           cases=sharing))  # fmt: skip
    return 0


def _masked(kind: str, value: str, session: Session) -> str:
    return value if kind in ("wording", "app") else _shown(value, session)


def _shown(account: str, session: Session) -> str:
    return account if session.commands.purpose else mask_account(account)


def _run_results(arguments: argparse.Namespace, session: Session) -> int:
    end_s = (arguments.until or datetime.now().astimezone()).timestamp()
    begin_s = arguments.begin.timestamp() if arguments.begin else end_s - WEEK_S
    found = session.commands.run(
        "fraud.results", about=arguments.figure, figure=arguments.figure, by=arguments.by, begin_s=begin_s, end_s=end_s,
        sql=arguments.sql,
    )  # fmt: skip
    if arguments.sql:
        print(found)
        return 0
    for line in found:
        print(
            json.dumps(asdict(line), ensure_ascii=False) if session.as_json else _words(line, arguments.figure, session)
        )
    return 0


def _words(line: FraudLine, figure: str, session: Session) -> str:
    texts, unit = session.texts, UNITS[figure]
    told = {
        "": ("", ""), "fen": (yuan(round(line.amount)), yuan(round(line.amount_before))),
        "s": (f"{line.amount:.0f}", f"{line.amount_before:.0f}"),
    }[unit]  # fmt: skip
    return texts(
        f"fraud.results.line_{unit or 'count'}", of=line.key, count=line.count, before=line.before, amount=told[0],
        amount_before=told[1],
    ).strip()  # fmt: skip
