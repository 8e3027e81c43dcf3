"""What is different between two instants: how many there were of each kind, who came, went and moved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.live.frame import TrackFrame
from twin.live.kinds import KINDS

MOVED_M = 50.0
"""Who is no farther from where it was has stayed."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Counts of two instants, A and B.

    Parameters
    ----------
    kinds : tuple of (kind, how many in A, how many in B)
        Of each kind that is in either, in the order of :data:`twin.live.kinds.KINDS`.
    went, came, moved, stayed : int
        Entities that are in A only, in B only, and in both: farther than :data:`MOVED_M` apart or not.
    """

    kinds: tuple[tuple[str, int, int], ...]
    went: int
    came: int
    moved: int
    stayed: int


def difference(a: TrackFrame, b: TrackFrame) -> Difference:
    """Compare two instants of one city."""
    counts = [
        np.bincount(np.minimum(frame.rows["kind"], len(KINDS) - 1), minlength=len(KINDS)).tolist() for frame in (a, b)
    ]
    _, in_a, in_b = np.intersect1d(a.rows["id"], b.rows["id"], return_indices=True)
    apart_m = np.linalg.norm(b.position_m[in_b, :2] - a.position_m[in_a, :2], axis=1)
    moved = int(np.count_nonzero(apart_m > MOVED_M))
    kinds = tuple(
        (kind.name, before, after) for kind, before, after in zip(KINDS, *counts, strict=True) if before or after
    )
    return Difference(kinds, len(a) - len(in_a), len(b) - len(in_b), moved, len(in_a) - moved)
