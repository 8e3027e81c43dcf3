"""``zhian tell``: a text on the screen of a terminal, through the engine that runs."""

from __future__ import annotations

import argparse
import json
import uuid
from typing import Any

from app.commands import Call, Command
from app.session import Session
from data.connectors.contract import Answer
from data.sync.messages import Order, Text, leave_order
from data.sync.shared import table_path
from data.sync.tell import await_answer
from twin.errors import UsageError
from twin.words import say


def add_parser(verbs: Any) -> None:
    """Add ``zhian tell``."""
    parser = verbs.add_parser("tell", help="show a text on a terminal; needs --purpose")
    parser.add_argument("source", help="the source it is connected to, as in sources.toml")
    parser.add_argument("device", help="its number, as in zhian quarantine and zhian balance --gaps")
    parser.add_argument("text", help="what to show and speak: at most 1021 bytes in GBK")
    parser.add_argument("--emergency", action="store_true", help="mark it as urgent")
    parser.add_argument("--twin", default="", help="which twin (default: the current one)")
    parser.set_defaults(run=_tell)


def commands(session: Session) -> tuple[Command, ...]:
    """Return the command of this verb."""

    def tell(call: Call) -> Answer:
        twin, source, text = (call.arguments[name] for name in ("twin", "source", "text"))
        if not table_path(session.home, twin).exists():
            raise UsageError(say("no engine runs for {twin}: start it with `zhian sync`", twin=twin))
        leave_order(session.home, twin, Order("tell", source, text=text))
        return await_answer(session.home, twin, text.reply)

    return (Command("device.tell", tell, "device.tell", needs_purpose=True, sensitive=True, in_palette=False),)


def _tell(arguments: argparse.Namespace, session: Session) -> int:
    twin = arguments.twin or session.home.current()
    text = Text(arguments.device, arguments.text, arguments.emergency, uuid.uuid4().hex)
    about = f"{twin}/{arguments.source}/{arguments.device}"
    answer = session.commands.run("device.tell", about=about, twin=twin, source=arguments.source, text=text)
    words = session.texts.said(answer.words)
    print(json.dumps({"done": answer.done, "answer": words}, ensure_ascii=False) if session.as_json else words)
    return 0 if answer.done else 1
