"""Following the money in the window: the chart of the case in hand, its tools, and what is brought onto it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QPoint, QTimer, Signal
from PySide6.QtWidgets import QApplication, QDockWidget, QFileDialog, QMenu, QWidget

from app.commands import Call, Command
from app.features.feature import Context, Entry, Feature
from app.workbenches.fraud.case_chart import CaseChart
from app.workbenches.fraud.money_panel import ICONS, MoneyPanel, chosen_two
from app.workbenches.fraud.report import FORMS, ReportWriter, Told
from data.whole_file import write_file
from twin.errors import UsageError
from twin.fraud.chart.around import Around, Counts
from twin.fraud.chart.board import Account, Board, Flow
from twin.fraud.chart.exporting import WRITERS, exported
from twin.fraud.chart.graph import centrality, components, earliest_path, paths
from twin.fraud.chart.traced import RULES, Traced

SEE, SAVE = "money.see", "money.save"
CHOOSE_ONE, CHOOSE_TWO = "choose an account on the chart first", "choose two accounts on the chart first"
NOTHING = "there is nothing on the chart yet: trace a case first"
FORMS_OFFERED = "PDF (*.pdf);;DOCX (*.docx)"
FILES = "GraphML (*.graphml);;GEXF (*.gexf)"
LARGE_PX = (1500, 900)


@dataclass(frozen=True, slots=True)
class Source:
    """What a chart is made of: the answers of the rules, and what stands around its accounts."""

    traced: Traced
    around: Around


class Money(QObject, Feature):
    """The half of the fraud workbench that follows the money: joins the panel, the chart and the commands."""

    mask_changed = Signal()
    """Numbers and names are read in full from now on, or masked again."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.window)
        self._context, self._desk = context, context.desk
        self.case = CaseChart(context.desk, self)
        self.panel = MoneyPanel(context.desk, self.case)
        self.source: Source | None = None
        self.told = Told(())
        """What a report tells of the case beside its trace."""
        self._rule = RULES[0]
        self._stated = False
        self.panel.rule_chosen.connect(lambda rule: self._desk.run("chart.rule", rule=rule))
        self.panel.layout_chosen.connect(lambda layout: self._desk.run("chart.layout", layout=layout))
        self.panel.expand_asked.connect(lambda key: self._desk.run("chart.expand", account=key))
        self.panel.brought.connect(lambda key, out: self._desk.run("chart.bring", account=key, outward=out))
        self.panel.chart.menu_asked.connect(self._offer)
        self._masks = QTimer(self)
        self._masks.setInterval(1000)
        self._masks.timeout.connect(self._follow_purpose)
        self._masks.start()

    def panels(self) -> Mapping[str, QWidget]:
        """Return the panel of the money."""
        return {"money": self.panel}

    def close(self) -> None:
        """Look no more whether a purpose is stated."""
        self._masks.stop()

    def entries(self) -> Iterator[Entry]:
        """Return what can be done with the chart."""
        steps: tuple[tuple[str, Callable[[Call], None], str], ...] = (
            ("chart.fit", lambda _: self.panel.chart.fit(), ""),
            ("chart.undo", lambda _: self._turn(self.case.undo), "Alt+Z"),
            ("chart.redo", lambda _: self._turn(self.case.redo), "Alt+Shift+Z"),
            ("chart.expand", self._expand, "Alt+E"),
            ("chart.merge", lambda _: self._with_words(self.case.merge), "Alt+M"),
            ("chart.split", lambda _: self._on_one(self.case.split), ""),
            ("chart.note", lambda _: self._with_words(self.case.note), "Alt+N"),
            ("chart.remove", lambda _: self._on_one(self.case.remove), "Alt+Delete"),
            ("chart.path", lambda _: self._find_way(), "Alt+P"),
            ("chart.middle", lambda _: self._find_middle(), ""),
            ("chart.parts", lambda _: self._find_parts(), ""),
            ("chart.enlarge", lambda _: self._enlarge(), "Alt+W"),
        )
        for name, run, keys in steps:
            yield Entry(Command(name, run, SEE, keys), "money", ICONS[name], told=False)
        hidden: tuple[tuple[str, Callable[[Call], None]], ...] = (
            ("chart.rule", lambda call: self.show_rule(str(call.arguments["rule"]))),
            ("chart.layout", lambda call: self.case.arrange(str(call.arguments["layout"]))),
            ("chart.bring", self._bring),
        )
        for name, run in hidden:
            yield Entry(Command(name, run, SEE, in_palette=False), told=False)
        yield Entry(
            Command("fraud.report", self._write_report, SAVE, "Alt+R", needs_purpose=True, sensitive=True),
            "money", "file-text",
        )  # fmt: skip
        yield Entry(Command("chart.save", self._save, SAVE, needs_purpose=True, sensitive=True), "money", "floppy-disk")

    # What is shown

    def show_source(self, source: Source | None, rule: str = "") -> None:
        """Show the money of a case by one rule; None shows nothing."""
        self.source = source
        self.show_rule(rule or self._rule)
        self.panel.chart.fit()

    def show_rule(self, rule: str) -> None:
        """Show what another rule says; what was done on the chart by hand begins anew."""
        traced = self.source.traced if self.source is not None else None
        self._rule = rule
        self.panel.show_traced(traced, rule)
        self.case.begin(traced.boards.get(rule, Board()) if traced is not None else Board())

    def _follow_purpose(self) -> None:
        """Write numbers and names in full, or masked again, as soon as that is so."""
        stated = self._desk.session.commands.purpose is not None
        if stated != self._stated:
            self._stated = stated
            self.case.changed.emit()
            self.mask_changed.emit()

    # Tools

    def _turn(self, turn: Callable[[], str]) -> None:
        title = turn()
        if title:
            self.panel.say("")
            self._context.acts.told.emit(title)

    def _on_one(self, do: Callable[[], None]) -> None:
        if not self.case.chosen:
            raise UsageError(CHOOSE_ONE)
        do()

    def _with_words(self, do: Callable[[str], None]) -> None:
        """Do with the words that stand in the line: the reason of a merge, the text of a note."""
        if not self.case.chosen:
            raise UsageError(CHOOSE_ONE)
        do(self.panel.words.text())
        self.panel.words.clear()
        self.panel.say("")

    def _expand(self, call: Call) -> None:
        """Count what stands around an account, and offer to bring it."""
        account = str(call.arguments.get("account", "")) or next(iter(self.case.chosen), "")
        if not account:
            raise UsageError(CHOOSE_ONE)
        source = self._asked()

        def done(counts: Counts) -> None:
            self.case.choose((account,))
            self.panel.offer(account, counts)

        self._desk.jobs.submit("job.around", lambda *_: source.around.counts(account), done, self._failed, key="around")

    def _bring(self, call: Call) -> None:
        """Bring what leaves an account, or what comes to it."""
        account, outward = str(call.arguments["account"]), bool(call.arguments["outward"])
        source, texts = self._asked(), self._desk.look.texts

        def done(flows: tuple[Flow, ...]) -> None:
            hop = self.case.board.accounts[account].hop if account in self.case.board.accounts else 0
            others = {flow.target if outward else flow.source for flow in flows} - {account}
            step = 1 if outward else -1
            made = [Account(key, "account", "", max(hop + step, 0), "expanded") for key in sorted(others)]
            count = self.case.bring(texts("chart.expand_step"), made, flows)
            self._context.acts.told.emit(texts("chart.brought", count=count))

        self._desk.jobs.submit(
            "job.around", lambda *_: source.around.flows(account, outward), done, self._failed, key="around"
        )

    def _find_way(self) -> None:
        """Choose the ways from one chosen account to the other: the first that time allows, else any."""
        two = chosen_two(self.case.chosen)
        if two is None:
            raise UsageError(CHOOSE_TWO)
        board, shape, texts = self.case.board, self.case.shape, self._desk.look.texts
        way = earliest_path(board, *two) or earliest_path(board, two[1], two[0])
        if way:
            keys = dict.fromkeys(key for flow in way for key in (flow.source, flow.target))
            self.case.choose(keys, [flow.id for flow in way])
            self._context.acts.told.emit(texts("chart.way", steps=len(way)))
            return
        found = paths(shape, *two) or paths(shape, two[1], two[0])
        if found:
            self.case.choose(found[0])
        self._context.acts.told.emit(texts("chart.way_against_time") if found else texts("chart.no_way"))

    def _find_middle(self) -> None:
        """Choose the account through which most ways lead."""
        shape, texts = self.case.shape, self._desk.look.texts
        if not shape.keys:
            raise UsageError(NOTHING)

        def done(found: Mapping[str, float]) -> None:
            key = max(found, key=lambda one: (found[one], one))
            self.case.choose((key,))
            share = f"{found[key]:.0%}"
            self._context.acts.told.emit(texts("chart.in_the_middle", account=self.case.written(key), share=share))

        self._desk.jobs.submit("job.chart_asked", lambda *_: centrality(shape), done, self._failed, key="chart-asked")

    def _find_parts(self) -> None:
        """Choose what hangs together with the chosen account, and tell how many parts there are."""
        found = components(self.case.shape)
        if not found:
            raise UsageError(NOTHING)
        first = next(iter(self.case.chosen), "")
        part = next((part for part in found if first in part), found[0])
        self.case.choose(sorted(part))
        words = self._desk.look.texts("chart.in_parts", parts=len(found), accounts=len(part))
        self._context.acts.told.emit(words)

    def _enlarge(self) -> None:
        """Give the chart a window of its own, or put it back beside the map."""
        dock = next((one for one in self._context.window.findChildren(QDockWidget)
                     if one.objectName() == "dock-money"), None)  # fmt: skip
        if dock is not None:
            dock.setFloating(not dock.isFloating())
            dock.show()
            if dock.isFloating():
                dock.resize(*LARGE_PX)
                self.panel.chart.fit()

    def _save(self, call: Call) -> None:
        """Save the chart as GraphML or GEXF; ``target`` is asked for where it is not given."""
        if not self.case.shape.keys:
            raise UsageError(NOTHING)
        texts = self._desk.look.texts
        target = call.arguments.get("target") or QFileDialog.getSaveFileName(
            QApplication.activeWindow(), texts("command.chart.save"), "chart.graphml", FILES
        )[0]  # fmt: skip
        if not target:
            return
        path = Path(str(target))
        kind = path.suffix.removeprefix(".").lower()
        if kind not in WRITERS:
            raise UsageError("name the file .graphml or .gexf")
        places = dict(zip(self.case.shape.keys, self.case.places, strict=True))
        board, written = self.case.board, (str if call.unmask else self.case.written)

        def done(_: object) -> None:
            self._desk.log.add("job", "event.chart_saved", path=str(path))

        self._desk.jobs.submit(
            "job.export", lambda *_: write_file(path, exported(board, kind, places, written).encode()), done
        )

    def _write_report(self, call: Call) -> None:
        """Write the report, as PDF or DOCX by the name of ``target``, which is asked for where it is not given."""
        traced, texts = self._asked().traced, self._desk.look.texts
        target = call.arguments.get("target") or QFileDialog.getSaveFileName(
            QApplication.activeWindow(), texts("command.fraud.report"), f"{traced.case}.pdf", FORMS_OFFERED
        )[0]  # fmt: skip
        if not target:
            return
        path = Path(str(target))
        make = FORMS.get(path.suffix.removeprefix(".").lower())
        if make is None:
            raise UsageError("name the file .pdf or .docx")
        report = ReportWriter(texts, call.actor.id, call.purpose).report(traced, self.told)
        language = self._desk.look.language

        def work(*_: object) -> str:
            made = make(report, language)
            write_file(path, made)
            return hashlib.sha256(made).hexdigest()

        def done(mark: str) -> None:
            self._desk.log.add("job", "event.report_saved", path=str(path), hash=mark)

        self._desk.jobs.submit("job.report", work, done, self._failed)

    def _offer(self, place: QPoint) -> None:
        """Offer the tools where the pointer is."""
        menu = QMenu(self.panel)
        for command in ("chart.expand", "chart.merge", "chart.split", "chart.note", "chart.path", "chart.parts",
                        "chart.middle", "chart.remove"):  # fmt: skip
            menu.addAction(self._context.acts.by_id[command])
        menu.exec(place)
        menu.deleteLater()

    def _asked(self) -> Source:
        if self.source is None:
            raise UsageError(NOTHING)
        return self.source

    def _failed(self, error: Exception) -> None:
        self.panel.say(self._desk.look.texts.error(error))
