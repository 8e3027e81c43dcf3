"""``python -m tests.faults --seed 1 --faults 200``: a run of random faults, with its account.

``kill -INT`` to it ends the run after the fault that is under way, with the account of those that were done.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import tempfile
from pathlib import Path

from tests.faults.kinds import KINDS
from tests.faults.run import draw, run
from tests.faults.world import Scale


def main() -> int:
    """Run, print the account, and end with 1 if anything was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", type=int, default=200)
    parser.add_argument("--terminals", type=int, default=30)
    parser.add_argument("--unit", type=float, default=1.0, help="how long a second of a fault is (default 1)")
    parser.add_argument("--longest-stop", type=float, default=30.0, help="seconds of the longest stop (default 30)")
    parser.add_argument("--crowd", type=int, default=1000, help="terminals that come at once (default 1000)")
    parser.add_argument("--only", default="", help="only the kinds with this in their name")
    parser.add_argument("--folder", default="", help="where to keep the files (default: a temporary folder)")
    given = parser.parse_args()
    faults = draw(given.faults, given.seed)
    if given.only:
        named = [kind for kind in KINDS if given.only in kind.name]
        faults = [named[number % len(named)] for number in range(given.faults)]
    scale = Scale(given.unit, given.longest_stop, given.crowd)
    enough: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _frame: enough.append(number))
    with tempfile.TemporaryDirectory(dir=given.folder or None) as folder:
        account = asyncio.run(
            run(
                *(Path(folder), given.seed, faults), terminals=given.terminals, scale=scale, whole=True,
                say=lambda line: print(line, flush=True), enough=lambda: bool(enough),
            )
        )  # fmt: skip
    print(account.text())
    return 1 if account.failures else 0


if __name__ == "__main__":
    sys.exit(main())
