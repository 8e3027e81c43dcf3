"""``python -m tests.fuzz --minutes 10 --seed 1``: the long run, with how often each decoder was called."""

from __future__ import annotations

import argparse
import random
import sys
import time
import traceback
from collections import Counter

from tests.fuzz.run import once
from tests.fuzz.targets import TARGETS

TURN_S = 0.5


def main() -> int:
    """Give each decoder its turn until the time is over; end with 1 if one of them failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="only the decoders with this in their name")
    given = parser.parse_args()
    targets = [target for target in TARGETS if given.only in target.name]
    chances = {target.name: random.Random(f"{given.seed} {target.name}") for target in targets}
    executions: Counter[str] = Counter()
    failures: Counter[str] = Counter()
    until = time.monotonic() + 60 * given.minutes
    while time.monotonic() < until:
        for target in targets:
            turn = time.monotonic() + TURN_S
            while time.monotonic() < turn:
                executions[target.name] += 1
                try:
                    once(target, chances[target.name])
                except Exception as error:  # noqa: BLE001 - that is what is looked for
                    _tell(error, failures, target.name)
    for target in targets:
        print(f"{target.name:28} {executions[target.name]:>12,} executions {failures[target.name]:>6,} failures")
    print(f"seed {given.seed}: {executions.total():,} executions, {failures.total():,} failures")
    return 1 if failures else 0


def _tell(error: Exception, failures: Counter[str], name: str) -> None:
    failures[name] += 1
    if failures[name] <= 3:
        traceback.print_exception(error)


if __name__ == "__main__":
    sys.exit(main())
