"""Money that goes from a victim over mules, once round in a ring, and into a hub and cash."""

from __future__ import annotations

import numpy as np

from twin.fraud.chart.board import Account, Board, Flow, brought

DAY_S = 1_790_035_200.0


def account(number: int) -> str:
    return f"ICBC:{6222000000000000 + number}"


def flow(number: int, source: int, target: int, fen: int, hop: int, after_s: float) -> Flow:
    return Flow(f"t{number}", account(source), account(target), DAY_S + after_s, 2 * fen, fen, hop)


def small_flows() -> tuple[Flow, ...]:
    return (
        flow(1, 0, 1, 190_000_000, 0, 0.0),
        flow(2, 1, 2, 100_000_000, 1, 600.0),
        flow(3, 1, 3, 40_000_000, 1, 700.0),
        flow(4, 2, 4, 60_000_000, 2, 1200.0),
        flow(5, 3, 4, 40_000_000, 2, 1300.0),
        flow(6, 4, 1, 30_000_000, 3, 1800.0),  # it comes back
        flow(7, 1, 5, 20_000_000, 4, 2400.0),
        flow(8, 4, 5, 5_000_000, 3, 1900.0),
    )


def board_of(flows: tuple[Flow, ...]) -> Board:
    hops: dict[str, int] = {}
    for one in flows:
        hops[one.source] = min(hops.get(one.source, 99), one.hop)
        hops[one.target] = min(hops.get(one.target, 99), one.hop + 1)
    accounts = [
        Account(key, "victim" if hop == 0 else "account", "张某", hop, "trace fifo") for key, hop in hops.items()
    ]
    return Board().patched(brought(Board(), "trace", accounts, flows))[0]


def large_flows(accounts: int, seed: int = 1) -> tuple[Flow, ...]:
    """A tree of mules with as many accounts, and as many flows across it."""
    rng = np.random.default_rng(seed)
    hop = np.minimum((np.log1p(np.arange(accounts)) / np.log(6)).astype(int), 5)
    found: list[Flow] = []
    for number in range(1, accounts):
        before = np.flatnonzero(hop[:number] < hop[number])
        for _ in range(2):
            source = int(rng.choice(before)) if len(before) else 0
            found.append(
                flow(len(found), source, number, int(rng.integers(1, 10**7)), int(hop[source]), 60.0 * len(found))
            )
    return tuple(found)
