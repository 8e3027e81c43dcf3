"""Asks the history where everything was before the window looked, so that trails do not begin with it."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QObject

from app.features.feature import Context
from app.map.trails import TrailWish
from twin.access import Resource, decide
from twin.live.wake import JUMP_S, Sample
from twin.reach import narrowed
from twin.world import World

STEP_S, SETTLED_S = 10.0, 1.0
"""How far apart the instants are that are asked for, and how long the window must have shown one time."""


class TrailPast(QObject):
    """Reads one instant after another, each once the one before was answered: a hand on the time bar comes first.

    Parameters
    ----------
    wish : callable
        Returns the trails that are wished for.
    """

    def __init__(self, context: Context, wish: Callable[[], TrailWish]) -> None:
        super().__init__(context.window)
        self._context, self._desk, self._wish = context, context.desk, wish
        self._shown_s = -np.inf
        self._settled_s = 0.0
        self._reading: list[float] | None = None
        self._told_s = np.inf
        """From when on the map knows where everything was."""
        self._desk.live.panels_due.connect(self._on_panels_due)
        context.look_back.failed.connect(self._on_failed)
        context.opening.opened.connect(lambda _opened: self._begin(-np.inf))

    def _begin(self, at_s: float) -> None:
        """Begin anew: the map shows a time that it did not come to by itself."""
        self._told_s = at_s
        self._settled_s, self._reading = time.monotonic() + SETTLED_S, None

    def _on_panels_due(self, world: World) -> None:
        gone_s, self._shown_s = world.at_s - self._shown_s, world.at_s
        if not 0.0 <= gone_s <= JUMP_S:
            self._begin(world.at_s)
        wanted_s = world.at_s - self._wish().minutes * 60.0
        if self._reading is None and time.monotonic() >= self._settled_s and self._is_wanted(world):
            times = np.arange(self._told_s - STEP_S, wanted_s, -STEP_S)[::-1].tolist()
            if times:
                self._reading, self._told_s = times, wanted_s
                self._read(self._reading, [])

    def _is_wanted(self, world: World) -> bool:
        wish, commands = self._wish(), self._desk.session.commands
        shown = bool(wish.kinds) or (wish.selected and bool(self._desk.selection.picks))
        of_history = world.live or self._context.look_back.shows_past
        may = decide(commands.actor, "history.read", Resource("trails"), commands.purpose, commands.rules)
        return shown and of_history and may.allowed

    def _read(self, left: list[float], known: list[Sample]) -> None:
        """Read the next instant, or give all of them to the map; what was begun anew meanwhile is dropped."""
        if left is not self._reading:
            return
        if not left:
            self._context.map.set_past(tuple(known))
            self._reading = None
            return
        at_s = left.pop(0)

        def answered(world: World) -> None:
            shown = self._desk.live.world
            known.append((at_s, narrowed(world, None if shown is None else shown.reach).tracks))
            self._read(left, known)

        self._context.look_back.read(at_s, answered)

    def _on_failed(self, _error: object) -> None:
        """Leave it at what is known; the window says what is wrong."""
        self._reading = None
