"""Random small ledgers with everything that makes tracing hard: ties, cycles, unseen money, odd fen, huge sums."""

from __future__ import annotations

from random import Random

from tests.fraud_oracle.oracle import Leg, Question


def questions(count: int, seed: int) -> list[Question]:
    """Return ``count`` questions; the same seed gives the same ones."""
    chance = Random(f"tracing {seed}")
    return [_question(chance) for _ in range(count)]


def _question(chance: Random) -> Question:
    accounts = range(chance.randint(3, 10))
    largest = 10 ** chance.choice((1, 2, 4, 7, 12))
    legs = [_leg(number, chance, accounts, largest) for number in range(chance.randint(5, 70))]
    moving = [leg for leg in legs if leg.src != leg.dst] or [Leg(len(legs), 0, 0, 1, largest)]
    backward = chance.random() < 0.3
    moving.sort(key=lambda leg: -leg.time if backward else leg.time)
    first = moving[: max(len(moving) // chance.choice((1, 3, 5)), 1)]
    roots = chance.sample(first, min(len(first), chance.choice((1, 1, 2, 3))))
    span = chance.choice((10, 40, 100, 100))
    return Question(
        legs=tuple({leg.id: leg for leg in [*legs, *moving]}.values()),
        roots=frozenset(root.id for root in roots),
        until=max(r.time for r in roots) - span if backward else min(r.time for r in roots) + span,
        openings={account: chance.randint(0, largest) for account in accounts if chance.random() < 0.5},
        ends=frozenset(account for account in accounts if chance.random() < 0.06),
        hops=chance.choice((1, 2, 3, 10, 10, 10)),
        threshold_ppm=chance.choice((0, 1_000, 1_000, 20_000, 150_000)),
        backward=backward,
    )  # fmt: skip


def _leg(number: int, chance: Random, accounts: range, largest: int) -> Leg:
    return Leg(
        number, chance.randint(0, 60), chance.choice(accounts), chance.choice(accounts), chance.randint(1, largest)
    )
