"""Cases and stops from a script: ``zhian fraud list|show|open|read|pay|merge|unmerge|share|stop|step|clear|…``.

What needs two officers and an approver needs three accounts here as well: the records refuse anything else.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.commands import Call, Command
from app.session import Session
from app.times import parse_time, show_time
from data.banks.directory import banks_of
from data.fraud.opening import open_fraud
from data.fraud.store import SqlFraud
from twin.errors import NotAllowedError, UsageError
from twin.fraud import deeds as d
from twin.fraud.amounts import amount_fen
from twin.fraud.asking import evidence_mark
from twin.fraud.masking import masked
from twin.fraud.receipt import payments_in
from twin.fraud.records import Instruction, Measure, Record
from twin.fraud.states import CASE, KINDS
from twin.words import say

SHOWN = 200
MARK = 8
"""So many signs of the mark of an evidence are read off the screen and typed."""


def by_of(call: Call) -> d.By:
    """Return who does what a call asks for, now."""
    actor = call.actor
    return d.By(actor.id, time.time(), call.purpose, actor.roles, actor.scope.districts, actor.scope.agencies)


def asks(
    session: Session, id_: str, permission: str, act: Callable[[SqlFraud, Call], Any], sensitive: bool = True
) -> Command:
    """Return a command that asks the records of the fraud desk."""

    def run(call: Call) -> Any:
        with contextlib.closing(open_fraud(session.home)) as store:
            return act(store, call)

    return Command(id_, run, permission, sensitive=sensitive, in_palette=False)


def does(session: Session, permission: str) -> Command:
    """Return the command that does deeds of one permission, one after the other."""

    def act(store: SqlFraud, call: Call) -> tuple[list[Record], bool]:
        deeds: Sequence[d.Deed] = call.arguments["deeds"]
        for deed in deeds:
            if deed.permission != permission:
                raise NotAllowedError(say("{action} is asked for by another command", action=deed.permission))
        return [record for deed in deeds for record in store.do(deed, by_of(call)).records], call.unmask

    return asks(session, f"fraud_desk.{permission.replace('.', '_')}", permission, act)


DOES = ("case.open", "case.merge", "case.share", "measure.ask", "measure.approve", "appeal.work")


def commands(session: Session) -> tuple[Command, ...]:
    """Return the commands of these actions."""
    return (
        asks(session, "fraud_desk.cases", "case.list", _cases),
        asks(
            session,
            "fraud_desk.case",
            "case.list",
            lambda store, call: (store.whole(call.arguments["case"]), call.unmask),
        ),
        asks(session, "fraud_desk.waiting", "measure.read", _waiting),
        asks(session, "fraud_desk.stop", "measure.ask", _stopped),
        asks(session, "fraud_desk.decide", "measure.approve", _decided),
        *(does(session, permission) for permission in DOES),
    )


def _cases(store: SqlFraud, call: Call) -> tuple[list[Record], bool]:
    return list(store.cases(by_of(call), call.arguments["states"], SHOWN)), call.unmask


def _waiting(store: SqlFraud, call: Call) -> tuple[list[tuple[Instruction, Measure]], bool]:
    return [(one, store.one(Measure, one.measure)) for one in store.to_approve(by_of(call))], call.unmask


def _stopped(store: SqlFraud, call: Call) -> tuple[list[Record], bool]:
    """Ask for what a deed says and put it before who approves, at once."""
    asked = store.do(call.arguments["deed"], by_of(call))
    drafts = tuple(one.id for one in asked.of(Instruction) if one.state == "draft")
    put = store.do(d.Submit(drafts), by_of(call)).records if drafts else ()
    return [*asked.of(Measure), *put], call.unmask


def _decided(store: SqlFraud, call: Call) -> tuple[list[Record], bool]:
    """Decide on each by the mark that was read off: what was shown must be what is approved."""
    verdicts = []
    for id_, mark in call.arguments["ticks"]:
        instruction = store.one(Instruction, id_)
        known = evidence_mark(instruction, store.one(Measure, instruction.measure))
        shown = known if len(mark) >= MARK and known.startswith(mark) else mark
        verdicts.append(d.Verdict(id_, shown, not call.arguments["back"], call.arguments["back"]))
    return list(store.do(d.Decide(tuple(verdicts)), by_of(call)).records), call.unmask


def add_actions(actions: Any) -> None:
    """Add the actions to ``zhian fraud``."""
    _case_actions(actions)
    _measure_actions(actions)


def _case_actions(actions: Any) -> None:
    listing = _add(actions, "list", "list cases, the newest first", _list)
    listing.add_argument("--state", action="append", choices=list(CASE.ways), help="default: all")
    _case(_add(actions, "show", "all of one case, as JSON; names are hidden without --purpose", _show))
    opening = _add(actions, "open", "take a case down at the first call; needs --purpose", _open)
    opening.add_argument("title", metavar="TITLE", help="what happened, in a few words")
    opening.add_argument("--yuan", required=True, metavar="AMOUNT", help="the loss, like 12800 or 1.28万")
    opening.add_argument("--kind", choices=KINDS, default="other", help="what the swindler pretended")
    opening.add_argument("--report", default="", metavar="NUMBER", help="number of the report that told of it")
    for name, words in (("victim", "who lost the money"), ("phone", "how to reach them"), ("story", "in their words")):
        opening.add_argument(f"--{name}", default="", metavar="TEXT", help=words)
    reading = _add(actions, "read", "what receipts tell, and what is odd about them; nothing is kept", _read)
    paying = _case(_add(actions, "pay", "add the payments of receipts to a case; needs --purpose", _pay))
    for one in (opening, reading, paying):
        one.add_argument(
            "--receipt",
            default="",
            required=one is not opening,
            metavar="FILE",
            help="a text file, or - for what is typed",
        )
    merging = _add(actions, "merge", "say that cases are one; can be undone", _merge)
    merging.add_argument("cases", nargs="+", metavar="CASE")
    merging.add_argument("--into", required=True, metavar="CASE", help="the case that stays")
    _case(_add(actions, "unmerge", "take a merged case apart again", _unmerge))
    sharing = _case(_add(actions, "share", "let others see a case, or work on it, until a time", _share))
    sharing.add_argument("to", metavar="TO", help="account:ID, role:ROLE, district:DISTRICT or agency:AGENCY")
    sharing.add_argument("--work", action="store_true", help="they may work on it, not only read it")
    sharing.add_argument("--until", required=True, metavar="TIME", help="as 2026-12-01T18:00")
    sharing.add_argument("--why", required=True, metavar="TEXT", help="for the record")


def _measure_actions(actions: Any) -> None:
    stopping = _case(_add(actions, "stop", "ask for a stop of a payment's account; needs --purpose", _stop))
    stopping.add_argument("--payment", required=True, metavar="ID", help="as zhian fraud show tells it")
    stopping.add_argument("--freeze", action="store_true", help="freeze it at once instead")
    stopping.add_argument("--urgent", action="store_true", help="its papers follow")
    step = _add(actions, "step", "ask for the next step of a hold; needs --purpose", _step)
    step.add_argument("verb", choices=("extend", "freeze", "renew", "lift"))
    clearing = _add(actions, "clear", "an account has nothing to do with it: it is to be lifted", _clear)
    for one in (stopping, step):
        one.add_argument("--basis", default="", metavar="PAPER", help="the paper it rests on")
        one.add_argument("--months", type=int, default=6, help="of a freeze (default 6)")
    for one in (step, clearing):
        one.add_argument("--measure", required=True, metavar="ID", help="as zhian fraud show tells it")
    for one in (stopping, step, clearing):
        one.add_argument("--second", required=True, metavar="ACCOUNT", help="the second officer")
        one.add_argument("--reason", required=True, metavar="TEXT", help="for the record")
    _add(actions, "waiting", "what waits for your approval, each with its evidence and mark", _wait)
    deciding = _add(actions, "approve", "approve and sign, each by the mark of its evidence; needs --purpose", _approve)
    deciding.add_argument("ticks", nargs="+", metavar="ID=MARK")
    deciding.add_argument("--back", default="", metavar="WHY", help="send them back instead")


def _add(actions: Any, name: str, words: str, run: Callable[[argparse.Namespace, Session], int]) -> Any:
    parser = actions.add_parser(name, help=words)
    parser.set_defaults(run=run)
    return parser


def _case(parser: Any) -> Any:
    parser.add_argument("--case", required=True, metavar="NUMBER", help="which case")
    return parser


def _list(arguments: argparse.Namespace, session: Session) -> int:
    return tell(session, *session.commands.run("fraud_desk.cases", states=tuple(arguments.state or ())))


def _show(arguments: argparse.Namespace, session: Session) -> int:
    whole, unmask = session.commands.run("fraud_desk.case", about=arguments.case, case=arguments.case)
    plain = asdict(whole)
    if not unmask:
        for name in ("parts", "payments", "measures", "instructions", "appeals", "plans"):
            plain[name] = [asdict(masked(one)) for one in getattr(whole, name)]
        plain["case"] = asdict(masked(whole.case))
    print(json.dumps(plain, ensure_ascii=False))
    return 0


def _open(arguments: argparse.Namespace, session: Session) -> int:
    fen = amount_fen(arguments.yuan)
    if fen is None:
        raise UsageError("an amount is 0 fen to a trillion yuan")
    payments = _receipts(arguments.receipt, session) if arguments.receipt else ()
    deed = d.OpenCase(
        arguments.title, fen, arguments.kind, victim=arguments.victim, victim_phone=arguments.phone,
        story=arguments.story, report=arguments.report, payments=payments,
    )  # fmt: skip
    return _do(session, "", deed)


def _read(arguments: argparse.Namespace, session: Session) -> int:
    for payment in _receipts(arguments.receipt, session):
        doubts = [session.texts(f"fraud_doubt.{doubt}") for doubt in payment.doubts]
        plain = asdict(payment) | {"doubts": doubts}
        paid = show_time(payment.paid_at_s) if payment.paid_at_s else ""
        words = (payment.to_account, payment.to_holder, f"{payment.amount_fen / 100:,.2f}", paid, *doubts)
        print(json.dumps(plain, ensure_ascii=False) if session.as_json else "  ".join(filter(None, words)))
    return 0


def _pay(arguments: argparse.Namespace, session: Session) -> int:
    return _do(session, arguments.case, d.AddPayments(arguments.case, _receipts(arguments.receipt, session)))


def _receipts(name: str, session: Session) -> tuple[d.NewPayment, ...]:
    text = sys.stdin.read() if name == "-" else Path(name).read_bytes().decode("utf-8-sig", "replace")
    return payments_in(text, banks_of(session.home), time.time())


def _merge(arguments: argparse.Namespace, session: Session) -> int:
    return _do(session, arguments.into, d.MergeCases(tuple(arguments.cases), arguments.into))


def _unmerge(arguments: argparse.Namespace, session: Session) -> int:
    return _do(session, arguments.case, d.UnmergeCase(arguments.case))


def _share(arguments: argparse.Namespace, session: Session) -> int:
    may, until_s = "work" if arguments.work else "read", parse_time(arguments.until)
    return _do(session, arguments.case, d.ShareCase(arguments.case, arguments.to, may, until_s, arguments.why))


def _stop(arguments: argparse.Namespace, session: Session) -> int:
    deed = d.AskMeasure(
        arguments.case, arguments.second, arguments.basis, arguments.reason, arguments.payment,
        freeze=arguments.freeze, months=arguments.months, urgent=arguments.urgent,
    )  # fmt: skip
    return tell(session, *session.commands.run("fraud_desk.stop", about=arguments.case, deed=deed))


def _step(arguments: argparse.Namespace, session: Session) -> int:
    deed = d.FollowMeasure(
        arguments.measure, arguments.verb, arguments.second, arguments.basis, arguments.reason, arguments.months
    )
    return tell(session, *session.commands.run("fraud_desk.stop", about=arguments.measure, deed=deed))


def _clear(arguments: argparse.Namespace, session: Session) -> int:
    return _do(session, arguments.measure, d.Clear(arguments.measure, arguments.second, arguments.reason))


def _wait(_arguments: argparse.Namespace, session: Session) -> int:
    waiting, unmask = session.commands.run("fraud_desk.waiting")
    for instruction, measure in waiting:
        mark = evidence_mark(instruction, measure)[:MARK]
        if not session.as_json:
            print(f"{instruction.id}={mark}")
        tell(session, [measure, instruction], unmask)
    return 0


def _approve(arguments: argparse.Namespace, session: Session) -> int:
    ticks = [tuple(tick.partition("=")[::2]) for tick in arguments.ticks]
    about = " ".join(id_ for id_, _ in ticks)
    return tell(session, *session.commands.run("fraud_desk.decide", about=about, ticks=ticks, back=arguments.back))


def _do(session: Session, about: str, deed: d.Deed) -> int:
    command = f"fraud_desk.{deed.permission.replace('.', '_')}"
    return tell(session, *session.commands.run(command, about=about, deeds=(deed,)))


_TOLD = (
    "id", "number", "state", "status", "verb", "kind", "title", "account", "to_account", "holder", "to_holder",
    "evidence", "reason", "measure", "case", "approved_by", "merged_into", "to", "may",
)  # fmt: skip


def tell(session: Session, records: Sequence[Record], unmask: bool) -> int:
    """Print records, a line each or as JSON; under a mask while no purpose was stated."""
    for record in records:
        plain = asdict(record if unmask else masked(record))
        if session.as_json:
            print(json.dumps(plain, ensure_ascii=False))
        else:
            print("  ".join(_words(session, plain)))
    return 0


def _words(session: Session, plain: dict[str, Any]) -> list[str]:
    words = [(name, plain[name]) for name in _TOLD if plain.get(name)]
    told = [session.texts.said(value) if name in ("state", "status", "verb") else str(value) for name, value in words]
    if fen := plain.get("amount_fen"):
        told.append(f"{fen / 100:,.2f}")
    return told
