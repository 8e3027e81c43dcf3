"""Who else works: the agencies that tasks are handed to, and the partners of the joint desk."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Agency:
    """An agency; ``standing`` for the eight that sit in the joint duty room, the others are called in.

    ``task_s`` is how long it has for a task, unless something else is said.
    """

    id: str
    chinese: str
    english: str
    standing: bool = False
    task_s: float = 7200.0
