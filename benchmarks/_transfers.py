"""Invented transfers of a country's size, made a block of accounts at a time.

A cell is what one block of accounts pays another; it is made from its own seed, so that a block's statements need its
row and its column of cells only, and nothing is ever sorted as a whole. Few accounts are very active (Pareto); 45 % of
payments go to hubs, which are 0.05 % of the accounts. Scams are planted among accounts that have honest traffic of
their own: four layers of mules who pass most of it on within minutes to hours, and cash out into hubs.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from data.ledger.index import LINE_DTYPE, Legs, Rows, in_order
from twin.fraud.tracing.legs import IntArray, Leg

BEGIN_S = 1_760_000_000
DAYS = 330
DAY_S = 86_400
LEGS_AN_ACCOUNT = 21.5
BLOCK_LEGS = 2_000_000
HUB_SHARE, HUB_EVERY = 0.45, 2_000
SCAMS = 400
LAYERS = 4


class Country:
    """So many transfers from a seed.

    Attributes
    ----------
    roots : list of Leg
        The victims' payments.
    """

    def __init__(self, legs: int, seed: int = 1) -> None:
        self.legs, self.seed = legs, seed
        self.roots: list[Leg] = []
        self.blocks = max(round(self.legs / BLOCK_LEGS), 2)
        self.width = max(int(self.legs / LEGS_AN_ACCOUNT / self.blocks), HUB_EVERY)
        self.accounts = self.blocks * self.width
        self._planted = self._plant()
        honest = self.legs - len(self._planted)
        cells = self.blocks * self.blocks
        self._first = np.linspace(0, honest, cells + 1).astype(np.int64).reshape(-1)

    def rows(self) -> Iterator[Rows]:
        """Yield the statements of all accounts, a block at a time."""
        for block in range(self.blocks):
            out = _joined([*(self._cell(block, other) for other in range(self.blocks)), self._of(block, paying=True)])
            into = _joined([*(self._cell(other, block) for other in range(self.blocks)), self._of(block, paying=False)])
            line = np.empty(len(out) + len(into), LINE_DTYPE)
            line["time_s"] = np.concatenate([out.time_s, into.time_s])
            line["number"] = np.concatenate([out.number, into.number])
            line["other"] = np.concatenate([out.target, into.source])
            account = np.concatenate([out.source, into.target])
            yield in_order(Rows(account, line, np.concatenate([-out.amount_fen, into.amount_fen])))

    def parts(self) -> Iterator[Legs]:
        """Yield all transfers, those of a block at a time."""
        for block in range(self.blocks):
            yield _joined([*(self._cell(block, other) for other in range(self.blocks)), self._of(block, paying=True)])

    def _cell(self, payer: int, payee: int) -> Legs:
        cell = payer * self.blocks + payee
        first, last = int(self._first[cell]), int(self._first[cell + 1])
        chance, count = np.random.default_rng((self.seed, cell)), last - first
        source = self._active(chance, count) + payer * self.width
        hubs = chance.random(count) < HUB_SHARE
        shops = chance.integers(0, self.width // HUB_EVERY, count) * HUB_EVERY
        target = np.where(hubs, shops, self._active(chance, count)) + payee * self.width
        target = np.where(target == source, target + 1 - 2 * (target % self.width == self.width - 1), target)
        time_s = BEGIN_S + chance.integers(0, DAYS * DAY_S, count)
        amount = np.exp(chance.normal(9.5, 1.6, count)).astype(np.int64) + 1  # median 133 yuan
        return Legs(np.arange(first, last), time_s, source, target, amount)

    def _active(self, chance: np.random.Generator, count: int) -> IntArray:
        """Draw accounts of a block, some far oftener than others; no hub among them."""
        drawn = (self.width * chance.random(count) ** 2.2).astype(np.int64)
        drawn += drawn % HUB_EVERY == 0
        return drawn

    def _of(self, block: int, *, paying: bool) -> Legs:
        place = (self._planted.source if paying else self._planted.target) // self.width == block
        return Legs(*(column[place] for column in self._planted))

    def _plant(self) -> Legs:
        """Plant the scams: each layer passes on most of what it got, in one to three payments."""
        chance = np.random.default_rng((self.seed, 10**9))
        rows = list[tuple[int, int, int, int]]()
        for _ in range(SCAMS):
            start = BEGIN_S + int(chance.integers(30, DAYS - 4)) * DAY_S + int(chance.integers(0, DAY_S))
            loss = int(np.exp(chance.normal(np.log(4_900_000), 1.0)))
            victim, first = self._anyone(chance), self._anyone(chance)
            rows.append((start, victim, first, loss))
            self.roots.append(Leg(-1, start, victim, first, loss))
            self._pass_on(chance, rows, (first, start, loss), 1)
        number = np.arange(self.legs - len(rows), self.legs)
        time_s, source, target, amount = (np.array(column, np.int64) for column in zip(*rows, strict=True))
        order = np.argsort(time_s, kind="stable")
        legs = Legs(number, time_s[order], source[order], target[order], amount[order])
        rows_of = zip(*(column.tolist() for column in legs[1:]), strict=True)
        whole = {row: int(at) for at, row in zip(number, rows_of, strict=True)}
        self.roots = [root._replace(number=whole[tuple(root[1:])]) for root in self.roots]
        return legs

    def _pass_on(
        self, chance: np.random.Generator, rows: list[tuple[int, int, int, int]], got: tuple[int, int, int], layer: int
    ) -> None:
        account, time_s, fen = got
        for share in chance.dirichlet(np.full(int(chance.integers(1, 4)), 4.0)):
            part = int(fen * share * 0.98)
            dwell_s = int(np.exp(chance.uniform(np.log(60), np.log(6 * 3600))))
            cashes = layer == LAYERS or chance.random() < 0.2
            target = self._hub(chance) if cashes else self._anyone(chance)
            if part > 0 and target != account:
                rows.append((time_s + dwell_s, account, target, part))
                if not cashes:
                    self._pass_on(chance, rows, (target, time_s + dwell_s, part), layer + 1)

    def _anyone(self, chance: np.random.Generator) -> int:
        account = int(chance.integers(0, self.accounts))
        return account + (account % HUB_EVERY == 0)

    def _hub(self, chance: np.random.Generator) -> int:
        return int(chance.integers(0, self.accounts // HUB_EVERY)) * HUB_EVERY


def _joined(parts: list[Legs]) -> Legs:
    return Legs(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
