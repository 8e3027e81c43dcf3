"""The money of the case in hand, four ways: link chart, flow picture, timeline, table; one choice through all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QTabWidget, QToolBar, QToolButton, QVBoxLayout, QWidget

from app import formats
from app.desk import Desk
from app.widgets.parts import label, line, named
from app.widgets.table import Table, TableColumn, TableModel
from app.workbenches.fraud.case_chart import LAYOUTS, CaseChart
from app.workbenches.fraud.flow_timeline import FlowTimeline
from app.workbenches.fraud.link_chart import LinkChart
from app.workbenches.fraud.money_words import exact, sum_of
from app.workbenches.fraud.sankey_view import SankeyView
from twin.fraud.chart.around import Counts
from twin.fraud.chart.traced import RULES, Traced

VIEWS = ("links", "flows", "times", "rows")
TOOLS = ("chart.fit", "chart.undo", "chart.redo", "chart.expand", "chart.merge", "chart.split", "chart.note",
         "chart.remove", "chart.path", "chart.save", "fraud.report")  # fmt: skip
NARROW_PX, ICON_PX = 56, 16
TABLE_MOST = 20_000
"""Of the flows on the chart so many stand in the table here; the ledger's own table has them all."""


class MoneyPanel(QWidget):
    """Shows a :class:`CaseChart`; what is asked for goes out as signals and commands."""

    note = Signal(str)
    rule_chosen = Signal(str)
    layout_chosen = Signal(str)
    expand_asked = Signal(str)
    brought = Signal(str, bool)
    """An account, and whether what leaves it is to be brought, or what comes to it."""

    def __init__(self, desk: Desk, case: CaseChart) -> None:
        super().__init__()
        self._desk, self.case = desk, case
        self.traced: Traced | None = None
        self._counted: tuple[str, Counts] | None = None
        self.rule, self.layout_box = QComboBox(), QComboBox()
        self.words = line(200)
        self.summary = label("quiet", wrap=True)
        self.problem = label("problem", wrap=True)
        self.problem.hide()
        self.tools = {command: QToolButton() for command in TOOLS}
        self.outward, self.inward = QToolButton(), QToolButton()
        self.chart = LinkChart(desk.look, case)
        self.sankey, self.times = SankeyView(desk.look, case), FlowTimeline(desk.look, case)
        self.table = Table(TableModel(desk.look, "flow", self._columns()), desk.look)
        self.table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        for view in (self.chart, self.sankey, self.times, self.table):
            self.tabs.addTab(view, "")
        self._build()
        self._join()
        self.retranslate()

    def _build(self) -> None:
        top, below, bar = (
            QHBoxLayout(),
            QHBoxLayout(),
            named(QToolBar(), "moneyTools"),
        )  # a tool bar keeps what it has no room for
        top.setSpacing(2)
        top.addWidget(self.rule)
        top.addWidget(self.layout_box)
        bar.setIconSize(QSize(ICON_PX, ICON_PX))
        for command, button in self.tools.items():
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
            button.clicked.connect(lambda _=False, command=command: self._desk.run(command, refused=self.say))
            bar.addWidget(button)
        top.addWidget(bar, 5)
        top.addWidget(self.words, 1)
        for narrow in (self.rule, self.layout_box, self.words):
            narrow.setMinimumWidth(NARROW_PX)
        below.addWidget(self.summary, 1)
        for button in (self.outward, self.inward):
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
            button.hide()
            below.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 4)
        layout.setSpacing(4)
        layout.addLayout(top)
        layout.addLayout(below)
        layout.addWidget(self.problem)
        layout.addWidget(self.tabs, 1)

    def _join(self) -> None:
        case, look = self.case, self._desk.look
        self.rule.activated.connect(lambda _: self.rule_chosen.emit(str(self.rule.currentData())))
        self.layout_box.activated.connect(lambda _: self.layout_chosen.emit(str(self.layout_box.currentData())))
        self.chart.expand_asked.connect(self.expand_asked)
        self.table.chosen.connect(self._on_row)
        self.outward.clicked.connect(lambda: self._bring(outward=True))
        self.inward.clicked.connect(lambda: self._bring(outward=False))
        case.changed.connect(self._fill)
        case.chosen_changed.connect(self._on_chosen)
        look.language_changed.connect(self.retranslate)
        look.theme_changed.connect(self.retranslate)

    # Showing

    def retranslate(self, *_: object) -> None:
        """Write everything in the language of the moment."""
        texts = self._desk.look.texts
        for box, names, group in ((self.rule, RULES, "rule"), (self.layout_box, LAYOUTS, "layout")):
            kept = box.currentData()
            box.clear()
            for name in names:
                box.addItem(texts(f"{group}.{name}"), name)
            box.setCurrentIndex(max(box.findData(kept), 0))
            box.setAccessibleName(texts(f"chart.{group}"))
            box.setToolTip(texts(f"chart.{group}"))
        for command, button in self.tools.items():
            title = texts(f"command.{command}")
            button.setToolTip(title)
            button.setAccessibleName(title)
            button.setIcon(self._desk.look.icon(ICONS[command]))
        self.words.setPlaceholderText(texts("chart.words"))
        self.words.setAccessibleName(texts("chart.words"))
        for number, name in enumerate(VIEWS):
            self.tabs.setTabText(number, texts(f"chart.view_{name}"))
        self.table.setAccessibleName(texts("chart.view_rows"))
        self._fill()
        self._show_counts()

    def show_traced(self, traced: Traced | None, rule: str) -> None:
        """Show of which trace the chart is."""
        self.traced = traced
        self.rule.setCurrentIndex(max(self.rule.findData(rule), 0))
        self.say("")
        self._summarise()

    def say(self, words: str) -> None:
        """Say what was refused."""
        self.problem.setText(words)
        self.problem.setVisible(bool(words))

    def offer(self, account: str, counts: Counts) -> None:
        """Offer to bring what stands around an account, with how much it is."""
        self._counted = (account, counts)
        self._show_counts()

    def _show_counts(self) -> None:
        shown = self._counted is not None
        self.outward.setVisible(shown)
        self.inward.setVisible(shown)
        if self._counted is None:
            return
        account, counts = self._counted
        texts, hub = self._desk.look.texts, "◆ " if self._counted[1].hub else ""
        last = self.case.written(account)[-4:]
        self.outward.setText(hub + texts("chart.expand_out", last=last, flows=formats.count(counts.out_flows),
                                         accounts=formats.count(counts.out_accounts)))  # fmt: skip
        self.inward.setText(hub + texts("chart.expand_in", last=last, flows=formats.count(counts.in_flows),
                                        accounts=formats.count(counts.in_accounts)))  # fmt: skip
        self.outward.setEnabled(counts.out_flows > 0)
        self.inward.setEnabled(counts.in_flows > 0)
        for button in (self.outward, self.inward):
            button.setToolTip(texts("chart.hub_tip") if counts.hub else texts("chart.expand_tip"))

    def _bring(self, outward: bool) -> None:
        if self._counted is not None:
            self.brought.emit(self._counted[0], outward)

    def _on_chosen(self) -> None:
        chosen = self.case.chosen
        if self._counted is not None and chosen != (self._counted[0],):
            self._counted = None
            self._show_counts()
        if len(chosen) == 1 and not self.chart.underMouse():
            self.chart.bring_into_sight(chosen[0])

    def _fill(self) -> None:
        case = self.case
        flows = sorted(case.flows, key=lambda flow: (flow.at_s, flow.id))[:TABLE_MOST]
        rows = [
            (flow.at_s, case.written(flow.source), case.written(flow.target), flow.amount_fen, flow.traced_fen,
             flow.hop + 1)
            for flow in flows
        ]  # fmt: skip
        self.table.rows.set_rows([flow.id for flow in flows], rows)
        self._summarise()

    def _columns(self) -> tuple[TableColumn, ...]:
        return (
            TableColumn("at", lambda at: f"{formats.local_time(at):%m-%d %H:%M:%S}", width_px=104),
            TableColumn("source", width_px=150),
            TableColumn("target", width_px=160),
            TableColumn("amount", exact, figure=True, width_px=96),
            TableColumn("traced", exact, figure=True, width_px=96),
            TableColumn("hop", str, figure=True, width_px=40),
        )

    def _on_row(self, key: str) -> None:
        flow = self.case.board.flows.get(key)
        if flow is not None:
            self.case.choose((flow.source, flow.target), (flow.id,))

    def _summarise(self) -> None:
        texts, language, case = self._desk.look.texts, self._desk.look.language, self.case
        counts = texts("chart.count", accounts=formats.count(len(case.shape.keys)),
                       flows=formats.count(len(case.board.flows)))  # fmt: skip
        self.note.emit(counts if case.board.flows else "")
        traced = self.traced
        if traced is None:
            self.summary.setText(texts("chart.none"))
            return
        there = "  ".join(
            f"{texts(f'rule.{rule}')} {sum_of(figure.remaining_fen, language)}"
            for rule, figure in traced.figures.items()
        )
        self.summary.setText(texts("chart.summary", loss=sum_of(traced.loss_fen, language), there=there))


ICONS: Mapping[str, str] = {
    "chart.fit": "arrows-out-simple", "chart.undo": "arrow-u-up-left", "chart.redo": "arrow-u-up-right",
    "chart.expand": "plus-circle", "chart.merge": "arrows-in", "chart.split": "arrows-out-line-horizontal",
    "chart.note": "note-pencil", "chart.remove": "minus-circle", "chart.path": "path", "chart.save": "floppy-disk",
    "chart.middle": "target", "chart.parts": "circles-four", "chart.enlarge": "arrow-square-out",
    "fraud.report": "file-text",
}  # fmt: skip


def chosen_two(chosen: Sequence[str]) -> tuple[str, str] | None:
    """Return two chosen accounts, in the order in which they were chosen."""
    return (chosen[0], chosen[1]) if len(chosen) == 2 else None
