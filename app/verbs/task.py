"""``zhian task``: what was handed over to other agencies, from a script."""

from __future__ import annotations

import argparse
import time
from typing import Any

from app.commands import Call, Command
from app.operations import SHOWN, asks, does, tell, tell_done
from app.session import Session
from data.operations.plans import agencies_of
from data.operations.store import SqlOperations
from twin.operations.deeds import AnswerTask, HandOver
from twin.operations.joint import known
from twin.operations.records import Task
from twin.operations.states import TASK

ANSWERS = tuple(state for state in TASK.ways if state != TASK.first)


def add_parser(verbs: Any) -> None:
    """Add ``zhian task``."""
    parser = verbs.add_parser("task", help="what other agencies were asked to do: list, offer, answer")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="list tasks, the newest first; an agency's account sees its own")
    listing.add_argument("--state", action="append", choices=list(TASK.ways), help="default: all")
    offering = actions.add_parser("offer", help="hand an incident over to an agency")
    offering.add_argument("agency", metavar="AGENCY", help="as in resources/agencies.toml")
    offering.add_argument("--incident", required=True, metavar="ID", help="which one")
    offering.add_argument("--what", required=True, help="what it is to do")
    answering = actions.add_parser("answer", help="accept, finish, return or withdraw a task")
    answering.add_argument("task", metavar="TASK")
    answering.add_argument("state", choices=ANSWERS)
    answering.add_argument("--note", default="", help="what was done, or why it was not")
    for action, run in _RUNS.items():
        actions.choices[action].set_defaults(run=run)


def commands(session: Session) -> tuple[Command, ...]:
    """Return the commands of this verb."""

    def found(store: SqlOperations, call: Call) -> tuple[Task, ...]:
        own = call.actor.scope.agencies
        tasks = store.find(Task, call.arguments["states"], SHOWN)
        return tuple(task for task in tasks if not own or task.agency in own)

    return (
        asks(session, "task.list", "task.read", found),
        does(session, "task.offer", HandOver.permission),
        does(session, "task.answered", AnswerTask.permission),
    )


def _list(arguments: argparse.Namespace, session: Session) -> int:
    return tell(session, session.commands.run("task.list", states=tuple(arguments.state or ())))


def _offer(arguments: argparse.Namespace, session: Session) -> int:
    there = agencies_of(session.home)
    (asked,) = known((arguments.agency,), there)
    agency = there[asked]
    deed = HandOver(arguments.incident, agency.id, arguments.what, time.time() + agency.task_s)
    return tell_done(session, session.commands.run("task.offer", about=arguments.incident, deeds=(deed,)))


def _answer(arguments: argparse.Namespace, session: Session) -> int:
    deed = AnswerTask(arguments.task, arguments.state, arguments.note)
    return tell_done(session, session.commands.run("task.answered", about=arguments.task, deeds=(deed,)))


_RUNS = {"list": _list, "offer": _offer, "answer": _answer}
