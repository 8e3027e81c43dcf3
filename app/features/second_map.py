"""A second map, a window of its own for another monitor: linked to the first in what one wants, else free."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from PySide6.QtCore import QByteArray, QObject
from PySide6.QtGui import QGuiApplication

from app.commands import Call, Command
from app.features.feature import Context, Entry, Feature
from app.features.trails import wish_of
from app.map.events import CameraState, Pick
from app.map.trails import TrailWish
from app.opening import Opened
from app.turns import Turns
from app.widgets.map_window import LINKS, OWN, MapWindow
from twin.errors import UsageError
from twin.words import say
from twin.world import World


class SecondMap(QObject, Feature):
    """Keeps the second window true to the first, as far as it is linked."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.window)
        self._context, self._desk, self._turns = context, context.desk, Turns(self)
        self.shown: MapWindow | None = None
        self._opened: Opened | None = None
        self._linked = dict.fromkeys(LINKS, True)
        self._own = dict.fromkeys(OWN, True)
        self._world: World | None = None
        self._steering = False
        desk = self._desk
        context.opening.opened.connect(self._on_opened)
        context.map.camera_changed.connect(self._on_first_camera)
        desk.selection.changed.connect(self._on_selection)
        desk.live.moved.connect(self._on_moved)
        desk.live.panels_due.connect(lambda _world: self._unmask())
        context.acts.ran.connect(self._on_ran)

    def entries(self) -> Iterator[Entry]:
        """Return the commands; all but the first are run by the second window."""
        yield Entry(
            Command("map.second", lambda _: self._toggle(), "view", "Ctrl+Alt+M"), "view", "monitor", checkable=True
        )
        for command in (
            Command("second.link", self._link, "view", in_palette=False),
            Command("second.show", self._show_or_hide, "view", in_palette=False),
            Command("second.layer", self._show_layer, "view", in_palette=False),
            Command("second.look", self._look, "history.read", sensitive=True, in_palette=False),
            Command("second.whole", lambda _: self._window().view.view_whole(), "view", in_palette=False),
        ):
            yield Entry(command, told=False)

    def close(self) -> None:
        """Close the second window."""
        if self.shown is not None:
            self.shown.close()
        self._turns.close()

    def _window(self) -> MapWindow:
        if self.shown is None:
            raise UsageError(say("the second map is not open"))
        return self.shown

    def _toggle(self) -> None:
        if self.shown is not None:
            self.shown.close()
            return
        if self._opened is None:
            raise UsageError(say("no twin is open yet"))
        self.shown = window = MapWindow(self._desk, self._context.map.card)
        window.view.camera_changed.connect(self._on_second_camera)
        window.view.picked.connect(lambda pick: self._on_picked(() if pick is None else (pick,)))
        window.view.box_selected.connect(self._on_picked)
        window.closing.connect(self._on_closing)
        self._place(window)
        for name, on in self._linked.items():
            window.set_linked(name, on)
        self._own["clusters"] = self._desk.settings.values.clusters
        for name in OWN:
            self._apply(window, name)
        self._turns.start(self._steps(self._opened, window))
        self._context.acts.by_id["map.second"].setChecked(True)

    def _place(self, window: MapWindow) -> None:
        """Put it where it was, else on another monitor, else beside the middle."""
        kept = self._desk.settings.values.second_map
        if kept and window.restoreGeometry(QByteArray(base64.b64decode(kept))):
            window.show()
            return
        others = [screen for screen in QGuiApplication.screens() if screen is not self._context.window.screen()]
        if others:
            window.setGeometry(others[0].availableGeometry())
            window.showMaximized()
        else:
            window.resize(1100, 720)
            window.show()

    def _steps(self, opened: Opened, window: MapWindow) -> Iterator[None]:
        yield from window.view.showing_city(opened.scene)
        yield
        self._linked["time"] = True
        window.set_linked("time", True)
        self._show(self._desk.live.world)
        self._unmask()
        if self._linked["camera"]:
            window.view.set_camera(self._context.map.camera())
        if self._linked["selection"]:
            window.view.set_selection(self._desk.selection.picks)

    def _on_opened(self, opened: Opened) -> None:
        self._opened = opened
        if self.shown is not None:
            self._turns.start(self._steps(opened, self.shown))

    def _on_closing(self) -> None:
        window, self.shown = self.shown, None
        if window is not None:
            geometry = base64.b64encode(window.saveGeometry().data()).decode()
            self._desk.settings.change(second_map=geometry)
        self._context.acts.by_id["map.second"].setChecked(False)

    # What it is linked in

    def _link(self, call: Call) -> None:
        name, on = str(call.arguments["name"]), bool(call.arguments["on"])
        window = self._window()
        self._linked[name] = on
        window.set_linked(name, on)
        if name == "time":
            self._show(self._desk.live.world, pace=self._pace() if on else 0.0)
        elif on and name == "camera":
            window.view.set_camera(self._context.map.camera())
        elif on:
            window.view.set_selection(self._desk.selection.picks)

    def _on_first_camera(self, state: CameraState) -> None:
        if self.shown is not None and self._linked["camera"]:
            self._steer(self.shown.view.set_camera, state)

    def _on_second_camera(self, state: CameraState) -> None:
        if self._linked["camera"]:
            self._steer(self._context.map.set_camera, state)

    def _steer(self, other: object, state: CameraState) -> None:
        """Move the other map; what it says of that is no order to this one."""
        if self._steering or not callable(other):
            return
        self._steering = True
        try:
            other(state)
        finally:
            self._steering = False

    def _on_selection(self, picks: tuple[Pick, ...]) -> None:
        if self.shown is not None and self._linked["selection"]:
            self.shown.view.set_selection(picks)

    def _on_picked(self, picks: tuple[Pick, ...]) -> None:
        if self._linked["selection"]:
            self._desk.selection.select(picks)
        elif self.shown is not None:
            self.shown.view.set_selection(picks)

    def _on_moved(self, world: World) -> None:
        if self.shown is not None and self._linked["time"]:
            self._show(world, pace=self._pace())

    def _pace(self) -> float:
        look_back = self._context.look_back
        return 1.0 if look_back.stand is None else look_back.pace

    def _show(self, world: World | None, pace: float = 1.0) -> None:
        if world is None or self.shown is None:
            return
        self._world = world
        self.shown.view.set_world(world, pace)
        self.shown.say_time(world, now=world.live and self._linked["time"])

    # What is its own

    def _look(self, call: Call) -> None:
        """Show a recorded instant in the second window only."""
        self._window()
        self._context.look_back.read(float(call.arguments["value"]), self._on_read)

    def _on_read(self, world: World) -> None:
        if not self._linked["time"]:
            self._show(world, pace=0.0)

    def _show_layer(self, call: Call) -> None:
        self._window().book.change(str(call.arguments["name"]), visible=bool(call.arguments["visible"]))

    def _show_or_hide(self, call: Call) -> None:
        """Show bubbles or trails in the second window, or not."""
        name = str(call.arguments["name"])
        self._own[name] = bool(call.arguments["on"])
        self._apply(self._window(), name)

    def _apply(self, window: MapWindow, name: str) -> None:
        on = self._own[name]
        window.own[name].setChecked(on)
        if name == "clusters":
            window.view.set_clusters(on)
        else:
            window.view.set_trails(wish_of(self._desk.settings.values) if on else TrailWish(selected=False))

    def _on_ran(self, command_id: str) -> None:
        if self.shown is None:
            return
        if command_id == "view.daylight":
            self.shown.view.set_daylight(self._desk.settings.values.daylight)
        elif command_id.startswith("trails."):
            self._apply(self.shown, "trails")

    def _unmask(self) -> None:
        if self.shown is not None:
            self.shown.set_unmask(self._desk.session.commands.purpose is not None)
