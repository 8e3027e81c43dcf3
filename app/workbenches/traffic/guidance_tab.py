"""Guidance: the question, what following it is worth, and what screens say."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.look import Look
from app.widgets.parts import label
from app.workbenches.traffic.charts import EffectChart, QuarterBars, ScreenPicture
from app.workbenches.traffic.flows import VIEWS
from data.traffic.planning import Answer, Question

SITUATIONS = ("usual", "closed", "half")
LEFT = {"usual": 0.0, "closed": 0.0, "half": 0.5}
TOLD_AT = 0.6
SHORTEST = 4


class GuidanceTab(QWidget):
    """Shows one answer; asks by signals."""

    ask_wanted, pick_wanted, send_wanted, withdraw_wanted = Signal(), Signal(), Signal(), Signal()
    view_wanted = Signal(str)
    """One of :data:`app.workbenches.traffic.flows.VIEWS`."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.answer: Answer | None = None
        self._words = ""
        self._stretch: tuple[str, tuple[int, ...]] = ("", ())
        self.situation, self.hour, self.kind, self.view = QComboBox(), QComboBox(), QComboBox(), QComboBox()
        self.road = QComboBox()
        self.road.setEditable(True)
        self.road.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        for choice in (self.situation, self.hour, self.kind, self.view, self.road):
            choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            choice.setMinimumContentsLength(SHORTEST)
        self.pick, self.ask = QPushButton(), QPushButton()
        self.send, self.withdraw = QPushButton(), QPushButton()
        self.big, self.story = label("figure"), label("quiet", wrap=True)
        self.legend = label("quiet", wrap=True, rich=True)
        self.chart, self.bars = EffectChart(look), QuarterBars(look)
        self.screens_title, self.state = label("section"), label("quiet", wrap=True)
        self._screens = QVBoxLayout()
        self._lay_out()
        self._join()
        self.chart.show_effect(None)

    def _lay_out(self) -> None:
        top = QGridLayout()
        top.addWidget(self.situation, 0, 0)
        top.addWidget(self.road, 0, 1)
        top.addWidget(self.pick, 0, 2)
        top.addWidget(self.hour, 1, 0)
        top.addWidget(self.kind, 1, 1)
        top.addWidget(self.ask, 1, 2)
        top.setColumnStretch(1, 1)
        page = QWidget()
        parts = QVBoxLayout(page)
        parts.setContentsMargins(0, 4, 0, 4)
        row = QHBoxLayout()
        row.addWidget(self.big, 1)
        row.addWidget(self.view)
        parts.addLayout(row)
        for shown in (self.story, self.chart, self.legend, self.bars, self.screens_title):
            parts.addWidget(shown)
        parts.addLayout(self._screens)
        parts.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(page)
        below = QHBoxLayout()
        below.addWidget(self.state, 1)
        below.addWidget(self.withdraw)
        below.addWidget(self.send)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addLayout(top)
        layout.addWidget(scroll, 1)
        layout.addLayout(below)

    def _join(self) -> None:
        for button, signal in (
            (self.ask, self.ask_wanted), (self.pick, self.pick_wanted), (self.send, self.send_wanted),
            (self.withdraw, self.withdraw_wanted),
        ):  # fmt: skip
            button.clicked.connect(lambda _=False, signal=signal: signal.emit())
        self.view.activated.connect(lambda row: self.view_wanted.emit(VIEWS[row]))
        self.situation.currentIndexChanged.connect(self._on_situation)

    def question(self) -> Question:
        """Return what is asked."""
        what, name = SITUATIONS[max(self.situation.currentIndex(), 0)], self.road.currentText().strip()
        stretch = self._stretch[1] if self._stretch[0] == name else ()
        whole = Question(
            () if stretch else (name,), LEFT[what], evening=self.hour.currentIndex() == 1,
            times=self.kind.currentIndex() == 1, links=stretch,
        )  # fmt: skip
        return replace(whole, roads=(), links=()) if what == "usual" else whole

    def show_roads(self, names: list[str]) -> None:
        """List the roads of a twin."""
        self.road.clear()
        self.road.addItems(names)
        self.road.setCurrentIndex(-1)

    def choose_road(self, name: str, stretch: tuple[int, ...] = ()) -> None:
        """Take a road, or the stretch of it that was chosen on the map: until another name is typed."""
        self._stretch = (name, stretch)
        if self.situation.currentIndex() <= 0:
            self.situation.setCurrentIndex(1)
        self.road.setEditText(name)

    def show_answer(self, answer: Answer | None) -> None:
        """Show an answer; None for none."""
        self.answer, self._words = answer, ""
        self.fill()

    def tell(self, words: str) -> None:
        """Say what became of sending, or why there is no answer."""
        self._words = words
        self.state.setText(words)

    def fill(self) -> None:
        """Write everything in the language of the moment."""
        texts = self._look.texts
        for choice, key, names in (
            (self.situation, "situation", SITUATIONS), (self.hour, "hour", ("morning", "evening")),
            (self.kind, "kind", ("ways", "times")), (self.view, "view", VIEWS),
        ):  # fmt: skip
            row = max(choice.currentIndex(), 0)
            choice.blockSignals(True)
            choice.clear()
            choice.addItems([texts(f"guidance.{key}.{name}") for name in names])
            choice.setCurrentIndex(row)
            choice.blockSignals(False)
            choice.setAccessibleName(texts(f"guidance.{key}.title"))
        for button, name in (
            (self.pick, "pick"), (self.ask, "ask"), (self.send, "send"), (self.withdraw, "withdraw")
        ):  # fmt: skip
            button.setText(texts(f"guidance.{name}"))
        self.road.setAccessibleName(texts("guidance.road"))
        line = self.road.lineEdit()
        if line is not None:
            line.setPlaceholderText(texts("guidance.road"))
        self._on_situation()
        self._fill_answer()

    def _on_situation(self, *_: object) -> None:
        named = self.situation.currentIndex() > 0
        self.road.setEnabled(named)

    def _fill_answer(self) -> None:
        texts, answer = self._look.texts, self.answer
        says = answer is not None and answer.guidance.says
        self.send.setEnabled(says and bool(answer and answer.messages))
        self.view.setVisible(answer is not None)
        self.big.setVisible(answer is not None)
        self.state.setText(self._words)
        self.chart.show_effect(answer.guidance if answer is not None and says else None)
        self.legend.setVisible(says)
        self._clear_screens()
        self.screens_title.setVisible(bool(answer and answer.messages))
        if answer is None:
            self.story.setText(texts("guidance.none"))
            self.bars.hide()
            return
        self.bars.show_quarters(answer.wished, answer.set_out)
        if not says:
            self.big.setText(texts("guidance.silent"))
            self.story.setText(texts("planning.silent"))
            return
        self._fill_worth(answer)
        self.screens_title.setText(texts("guidance.screens", count=len(answer.messages)))
        for message in answer.messages:
            words = label("quiet", wrap=True)
            where = {"id": message.screen.id, "road": message.screen.name, "trips": f"{message.trips:.0f}"}
            words.setText(texts("guidance.screen" if message.lines else "guidance.dark", **where))
            self._screens.addWidget(words)
            if message.lines:
                self._screens.addWidget(ScreenPicture(self._look, message))

    def _fill_worth(self, answer: Answer) -> None:
        texts, theme, found = self._look.texts, self._look.theme, answer.guidance
        saved = answer.hours(0.0) - answer.hours(TOLD_AT)
        self.big.setText(texts("guidance.saved", hours=f"{saved:,.0f}"))
        self.story.setText(
            texts(
                "guidance.story", share=f"{TOLD_AT:.0%}", won=f"{found.won(TOLD_AT):.0%}",
                reacting=f"{found.won(TOLD_AT, reacting=True):.0%}", losing=f"{found.losing:.0%}",
                before=f"{answer.hours(0.0):,.0f}",
            )
        )  # fmt: skip
        self.legend.setText(
            " ".join(
                f'<span style="color:{theme[token]}">━</span> {texts(f"guidance.line.{name}")}'
                for token, name in (("accent", "habit"), ("quiet", "reacting"), ("good", "optimum"))
            )
        )

    def _clear_screens(self) -> None:
        while (item := self._screens.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
