"""What stands around an account: counted before it is brought onto the chart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from twin.fraud.chart.board import Flow

MOST_BROUGHT = 200
"""Of the transfers of an account so many are brought at once, the largest first."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many transfers leave an account and come to it, and how many other accounts they go to and come from."""

    out_flows: int
    out_accounts: int
    in_flows: int
    in_accounts: int
    hub: bool = False
    """It has more than anybody would follow: a market, a payment firm."""


class Around(Protocol):
    """Where transfers around an account come from; asked off the window's thread."""

    def counts(self, account: str) -> Counts:
        """Return how many there are."""
        ...

    def flows(self, account: str, outward: bool, most: int = MOST_BROUGHT) -> tuple[Flow, ...]:
        """Return those that leave it, or come to it: the largest first; nothing of them is traced."""
        ...
