"""Small networks with known answers."""

from __future__ import annotations

import numpy as np

from twin.traffic.assignment import Delay, Demand, Network, no_turns


def _demand(origin: int, destination: int, trips: float) -> Demand:
    return Demand(np.array([origin]), np.array([destination]), np.array([trips]))


def two_roads() -> tuple[Network, Demand]:
    """Return Pigou's example: one road that always takes 60 s, one that takes as long only when it bears all.

    Links 0 and 1 both lead from node 0 to node 1, link 2 from there to node 2.
    """
    delay = Delay(np.array([60.0, 1e-6, 1e-6]), np.array([1e6, 1000.0, 1e6]), np.array([0.0, 60e6, 0.0]), np.ones(3))
    zone = np.array([True, False, True])
    return Network(np.array([0, 0, 1]), np.array([1, 1, 2]), delay, zone, no_turns()), _demand(0, 2, 1000.0)


def braess() -> tuple[Network, Demand]:
    """Return Braess's network: six drivers, 92 s each with the short cut (link 4) and 83 s without."""
    tail, head = np.array([0, 0, 1, 2, 1]), np.array([1, 2, 3, 3, 2])
    free = np.array([1e-6, 50.0, 50.0, 1e-6, 10.0])
    b = np.array([10.0 / 1e-6, 1 / 50.0, 1 / 50.0, 10.0 / 1e-6, 0.1])
    delay = Delay(free, np.ones(5), b, np.ones(5))
    return Network(tail, head, delay, np.zeros(4, np.bool_), no_turns()), _demand(0, 3, 6.0)


def grid(seed: int, side: int = 5, pairs: int = 12) -> tuple[Network, Demand]:
    """Return streets in both directions between ``side`` × ``side`` crossings, and demand that fills them."""
    rng = np.random.default_rng(seed)
    at = np.arange(side * side).reshape(side, side)
    one = np.concatenate([at[:, :-1].ravel(), at[:-1].ravel()])
    other = np.concatenate([at[:, 1:].ravel(), at[1:].ravel()])
    tail, head = np.concatenate([one, other]), np.concatenate([other, one])
    links = len(tail)
    delay = Delay(
        rng.uniform(20.0, 60.0, links), rng.uniform(400.0, 900.0, links), np.full(links, 0.15), np.full(links, 4.0)
    )
    ends = rng.permutation(side * side)[: 2 * pairs % (side * side)]
    origin, destination = ends[: len(ends) // 2], ends[len(ends) // 2 :]
    trips = rng.uniform(300.0, 900.0, len(origin))
    return Network(tail, head, delay, np.zeros(side * side, np.bool_), no_turns()), Demand(
        origin, destination[: len(origin)], trips
    )
