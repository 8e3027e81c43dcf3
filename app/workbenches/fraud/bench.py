"""The fraud workbench: the first call taken down, what to stop first, approvals, holds and their clocks, the money."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from app.commands import Call, Command
from app.features.feature import Context, Entry, Feature
from app.map.events import Pick
from app.opening import Opened
from app.workbenches.fraud.intake import Read
from app.workbenches.fraud.marks import LAYER, Marks
from app.workbenches.fraud.money import Money, Source
from app.workbenches.fraud.money_words import exact
from app.workbenches.fraud.panel import FraudPanel
from app.workbenches.fraud.queueing import places
from app.workbenches.fraud.report import Told as ToldInReport
from app.workbenches.fraud.tracing import trace_case
from app.workbenches.fraud.work import Waiting, Work
from data.audit.trail import append
from data.banks.directory import banks_of
from data.banks.ways import ways_of
from data.fraud.outbox import FIRST_PAUSE_S, Outbox
from data.fraud.store import SqlFraud
from data.records.database import open_records
from data.simulate.fraud.branches import branches
from data.store.cases import CaseStore
from twin.access import Resource, decide
from twin.errors import UsageError
from twin.fraud.bank import FREEZE, RETURN
from twin.fraud.deeds import (
    ApproveReturn,
    AskMeasure,
    By,
    Decide,
    Deed,
    FilePapers,
    FollowMeasure,
    OpenCase,
    ProposeReturn,
    ReportSent,
    Submit,
    Verdict,
)
from twin.fraud.receipt import payments_in
from twin.fraud.records import FraudCase, Instruction, Measure, Payment, Share
from twin.fraud.report import Sheet
from twin.fraud.returning import PRO_RATA, SINGLE, plan_mark, pro_rata
from twin.fraud.states import IN_FORCE
from twin.fraud.store import Done, Whole
from twin.words import Said

SEND_MS = 500
"""How often is looked whether something is to be sent, while something is."""
NO_CASE = "choose a case first"
NO_SECOND = "name the second officer first"
NOTHING_TO_STOP = "every account of the case is asked for or held already"


class FraudBench(QObject, Feature):
    """A feature of the window: joins the records, the panels, the chart and the commands."""

    def __init__(self, context: Context, read: Read) -> None:
        super().__init__(context.window)
        desk = context.desk
        self._context, self._desk = context, desk
        self.money = Money(context)
        self._listing = CaseStore(lambda: open_records(desk.session.home))
        self.work = Work(desk, lambda: SqlFraud(open_records(desk.session.home), append), self)
        self.panel = FraudPanel(desk, self.work, read, self.money.case.written, self.money.case.named)
        self.pause_s = FIRST_PAUSE_S
        """Before a second attempt at a bank."""
        self._letters: SqlFraud | None = None
        self.marks = Marks(context.map, desk.look)
        self._sends = QTimer(self)
        self._sends.setInterval(SEND_MS)
        self._sends.timeout.connect(self._send_round)
        self._join()

    def _join(self) -> None:
        work, panel = self.work, self.panel
        work.changed.connect(self._on_changed)
        work.read.connect(self._send_signed)
        self._context.opening.opened.connect(self._on_opened)
        self._desk.selection.changed.connect(self._on_selected)
        self.money.case.chosen_changed.connect(self._on_chosen)
        panel.seen.connect(self.marks.show)
        work.refused.connect(self._on_refused)
        self.money.mask_changed.connect(panel.retranslate)
        work.trouble.connect(lambda error: panel.say(self._desk.look.texts.error(error) if error else ""))
        panel.approvals.decided.connect(self._on_decided)
        panel.holds.wished.connect(lambda step, measure: self._desk.run("fraud.step", step=step, measure=measure,
                                                                        refused=panel.say))  # fmt: skip
        panel.holds.plan_approved.connect(
            lambda plan: self._desk.run("fraud.approve_return", plan=plan, refused=panel.say)
        )
        panel.queue.batch_wished.connect(lambda: self._desk.run("fraud.stop_batch", refused=panel.say))
        panel.queue.chosen.connect(self._on_account)

    # What a feature gives

    def panels(self) -> Mapping[str, QWidget]:
        """Return the desk and the money."""
        return {"fraud": self.panel, **self.money.panels()}

    def entries(self) -> Iterator[Entry]:
        """Return the commands."""
        opens = Command("fraud.open_case", self._open_case, OpenCase.permission, needs_purpose=True, sensitive=True,
                        in_palette=False)  # fmt: skip
        yield Entry(opens)
        listing = Command("fraud.list_cases", lambda _: self._listing.all, "case.list", in_palette=False)
        yield Entry(listing, told=False)
        yield Entry(Command("fraud.look", lambda _: self.work.start(), "case.list", in_palette=False), told=False)
        paste = Command("fraud.paste", lambda _: self._paste(), OpenCase.permission, "Ctrl+Shift+V", needs_purpose=True)
        yield Entry(paste, "money", "clipboard-text")
        yield Entry(Command("fraud.trace", lambda _: self._trace(), "money.see", "Alt+T"), "money", "path")
        ask, approve = AskMeasure.permission, Decide.permission
        yield Entry(Command("fraud.stop", self._stop, ask, "Alt+S", needs_purpose=True), "money", "hand-palm")
        yield Entry(
            Command("fraud.stop_batch", self._stop_batch, ask, "Alt+B", needs_purpose=True), "money", "hand-palm"
        )
        yield Entry(Command("fraud.step", self._step, ask, needs_purpose=True, in_palette=False))
        yield Entry(Command("fraud.approve", self._approve, approve, "Alt+A", needs_purpose=True), "money", "check")
        yield Entry(
            Command("fraud.approve_return", self._approve_return, approve, needs_purpose=True, in_palette=False)
        )
        yield Entry(
            Command("fraud.send", lambda _: self._sends.start(), ReportSent.permission), "money", "paper-plane-right"
        )
        yield Entry(Command("fraud.send_back", self._send_back, approve, needs_purpose=True, in_palette=False))
        yield from self.money.entries()

    def close(self) -> None:
        """Let go of the records."""
        self._sends.stop()
        self.marks.close()
        self.work.close()
        self._listing.close()
        if self._letters is not None:
            self._letters.close()
        self.money.close()

    # The case

    def _paste(self) -> None:
        """Begin a case with the receipt that was copied."""
        self._context.acts.run("fraud.new_case")
        self.panel.start_new(QApplication.clipboard().text())

    def _open_case(self, call: Call) -> None:
        """Open a case: ``deed``, or only a ``title`` and an ``amount``."""
        deed = call.arguments.get("deed")
        if deed is None:
            form = self.panel.form
            form.title.setText(str(call.arguments["title"]))
            form.amount.setText(str(call.arguments["amount"]))
            deed = form.deed()

        def then(done: tuple[Done, ...]) -> None:
            self.panel.form.done(done[0].of(FraudCase)[0].number)

        self.work.do("fraud.open_case", call, lambda *_: (deed,), then)

    def _held(self) -> Whole:
        whole = self.work.told.held
        if whole is None:
            raise UsageError(NO_CASE)
        return whole

    def _trace(self) -> None:
        """Follow the money of the case in hand by every rule."""
        whole, home = self._held(), self._desk.session.home

        def done(source: Source) -> None:
            self.money.told = self._told_in_report(whole)
            self.money.show_source(source)

        def failed(error: Exception) -> None:
            self.panel.say(self._desk.look.texts.error(error))

        self._desk.jobs.submit(
            "job.trace", lambda *_: trace_case(home, whole.case.number, whole.payments), done, failed, key="trace"
        )

    def _told_in_report(self, whole: Whole) -> ToldInReport:
        """Return what the report tells of the case and what was done."""
        texts, case = self._desk.look.texts, self.money.case
        facts = (
            (texts("report.victim"), case.named(whole.case.victim)), (texts("intake.title"), whole.case.title),
            (texts("intake.story"), whole.case.story if self._desk.session.commands.purpose is not None else "—"),
        )  # fmt: skip
        rows = tuple(
            (case.written(one.account), case.named(one.holder), texts(f"fraud.state_{one.state}"), exact(one.held_fen),
             exact(one.returned_fen))
            for one in whole.measures
        )  # fmt: skip
        heads = tuple(texts(f"report.{name}") for name in ("account", "holder", "state", "held", "returned"))
        measures = Sheet(texts("report.measures"), heads, rows, frozenset({3, 4}), (9, 5, 4, 5, 5))
        return ToldInReport(tuple(fact for fact in facts if fact[1]), (measures,) if rows else ())

    # Stops

    def _second(self) -> str:
        second = self.panel.second.text().strip()
        if not second:
            raise UsageError(NO_SECOND)
        return second

    def _stop(self, call: Call) -> None:
        """Ask for an urgent stop of every account that the victim of the case in hand paid to."""
        number, second = self._held().case.number, str(call.arguments.get("second") or self._second())
        self._ask_stops("fraud.stop", call, second, lambda payment: payment.case == number)

    def _stop_batch(self, call: Call) -> None:
        """Ask for a stop of all accounts of the queue that go out as one batch."""
        second = str(call.arguments.get("second") or self._second())
        batch = {place.account for place in self.panel.queue.places if place.in_batch}
        self._ask_stops("fraud.stop_batch", call, second, lambda payment: payment.to_account in batch)

    def _ask_stops(self, command: str, call: Call, second: str, wanted: Callable[[Payment], bool]) -> None:
        reason = call.purpose.text if call.purpose is not None else ""

        def ask(store: SqlFraud, _: By) -> Sequence[Deed]:
            taken = {(one.case, one.account) for one in store.find(Measure, ("asked", *IN_FORCE))}
            entered = reversed(store.find(Payment, ("entered",)))
            payments = {(one.case, one.to_account): one for one in entered if wanted(one)}
            fresh = [one for key, one in payments.items() if key not in taken]
            if not fresh:
                raise UsageError(NOTHING_TO_STOP)
            return [AskMeasure(one.case, second, "", reason, one.id, evidence=self._evidence(one), urgent=True)
                    for one in fresh]  # fmt: skip

        self._ask_and_submit(command, call, ask)

    def _evidence(self, payment: Payment) -> str:
        key = "fraud.evidence_receipt" if payment.receipt else "fraud.evidence_told"
        return self._desk.look.texts(key, payment=payment.id)

    def _ask_and_submit(self, command: str, call: Call, ask: Callable[[SqlFraud, By], Sequence[Deed]]) -> None:
        """Draft what is asked for and put it before who approves: one act of a person."""

        def then(done: tuple[Done, ...]) -> None:
            drafts = tuple(one.id for each in done for one in each.of(Instruction) if one.state == "draft")
            if drafts:
                self.work.do(command, call, lambda *_: (Submit(drafts),))
            self.panel.say("")

        self.work.do(command, call, ask, then)

    def _step(self, call: Call) -> None:
        """Ask for the next step of a hold: ``extend``, ``freeze``, ``renew``, ``lift``, ``return``, or ``papers``."""
        step, measure = str(call.arguments["step"]), str(call.arguments["measure"])
        reason = call.purpose.text if call.purpose is not None else ""
        basis = str(call.arguments.get("basis", reason))
        if step == "papers":
            self.work.do("fraud.step", call, lambda *_: (FilePapers(measure, basis),))
            return
        if step == RETURN:
            self.work.do("fraud.step", call, lambda store, _: (_plan(store, measure, reason),))
            return
        second = str(call.arguments.get("second") or self._second())
        months = int(call.arguments.get("months", 6)) if step in (FREEZE, "renew") else 0
        deed = FollowMeasure(measure, step, second, basis, reason, months or 6)
        self._ask_and_submit("fraud.step", call, lambda *_: (deed,))

    # Approvals

    def _on_decided(self, ticked: tuple[Waiting, ...], approved: bool, why: str) -> None:
        command = "fraud.approve" if approved else "fraud.send_back"
        self._desk.run(command, ticked=ticked, why=why, refused=self.panel.say)

    def _approve(self, call: Call) -> None:
        """Approve and sign what is ticked, each on the evidence that is shown."""
        self._decide("fraud.approve", call, approved=True)

    def _send_back(self, call: Call) -> None:
        self._decide("fraud.send_back", call, approved=False)

    def _decide(self, command: str, call: Call, *, approved: bool) -> None:
        ticked: Sequence[Waiting] = call.arguments.get("ticked", self.panel.approvals.ticked)
        why = str(call.arguments.get("why", ""))
        verdicts = tuple(Verdict(one.instruction.id, one.mark, approved, why) for one in ticked)
        self.work.do(command, call, lambda *_: (Decide(verdicts),), lambda _: self.panel.say(""))

    def _approve_return(self, call: Call) -> None:
        """Approve a plan of return on what is shown of it; ``second`` is named beside who proposed it."""
        plan = next((one for one in self.work.told.plans if one.id == call.arguments["plan"]), None)
        if plan is None:
            raise UsageError(NO_CASE)
        deed = ApproveReturn(plan.id, str(call.arguments.get("second") or self._second()), plan_mark(plan))
        self.work.do("fraud.approve_return", call, lambda *_: (deed,), lambda _: self.panel.say(""))

    # Sending

    def _send_signed(self) -> None:
        """Begin to speak to the banks as soon as something is signed, if whoever sits here may."""
        commands, about = self._desk.session.commands, Resource("fraud.send")
        may = decide(commands.actor, ReportSent.permission, about, commands.purpose, commands.rules).allowed
        if self.work.told.out and may and not self._sends.isActive():
            self._desk.run("fraud.send")

    def _send_round(self) -> None:
        """Send what is due, and hear what banks answer; nothing more to send ends the rounds."""
        if self._desk.jobs.is_running("fraud.send"):
            return
        home, actor, clock, pause_s = (
            self._desk.session.home,
            self._desk.session.commands.actor,
            self.work.clock,
            self.pause_s,
        )

        def work(*_: object) -> tuple[int, int]:
            if self._letters is None:
                self._letters = SqlFraud(open_records(home), append)
            outbox = Outbox(self._letters, ways_of(home), actor.id, clock, pause_s)
            return outbox.round(), len(outbox.waiting())

        def done(told: tuple[int, int]) -> None:
            answered, waiting = told
            if not waiting:
                self._sends.stop()
            if answered or not waiting:
                self.work.look()

        def failed(error: Exception) -> None:
            self._sends.stop()
            self.panel.say(self._desk.look.texts.error(error))

        self._desk.jobs.submit("job.fraud_send", work, done, failed, key="fraud.send", quiet=True)

    # Answers

    def _on_changed(self) -> None:
        """Put the queue in order anew, and show what is held on the chart."""
        told, texts = self.work.told, self._desk.look.texts
        said: Callable[[Said], str] = texts.said
        if told.queue is not None:
            self.panel.queue.show_places(places(told.queue, told.measures, said))
        chart = self.money.panel.chart
        chart.held_fen = {one.account: one.held_fen for one in told.measures if one.held_fen}
        chart.update()
        self.panel.fill()

    # The map

    def _on_opened(self, opened: Opened) -> None:
        """Put branches and cash machines on the map where everything is invented, off the window's thread."""
        city = opened.city
        self.marks.set_branches(None)
        if city.invented:
            self._desk.jobs.submit(
                "job.branches", lambda *_: branches(city), self.marks.set_branches, key="branches", quiet=True
            )

    def _on_selected(self, picks: tuple[Pick, ...]) -> None:
        """Choose the accounts at a bank whose branch or cash machine was picked."""
        banks = {self.marks.bank_of(pick.key) for pick in picks if pick.layer == LAYER}
        if banks:
            case = self.money.case
            case.choose([key for key in case.shape.keys if key.partition(":")[0] in banks])
            self.marks.ring(frozenset(banks))

    def _on_chosen(self) -> None:
        """Ring where the banks of the chosen accounts can be met."""
        self.marks.ring(frozenset(key.partition(":")[0] for key in self.money.case.chosen))

    def _on_refused(self, command: str, error: Exception) -> None:
        words = self._desk.look.texts.error(error)
        self._context.acts.refused.emit(command, words)
        self.panel.form.say(words) if command == "fraud.open_case" else self.panel.say(words)

    def _on_account(self, account: str) -> None:
        """Choose an account of the queue on the chart, and take its case in hand."""
        place = next((one for one in self.panel.queue.places if one.account == account), None)
        if place is not None:
            self.panel.show_case(place.case)
        self.money.case.choose((account,))


def _plan(store: SqlFraud, measure: str, why: str) -> ProposeReturn:
    """Return how frozen money is to go back: to the one who paid in, or pro rata to what each lost."""
    hold = store.one(Measure, measure)
    paid = [one for one in store.find(Payment, ("entered",), to_account=hold.account) if one.from_account]
    if not paid:
        raise UsageError("nobody is known to whom it could go back: complete the victim's account first")
    rest = hold.held_fen - hold.returned_fen
    given = pro_rata(rest, {one.id: one.amount_fen for one in paid})
    shares = tuple(
        Share(measure, one.case, one.from_account, one.from_holder, one.amount_fen, given[one.id])
        for one in sorted(paid, key=lambda one: one.id) if given[one.id]
    )  # fmt: skip
    return ProposeReturn(measure, SINGLE if len(shares) == 1 else PRO_RATA, shares, why)


def fraud_bench(context: Context) -> FraudBench:
    """Return the workbench on the records of this desk."""
    home = context.desk.session.home
    banks = cache(lambda: banks_of(home))
    return FraudBench(context, lambda text, now_s: payments_in(text, banks(), now_s))
