"""The figures of the fraud desk: what each counts, in which unit, and how it can be split."""

from __future__ import annotations

from twin.operations.results import Figure

BY = ("all", "kind", "district")
CASE = ("all", "kind", "district")
FIGURES = (
    Figure("cases", "", CASE),
    Figure("cleared", "", CASE),
    Figure("lost", "fen", CASE),
    Figure("held", "fen", CASE),
    Figure("returned", "fen", CASE),
    Figure("stops", "s", CASE),
    Figure("warnings", "", CASE),
    Figure("dissuaded", "", CASE),
    Figure("warned_in_vain", "", CASE),
)
"""``cases`` opened, ``cleared`` closed; ``lost`` what victims paid, ``held`` what stops and freezes hold or held,
``returned`` what went back; ``stops`` from being asked for to the bank's answer; ``warnings`` raised, and of those that
were closed ``dissuaded`` and ``warned_in_vain`` (it was no fraud)."""
