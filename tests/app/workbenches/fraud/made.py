"""A traced case for the window: money of the cashier's case through six accounts, and what stands around them."""

from __future__ import annotations

from app.workbenches.fraud.money import Source
from tests.twin.fraud.chart.made import DAY_S, account, board_of, flow, small_flows
from twin.fraud.chart.around import MOST_BROUGHT, Counts
from twin.fraud.chart.board import Flow
from twin.fraud.chart.traced import RULES, Figure, Traced


class Neighbours:
    """Each account has sent to two that are on no chart yet."""

    def counts(self, account: str) -> Counts:
        return Counts(2, 2, 1, 1)

    def flows(self, account: str, outward: bool, most: int = MOST_BROUGHT) -> tuple[Flow, ...]:
        last = int(account[-4:])
        far = [Flow(f"x{last}-{n}", account, f"CCB:{last}000{n}", DAY_S + 9000.0, 100, 0, 9) for n in range(2)]
        return tuple(far) if outward else (Flow(f"y{last}", f"ABC:{last}", account, DAY_S, 100, 0, 0),)


def source() -> Source:
    """Return the case traced by all rules; last in, first out says something else."""
    other = (*small_flows()[:5], flow(6, 4, 5, 35_000_000, 3, 1900.0))
    boards = {rule: board_of(other if rule == "lifo" else small_flows()) for rule in RULES}
    figures = {rule: Figure(190_000_000 - number, number, 0, 8, 6) for number, rule in enumerate(RULES)}
    traced = Traced("FZ20260922-0001", '{"roots":[]}', "ledger 1", 190_000_000, boards, figures, "ab" * 32)
    return Source(traced, Neighbours())


__all__ = ["account", "source"]
