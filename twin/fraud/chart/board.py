"""The case chart: accounts and the transfers between them, put together by a person, each step of it undone at will.

A board is only ever changed by a :class:`Patch`, which says what entries become; applying one gives the patch that
takes it back. So undo costs what was changed, not what there is, and has no end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from twin.errors import BadInputError
from twin.words import say

KINDS = ("victim", "account", "hub", "cash")
"""Whose money it was; an account; a market or payment firm that is shown and not walked through; cash taken out."""
Entry = TypeVar("Entry")


@dataclass(frozen=True, slots=True)
class Account:
    """An account on the chart.

    Parameters
    ----------
    key : str
        ``<bank>:<number>``.
    kind : str
        One of :data:`KINDS`.
    holder : str
        Empty where it is not known.
    hop : int
        Steps from the victim; what was entered by hand takes the hop of what it stands beside.
    source : str
        Where it came from: a trace and its rule, a bank's answer, a hand.
    """

    key: str
    kind: str = "account"
    holder: str = ""
    hop: int = 0
    source: str = ""


@dataclass(frozen=True, slots=True)
class Flow:
    """A transfer on the chart: ``traced_fen`` of its amount is the victim's, by the rule of the trace."""

    id: str
    source: str
    target: str
    at_s: float
    amount_fen: int
    traced_fen: int
    hop: int


@dataclass(frozen=True, slots=True)
class Merge:
    """An account that stands inside another: in which, why, who says so and when."""

    into: str
    why: str
    by: str
    at_s: float


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody wrote on an account."""

    text: str
    by: str
    at_s: float


@dataclass(frozen=True, slots=True)
class Patch:
    """What entries become; None: they are gone. ``title`` names it in the list of what can be undone."""

    title: str = ""
    accounts: Mapping[str, Account | None] = field(default_factory=dict)
    flows: Mapping[str, Flow | None] = field(default_factory=dict)
    merges: Mapping[str, Merge | None] = field(default_factory=dict)
    notes: Mapping[str, Note | None] = field(default_factory=dict)
    places: Mapping[str, tuple[float, float] | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Board:
    """Accounts and flows by their ids; merges, notes and places that a hand gave by account."""

    accounts: Mapping[str, Account] = field(default_factory=dict)
    flows: Mapping[str, Flow] = field(default_factory=dict)
    merges: Mapping[str, Merge] = field(default_factory=dict)
    notes: Mapping[str, Note] = field(default_factory=dict)
    places: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def patched(self, patch: Patch) -> tuple[Board, Patch]:
        """Return the board after a patch, and the patch that takes it back."""
        accounts, no_accounts = _patched(self.accounts, patch.accounts)
        flows, no_flows = _patched(self.flows, patch.flows)
        merges, no_merges = _patched(self.merges, patch.merges)
        notes, no_notes = _patched(self.notes, patch.notes)
        places, no_places = _patched(self.places, patch.places)
        back = Patch(patch.title, no_accounts, no_flows, no_merges, no_notes, no_places)
        return Board(accounts, flows, merges, notes, places), back

    def stands_in(self, key: str) -> str:
        """Return the account that an account stands in: itself, unless it was merged."""
        while key in self.merges:
            key = self.merges[key].into
        return key

    def inside(self, key: str) -> tuple[str, ...]:
        """Return the accounts that were merged into one, in the order of their keys."""
        return tuple(sorted(other for other in self.merges if self.stands_in(other) == key))


def _patched(
    table: Mapping[str, Entry], patch: Mapping[str, Entry | None]
) -> tuple[Mapping[str, Entry], Mapping[str, Entry | None]]:
    if not patch:
        return table, patch
    after = dict(table)
    for key, entry in patch.items():
        if entry is None:
            after.pop(key, None)
        else:
            after[key] = entry
    return after, {key: table.get(key) for key in patch}


class Chart:
    """A board and all that was done on it."""

    def __init__(self, board: Board | None = None) -> None:
        self.board = board or Board()
        self._done: list[Patch] = []
        self._undone: list[Patch] = []

    def do(self, patch: Patch) -> None:
        """Change the board; what had been undone is forgotten."""
        self.board, back = self.board.patched(patch)
        self._done.append(back)
        self._undone.clear()

    def undo(self) -> str:
        """Take the last step back and return its title; empty if there is none."""
        return self._turn(self._done, self._undone)

    def redo(self) -> str:
        """Do again what was taken back, and return its title; empty if there is none."""
        return self._turn(self._undone, self._done)

    @property
    def steps(self) -> tuple[int, int]:
        """How many steps can be undone, and how many done again."""
        return len(self._done), len(self._undone)

    def _turn(self, taken: list[Patch], kept: list[Patch]) -> str:
        if not taken:
            return ""
        patch = taken.pop()
        self.board, back = self.board.patched(patch)
        kept.append(back)
        return patch.title


def brought(board: Board, title: str, accounts: Iterable[Account], flows: Iterable[Flow]) -> Patch:
    """Return the patch that brings accounts and flows; what is there already stays, so nothing counts twice."""
    fresh = {one.key: one for one in accounts if one.key not in board.accounts}
    legs = {one.id: one for one in flows if one.id not in board.flows}
    return Patch(title, accounts=fresh, flows=legs)


def removed(board: Board, title: str, keys: Sequence[str]) -> Patch:
    """Return the patch that takes accounts away, with their flows, merges, notes and places."""
    gone = set(keys) | {other for key in keys for other in board.inside(key)}
    flows = {one.id: None for one in board.flows.values() if one.source in gone or one.target in gone}
    of_gone: dict[str, None] = dict.fromkeys(sorted(gone))
    return Patch(
        title,
        {key: None for key in of_gone if key in board.accounts},
        flows,
        {key: None for key in of_gone if key in board.merges},
        {key: None for key in of_gone if key in board.notes},
        {key: None for key in of_gone if key in board.places},
    )


def merged(board: Board, title: str, keys: Sequence[str], merge: Merge) -> Patch:
    """Return the patch that lets accounts stand in ``merge.into``.

    Raises
    ------
    twin.errors.BadInputError
        If fewer than two different accounts are named, or no reason is given.
    """
    into = board.stands_in(merge.into)
    others = sorted({board.stands_in(key) for key in keys} - {into})
    if not others:
        raise BadInputError(say("merge"), "fewer than two accounts are chosen", "choose the accounts that are one")
    if not merge.why.strip():
        raise BadInputError(say("merge"), "no reason is given", "say what shows that they are one")
    return Patch(title, merges={key: replace(merge, into=into) for key in others})


def split(board: Board, title: str, key: str) -> Patch:
    """Return the patch that lets what was merged into an account stand by itself again."""
    return Patch(title, merges={other: None for other in board.merges if board.merges[other].into == key})


def noted(title: str, key: str, note: Note) -> Patch:
    """Return the patch that writes a note on an account, or with an empty text takes it away."""
    return Patch(title, notes={key: note if note.text.strip() else None})
