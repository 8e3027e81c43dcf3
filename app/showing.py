"""Brings a twin into the window: opened, shown a piece a turn, with its engine beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.alerts import PastWithAlerts
from app.engine import EngineLog, EngineWatch
from app.look_back import Past
from app.opening import Opened
from data.home import Home
from data.search.index import NameIndex
from twin.city.city import City

if TYPE_CHECKING:
    from app.main_window import MainWindow

MakeEngine = Callable[[Home, str, QObject], EngineWatch]
MakePast = Callable[[Home, str, City], Past]


class Showing(QObject):
    """Holds what belongs to the twin that is shown: its names and its engine."""

    shown = Signal()
    """The twin is open and on the map."""
    engine_said = Signal(object)
    """EngineLog."""

    def __init__(self, window: MainWindow, make_engine: MakeEngine, make_past: MakePast) -> None:
        super().__init__(window)
        self._window, self._make_engine, self._make_past = window, make_engine, make_past
        self.engine: EngineWatch | None = None
        self.index: NameIndex | None = None
        self._wanted = ("", False, False)
        window.opening.failed.connect(self._on_failed)
        window.opening.opened.connect(self._on_opened)
        window.opening_panel.cancelled.connect(window.opening.cancel)
        window.opening_panel.again.connect(lambda: self.open_twin(*self._wanted))

    def open_twin(self, name: str, build: bool, small: bool = False) -> None:
        """Open a twin by its name; ``build`` makes the demo county first."""
        self._wanted = (name, build, small)
        self._window.centre.setCurrentWidget(self._window.opening_panel)
        self._window.opening.start(name, build, small)

    def close(self) -> None:
        """Let go of the engine."""
        if self.engine is not None:
            self.engine.close()

    def _on_opened(self, opened: Opened) -> None:
        if self.index is not None:
            self.index.close()
        self.index = opened.index
        self._window.turns.start(self._steps(opened))

    def _steps(self, opened: Opened) -> Iterator[None]:
        city, window = opened.city, self._window
        yield from window.map.showing_city(opened.scene)
        yield
        window.centre.setCurrentWidget(window.map)
        yield
        window.live.open(city)
        window.look_back.open(None)
        window.time_bar.forget()
        yield
        self._open_past(opened)
        yield
        window.tell_city()
        yield
        window.log.add("job", "event.opened", name=city.name, name_en=city.name_en or city.name)
        yield
        self._start_engine(opened.name)
        yield
        self.shown.emit()

    def _open_past(self, opened: Opened) -> None:
        """Open what was recorded in a job: its database is made ready first."""
        window, make = self._window, self._make_past
        window.jobs.submit(
            "job.history",
            lambda _report, _cancelled: PastWithAlerts(
                make(window.session.home, opened.name, opened.city), window.desk.alerts
            ),
            window.look_back.open,
            key="past",
            quiet=True,
        )

    def _start_engine(self, twin: str) -> None:
        window = self._window
        if self.engine is not None:
            self.engine.close()
        self.engine = self._make_engine(window.session.home, twin, window)
        self.engine.state_changed.connect(window.status.set_engine)
        self.engine.log.connect(self._on_engine_log)
        window.live.follow(self.engine)
        self.engine.start()

    def _on_engine_log(self, entry: EngineLog) -> None:
        self.engine_said.emit(entry)

    def _on_failed(self, title: str, problem: str) -> None:
        texts = self._window.look.texts
        self._window.opening_panel.fail(title, problem or texts("opening.stopped_hint"))
        self._window.log.add("problem", f"opening.{title}")
