"""What to stop first, beside every other order, on invented desks: ``python -m benchmarks.fraud_desk``.

Cases, banks and mules are played event by event (``world.py``, ``playing.py``) by laws that whoever writes an order
does not touch (``data/simulate/fraud/laws.py``). ``--choose`` plays the seeds an order may be tuned by; without it the
verdict is on seeds that follow from a phrase of their own. ``--order module:function`` adds another order.
"""

from __future__ import annotations

import argparse
import importlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from scipy.stats import t as student

from benchmarks._fraud_seeds import CHOOSING, VERDICT
from benchmarks.fraud_desk import orders
from benchmarks.fraud_desk.playing import Order, Outcome, Play
from benchmarks.fraud_desk.world import Desk, Honest, World, make
from data.simulate.fraud.laws import Laws

DESKS = {
    "30 minutes": Desk(handling_s=1800),
    "10 minutes": Desk(),
    "3 minutes": Desk(handling_s=180),
    "surge": Desk(cases_an_hour=30, officers=4, handling_s=180),
}
RUNS = 6
PEERS: Mapping[str, Order] = {
    "first come": orders.first_come,
    "newest": orders.newest,
    "biggest inflow": orders.biggest_inflow,
    "inflow x survival": orders.inflow_times_survival,
    "live balance": orders.live_balance,
}


@dataclass(frozen=True, slots=True)
class Row:
    """One order on one desk: means over runs, and half the width of the 95 % interval of what was recovered."""

    desk: str
    order: str
    recovered: float
    half_width: float
    requests_a_case: float
    wrong_yuan_hours_a_case: float


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fraud_desk", description=__doc__)
    parser.add_argument("--choose", action="store_true", help="the seeds an order may be tuned by")
    parser.add_argument("--desk", choices=DESKS, action="append", help="default: all")
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--order", action="append", default=[], metavar="MODULE:FUNCTION")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    named = {name: found(name) for name in given.order}
    numbers = (CHOOSING if given.choose else VERDICT)[: given.runs]
    for desk in given.desk or DESKS:
        for row in played(desk, DESKS[desk], {**PEERS, **named}, numbers):
            told(row, as_json=given.json)


def found(name: str) -> Order:
    """Return an order by the name of its module and function."""
    module, _, function = name.partition(":")
    order: Order = getattr(importlib.import_module(module), function)
    return order


def played(name: str, desk: Desk, named: Mapping[str, Order], numbers: Sequence[int]) -> list[Row]:
    """Play all orders on the same cases."""
    worlds = [make(desk, number, Laws(), Honest()) for number in numbers]
    row = partial(_row, name, cases=desk.cases)
    rows = [row("random", [Play(world, desk).run(orders.at_random(n)) for n, world in enumerate(worlds)])]
    rows += [row(title, [Play(world, desk).run(order) for world in worlds]) for title, order in named.items()]
    rows.append(row("no queue", [Play(world, desk).without_queue() for world in worlds]))
    rows.append(row("no queue, at once", [_at_once(world, desk) for world in worlds]))
    return rows


def _at_once(world: World, desk: Desk) -> Outcome:
    return Play(world, replace(desk, handling_s=0.0)).without_queue()


def _row(desk: str, order: str, outcomes: Sequence[Outcome], cases: int) -> Row:
    shares = np.array([one.recovered for one in outcomes])
    error = shares.std(ddof=1) / np.sqrt(len(shares)) if len(shares) > 1 else np.nan
    return Row(
        desk, order, float(shares.mean()), float(student.ppf(0.975, len(shares) - 1) * error),
        float(np.mean([one.requests for one in outcomes])) / cases,
        float(np.mean([one.wrong_yuan_hours for one in outcomes])) / cases,
    )  # fmt: skip


def told(row: Row, *, as_json: bool) -> None:
    """Print a row."""
    if as_json:
        print(json.dumps({name: getattr(row, name) for name in Row.__slots__}), flush=True)
        return
    share = f"{row.recovered:6.1%} ± {row.half_width:5.1%}"
    cost = f"{row.requests_a_case:5.1f} stops and {row.wrong_yuan_hours_a_case:10,.0f} yuan-hours wrongly held a case"
    print(f"{row.desk:12} {row.order:36} {share}  {cost}", flush=True)


if __name__ == "__main__":
    main()
