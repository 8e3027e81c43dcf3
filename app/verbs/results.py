"""``zhian results``: the figures, computed from the records, each with the query behind it."""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import asdict
from datetime import datetime
from typing import Any

from app.commands import Command
from app.operations import asks
from app.session import Session
from data.operations.results import lines, question
from twin.operations.results import BY, FIGURES, Line

WEEK_S = 7 * 86_400.0


def add_parser(verbs: Any) -> None:
    """Add ``zhian results``."""
    parser = verbs.add_parser("results", help="the figures of the work, computed from the records")
    parser.add_argument("figure", choices=[figure.id for figure in FIGURES])
    parser.add_argument("--by", choices=BY, default="all", help="how it is split (default all)")
    parser.add_argument("--from", dest="begin", type=datetime.fromisoformat, metavar="TIME", help="default: a week ago")
    parser.add_argument("--until", type=datetime.fromisoformat, metavar="TIME", help="default: now")
    parser.add_argument("--sql", action="store_true", help="print the query behind it instead")
    parser.set_defaults(run=_run)


def commands(session: Session) -> tuple[Command, ...]:
    """Return the command of this verb."""
    return (asks(session, "results.read", "results.read", lambda store, call: (
        question(call.arguments["figure"], call.arguments["by"], store.engine.dialect.name) if call.arguments["sql"]
        else lines(store.engine, *(call.arguments[name] for name in ("figure", "by", "begin_s", "end_s")))
    )),)  # fmt: skip


def _run(arguments: argparse.Namespace, session: Session) -> int:
    end_s = (arguments.until or datetime.now().astimezone()).timestamp()
    begin_s = arguments.begin.timestamp() if arguments.begin else end_s - WEEK_S
    found = session.commands.run(
        "results.read", about=arguments.figure, figure=arguments.figure, by=arguments.by, begin_s=begin_s, end_s=end_s,
        sql=arguments.sql,
    )  # fmt: skip
    if arguments.sql:
        print(found)
        return 0
    for line in found:
        if session.as_json:
            plain = {name: None if value != value else value for name, value in asdict(line).items()}
            print(json.dumps(plain, ensure_ascii=False))
        else:
            print(_words(line, session))
    return 0


def _words(line: Line, session: Session) -> str:
    texts = session.texts
    timed = "" if math.isnan(line.median) else texts("results.timed", median=line.median, p90=line.p90)
    return texts("results.line", of=line.key, count=line.count, before=line.before, timed=timed).strip()
