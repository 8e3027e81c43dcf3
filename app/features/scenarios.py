"""The scenarios in the window: all of them by board, the views opened, the rest tried over a day, on or off."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping

from PySide6.QtCore import QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPixmap, QShowEvent
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.back_test_picture import HEIGHT, WIDTH, picture_of
from app.commands import Call, Command
from app.desk import Desk
from app.features.feature import Context, Entry, Feature
from app.features.tried_marks import TriedMarks
from app.opening import Opened
from app.texts import Texts
from app.theme import ROW_PX
from app.times import show_time
from app.verbs.scenario import DAY_S, Tried, known_words, title_of, tried_over
from app.widgets.parts import label
from app.widgets.table import Table, TableColumn, TableModel
from app.workbenches.operations.explain import in_brief
from data.rules.files import Folder
from data.rules.switching import switch
from twin.errors import UsageError
from twin.rules.scenario import BOARDS, Loaded
from twin.words import say

GROUND = frozenset({"terrain", "imagery", "land", "water", "roads", "trees", "buildings", "places"})
"""Layers that a view leaves as they are: what it is about lies on them."""
ROWS = 5
EXAMPLE_M = 900.0


class Scenarios(QObject, Feature):
    """Reads the files when its panel is shown and after each change; they are read and tried off this thread."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.window)
        self._desk, self._acts = context.desk, context.acts
        self._twin = ""
        self.panel = ScenariosPanel(context.desk)
        self.panel.seen.connect(self.look)
        self.panel.another.connect(self._put_away)
        self._map, self._marks = context.map, TriedMarks(context.map, context.desk.look)
        context.opening.opened.connect(self._on_opened)

    def entries(self) -> Iterator[Entry]:
        """Return what can be done with one; ``scenario`` is its id, the one chosen in the list if left out."""
        yield Entry(Command("scenario.open", self._open, "scenario.read"), "view", "eye")
        yield Entry(Command("scenario.try", self._try, "scenario.try", needs_purpose=True), "view", "flask")
        yield Entry(Command("scenario.example", self._go, "scenario.try", in_palette=False), told=False)
        yield Entry(Command("scenario.clear", lambda _: self._put_away(), "scenario.try"), "view", "x", told=False)
        yield Entry(Command("scenario.turn", self._turn, "scenario.switch"), "view", "power")

    def panels(self) -> Mapping[str, QWidget]:
        """Return the list."""
        return {"scenarios": self.panel}

    def look(self) -> None:
        """Read the files."""
        self._read(lambda: None)

    def _on_opened(self, opened: Opened) -> None:
        self._twin = opened.name
        self.look()

    def _read(self, first: Callable[[], object]) -> None:
        session = self._desk.session

        def work(*_: object) -> Folder:
            first()
            return Folder.of(session.home, known_words(session))

        self._desk.jobs.submit("job.scenarios", work, self.panel.show_folder, self.panel.tell, quiet=True)

    def _chosen(self, call: Call) -> Loaded:
        name = str(call.arguments.get("scenario") or self.panel.chosen)
        if not name:
            raise UsageError("choose a scenario in the list first")
        found = self.panel.scenarios.get(name)
        if found is None:
            raise UsageError(say("there is no scenario {name}: `zhian scenario list` names them", name=name))
        return found

    def _open(self, call: Call) -> None:
        loaded = self._chosen(call)
        view = loaded.scenario.view
        if view is None:
            raise UsageError(say("{name} is no view: it watches by itself", name=loaded.id))
        book = self._desk.layers
        for name, state in book.states.items():
            shown = name in view.layers or (name in GROUND and state.visible)
            where = view.filters.get(name, "") if name in view.layers else state.where
            if (shown, where) != (state.visible, state.where):
                book.change(name, visible=shown, where=where)
        for name in view.panels:
            action = self._acts.by_id[f"panel.{name}"]
            if not action.isChecked():
                action.trigger()
        self.panel.tell_opened(loaded)

    def _try(self, call: Call) -> None:
        loaded, home, twin = self._chosen(call), self._desk.session.home, self._twin
        if loaded.scenario.when is None:
            raise UsageError(say("{name} is a view: it does not fire", name=loaded.id))
        known, until_s = known_words(self._desk.session), time.time()
        texts, theme = self._desk.look.texts, self._desk.look.theme.name

        def work(*_: object) -> tuple[Tried, str]:
            folder = Folder.of(home, known)
            tried = tried_over(home, twin, loaded, folder, until_s - DAY_S, until_s)
            return tried, picture_of(title_of(tried, texts), tried.now, tried.before, tried.city, theme)

        self._desk.jobs.submit("job.scenario_try", work, self._show_tried, self.panel.tell, key="scenario.try")

    def _show_tried(self, answer: tuple[Tried, str]) -> None:
        """Show it in the panel and on the map, unless another was chosen meanwhile."""
        tried, city = answer[0], self._desk.live.city
        if tried.loaded.id == self.panel.chosen and city is not None:
            self._marks.show(tried, city)
            self.panel.show_tried(answer)

    def _put_away(self) -> None:
        self._marks.close()
        self.panel.put_away()

    def _go(self, call: Call) -> None:
        """Fly to an example."""
        hit = next((one for one in self._marks.examples if one.id == call.arguments.get("hit")), None)
        if hit is None:
            raise UsageError("try a scenario first, and choose one of its examples")
        self._map.fly_to(hit.lon_deg, hit.lat_deg, EXAMPLE_M)

    def close(self) -> None:
        """Take the marks from the map."""
        self._marks.close()

    def _turn(self, call: Call) -> None:
        loaded = self._chosen(call)
        on = bool(call.arguments.get("on", not loaded.scenario.on))
        self._read(lambda: switch(self._desk.session.home, loaded, on))


class ScenariosPanel(QWidget):
    """The list, what the chosen one is for, its buttons, and the picture of its last back-test."""

    seen = Signal()
    """It is shown: the files should be read."""
    another = Signal()
    """Another one is chosen: what was tried is of no use any more."""
    note = Signal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.scenarios: dict[str, Loaded] = {}
        self.chosen = ""
        texts = desk.look.texts
        columns = (
            TableColumn("board", lambda rank: texts(f"scenario.board.{BOARDS[rank]}"), width_px=70),
            TableColumn("name", width_px=130),
            TableColumn("form", lambda form: texts(f"scenario.form.{form}"), width_px=50),
            TableColumn("on", lambda on: "●" if on else "○", token=lambda on: "good" if on else "quiet", width_px=32),
        )
        self.table = Table(TableModel(desk.look, "scenarios", columns), desk.look)
        self.table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.table.setMinimumHeight(ROWS * ROW_PX)
        self.table.chosen.connect(self.choose)
        self.explain, self.problem = label("quiet", wrap=True), label("problem", wrap=True)
        self.picture = label()
        self.picture.hide()
        self.examples = self._example_table()
        self.clear = QPushButton()
        self.clear.clicked.connect(lambda: desk.run("scenario.clear"))
        self.put_away()
        self.open, self.turn, self.try_ = QPushButton(), QPushButton(), QPushButton()
        for button, command in ((self.open, "open"), (self.try_, "try"), (self.turn, "turn")):
            button.clicked.connect(lambda _=False, c=command: desk.run(f"scenario.{c}", about=self.chosen))
        self._lay_out()
        desk.look.language_changed.connect(self.retranslate)
        desk.look.theme_changed.connect(lambda *_: self.picture.hide())  # it is drawn in the colours of before
        self.retranslate()

    def _example_table(self) -> Table:
        columns = (TableColumn("at", lambda at_s: show_time(at_s)[11:19], width_px=70), TableColumn("values"))
        table = Table(TableModel(self._desk.look, "scenarios", columns), self._desk.look)
        table.setMaximumHeight((ROWS + 1) * ROW_PX)
        table.chosen.connect(lambda hit: self._desk.run("scenario.example", hit=hit))
        return table

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        for button in (self.open, self.try_, self.turn):
            buttons.addWidget(button, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(self.table, 1)
        for part in (self.explain, self.problem):
            layout.addWidget(part)
        layout.addLayout(buttons)
        for shown in (self.picture, self.examples, self.clear):
            layout.addWidget(shown)

    def show_folder(self, folder: Folder) -> None:
        """List them by board; what was refused is told."""
        self.scenarios = folder.scenarios
        self._fill()
        refused = [self._desk.look.texts.said(error.sentence) for error in folder.refused.values()]
        self.problem.setText("\n".join(refused))
        self.problem.setVisible(bool(refused))

    def _fill(self) -> None:
        english, order = self._desk.look.texts.language == "en", sorted(self.scenarios.values(), key=_place)
        rows = [
            (BOARDS.index(one.board), one.scenario.english if english else one.scenario.chinese, one.scenario.form,
             one.scenario.on)
            for one in order
        ]  # fmt: skip
        self.table.rows.set_rows([one.id for one in order], rows)
        off = sum(not one.scenario.on for one in order)
        self.note.emit(self._desk.look.texts("scenarios.note", count=len(order), off=off))
        self.choose(self.chosen if self.chosen in self.scenarios else "")

    def choose(self, name: str) -> None:
        """Tell what one is for, on which basis, and in which version; a view opens, the rest is tried and switched."""
        if name != self.chosen:
            self.another.emit()
        self.chosen = name
        texts, loaded = self._desk.look.texts, self.scenarios.get(name)
        fires = loaded is not None and loaded.scenario.when is not None
        self.open.setEnabled(loaded is not None and loaded.scenario.view is not None)
        self.turn.setEnabled(fires)
        self.try_.setEnabled(fires)
        self.turn.setText(texts("scenarios.turn_on" if loaded and not loaded.scenario.on else "scenarios.turn_off"))
        self.explain.setText(self._told(loaded) if loaded else texts("scenarios.choose"))

    def _told(self, loaded: Loaded) -> str:
        texts, told = self._desk.look.texts, loaded.scenario
        lines = [
            told.about_english if texts.language == "en" else told.about_chinese,
            texts("scenarios.basis", basis=told.legal_basis, days=told.retention_days),
            texts("scenarios.version", version=loaded.version, severity=told.severity),
        ]
        return "\n".join([*lines, *([texts("scenarios.thin", thin=told.thin)] if told.thin else [])])

    def tell_opened(self, loaded: Loaded) -> None:
        """Say that a view is open, and how to go back."""
        self.chosen = loaded.id
        self.another.emit()
        name = loaded.scenario.english if self._desk.look.texts.language == "en" else loaded.scenario.chinese
        self.explain.setText(self._desk.look.texts("scenarios.opened", name=name))

    def show_tried(self, answer: tuple[Tried, str]) -> None:
        """Show the picture of a back-test, as wide as there is room, what the version before gives, and examples."""
        tried, svg = answer
        self.picture.setPixmap(_drawn(svg, max(self.width() - 16, 160), self.devicePixelRatioF()))
        self.picture.show()
        self.explain.setText("\n".join([self._told(tried.loaded), *_counted(tried, self._desk.look.texts)]))
        rows = [(hit.at_s, in_brief(hit, self._desk.look.texts)) for hit in tried.now.examples()]
        self.examples.rows.set_rows([hit.id for hit in tried.now.examples()], rows)
        self.examples.setVisible(bool(rows))
        self.clear.show()

    def put_away(self) -> None:
        """Show nothing of a back-test."""
        for part in (self.picture, self.examples, self.clear):
            part.hide()

    def tell(self, error: Exception) -> None:
        """Say what went wrong."""
        self.problem.setText(self._desk.look.texts.error(error))
        self.problem.show()

    def retranslate(self, *_: object) -> None:
        """Write its words in the language of the moment."""
        texts = self._desk.look.texts
        self.open.setText(texts("scenarios.open"))
        self.try_.setText(texts("scenarios.try"))
        self.clear.setText(texts("scenarios.put_away"))
        self.examples.setAccessibleName(texts("scenarios.examples"))
        self.problem.hide()
        self._fill()

    def showEvent(self, event: QShowEvent) -> None:
        """Have the files read at once."""
        super().showEvent(event)
        self.seen.emit()


def _place(loaded: Loaded) -> tuple[int, str]:
    return BOARDS.index(loaded.board), loaded.id


def _counted(tried: Tried, texts: Texts) -> list[str]:
    """Say how many there were, and how many the version before would have given."""
    now, other = tried.now, tried.before
    if other is None:
        return [texts("scenarios.tried", hits=len(now.hits)), texts("scenarios.no_other")]
    fresh, gone = len(now.fresh(other)), len(other.fresh(now))
    told = texts("scenarios.tried_other", version=other.version, before=len(other.hits), fresh=fresh, gone=gone)
    return [texts("scenarios.tried", hits=len(now.hits)), told]


def _drawn(svg: str, width_px: int, ratio: float) -> QPixmap:
    size = QSize(round(width_px * ratio), round(width_px * ratio * HEIGHT / WIDTH))
    pixmap = QPixmap(size)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(svg.encode()).render(painter, QRectF(0, 0, size.width(), size.height()))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap
