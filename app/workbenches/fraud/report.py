"""The report on a case: its figures by every rule, the difference between them, the legs, the holds; PDF or DOCX."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app import formats
from app.texts import Texts
from app.workbenches.fraud.money_words import exact
from data.reports.docx import docx_of
from data.reports.pdf import pdf_of
from twin.access import Purpose, mask_name
from twin.fraud.account import mask_account
from twin.fraud.chart.board import Board
from twin.fraud.chart.traced import Traced
from twin.fraud.report import Figure, Report, Sheet, hash_of

FIRST, BESIDE = "fifo", "pro_rata"
"""What a report tells first, and what stands beside it with the difference: the two ways of the rules on returning."""
MOST_LEGS = 2000
WORDS = ("figures", "figure", "value", "rule", "query", "hash", "sources", "sources_note", "page", "author")


@dataclass(frozen=True, slots=True)
class Told:
    """What the report tells of the case beside its trace: facts in order, and sheets of what was done."""

    facts: tuple[tuple[str, str], ...]
    sheets: tuple[Sheet, ...] = ()


class ReportWriter:
    """Writes reports in the language of the moment, under a mask unless a purpose was stated.

    Parameters
    ----------
    texts : Texts
    by : str
        Who it is given to.
    purpose : Purpose, optional
    """

    def __init__(self, texts: Texts, by: str, purpose: Purpose | None) -> None:
        self._texts, self._by, self._purpose = texts, by, purpose

    def report(self, traced: Traced, told: Told) -> Report:
        """Return the report on a trace."""
        texts, at_s = self._texts, self._as_of(traced)
        facts = (
            (texts("report.case"), traced.case),
            (texts("report.loss"), self._money(traced.loss_fen)),
            *told.facts,
            (texts("report.as_of"), f"{formats.local_time(at_s):%Y-%m-%d %H:%M:%S}"),
            (texts("report.ledger"), traced.ledger),
            (texts("report.trace_hash"), traced.hash),
        )
        purpose = self._purpose.text if self._purpose is not None else texts("report.masked")
        return Report(
            texts("report.title"), traced.case, facts, tuple(self._figures(traced)),
            (self._legs(traced.boards[FIRST]), self._accounts(traced.boards[FIRST]), *told.sheets),
            {name: texts(f"report.{name}") for name in WORDS},
            texts("report.foot", who=self._by, purpose=purpose), int(at_s),
        )  # fmt: skip

    def _figures(self, traced: Traced) -> Sequence[Figure]:
        """Return what every rule says, and how far the first two are apart."""
        found = []
        for rule, figure in traced.figures.items():
            mark = hash_of(_rows(traced.boards[rule]))
            for name, fen in (
                ("remaining", figure.remaining_fen),
                ("ended", figure.ended_fen),
                ("dust", figure.dust_fen),
            ):
                found.append(self._figure(f"report.{name}", fen, self._texts(f"rule.{rule}"), traced.query, mark))
        if {FIRST, BESIDE} <= set(traced.figures):
            apart = traced.figures[FIRST].remaining_fen - traced.figures[BESIDE].remaining_fen
            rules = f"{self._texts(f'rule.{FIRST}')} − {self._texts(f'rule.{BESIDE}')}"
            mark = hash_of([*_rows(traced.boards[FIRST]), *_rows(traced.boards[BESIDE])])
            found.append(self._figure("report.apart", apart, rules, traced.query, mark))
        return found

    def _figure(self, name: str, fen: int, rule: str, query: str, mark: str) -> Figure:
        told = query if self._purpose is not None else self._texts("report.query_masked")
        return Figure(self._texts(name), self._money(fen), rule, told, mark)

    def _legs(self, board: Board) -> Sheet:
        texts = self._texts
        flows = sorted(board.flows.values(), key=lambda flow: (flow.at_s, flow.id))
        rows = tuple(
            (f"{formats.local_time(flow.at_s):%m-%d %H:%M:%S}", self._account(flow.source), self._account(flow.target),
             exact(flow.amount_fen), exact(flow.traced_fen), str(flow.hop + 1))
            for flow in flows[:MOST_LEGS]
        )  # fmt: skip
        heads = tuple(texts(f"flow.{name}") for name in ("at", "source", "target", "amount", "traced", "hop"))
        title = texts("report.legs", rule=texts(f"rule.{FIRST}"))
        note = texts("report.first_legs", shown=MOST_LEGS, all=len(flows)) if len(flows) > MOST_LEGS else ""
        return Sheet(title, heads, rows, frozenset({3, 4, 5}), (7, 11, 11, 7, 7, 2), note)

    def _accounts(self, board: Board) -> Sheet:
        """Return what is still in accounts by the first rule, the most first."""
        stays: dict[str, int] = {}
        for flow in board.flows.values():
            stays[flow.target] = stays.get(flow.target, 0) + flow.traced_fen
            stays[flow.source] = stays.get(flow.source, 0) - flow.traced_fen
        left = sorted(((fen, key) for key, fen in stays.items() if fen > 0), key=lambda one: (-one[0], one[1]))
        rows = tuple(
            (self._account(key), self._name(board.accounts[key].holder if key in board.accounts else ""), exact(fen))
            for fen, key in left
        )
        heads = tuple(self._texts(f"report.{name}") for name in ("account", "holder", "left"))
        title = self._texts("report.left_in", rule=self._texts(f"rule.{FIRST}"))
        return Sheet(title, heads, rows, frozenset({2}), (10, 6, 6))

    def _account(self, key: str) -> str:
        return key if self._purpose is not None else mask_account(key)

    def _name(self, holder: str) -> str:
        return holder if self._purpose is not None or not holder else mask_name(holder)

    def _money(self, fen: int) -> str:
        return self._texts("report.yuan", sum=exact(fen))

    def _as_of(self, traced: Traced) -> float:
        """Return the time of the last transfer that is told: the report has no other clock."""
        return max((flow.at_s for board in traced.boards.values() for flow in board.flows.values()), default=0.0)


def _rows(board: Board) -> list[list[object]]:
    return [[flow.id, flow.source, flow.target, flow.at_s, flow.amount_fen, flow.traced_fen, flow.hop]
            for flow in sorted(board.flows.values(), key=lambda flow: (flow.at_s, flow.id))]  # fmt: skip


FORMS: dict[str, Callable[[Report, str], bytes]] = {"pdf": pdf_of, "docx": lambda report, _: docx_of(report)}
