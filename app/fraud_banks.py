"""The desk and the banks from a script: ``zhian fraud clocks|send|ask|messages|banks``."""

from __future__ import annotations

import argparse
import json
import signal
import threading
import time
from dataclasses import asdict
from typing import Any

from app.commands import Call, Command
from app.fraud_cases import asks, by_of
from app.session import Session
from app.times import parse_time, show_time
from data.banks.ways import KEY, ways_of
from data.fraud.inquiry import Inquiries
from data.fraud.outbox import Outbox
from data.fraud.store import SqlFraud
from data.signing.keys import own_key, public_text
from twin.access import mask_name
from twin.fraud.account import mask_account
from twin.fraud.bank import QUESTIONS, Answer
from twin.fraud.deeds import Mind
from twin.fraud.store import Due

ROUND_S = 2.0


def commands(session: Session) -> tuple[Command, ...]:
    """Return the commands of these actions."""

    def due(store: SqlFraud, call: Call) -> tuple[tuple[Due, ...], bool]:
        now_s = time.time()
        return store.red_list(now_s) if call.arguments["red"] else store.due(now_s), call.unmask

    def messages(store: SqlFraud, call: Call) -> Any:
        return store.messages(call.arguments["instruction"])

    def ask(store: SqlFraud, call: Call) -> tuple[Answer, bool]:
        told = call.arguments
        inquiries = Inquiries(store, ways_of(session.home))
        return inquiries.ask(told["verb"], told["account"], told["case"], by_of(call), told["since_s"]), call.unmask

    return (
        asks(session, "fraud_desk.clocks", "measure.read", due),
        asks(session, "fraud_desk.messages", "measure.read", messages),
        asks(session, "fraud_desk.ask", "measure.ask", ask),
        asks(
            session, "fraud_desk.send", "measure.send", lambda store, call: _sent(store, session, call), sensitive=False
        ),
        Command("fraud_desk.banks", lambda _: _banks(session), "measure.read", in_palette=False),
    )


def _sent(store: SqlFraud, session: Session, call: Call) -> tuple[int, int]:
    """Mind the clocks and send what was signed until told to stop; return how many were answered, and how many wait."""
    outbox, stop, answered = Outbox(store, ways_of(session.home), call.actor.id), threading.Event(), 0
    if not call.arguments["once"]:
        signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    while True:
        store.do(Mind(), by_of(call))
        answered += outbox.round()
        if call.arguments["once"] or stop.wait(ROUND_S):
            return answered, len(outbox.waiting())


def _banks(session: Session) -> tuple[str, dict[str, tuple[str, list[str]]]]:
    ways = ways_of(session.home).by_bank
    return public_text(own_key(session.home, KEY)), {code: (way.name, sorted(way.can)) for code, way in ways.items()}


def add_actions(actions: Any) -> None:
    """Add the actions to ``zhian fraud``."""
    clocks = actions.add_parser("clocks", help="what runs out and when, the most pressing first")
    clocks.add_argument("--red", action="store_true", help="only what is owed and late")
    sending = actions.add_parser("send", help="send what was signed to the banks, and mind the clocks")
    sending.add_argument("--once", action="store_true", help="one round only")
    asking = actions.add_parser("ask", help="ask a bank: who holds an account, what moved; needs --purpose")
    asking.add_argument("verb", choices=QUESTIONS)
    asking.add_argument("whose", metavar="BANK:NUMBER")
    asking.add_argument("--case", required=True, metavar="NUMBER", help="which case")
    asking.add_argument("--since", default="", metavar="TIME", help="as 2026-12-01T18:00")
    showing = actions.add_parser("messages", help="what went out for an instruction and came in, byte for byte")
    showing.add_argument("instruction", metavar="ID")
    actions.add_parser("banks", help="our public key, and which bank is reached which way")
    for name, run in _RUNS.items():
        actions.choices[name].set_defaults(run=run)


def _clocks(arguments: argparse.Namespace, session: Session) -> int:
    due, unmask = session.commands.run("fraud_desk.clocks", red=arguments.red)
    for one in due:
        deadline = one.deadline
        account = one.account if unmask else mask_account(one.account)
        if session.as_json:
            print(json.dumps(asdict(one) | {"account": account}, ensure_ascii=False))
        else:
            tone = session.texts(f"fraud_tone.{one.tone}") if one.tone else ""
            words = (
                show_time(deadline.at_s),
                session.texts(f"fraud_clock.{deadline.kind}"),
                deadline.record,
                account,
                tone,
            )
            print("  ".join(filter(None, words)))
    return 0


def _send(arguments: argparse.Namespace, session: Session) -> int:
    answered, waiting = session.commands.run("fraud_desk.send", once=arguments.once)
    told = {"answered": answered, "waiting": waiting}
    print(json.dumps(told) if session.as_json else session.texts("fraud_sent.told", **told))
    return 0


def _ask(arguments: argparse.Namespace, session: Session) -> int:
    since_s = parse_time(arguments.since) if arguments.since else 0.0
    answer, unmask = session.commands.run(
        "fraud_desk.ask", about=arguments.case, verb=arguments.verb, account=arguments.whose, case=arguments.case,
        since_s=since_s,
    )  # fmt: skip
    plain = asdict(answer)
    if not unmask:
        plain |= {"holder": mask_name(answer.holder), "moved": len(answer.moved)}
    print(json.dumps(plain, ensure_ascii=False))
    return 0


def _messages(arguments: argparse.Namespace, session: Session) -> int:
    for one in session.commands.run(
        "fraud_desk.messages", about=arguments.instruction, instruction=arguments.instruction
    ):
        told = {"number": one.number, "at": show_time(one.at_s), "way": one.way, "bank": one.bank}
        print(json.dumps({**told, "sha256": one.sha256, "bytes": len(one.body), "note": one.note}, ensure_ascii=False))
    return 0


def _banks_told(_arguments: argparse.Namespace, session: Session) -> int:
    key, ways = session.commands.run("fraud_desk.banks")
    if session.as_json:
        print(json.dumps({"key": key, "ways": {code: {"way": way, "can": can} for code, (way, can) in ways.items()}}))
        return 0
    print(key)
    for code, (way, can) in ways.items():
        print(f"{code}  {way}  {', '.join(can)}")
    return 0


_RUNS = {"clocks": _clocks, "send": _send, "ask": _ask, "messages": _messages, "banks": _banks_told}
