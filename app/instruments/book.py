"""The results of this desk: those that are only drawn until it closes, and those that are kept."""

from __future__ import annotations

import itertools
import secrets
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from app.instruments.keeper import Keeper
from twin.errors import UsageError
from twin.kept import Result
from twin.words import say


def fresh_id(prefix: str) -> str:
    """Return an id that no other thing has."""
    return f"{prefix}-{secrets.token_hex(4)}"


class Book(QObject):
    """Results by their id, in the order they were made."""

    changed = Signal()

    def __init__(self, keeper: Keeper, parent: QObject) -> None:
        super().__init__(parent)
        self._keeper = keeper
        self.loose: dict[str, Result] = {}
        """Results that are not kept."""
        keeper.changed.connect(lambda _kept: self.changed.emit())

    def all(self) -> tuple[tuple[Result, bool], ...]:
        """Return every result, oldest first, and whether it is kept."""
        both = [(result, True) for result in self._keeper.kept.results]
        both += [(result, False) for result in self.loose.values()]
        return tuple(sorted(both, key=lambda pair: pair[0].made_s))

    def named(self, key: str) -> Result:
        """Return the result of an id.

        Raises
        ------
        twin.errors.UsageError
            If there is none.
        """
        for result, _kept in self.all():
            if result.id == key:
                return result
        raise UsageError(say("there is no result {key}", key=key))

    def add(self, result: Result) -> None:
        """Take a new result."""
        self.loose[result.id] = result
        self.changed.emit()

    def free_name(self, title: str) -> str:
        """Return the title with the first number that no result has."""
        taken = {result.name for result, _kept in self.all()}
        return next(name for number in itertools.count(1) if (name := f"{title} {number}") not in taken)

    def keep(self, key: str) -> None:
        """Keep a result from now on; one that is kept already stays so."""
        result = self.named(key)
        if key in self.loose:
            self._keeper.change(results=(*self._keeper.kept.results, result))
            del self.loose[key]
            self.changed.emit()

    def rename(self, key: str, name: str) -> None:
        """Give a result another name."""
        fresh = replace(self.named(key), name=name)
        if key in self.loose:
            self.loose[key] = fresh
            self.changed.emit()
        else:
            kept = self._keeper.kept.results
            self._keeper.change(results=tuple(fresh if result.id == key else result for result in kept))

    def drop(self, key: str) -> None:
        """Forget a result, kept or not."""
        self.named(key)
        if self.loose.pop(key, None) is None:
            self._keeper.change(results=tuple(r for r in self._keeper.kept.results if r.id != key))
        self.changed.emit()

    def forget_loose(self) -> None:
        """Forget what was not kept: another twin is open."""
        self.loose.clear()
        self.changed.emit()
