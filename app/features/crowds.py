"""What a crowd looks like from above: bubbles with counts, and heat maps, one at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from app.commands import Call, Command
from app.features.feature import Context, Entry, Feature

HEATS = {"density": "fire", "speeds": "gauge", "alarms": "warning-octagon"}
"""Layers of heat maps, and the icons of their commands."""


class Crowds(Feature):
    """Turns bubbles and heat maps on and off; both are as they were left at the next start."""

    def __init__(self, context: Context) -> None:
        self._context, self._desk = context, context.desk
        context.map.set_clusters(self._desk.settings.values.clusters)
        self._desk.layers.state_changed.connect(self._check)
        context.opening.opened.connect(self._check)

    def entries(self) -> Iterator[Entry]:
        """Return one command for the bubbles, and one for each heat map."""
        yield Entry(Command("view.clusters", self._toggle_clusters, "view", "Ctrl+Shift+G"), "view", "circles-three",
                    checkable=True)  # fmt: skip
        for name, icon in HEATS.items():
            yield Entry(Command(f"heat.{name}", self._toggling(name), "view"), "view", icon, checkable=True)

    def _toggle_clusters(self, _call: Call) -> None:
        on = not self._desk.settings.values.clusters
        self._desk.settings.change(clusters=on)
        self._context.map.set_clusters(on)
        self._check()

    def _toggling(self, name: str) -> Callable[[Call], None]:
        def toggle(_call: Call) -> None:
            book = self._desk.layers
            on = not book.states[name].visible
            for other in HEATS:
                if book.states[other].visible != (on and other == name):
                    book.change(other, visible=on and other == name)

        return toggle

    def _check(self, *_: object) -> None:
        """Have the actions say what is on."""
        by_id = self._context.acts.by_id
        on = {f"heat.{name}": self._desk.layers.states[name].visible for name in HEATS}
        on["view.clusters"] = self._desk.settings.values.clusters
        for command_id in on.keys() & by_id.keys():
            by_id[command_id].setChecked(on[command_id])
