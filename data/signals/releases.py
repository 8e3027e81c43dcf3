"""What was released to the signals: who, when, which plans, and what ran before.

One line a deed, on disk before it is done.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from data.home import Home
from data.signals.gateway import Before, Switched
from twin.errors import BadInputError, ZhianError
from twin.signals.plan import Plan, Stage
from twin.signals.timetable import Slot, Timetable
from twin.signals.watch import Duty, duty_of_day

FILE = "releases.jsonl"


@dataclass(frozen=True, slots=True)
class Release:
    """One release.

    Parameters
    ----------
    at_s : float
        Also its name: no two are at one time.
    who, twin, road : str
    names : mapping of int to str
        Of the junctions.
    switched : Switched
    plans : tuple of Plan
        One for each junction; none where they run ``days``.
    days : tuple of Timetable
        The plans of a day, one timetable for each junction.
    back_s : float or None
        When it was taken back, by ``back_by``.
    """

    at_s: float
    who: str
    twin: str
    road: str
    names: Mapping[int, str]
    switched: Switched
    plans: tuple[Plan, ...] = ()
    days: tuple[Timetable, ...] = ()
    back_s: float | None = None
    back_by: str = ""

    def duties(self, since_s: float, now_s: float) -> dict[int, Duty]:
        """Return what each controller has to do now, watched since a time."""
        since_s, after = max(since_s, self.at_s), self.switched.after
        if self.days:
            days = {day.slots[0].plan.junction: day for day in self.days}
            return {key: duty_of_day(first, days[key], since_s, now_s) for key, first in after.items()}
        plans = {plan.junction: plan for plan in self.plans}
        return {key: Duty(number, plans[key], since_s) for key, number in after.items()}


def remember(home: Home, release: Release) -> None:
    """Write a release down; it is on disk when this returns."""
    _append(home, {
        "at_s": release.at_s, "who": release.who, "twin": release.twin, "road": release.road,
        "names": {str(key): name for key, name in release.names.items()},
        "before": {str(key): [one.plan, one.mode] for key, one in release.switched.before.items()},
        "after": {str(key): number for key, number in release.switched.after.items()},
        "plans": [_told(plan) for plan in release.plans],
        "days": [[[slot.from_s, slot.name, _told(slot.plan)] for slot in day.slots] for day in release.days],
    })  # fmt: skip


def went_back(home: Home, release: Release, who: str, now_s: float) -> None:
    """Write down that a release was taken back."""
    _append(home, {"back_of": release.at_s, "at_s": now_s, "who": who})


@contextlib.contextmanager
def undone_on_failure(home: Home, told: Sequence[Release], who: str) -> Iterator[None]:
    """Write down that what was ``told`` meanwhile went back, if controllers fail in the block."""
    try:
        yield
    except ZhianError:
        for release in told:
            went_back(home, release, who, time.time())
        raise


def releases(home: Home, twin: str) -> tuple[Release, ...]:
    """Return all releases of a twin, the oldest first.

    Raises
    ------
    BadInputError
        If a line cannot be read; the last one may be cut, by a kill while it was written: then it is left out.
    """
    found: dict[float, Release] = {}
    for line in _lines(home):
        if "back_of" in line:
            old = found.get(line["back_of"])
            if old is not None:
                found[old.at_s] = replace(old, back_s=line["at_s"], back_by=line["who"])
        elif line["twin"] == twin:
            found[line["at_s"]] = _read(line)
    return tuple(found.values())


def standing(home: Home, twin: str) -> Release | None:
    """Return the newest release that was not taken back."""
    kept = [release for release in releases(home, twin) if release.back_s is None]
    return kept[-1] if kept else None


def _path(home: Home) -> Path:
    return home.data / "signals" / FILE


def _append(home: Home, line: Mapping[str, Any]) -> None:
    path = _path(home)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    with path.open("r+b") as file:
        file.seek(file.read().rfind(b"\n") + 1)  # a line that was cut by a kill makes room
        file.truncate()
        file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def _lines(home: Home) -> Iterator[dict[str, Any]]:
    path = _path(home)
    whole = path.read_bytes().split(b"\n") if path.exists() else []
    for number, text in enumerate(whole, start=1):
        if not text.strip():
            continue
        try:
            line = json.loads(text)
            if not isinstance(line, dict) or "at_s" not in line:
                raise ValueError
        except ValueError as error:
            if number == len(whole):
                return  # it does not end with a new line
            raise BadInputError(str(path), "a line of what was released cannot be read", "look at the file") from error
        yield line


def _told(plan: Plan) -> dict[str, Any]:
    stages = [[sorted(stage.greens), stage.green_s, stage.amber_s, stage.all_red_s] for stage in plan.stages]
    return {"junction": plan.junction, "cycle_s": plan.cycle_s, "offset_s": plan.offset_s, "stages": stages}


def _plan(told: Mapping[str, Any]) -> Plan:
    stages = tuple(Stage(frozenset(names), *seconds) for names, *seconds in told["stages"])
    return Plan(told["junction"], told["cycle_s"], told["offset_s"], stages)


def _read(line: Mapping[str, Any]) -> Release:
    days = tuple(Timetable(tuple(Slot(from_s, name, _plan(told)) for from_s, name, told in day))
                 for day in line.get("days", ()))  # fmt: skip
    before = {int(key): Before(*one) for key, one in line["before"].items()}
    after = {int(key): number for key, number in line["after"].items()}
    names = {int(key): name for key, name in line["names"].items()}
    plans = tuple(map(_plan, line["plans"]))
    return Release(line["at_s"], line["who"], line["twin"], line["road"], names, Switched(before, after), plans, days)
