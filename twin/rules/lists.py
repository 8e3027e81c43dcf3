"""Reference lists as the rules ask them: who is on one, what it says, and whether it is past its age.

Nothing but what identifies itself is looked up: a plate, a card that was held to a reader, the number of a device. Of a
plate the vehicle is known, never who drives it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from twin.rules.hit import ListedEntry
from twin.rules.memory import IntArray

_SIGNS = re.compile(r"[\s·.•-]")
NEVER_S = float("inf")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a list; ``key`` as :func:`plain` makes it, ``until_s`` when it ends."""

    key: str
    note: str = ""
    until_s: float = NEVER_S
    legal_basis: str = ""
    owner: str = ""


@dataclass(frozen=True)
class RefList:
    """A list as it stands.

    Parameters
    ----------
    id, source, owner : str
    as_of_s : float
        The day that it is of, seconds since 1970-01-01 UTC.
    good_for_s : float
        How old it may be.
    entries : sequence of Entry
    """

    id: str
    source: str
    owner: str
    as_of_s: float
    good_for_s: float
    entries: Sequence[Entry]
    _place: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make ready to be asked."""
        self._place.update({entry.key: number for number, entry in enumerate(self.entries)})

    def find(self, labels: NDArray[np.bytes_]) -> IntArray:
        """Return which entry each label (N,) has, -1 for none."""
        return np.array([self._place.get(plain(one.decode(errors="replace")), -1) for one in labels.tolist()], np.int64)

    def overdue(self, now_s: float) -> bool:
        """Tell whether it is past its age."""
        return now_s - self.as_of_s > self.good_for_s

    def told(self, number: int, now_s: float) -> ListedEntry:
        """Return an entry as a hit tells it."""
        entry = self.entries[number]
        return ListedEntry(
            self.id, entry.key, entry.note, self.source, entry.owner or self.owner, self.as_of_s, self.overdue(now_s),
            entry.legal_basis,
        )  # fmt: skip

    def ends_s(self) -> NDArray[np.float64]:
        """Return when each entry ends, (E,)."""
        return np.array([entry.until_s for entry in self.entries], np.float64)


def plain(key: str) -> str:
    """Return a number of a plate, card or device without what people write into it: ``浙F·8K2 Q6`` is ``浙F8K2Q6``."""
    return _SIGNS.sub("", key).upper()


def empty_list(id_: str) -> RefList:
    """Return a list that nobody brought in yet: it is past its age from the beginning."""
    return RefList(id_, "", "", 0.0, 0.0, ())
