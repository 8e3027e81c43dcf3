"""The cashier's case through the real window, from the first line to money returned, by banks that time out."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pypdf
import pytest

from app import formats
from app.main_window import MainWindow
from app.shell import grab
from app.workbenches.fraud.bench import FraudBench
from data.audit.trail import append
from data.fraud.store import SqlFraud
from data.ledger.importing import Asked, Importer
from data.ledger.ledger import ledger_path
from data.records.database import open_records
from data.signing.keys import own_key
from data.simulate.fraud.bank_server import BankServer
from data.simulate.fraud.books import Books, World
from data.simulate.fraud.cashier import Cashier, tell
from data.simulate.fraud.moods import Moods
from tests.app.conftest import made_home, only_window, small_city, until, window
from tests.data.fraud.test_outbox import serving
from tests.data.ledger.files import write
from twin.access import Actor
from twin.fraud.records import Instruction, Measure, ReturnPlan

PICTURES = os.environ.get("ZHIAN_PICTURES", "")
"""A folder for a picture of each station, on a real display; empty for none."""
__all__ = ["made_home", "only_window", "small_city", "window"]
TIMED_OUT = Moods(silent=0.15, lost=0.15)
"""Of ten attempts three get no answer: half of those were done, half never arrived."""
AGO_S = 600.0
CASE = Cashier()
WANG = Actor("wang", "王警官", frozenset({"fraud_analyst"}))
LI = Actor("li", "李班长", frozenset({"fraud_lead"}))
ZHOU = Actor("zhou", "周局长", frozenset({"county_head"}))


class Desk:
    """The window, and who sits at it."""

    def __init__(self, window: MainWindow) -> None:
        self.window, self.acts = window, window.acts
        self.bench = next(feature for feature in window.features if isinstance(feature, FraudBench))
        self.panel = self.bench.panel
        self.bench.pause_s = 0.05
        self._number = 0

    def sits(self, actor: Actor) -> None:
        """Have somebody sit down, and read what is theirs."""
        self.window.session.commands.actor = actor
        self.bench.work.look()
        self.rests()

    def rests(self) -> None:
        """Wait until what was asked for is done."""
        until(lambda: not self.bench.work.busy and not self.window.jobs.is_running("fraud.look"), 60.0)

    def comes(self, what: Callable[[], object]) -> None:
        """Wait until something is on the desk."""
        until(what, 120.0)
        self.rests()

    def station(self, name: str, tab: int, view: int = 0) -> None:
        """Show a tab, and take a picture of the window, if pictures are wanted."""
        self.panel.tabs.setCurrentIndex(tab)
        self.bench.money.panel.tabs.setCurrentIndex(view)
        self._number += 1
        if PICTURES:
            end = time.monotonic() + 2.5
            until(lambda: time.monotonic() > end)  # everything is drawn
            grab(self.window, Path(PICTURES) / f"{self._number}-{name}.png")

    def approves(self, actor: Actor) -> None:
        """Tick everything that waits, on the evidence that is shown, and sign it."""
        self.sits(actor)
        self.comes(lambda: self.panel.approvals.rows)
        self.panel.approvals.all.setChecked(True)
        assert "批准并签发" in self.panel.approvals.approve.text()
        self.panel.approvals.approve.click()
        self.comes(lambda: not self.panel.approvals.rows)


@pytest.fixture
def desk(window: MainWindow) -> Iterator[Desk]:
    made, before = Desk(window), window.session.commands.actor
    window.session.commands.actor = WANG
    window.arrangement.show("fraud")
    window.acts.run("purpose.state", text="电诈侦办", minutes=30)
    yield made
    window.session.commands.actor = before


@pytest.fixture(scope="module")
def store(only_window: MainWindow) -> Iterator[SqlFraud]:
    opened = SqlFraud(open_records(only_window.session.home), append)
    yield opened
    opened.close()


@pytest.fixture
def paid_at_s(window: MainWindow) -> float:
    """Return when the cashier paid."""
    return float(int(time.time() - AGO_S))


@pytest.fixture
def bank(window: MainWindow, paid_at_s: float) -> Iterator[BankServer]:
    """Banks that time out three times of ten, and know the cashier's money."""
    home, books = window.session.home, Books(World(seed=5))
    tell(books, paid_at_s)
    key = own_key(home, "banks")
    server = BankServer(books, TIMED_OUT, 3, {key.id.hex(): key.public})
    with serving(server) as address:
        way = f'[[way]]\nname = "银行"\nadapter = "http"\naddress = "{address}"\nbanks = ["*"]\ntime_out_s = 1.0\n'
        (home.data / "banks.toml").write_text(way, "utf-8")
        yield server


def transfers(home_ledger: Path, folder: Path, paid_at_s: float) -> None:
    """Bring what the banks' transfer files tell of the case."""

    def line(number: int, source: str, target: str, fen: int, after_s: float) -> str:
        at = f"{formats.local_time(paid_at_s + after_s):%Y-%m-%d %H:%M:%S}"
        return f"{source},{target},{fen / 100:.2f},{at},S{number},货款"

    hands = [f"BOC:60138200000000000{number}" for number in range(3)]
    lines = [line(1, CASE.company, CASE.stranger, CASE.paid_fen, 0.0),
             line(2, CASE.stranger, CASE.second, CASE.gone_fen, CASE.gone_after_s)]  # fmt: skip
    lines += [line(3 + n, CASE.second, hand, 12_000_000, 400.0 + 20 * n) for n, hand in enumerate(hands)]
    with contextlib.closing(Importer(home_ledger, time.time)) as importer:
        importer.take(Asked(write(folder / "流水.csv", lines), "ICBC"))


def test_from_the_first_line_to_money_returned(
    desk: Desk, store: SqlFraud, bank: BankServer, paid_at_s: float, window: MainWindow, tmp_path: Path
) -> None:
    form, panel = desk.panel.form, desk.panel
    desk.acts.run("fraud.new_case")
    told = {
        "title": "冒充老板转账", "amount": "190万", "victim": CASE.company_name, "phone": "13800000000",
        "from_account": CASE.company, "to_account": CASE.stranger, "to_holder": CASE.stranger_name,
        "paid": f"{datetime.fromtimestamp(paid_at_s, formats.LOCAL):%Y-%m-%d %H:%M:%S}", "story": "群内老板要求付货款",
    }  # fmt: skip
    for name, value in told.items():
        getattr(form, name).setText(value)
    desk.station("first-line", 0)
    form.submit()
    desk.comes(lambda: panel.queue.places)
    assert panel.queue.places[0].in_batch
    desk.station("what-to-stop-first", 0)

    panel.second.setText("sun")
    panel.queue.batch.click()
    desk.comes(lambda: store.find(Instruction, ("submitted",)))
    desk.sits(LI)
    desk.comes(lambda: panel.approvals.rows)
    desk.station("evidence", 2)
    desk.approves(LI)
    desk.comes(lambda: bench_measures(desk, "stopped"))
    desk.station("stopped", 3)
    (measure,) = store.find(Measure, ("stopped",))
    assert (measure.held_fen, measure.account) == (CASE.left_fen + 12_345, CASE.stranger)

    desk.sits(WANG)
    panel.show_case(measure.case)
    transfers(ledger_path(window.session.home), tmp_path, paid_at_s)
    desk.acts.run("fraud.trace")
    desk.comes(lambda: len(desk.bench.money.case.board.flows) == 5)
    desk.comes(lambda: not window.jobs.is_running("chart"))
    source = desk.bench.money.source
    assert source is not None
    assert {figure.remaining_fen for figure in source.traced.figures.values()} == {CASE.paid_fen}
    desk.station("traced", 3, 0)
    desk.station("flows", 3, 1)

    desk.acts.run("fraud.step", step="freeze", measure=measure.id)
    desk.comes(lambda: store.find(Instruction, ("submitted",)))
    desk.approves(ZHOU)
    desk.sits(WANG)  # a head of an organ does not speak to banks: the desk does
    desk.comes(lambda: bench_measures(desk, "frozen"))
    desk.station("frozen", 3, 2)
    desk.acts.run("fraud.step", step="return", measure=measure.id)
    desk.comes(lambda: store.find(ReturnPlan, ("proposed",)))
    desk.sits(ZHOU)
    desk.comes(lambda: panel.holds.plans.items)
    desk.station("plan-of-return", 3, 2)
    panel.holds.plans.items[0].buttons[0][1]()
    desk.comes(lambda: store.find(ReturnPlan, ("approved",)))
    desk.sits(WANG)
    desk.comes(lambda: bench_measures(desk, "returned"))
    assert store.one(Measure, measure.id).returned_fen == CASE.left_fen + 12_345
    desk.station("returned", 3, 3)

    report = tmp_path / "报告.pdf"
    desk.acts.run("fraud.report", target=str(report))
    until(report.exists, 60.0)
    text = "".join(page.extract_text() for page in pypdf.PdfReader(report).pages)
    assert measure.case in text
    assert "1,900,000.00" in text

    asked = store.find(Instruction)
    assert [one.state for one in asked] == ["executed"] * 3
    assert bank.teller.done == {one.id: 1 for one in asked}  # 0 lost, 0 doubled
    for one in asked:
        letters = {message.body for message in store.messages(one.id) if message.way == "out"}
        assert len(letters) == 1  # what was sent again was the same letter
    assert bank.tally["silent"] + bank.tally["lost"] > 0


def bench_measures(desk: Desk, state: str) -> list[Measure]:
    """Return the holds that the desk shows in a state."""
    return [one for one in desk.bench.work.told.measures if one.state == state]
