"""What people are told: a page of the swindles of these weeks, for those who read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

KINDS = ("investment", "customer_service", "brushing", "loan", "police", "boss", "dating", "shopping", "gaming")
READERS: Mapping[str, tuple[str, ...]] = {
    "company": ("boss", "customer_service", "loan"),
    "school": ("brushing", "gaming", "shopping", "loan"),
    "bank": ("police", "investment", "customer_service"),
    "home": ("police", "customer_service", "dating"),
}
"""Who reads it, and which swindles come to them above all: these count double."""
FEWEST = 3
"""Fewer cases than these are told as none: a page on a wall must lead to nobody."""


@dataclass(frozen=True, slots=True)
class Dish:
    """One line of the page.

    Parameters
    ----------
    cases : int
        Of these weeks; 0 where there were few.
    more : bool
        More than in as many weeks before.
    """

    kind: str
    cases: int
    more: bool


def menu(now: Mapping[str, int], before: Mapping[str, int], reader: str, most: int = 5) -> tuple[Dish, ...]:
    """Return what belongs on the page, the most first.

    Parameters
    ----------
    now, before : mapping of str to int
        Cases by type in the weeks that are told of, and in as many before.
    reader : str
        One of :data:`READERS`.
    """
    near = READERS[reader]
    weight = {kind: now.get(kind, 0) * (2 if kind in near else 1) for kind in KINDS}
    ranked = sorted(KINDS, key=lambda kind: (-weight[kind], kind not in near, KINDS.index(kind)))
    return tuple(
        Dish(kind, now.get(kind, 0) if now.get(kind, 0) >= FEWEST else 0,
             now.get(kind, 0) >= FEWEST and now.get(kind, 0) > before.get(kind, 0))
        for kind in ranked[:most]
    )  # fmt: skip
