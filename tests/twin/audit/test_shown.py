"""What was shown has one hash, and what differs has another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from twin.audit.shown import digest


@dataclass(frozen=True)
class Seen:
    name: str
    at_s: float


def test_the_same_gives_the_same_and_the_slightest_difference_another() -> None:
    rows = np.array([(b"car", 1.0)], [("id", "S8"), ("at_s", "f8")])
    shown = [Seen("王*", 1.0), {"b": {"y", "x"}, "a": np.float64(2.0)}, rows]
    again = [Seen("王*", 1.0), {"a": np.float64(2.0), "b": {"x", "y"}}, rows.copy()]
    assert digest(shown) == digest(again)
    others = [[Seen("王*", 1.5), *shown[1:]], shown[:2], [*shown[:2], rows.astype([("id", "S9"), ("at_s", "f8")])]]
    assert len({digest(shown), *map(digest, others)}) == 4
    assert digest([]) != digest(None) != digest("")


def test_what_has_no_hash_is_refused() -> None:
    with pytest.raises(TypeError, match="object has no hash"):
        digest([object()])
