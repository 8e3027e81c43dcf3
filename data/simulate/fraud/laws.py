"""How invented swindles go: what is lost, when it is reported, how long money lies where, how much becomes cash.

The dwell of money in a mule's account is that of RUSI and Lloyds 2025 (28 % within 15 minutes, 53 % within the hour);
how the rest spreads up to three days, and the spreads of loss and delay, are assumptions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random

MINUTE_S, HOUR_S = 60.0, 3600.0


@dataclass(frozen=True, slots=True)
class Laws:
    """The parameters.

    Parameters
    ----------
    loss_median_yuan, loss_spread : float
        A log-normal: its median, and the standard deviation of the logarithm.
    delay_median_s, delay_spread : float
        From the payment to the report; log-normal too.
    first_accounts : tuple of int
        Least and most accounts that a victim pays into.
    layers : int
        Accounts one behind the other; from the last everything becomes cash.
    layer_accounts, parts : tuple of int
        Least and most accounts that the mules of a case share in each further layer, and how many of them get a part
        of what leaves one account.
    cash_out : tuple of float
        Least and most of what leaves an account that leaves as cash.
    dwell : tuple of (float, float)
        Seconds, and the share of money that has moved on by then; uniform between them, log-uniform from the last but
        one to the last, by which all has.
    """

    loss_median_yuan: float = 49_000.0
    loss_spread: float = 1.2
    delay_median_s: float = HOUR_S
    delay_spread: float = 0.5
    first_accounts: tuple[int, int] = (1, 3)
    layers: int = 4
    layer_accounts: tuple[int, int] = (2, 6)
    parts: tuple[int, int] = (1, 3)
    cash_out: tuple[float, float] = (0.15, 0.45)
    dwell: tuple[tuple[float, float], ...] = ((15 * MINUTE_S, 0.28), (HOUR_S, 0.53), (72 * HOUR_S, 1.0))

    def loss_fen(self, chance: Random) -> int:
        """Draw a loss."""
        return max(round(100 * self.loss_median_yuan * math.exp(chance.gauss(0, self.loss_spread))), 100)

    def delay_s(self, chance: Random) -> float:
        """Draw how long after the payment it is reported."""
        return self.delay_median_s * math.exp(chance.gauss(0, self.delay_spread))

    def dwell_s(self, chance: Random) -> float:
        """Draw how long money lies in an account."""
        drawn, before_s, before = chance.random(), 0.0, 0.0
        for until_s, share in self.dwell[:-1]:
            if drawn <= share:
                return before_s + (until_s - before_s) * (drawn - before) / (share - before)
            before_s, before = until_s, share
        last_s = self.dwell[-1][0]
        return before_s * math.exp(math.log(last_s / before_s) * (drawn - before) / (1 - before))

    def still_there(self, age_s: float) -> float:
        """Return the share of money that lies longer than ``age_s``."""
        before_s, before = 0.0, 0.0
        for until_s, share in self.dwell[:-1]:
            if age_s <= until_s:
                return 1.0 - before - (share - before) * max(age_s - before_s, 0.0) / (until_s - before_s)
            before_s, before = until_s, share
        last_s = self.dwell[-1][0]
        return (1 - before) * max(1 - math.log(age_s / before_s) / math.log(last_s / before_s), 0.0)

    def cash_share(self, chance: Random) -> float:
        """Draw how much of what leaves an account becomes cash."""
        return chance.uniform(*self.cash_out)


def split_fen(amount_fen: int, parts: int, chance: Random) -> list[int]:
    """Cut an amount into parts of at least one fen."""
    parts = min(parts, amount_fen)
    cuts = sorted(chance.sample(range(1, amount_fen), parts - 1)) if parts > 1 else []
    return [b - a for a, b in zip([0, *cuts], [*cuts, amount_fen], strict=True)]
