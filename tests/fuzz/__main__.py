"""``python -m tests.fuzz --minutes 10 --seed 1``: the long run, with how often each decoder was called."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.fuzz.guided import guided
from tests.fuzz.run import once
from tests.fuzz.targets import TARGETS, Target

TURN_S = 0.5


def main() -> int:
    """Give each decoder its turn until the time is over; end with 1 if one of them failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="only the decoders with this in their name")
    parser.add_argument("--guided", action="store_true", help="choose inputs by the code they reach (Linux)")
    parser.add_argument("--corpus", default="", help="where guided runs keep what reached new code")
    given = parser.parse_args()
    targets = [target for target in TARGETS if given.only in target.name]
    if given.guided:
        with tempfile.TemporaryDirectory() as folder:
            return _guided(targets, 60 * given.minutes / len(targets), Path(given.corpus or folder))
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


def _guided(targets: Sequence[Target], seconds: float, folder: Path) -> int:
    """Give each decoder its share of the time, one after the other."""
    called, failed = 0, 0
    for target in targets:
        count, reached, wrong = guided(target.name, seconds, folder)
        print(f"{target.name:28} {count:>12,} executions, {reached:>6,} places of the code reached", flush=True)
        called, failed = called + count, failed + bool(wrong)
        if wrong:
            print(wrong)
    print(f"guided: {called:,} executions, {failed:,} decoders failed")
    return 1 if failed else 0


def _tell(error: Exception, failures: Counter[str], name: str) -> None:
    failures[name] += 1
    if failures[name] <= 3:
        traceback.print_exception(error)


if __name__ == "__main__":
    sys.exit(main())
