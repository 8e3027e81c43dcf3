"""The trace engine before its judges: ``python -m benchmarks.tracing_truth``.

First, random ledgers with everything that makes tracing hard, asked of the engine and of the oracle in SQL
(``tests/fraud_oracle``), which another hand wrote from the same page. Then victims planted in traffic of which half of
what passes a mule is honest: the truth, worked out densely without any threshold, are legs that carry at least a
thousandth of the loss under pro rata; the engine is asked as the desk asks, and its recall and precision are told.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks._fraud_seeds import VERDICT
from data.simulate.fraud.mixed import Mixed, Traffic, make
from tests.fraud_oracle import oracle
from tests.fraud_oracle.cases import questions
from twin.fraud.tracing.in_memory import Transfers
from twin.fraud.tracing.legs import UNSEEN, Leg
from twin.fraud.tracing.rules import Rule
from twin.fraud.tracing.trace import Question, Trace, side_by_side, trace

LEAST_SHARE = 1e-3
WINDOW_S = 72 * 3600


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tracing_truth", description=__doc__)
    parser.add_argument("--cases", type=int, default=1_200)
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    beside_the_oracle(given.cases)
    planted(VERDICT[: given.runs])


def beside_the_oracle(count: int) -> None:
    """Ask both the same, and print the largest difference of any leg in shares of the loss."""
    asked = questions(count, VERDICT[0])
    begun_s = time.process_time()
    wanted = oracle.trace(asked)
    oracle_s = time.process_time() - begun_s
    worst = dict.fromkeys(Rule, 0.0)
    legs, ours_s = dict.fromkeys(Rule, 0), 0.0
    for question, answers in zip(asked, wanted, strict=True):
        begun_s = time.process_time()
        found = _ours(question)
        ours_s += time.process_time() - begun_s
        for rule in Rule:
            legs[rule] += len(answers[rule].legs)
            worst[rule] = max(worst[rule], _apart(found[rule], answers[rule]) / max(question.loss, 1))
    print(f"{count} random ledgers, backwards too; oracle {oracle_s:.1f} s, engine {ours_s:.1f} s of processor")
    for rule in Rule:
        print(f"{rule.value:16} {legs[rule]:7,} legs   largest difference {worst[rule]:.1e} of the loss")


def _ours(asked: oracle.Question) -> dict[Rule, Trace]:
    legs = {leg.id: Leg(leg.id, leg.time, leg.src, leg.dst, leg.amount) for leg in asked.legs}
    roots = tuple(legs[root] for root in sorted(asked.roots))
    question = Question(roots, asked.until, asked.backward, asked.ends, asked.hops, asked.threshold_ppm)
    return side_by_side(Transfers(legs.values(), asked.openings), question)


def _apart(found: Trace, wanted: oracle.Answer) -> int:
    """Return by how many fen any leg or account differs."""
    pairs = [
        ({leg.number: leg.traced_fen for leg in found.legs if leg.source != UNSEEN},
         {leg: fen for leg, (fen, _) in wanted.legs.items()}),
        ({one.account: one.ended_fen for one in found.accounts}, wanted.ended),
    ]  # fmt: skip
    if found.rule.conserves:
        pairs.append(({one.account: one.remaining_fen for one in found.accounts}, wanted.remaining))
        pairs.append(({one.account: one.dust_fen for one in found.accounts}, wanted.dust))
    return max(abs(ours.get(key, 0) - theirs.get(key, 0)) for ours, theirs in pairs for key in {0, *ours, *theirs})


def planted(numbers: Sequence[int]) -> None:
    """Print recall and precision over the victims of some ledgers."""
    print("victims in mixed traffic, half of what passes a mule is honest")
    for number in numbers:
        mixed = make(Traffic(seed=number))
        truth = truly(mixed)
        found = found_by_the_engine(mixed)
        hits = sum(len(ours & theirs) for ours, theirs in zip(found, truth, strict=True))
        ours, theirs = sum(map(len, found)), sum(map(len, truth))
        print(
            f"{len(mixed.source):8,} legs  {len(truth)} victims  {theirs:6,} true legs  "
            f"recall {hits / theirs:.4f}  precision {hits / ours:.4f}", flush=True,
        )  # fmt: skip


def truly(mixed: Mixed) -> list[set[int]]:
    """Return for each victim the rows that truly carry at least a thousandth of the loss.

    All victims' shares go through the ledger side by side, one column each, leg after leg, in floating point.
    """
    columns = len(mixed.roots)
    of_root = {int(row): column for column, rows in enumerate(mixed.roots) for row in rows}
    loss = np.array([mixed.amount_fen[rows].sum() for rows in mixed.roots], float)
    until_s = np.array([mixed.time_s[rows].min() for rows in mixed.roots]) + WINDOW_S
    victims = np.zeros((len(mixed.opening_fen), columns), np.bool_)
    for column, rows in enumerate(mixed.roots):
        victims[mixed.source[rows], column] = True
    held = mixed.opening_fen.astype(float)
    traced = np.zeros((len(held), columns))
    answer: list[set[int]] = [set() for _ in range(columns)]
    for row in range(len(mixed.source)):
        source, target, fen = int(mixed.source[row]), int(mixed.target[row]), float(mixed.amount_fen[row])
        held[source] = max(held[source], fen)
        carried = _carried(traced, source, fen / held[source], until_s >= mixed.time_s[row])
        if row in of_root:
            carried[of_root[row]] = fen
        held[source] -= fen
        held[target] += fen
        if target >= mixed.hubs and carried.any():
            traced[target] += np.where(victims[target], 0.0, carried)
        for tree in np.flatnonzero(carried >= LEAST_SHARE * loss):
            answer[int(tree)].add(row)
    return answer


def _carried(traced: NDArray[np.float64], source: int, share: float, open_: NDArray[np.bool_]) -> NDArray[np.float64]:
    carried: NDArray[np.float64] = np.where(open_, traced[source] * share, 0.0)
    traced[source] -= carried
    return carried


def found_by_the_engine(mixed: Mixed) -> list[set[int]]:
    """Ask the engine as the desk does: 72 hours, ten hops, hubs left alone, a thousandth of the loss."""
    columns = (mixed.time_s, mixed.source, mixed.target, mixed.amount_fen)
    legs = [Leg(row, *map(int, told)) for row, told in enumerate(zip(*columns, strict=True))]
    ledger = Transfers(legs, dict(enumerate(map(int, mixed.opening_fen))))
    found = []
    for rows in mixed.roots:
        roots = tuple(legs[int(row)] for row in rows)
        until_s = min(root.time_s for root in roots) + WINDOW_S
        told = trace(ledger, Question(roots, until_s, hubs=frozenset(range(mixed.hubs))), Rule.PRO_RATA)
        found.append({leg.number for leg in told.legs})
    return found


if __name__ == "__main__":
    main()
