"""How much the map draws: as the machine can, told from its OpenGL, or as the user says."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from PySide6.QtCore import QObject

from app.commands import Call, Command
from app.features.feature import Context, Entry, Feature
from app.map.quality import LEVELS

ICONS = {"": "magic-wand", "software": "cube", "integrated": "cube", "discrete": "cube"}


class QualityChoice(QObject, Feature):
    """Sets the map's level of detail, and keeps it for the next time."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.window)
        self._map, self._acts, self._settings = context.map, context.acts, context.desk.settings
        self._map.set_quality(self._settings.values.quality)
        context.opening.opened.connect(lambda _opened: self.show_choice())

    def entries(self) -> Iterator[Entry]:
        """Return a command for each level, and one that leaves it to the machine."""
        for name in ("", *LEVELS):
            command = Command(f"quality.{name or 'auto'}", partial(self._choose, name), "view")
            yield Entry(command, "view", ICONS[name], checkable=True)

    def _choose(self, name: str, _call: Call) -> None:
        self.choose(name)

    def choose(self, name: str) -> None:
        """Draw at a level from now on; empty for what the machine's OpenGL is good for."""
        self._settings.change(quality=name)
        self._map.set_quality(name)
        self.show_choice()

    def show_choice(self) -> None:
        """Check the action of what is chosen."""
        for name in ("", *LEVELS):
            self._acts.by_id[f"quality.{name or 'auto'}"].setChecked(name == self._settings.values.quality)
