"""What the window's own commands do."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import Qt

from app import locator
from app.arrangement import WALL, WORKSPACES
from app.commands import Call, Command
from app.widgets.purpose import PurposeDialog
from app.window_commands import go_to
from app.workbenches.fraud.panel import FraudPanel
from twin.access import Purpose, Resource, decide
from twin.city.search import Found
from twin.errors import ZhianError
from twin.fraud.case import Case

if TYPE_CHECKING:
    from app.main_window import MainWindow


CASES_S = 20.0


class _Search(NamedTuple):
    cases: tuple[Case, ...]
    problem: ZhianError | None
    found: tuple[Found, ...]


class Deeds:
    """One method a command, where that takes more than a line."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._cases: tuple[float, str, tuple[Case, ...]] = (-CASES_S, "", ())

    def answer_search(self, call: Call) -> None:
        """Find what was typed, off this thread, and hand it to ``then``; what was typed before is not waited for."""
        window, text, then = self._window, call.arguments["text"], call.arguments["then"]
        index, world, unmask = window.showing.index, window.live.world, call.unmask
        if index is None or world is None:
            then(())
            return
        read, whose = self._case_reader(call), call.actor.id

        def work(*_: object) -> _Search:
            try:
                cases, problem = read(), None
            except ZhianError as error:  # the rest is found all the same
                cases, problem = (), error
            return _Search(cases, problem, locator.find(index, world, text, unmask, cases))

        def done(answer: _Search) -> None:
            if answer.problem is not None:
                window.acts.told.emit(window.look.texts.error(answer.problem))
            elif self._cases[2] is not answer.cases:
                self._cases = (time.monotonic(), whose, answer.cases)
            then(answer.found)

        window.jobs.submit("job.search", work, done, key="search", quiet=True)

    def _case_reader(self, call: Call) -> Callable[[], tuple[Case, ...]]:
        """Return what gives the cases to who may list them: read once for what is typed within a while."""
        listing = self._window.session.commands["fraud.list_cases"].permission
        if not decide(call.actor, listing, Resource("case"), call.purpose, call.rules).allowed:
            return tuple
        read_s, whose, known = self._cases
        if whose == call.actor.id and time.monotonic() - read_s <= CASES_S:
            return lambda: known
        return self._window.acts.run("fraud.list_cases") or tuple

    def go_to(self, found: Found) -> None:
        """Go to an answer: fly to it, or open the case."""
        window = self._window
        if found.table != "case":
            go_to(window.map, window.desk, found)
            return
        panel = window.arrangement.docks["fraud"].panel
        assert isinstance(panel, FraudPanel)  # noqa: S101 - our own catalogue
        window.arrangement.docks["fraud"].show()
        window.arrangement.docks["fraud"].raise_()
        panel.show_case(found.id)

    def focus_search(self) -> None:
        """Put the keyboard into the search box."""
        self._window.top.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._window.top.search.selectAll()

    def state_purpose(self, call: Call) -> None:
        """Take a purpose: from the arguments, or from the operator."""
        window, minutes = self._window, self._window.settings.values.purpose_minutes
        if "text" in call.arguments:
            purpose = Purpose(str(call.arguments["text"]), str(call.arguments.get("reference", "")))
            window.purpose.state(purpose, float(call.arguments.get("minutes", minutes)))
            return
        dialog = PurposeDialog(window.look, minutes, window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: window.purpose.state(dialog.purpose(), dialog.minutes.value()))
        dialog.open()

    def toggle_theme(self) -> None:
        """Change between dark and light."""
        look = self._window.look
        look.set_theme("light" if look.theme.name == "dark" else "dark")
        self._window.settings.change(theme=look.theme.name)

    def toggle_daylight(self) -> None:
        """Light the map as the sun stands, or as the theme has it."""
        settings = self._window.settings
        settings.change(daylight=not settings.values.daylight)
        self._window.map.set_daylight(settings.values.daylight)

    def toggle_language(self) -> None:
        """Change between Chinese and English."""
        look = self._window.look
        look.set_language("en" if look.language == "zh" else "zh")
        self._window.settings.change(language=look.language)

    def toggle_full_screen(self) -> None:
        """Fill the screen, or go back."""
        window = self._window
        window.showNormal() if window.isFullScreen() else window.showFullScreen()

    def toggle_box(self) -> None:
        """Let dragging select a box, or turn the map again."""
        view = self._window.map
        view.set_tool(None if view.tool is view.boxes else view.boxes)

    def clear(self) -> None:
        """Put the tool away; without one, forget the selection; without that, come back to now, and from the wall."""
        window = self._window
        if window.map.tool is not None:
            window.map.set_tool(None)
        elif window.selection.picks:
            window.selection.clear()
        elif window.look_back.stand is not None:
            window.acts.run("history.now")
        elif window.arrangement.current == WALL:
            window.acts.run(f"workspace.{window.arrangement.before or WORKSPACES[0].name}")

    def toggle_panel(self, name: str) -> None:
        """Show a panel, or close it."""
        dock = self._window.arrangement.docks[name]
        dock.setVisible(not dock.isVisible())
        if dock.isVisible():
            dock.raise_()

    def start_new_case(self) -> None:
        """Open the form for a new case."""
        panel = self._window.arrangement.docks["fraud"].panel
        assert isinstance(panel, FraudPanel)  # noqa: S101 - our own catalogue
        self._window.arrangement.docks["fraud"].show()
        self._window.arrangement.docks["fraud"].raise_()
        panel.start_new()

    def cancel_jobs(self) -> None:
        """Stop everything that runs."""
        for job in self._window.jobs.running():
            self._window.jobs.cancel(job.number)

    def offered(self) -> list[Command]:
        """Return what the palette lists."""
        window = self._window
        return [
            c
            for c in window.session.commands
            if c.in_palette and c.id in window.acts.by_id and f"command.{c.id}" in window.look.texts
        ]
