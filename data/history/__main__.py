"""``python -m data.history --twin NAME``: one round of the history, as the engine's child."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from data.audit.desk import open_desk
from data.history.compactor import BusyLakeError
from data.history.upkeep import lower_priority, make_round
from data.home import Home
from twin.errors import ZhianError
from twin.words import pack


def main(argv: Sequence[str] | None = None) -> int:
    """Make a round; the exit code is that of :mod:`twin.errors`."""
    parser = argparse.ArgumentParser(prog="zhian-history", description="One round of a twin's history.")
    parser.add_argument("--twin", required=True)
    arguments = parser.parse_args(argv)
    lower_priority()
    home = Home.of_user()
    try:
        with open_desk(home) as audit:
            make_round(home, arguments.twin, audit)
    except BusyLakeError:
        return 0  # somebody else makes it
    except ZhianError as error:
        print(pack(error.sentence), file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
