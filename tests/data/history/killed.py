"""``python -m tests.data.history.killed FOLDER COUNT``: the lakes ``FOLDER/0`` … are compacted, each by a child that is
killed at the step of its lake's number; prints by which signal each of them ended.

The children are forked before anything has started a thread.
"""

from __future__ import annotations

import os
import signal
import sys
from itertools import count
from pathlib import Path

from tests.data.history.factory import LATER, compact


def killed_at(last: int, place: Path) -> None:
    """Compact until the step comes."""
    number = count()

    def step(_: str) -> None:
        if next(number) == last:
            os.kill(os.getpid(), signal.SIGKILL)

    compact(place / "lake", place / "journal.sqlite", LATER, step)


def main() -> None:
    """Fork a child for each lake."""
    for at in range(int(sys.argv[2])):
        child = os.fork()
        if not child:
            try:
                killed_at(at, Path(sys.argv[1]) / str(at))
            finally:
                os._exit(1)
        print(os.WTERMSIG(os.waitpid(child, 0)[1]))


if __name__ == "__main__":
    main()
