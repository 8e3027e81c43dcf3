"""A trace as the desk shows it: accounts by their names, the figures of all rules beside each other, and its mark."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass

from twin.fraud.chart.board import Account, Board, Flow, brought
from twin.fraud.tracing.rules import Rule
from twin.fraud.tracing.trace import Question, Trace

RULES = tuple(rule.value for rule in Rule)
"""First in, first out stands first: the rules on returning funds ask for timestamps before anything else."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What one rule says: still in accounts, come to hubs and back to victims, gone in legs too small to follow."""

    remaining_fen: int
    ended_fen: int
    dust_fen: int
    legs: int
    accounts: int


@dataclass(frozen=True, slots=True)
class Traced:
    """The answers of all rules to one question.

    Parameters
    ----------
    case : str
        Number of the case it belongs to.
    query : str
        The question in words that can be asked again: roots, until, hops, threshold, hubs.
    ledger : str
        Mark of the ledger that was asked.
    boards : mapping of str to Board
        The chart of each rule.
    figures : mapping of str to Figure
    hash : str
        SHA-256 of all of it.
    """

    case: str
    query: str
    ledger: str
    loss_fen: int
    boards: Mapping[str, Board]
    figures: Mapping[str, Figure]
    hash: str


def traced(
    case: str, question: Question, answers: Mapping[Rule, Trace], name: Callable[[int], str], ledger: str,
    kind: Callable[[int], str] = lambda _: "account", holder: Callable[[int], str] = lambda _: "",
) -> Traced:  # fmt: skip
    """Put the answers of the rules together.

    Parameters
    ----------
    name : callable
        Writes an account's number in the ledger as ``<bank>:<number>``.
    kind, holder : callable
        What kind of account it is (:data:`twin.fraud.chart.board.KINDS`), and whose.
    """
    boards = {rule.value: board_of(trace, name, kind, holder) for rule, trace in answers.items()}
    figures = {
        rule.value: Figure(one.remaining_fen, one.ended_fen, one.dust_fen, len(one.legs), len(one.accounts))
        for rule, one in answers.items()
    }
    query = asked(question, name)
    mark = hashlib.sha256()
    for part in (case, query, ledger, *(_written(boards[rule], figures[rule]) for rule in sorted(boards))):
        mark.update(part.encode() + b"\0")
    return Traced(case, query, ledger, question.loss_fen, boards, figures, mark.hexdigest())


def board_of(
    trace: Trace, name: Callable[[int], str], kind: Callable[[int], str] = lambda _: "account",
    holder: Callable[[int], str] = lambda _: "",
) -> Board:  # fmt: skip
    """Return the chart of a trace; those the first legs leave are the victims."""
    source = f"{trace.rule.value}"
    hop = {account.account: account.hop for account in trace.accounts}
    accounts = {key: Account(name(key), kind(key), holder(key), steps, source) for key, steps in hop.items()}
    for leg in trace.legs:
        if leg.hop == 1:
            victim = leg.target if trace.backward else leg.source
            accounts[victim] = Account(name(victim), "victim", holder(victim), 0, source)
    flows = (
        Flow(
            str(leg.number),
            name(leg.source),
            name(leg.target),
            float(leg.time_s),
            leg.amount_fen,
            leg.traced_fen,
            leg.hop - 1,
        )
        for leg in trace.legs
    )
    return Board().patched(brought(Board(), source, accounts.values(), flows))[0]


def asked(question: Question, name: Callable[[int], str]) -> str:
    """Write a question so that it can be asked again and gives the same bytes each time."""
    hubs = question.hubs
    roots = [[leg.number, leg.time_s, name(leg.source), name(leg.target), leg.amount_fen] for leg in question.roots]
    told = {
        "roots": roots,
        "until_s": question.until_s, "backward": question.backward, "hops": question.hops,
        "threshold_ppm": question.threshold_ppm,
        "hubs": sorted(name(hub) for hub in hubs) if isinstance(hubs, Collection) else "of the ledger",
    }  # fmt: skip
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def _written(board: Board, figure: Figure) -> str:
    flows = [[flow.id, flow.source, flow.target, flow.at_s, flow.amount_fen, flow.traced_fen, flow.hop]
             for flow in board.flows.values()]  # fmt: skip
    return json.dumps([asdict(figure), flows], ensure_ascii=False, separators=(",", ":"))
