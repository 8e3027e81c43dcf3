"""Back to where the map was seen from before, and on again."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QObject, QTimer

from app.commands import Command
from app.features.feature import Context, Entry, Feature
from app.map.visited import Visited

REST_MS = 700
"""A camera that stands for so long is one to come back to."""


class Views(QObject, Feature):
    """Takes note of where the camera rests; while it follows something it does not rest."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.window)
        self._context, self._visited, self._following = context, Visited(), False
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._on_rest)
        context.map.camera_changed.connect(lambda _state: self._rest.start())
        context.follower.changed.connect(self._on_following)
        context.opening.opened.connect(lambda _opened: self._forget())

    def entries(self) -> Iterator[Entry]:
        """Return the commands."""
        back = Command("view.back", lambda _: self._go(-1), "view", "Alt+Left")
        on = Command("view.on", lambda _: self._go(1), "view", "Alt+Right")
        yield Entry(back, "view", "arrow-u-up-left", told=False)
        yield Entry(on, "view", "arrow-u-up-right", told=False)

    def close(self) -> None:
        """Wait for no more rest."""
        self._rest.stop()

    def _go(self, step: int) -> None:
        if self._rest.isActive():  # where one has only just come to is a place to come back to as well
            self._rest.stop()
            self._on_rest()
        state = self._visited.back() if step < 0 else self._visited.on()
        if state is not None:
            self._context.follower.stop()
            self._context.map.fly(state)
        self._dress()

    def _on_rest(self) -> None:
        if not self._following:
            self._visited.rest(self._context.map.camera())
            self._dress()

    def _on_following(self, following: bool) -> None:
        self._following = following

    def _forget(self) -> None:
        self._visited = Visited()
        self._dress()

    def _dress(self) -> None:
        for name, able in zip(("view.back", "view.on"), self._visited.can(), strict=True):
            self._context.acts.by_id[name].setEnabled(able)
