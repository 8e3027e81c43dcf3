"""Holds and their clocks: the red list first, then what ends when, with what can be done about each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app import formats
from app.look import Look
from app.workbenches.fraud.money_words import exact, sum_of
from app.workbenches.fraud.work import Told
from app.workbenches.operations.section import Item, Section, scrolled
from twin.fraud.clocks import overdue_s
from twin.fraud.records import Instruction, Measure, ReturnPlan
from twin.fraud.store import Due

STEPS = {
    "stopped": ("extend", "freeze", "lift"), "extended": ("freeze", "lift"), "frozen": ("return", "renew", "lift"),
    "returned": ("return", "lift"),
}  # fmt: skip
"""What can be asked for of a hold; the store says whether it may."""
MARKS = {"late": ("▲", "warn"), "urgent": ("◆", "warn"), "soon": ("●", "plain"), "": ("○", "plain")}
ENDS = ("stop_ends", "freeze_ends")
MOST = 60
HOURS_S = 73 * 3600.0
"""Up to here a clock shows hours and minutes: a stop lasts 48 hours."""


class MeasuresTab(QWidget):
    """Lists of the holds; times run without reading."""

    wished = Signal(str, str)
    """A step (``extend``, ``freeze``, ``lift``, ``return``, ``papers``, ``clear``), and the id of the measure."""
    plan_approved = Signal(str)
    """A plan of return."""

    def __init__(self, look: Look, written: Callable[[str], str], clock: Callable[[], float]) -> None:
        super().__init__()
        self._look, self._written, self._clock = look, written, clock
        self._told = Told()
        self.red, self.plans, self.holds, self.out = Section(), Section(), Section(), Section()
        scrolled(self, (self.red, self.plans, self.out, self.holds))

    def show_told(self, told: Told) -> None:
        """Show how the holds are."""
        self._told = told
        self.fill()

    def fill(self) -> None:
        """Write everything in the language of the moment."""
        texts, told = self._look.texts, self._told
        measures = {one.id: one for one in told.measures}
        self.red.show_items(texts("fraud.red_list"), [self._owed(due, measures) for due in told.red[:MOST]])
        self.out.show_items(texts("fraud.at_banks"), [self._sent(one) for one in told.out[:MOST]])
        self.plans.show_items(texts("fraud.plans"), [self._plan(one) for one in told.plans])
        ends = {due.deadline.record: due for due in reversed(told.due) if due.deadline.kind in ENDS}
        holds = sorted(told.measures, key=lambda one: (one.ends_s or float("inf"), one.id))
        items = [self._hold(one, ends.get(one.id)) for one in holds[:MOST]]
        self.holds.show_items(texts("fraud.holds"), items, texts("fraud.no_holds"))

    def tick(self) -> None:
        """Let the clocks run on."""
        for section in (self.red, self.holds, self.out):
            section.tick()

    def _left(self, at_s: float) -> Callable[[], str]:
        def words() -> str:
            left_s = at_s - self._clock()
            key = "fraud.left" if left_s >= 0 else "fraud.late"
            return self._look.texts(key, time=_span(abs(left_s), self._look.language))

        return words

    def _owed(self, due: Due, measures: dict[str, Measure]) -> Item:
        kind = due.deadline.kind
        words = self._look.texts(f"fraud.owed_{kind}", account=self._written(due.account) if due.account else due.title)
        step = {"papers": "papers", "lift": "lift"}.get(kind)
        buttons = ((self._look.texts(f"fraud.do_{step}"), self._wish(step, due.deadline.record)),) if step else ()
        known = due.deadline.record in measures or kind not in ("papers", "lift")
        return Item(
            f"{due.deadline.case}  {words}", self._left(due.deadline.at_s), "▲", "warn", buttons if known else ()
        )

    def _plan(self, one: ReturnPlan) -> Item:
        texts = self._look.texts
        shares = "；".join(f"{self._written(share.to_account)} {exact(share.amount_fen)}" for share in one.shares)
        words = f"{one.case}  {texts(f'fraud.basis_{one.basis}')}  {shares}"
        button = (texts("fraud.approve_return"), lambda: self.plan_approved.emit(one.id))
        return Item(words, texts(f"fraud.state_{one.state}"), "◆", "plain", (button,), below=True)

    def _sent(self, one: Instruction) -> Item:
        texts = self._look.texts
        words = f"{texts(f'fraud.verb_{one.verb}')}  {self._written(one.account)}  {texts(f'fraud.state_{one.state}')}"
        tries = texts("fraud.tries", count=one.tries) if one.tries > 1 else ""

        def waited() -> str:
            return formats.age(overdue_s(one, self._clock()), self._look.language) if one.sent_s else ""

        return Item(f"{words}  {tries}".rstrip(), waited, "→", "plain")

    def _hold(self, one: Measure, due: Due | None) -> Item:
        texts, language = self._look.texts, self._look.language
        mark, mood = MARKS[due.tone if due is not None else ""]
        parts = [f"{self._written(one.account)}  {texts(f'fraud.state_{one.state}')}"]
        if one.held_fen > one.returned_fen:
            parts.append(texts("fraud.held", sum=sum_of(one.held_fen - one.returned_fen, language)))
        if one.held_fen and one.held_fen < one.amount_fen and not one.returned_fen:
            parts.append(texts("fraud.partial"))
        if one.returned_fen:
            parts.append(texts("fraud.gone_back", sum=sum_of(one.returned_fen, language)))
        if one.earlier:
            parts.append(texts("fraud.earlier", who="、".join(one.earlier)))
        if one.stops:
            parts.append(texts("fraud.stops", count=one.stops))
        if one.reason:
            parts.append(texts.said(one.reason))
        buttons: Sequence[tuple[str, Callable[[], None]]] = [
            (texts(f"fraud.do_{step}"), self._wish(step, one.id)) for step in STEPS.get(one.state, ())
        ]
        note = self._left(one.ends_s) if one.ends_s else ""
        return Item(" · ".join(parts), note, mark, mood, tuple(buttons), below=True)

    def _wish(self, step: str, measure: str) -> Callable[[], None]:
        return lambda: self.wished.emit(step, measure)


def _span(seconds: float, language: str) -> str:
    """Write how long a clock still runs: ``47:59``, from three days on in days."""
    if seconds < HOURS_S:
        return f"{int(seconds // 3600)}:{int(seconds // 60) % 60:02d}"
    return formats.age(seconds, language)
