"""Joins the time bar, the frame of the map and the actions to the look back."""

from __future__ import annotations

import math
from collections.abc import Iterator

from PySide6.QtCore import QObject

from app.actions import Actions
from app.commands import Call, Command
from app.look_back import LookBack, Stand
from app.widgets.time_bar import TimeBar
from twin.errors import UsageError
from twin.live.happening import Happening
from twin.words import say

STEP_S = 1.0


def look_back_commands(look_back: LookBack) -> Iterator[Command]:
    """Look at an instant of the past, let time go on or back from there, step, and come back to now.

    Dragging asks once when it begins and once where it ends.
    """

    def look(call: Call) -> None:
        look_back.go_to(float(call.arguments["value"]))

    def play(way: int) -> None:
        if look_back.stand is None:
            raise UsageError(say("drag the time bar to a recorded time first"))
        look_back.play(way)

    def step(by_s: float) -> None:
        look_back.step(by_s)

    yield Command("history.look", look, "history.read", sensitive=True, in_palette=False)
    yield Command("history.play", lambda _: play(1), "history.read", "Ctrl+Space", sensitive=True)
    yield Command("history.play_back", lambda _: play(-1), "history.read", "Ctrl+Shift+Space", sensitive=True)
    yield Command("history.pause", lambda _: look_back.pause(), "history.read")
    yield Command("history.step_back", lambda _: step(-STEP_S), "history.read", ",", sensitive=True)
    yield Command("history.step_on", lambda _: step(STEP_S), "history.read", ".", sensitive=True)
    yield Command(
        "history.previous_event", lambda _: look_back.go_to_happening(-1), "history.read", "Ctrl+,", sensitive=True
    )
    yield Command(
        "history.next_event", lambda _: look_back.go_to_happening(1), "history.read", "Ctrl+.", sensitive=True
    )
    yield Command(
        "history.speed", lambda call: look_back.set_speed(float(call.arguments["value"])), "history.read",
        in_palette=False,
    )  # fmt: skip
    yield Command("history.now", lambda _: look_back.back_to_now(), "history.read")


class LookBackScreen(QObject):
    """Keeps bar and actions as the look back stands."""

    def __init__(self, look_back: LookBack, bar: TimeBar, acts: Actions) -> None:
        super().__init__(look_back)
        self._look_back, self._bar, self._acts = look_back, bar, acts
        look_back.stood.connect(self._on_stood)
        look_back.known.connect(bar.set_recorded)
        look_back.arrived.connect(self._on_arrived)
        bar.day_wanted.connect(look_back.ask_day)
        bar.dragged.connect(self._on_dragged)
        bar.steered.connect(lambda order, value: acts.run(order, value=value))
        self._on_stood(None)

    def _on_dragged(self, at_s: float) -> None:
        """Follow the handle; the command that was asked when it was pressed has allowed or refused it."""
        if self._look_back.stand is not None:
            self._look_back.go_to(at_s)

    def _on_arrived(self, happening: Happening) -> None:
        """Fly to who called, and select them; where an alert is about nobody who is there, fly to its place."""
        lon_deg, lat_deg = happening.lonlat_deg
        if math.isfinite(lon_deg):
            self._acts.run("map.fly_to", lon_deg=lon_deg, lat_deg=lat_deg)
        if not math.isfinite(lon_deg) or self._look_back.knows(happening.key):
            self._acts.run("map.find_entity", about=happening.key, key=happening.key)

    def _on_stood(self, stand: Stand | None) -> None:
        self._bar.set_stand(stand)
        way = 0.0 if stand is None or not stand.playing else stand.speed
        able = {"play": stand is not None and way <= 0, "play_back": stand is not None and way >= 0, "pause": way != 0,
                "now": stand is not None}  # fmt: skip
        for order, on in able.items():
            self._acts.by_id[f"history.{order}"].setEnabled(on)
