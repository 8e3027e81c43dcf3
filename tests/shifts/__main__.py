"""Two shifts of the demo county in fast time: ``make test-shifts [HOURS=24] [SEED=1]``.

Every alert must end in a recorded outcome, and every figure of the results page must equal a count without SQL. Prints
an account; ends with 1 if anything is amiss.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from data.home import Home
from data.operations.load import Load, alarm_load
from data.operations.opening import locate_in
from data.operations.results import lines
from data.simulate.shift import Shift, unended
from tests.data.operations.made import opened
from tests.shifts.counted import counted
from tests.shifts.day import START_S, live, town_of
from tests.small_county import small_county
from twin.operations.records import Alert, Incident
from twin.operations.results import FIGURES

WEEK_S = 7 * 86_400.0
ENTITIES, UNITS = 2000, 24
MINUTES_10_S = 600.0


def main() -> int:
    """Live, count, and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        town = town_of(small_county(), Home(folder, folder, folder, folder), UNITS, asked.seed)
        with contextlib.closing(opened(folder, locate_in(town.city))) as store:
            begun = time.monotonic()
            shift = live(store, town, asked.hours, ENTITIES, asked.seed, lambda now_s, _: _tell(now_s))
            alerts, open_ = store.find(Alert, (), 1_000_000), unended(store)
            wrong = [
                (figure.id, by)
                for figure in FIGURES
                for by in figure.by
                if repr(lines(store.engine, figure.id, by, START_S, START_S + WEEK_S))
                != repr(counted(store, figure.id, by, START_S, START_S + WEEK_S))
            ]
            states = Counter(incident.state for incident in store.find(Incident, (), 1_000_000))
            load = alarm_load(store.engine, START_S, START_S + asked.hours * 3600.0)
            _account(alerts, shift, states, open_, wrong, time.monotonic() - begun, load)
    return int(bool(open_ or wrong))


def _tell(now_s: float) -> None:
    print(f"{(now_s - START_S) / 3600.0:4.0f} h", flush=True)


def _account(
    alerts: tuple[Alert, ...], shift: Shift, states: Counter[str], open_: list[str], wrong: list[tuple[str, str]],
    took_s: float, load: Load,
) -> None:  # fmt: skip
    rows = [alert for alert in alerts if alert.group == alert.id]
    print(f"{sum(alert.hits for alert in alerts)} hits, {len(alerts)} alerts, {len(rows)} rows of queues")
    for desk in sorted({alert.desk for alert in rows}):
        theirs = [alert for alert in rows if alert.desk == desk]
        full = Counter(int(max(alert.raised_s, alert.shown_s) // MINUTES_10_S) for alert in theirs)
        of = dict(Counter(alert.scenario for alert in theirs).most_common())
        print(f"rows of {desk}: {len(theirs)}, at most {max(full.values())} in 10 minutes: {of}")
    print(f"the control room: {load.an_hour:.1f} an operator-hour, {load.over} of {load.steps} steps above one each")
    print("by scenario:", dict(Counter(alert.scenario for alert in alerts).most_common()))
    print("alerts:", dict(Counter(alert.state for alert in alerts)), "incidents:", dict(states))
    print("deeds:", dict(shift.done.most_common()))
    print(f"{len(open_)} alerts without an outcome, {len(wrong)} figures that differ {wrong or ''}, {took_s:.0f} s")


if __name__ == "__main__":
    sys.exit(main())
