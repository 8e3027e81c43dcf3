"""All scenarios over each batch: rows in, hits out, each with what explains it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.city.city import City
from twin.cql2.read import read
from twin.cql2.rows import column
from twin.cql2.tree import OBSERVED, OPPOSITE, Node, compared, conditions, properties
from twin.geo import FloatArray
from twin.kept import Geofence
from twin.live.kinds import KINDS
from twin.live.observation import OBSERVATION_DTYPE, ObservationArray
from twin.rules import scenario as words
from twin.rules.batch import Batch, Watched, codes_of
from twin.rules.conditions import (
    Condition,
    Crossing,
    Crowding,
    Following,
    Found,
    Holding,
    Nearing,
    OnList,
    Silence,
    Standing,
    Staying,
    Straying,
    hours_of,
)  # fmt: skip
from twin.rules.ground import Ground, ground_of
from twin.rules.hit import Hit, Limit, Reading, Subject
from twin.rules.lists import RefList, empty_list
from twin.rules.memory import IntArray, Kept, Memory
from twin.rules.routing import route_of

FORGET_S = 86_400.0
"""Entities that said nothing for so long are forgotten, and looked for so often."""
_LEFT_OUT = frozenset({"geometry", "id", "label", "kind"})


@dataclass(frozen=True)
class Setting:
    """What scenarios are made ready for.

    Parameters
    ----------
    city : City
    fences : sequence of Geofence
    lists : mapping of str to RefList
    """

    city: City
    fences: Sequence[Geofence] = ()
    lists: Mapping[str, RefList] | None = None


@dataclass(frozen=True)
class Remembered:
    """All that rules remember, to be kept and given to fresh ones.

    Parameters
    ----------
    versions : mapping of str to str
        Of each scenario at work.
    arrays : mapping of str to array
        The entities, and what each scenario keeps of them and beside them.
    """

    versions: dict[str, str]
    arrays: dict[str, NDArray[Any]]


class Running:
    """One scenario at work.

    Raises
    ------
    twin.errors.UsageError
        If a filter or a polygon of it cannot be read.
    """

    def __init__(self, loaded: words.Loaded, setting: Setting, memory: Memory) -> None:
        scenario = loaded.scenario
        if scenario.when is None or scenario.watch is None:
            raise ValueError(loaded.id)
        self.loaded, self._memory = loaded, memory
        self._watched = Watched(codes_of(scenario.watch), read(scenario.watch.where) if scenario.watch.where else None)
        area = getattr(scenario.when, "area", None)
        self.ground: Ground | None = ground_of(area, setting.city, setting.fences) if area is not None else None
        self.condition = _condition(scenario.when, setting, memory, self.ground)
        if isinstance(self.condition, Crowding):
            self.condition.quiet_s = scenario.quiet_s  # of a place, whoever comes into it
        self._fired = memory.keep(np.float64, -np.inf)
        self._route = route_of(scenario)

    def step(self, batch: Batch) -> Found:
        """Take a batch; who set it off a short while ago does not again."""
        found = self.condition.step(self._watched.of(batch))
        if not len(found):
            return found
        quiet = found.at_s - self._fired.values[found.slot] >= self.loaded.scenario.quiet_s
        found = found.part(quiet)
        self._fired.values[found.slot] = found.at_s
        return found

    def hits(self, found: Found, seen_s: float) -> list[Hit]:
        """Tell what was found."""
        if not len(found):
            return []
        rows = self._memory.rows[found.slot]
        told = {name: column(name, rows) for name in self._looked_at()}
        return [self._hit(found, number, rows, told, seen_s) for number in range(len(found))]

    def _looked_at(self) -> list[str]:
        """Return the columns that its filters look at and that a hit may tell."""
        nodes = [read(text) for text in filters_of(self.loaded.scenario)]
        return [
            name for name in dict.fromkeys(name for node in nodes for name in properties(node)) if name not in _LEFT_OUT
        ]

    def _hit(
        self, found: Found, number: int, rows: ObservationArray, told: Mapping[str, FloatArray], seen_s: float
    ) -> Hit:
        scenario, row = self.loaded.scenario, rows[number]
        others = [int(other[number]) for other in found.others if other[number] >= 0]
        link = scenario.when.by if isinstance(scenario.when, words.Listed) else ""
        area = int(found.area[number]) if found.area is not None else -1
        entry = int(found.entry[number]) if found.entry is not None else -1
        at_s = float(found.at_s[number])
        return Hit(
            self.loaded.id, self.loaded.version, scenario.severity, at_s, seen_s,
            float(row["lon_deg"]), float(row["lat_deg"]),
            (_subject(row, link), *(_subject(self._memory.rows[other]) for other in others)),
            (*(_reading(name, values[number], row) for name, values in told.items()),
             *(_figure(name, values[number]) for name, values in found.figures.items())),
            tuple(limits_of(scenario)),
            self.ground.names[area] if self.ground is not None and area >= 0 else "",
            (self.condition.list.told(entry, seen_s),) if isinstance(self.condition, OnList) and entry >= 0 else (),
            route=self._route,
        )  # fmt: skip


UNITS: Mapping[str, str] = {
    "dwell_s": "s", "lasted_s": "s", "silent_s": "s", "took_s": "s", "distance_m": "m", "hour": "h",
}  # fmt: skip


def _subject(row: np.void, link: str = "") -> Subject:
    kind = KINDS[min(int(row["kind"]), len(KINDS) - 1)].name
    return Subject(row["id"].decode(errors="replace"), kind, row["label"].decode(errors="replace"), link)


def _figure(name: str, value: float) -> Reading:
    return Reading(name, round(float(value), 3), UNITS.get(name, ""))


def _reading(name: str, value: bytes | float, row: np.void) -> Reading:
    if isinstance(value, bytes):
        return Reading(name, value.decode(errors="replace"))
    unit = KINDS[min(int(row["kind"]), len(KINDS) - 1)].unit if name == "value" else OBSERVED[name].unit
    return Reading(name, round(float(value), 3), unit)


def filters_of(scenario: words.Scenario) -> list[str]:
    """Return the filters of a scenario, its watch's first."""
    when = scenario.when
    texts = [scenario.watch.where if scenario.watch else ""]
    if isinstance(when, words.Holds):
        texts += [when.holds, when.until]
    elif isinstance(when, words.Listed):
        texts.append(when.holds)
    elif isinstance(when, words.Sequence):
        texts += when.steps
    return [text for text in texts if text]


def limits_of(scenario: words.Scenario) -> Iterable[Limit]:
    """Yield what alone would have kept a scenario silent."""
    when = scenario.when
    if isinstance(when, words.Holds | words.Listed) and when.holds:
        yield from _opposites(read(when.holds))
    if isinstance(when, words.Listed):
        yield Limit(when.by, "on list" if when.missing else "not on list", when.list)
    if isinstance(when, words.Holds) and when.for_s:
        yield Limit("lasted_s", "<", when.for_s, "s")
    if isinstance(when, words.Stays | words.Stands):
        yield Limit("dwell_s", "<", when.for_s, "s")
    if isinstance(when, words.Stands) and when.queue:
        yield Limit("others", ">=", when.queue)
    if isinstance(when, words.OffPermit):
        yield Limit("speed_mps", "<=", when.moving_mps, "m/s")
        yield from (Limit("hour", "inside", span) for span in when.hours)
        if when.for_s:
            yield Limit("lasted_s", "<", when.for_s, "s")
    if isinstance(when, words.Crowd):
        yield Limit("count", "<=", when.most)
    if isinstance(when, words.Near):
        yield Limit("distance_m", ">", when.within_m, "m")
    if isinstance(when, words.Silent):
        yield Limit("silent_s", "<=", when.for_s, "s")
    if isinstance(when, words.Sequence):
        yield Limit("took_s", ">", when.within_s, "s")


def _opposites(node: Node) -> Iterable[Limit]:
    for condition in conditions(node):
        if (told := compared(condition)) is not None:
            name, sign, value = told
            yield Limit(name, OPPOSITE[sign], value, OBSERVED[name].unit)


def _condition(when: words.Condition, setting: Setting, memory: Memory, ground: Ground | None) -> Condition:
    made = _MAKE[type(when)]
    return made(when, setting, memory, ground)


def _holding(when: words.Holds, _: Setting, memory: Memory, ground: Ground | None) -> Condition:
    return Holding(memory, read(when.holds), read(when.until) if when.until else None, when.for_s, ground)


def _straying(when: words.OffPermit, setting: Setting, memory: Memory, _: Ground | None) -> Condition:
    route = ground_of(when.route, setting.city, setting.fences) if when.route is not None else None
    return Straying(memory, route, hours_of(when.hours), when.moving_mps, when.for_s)


def _on_list(when: words.Listed, setting: Setting, memory: Memory, ground: Ground | None) -> Condition:
    listed = (setting.lists or {}).get(when.list) or empty_list(when.list)
    return OnList(memory, listed, when.missing, read(when.holds) if when.holds else None, ground)


def _nearing(when: words.Near, _: Setting, memory: Memory, __: Ground | None) -> Condition:
    to = Watched(codes_of(when.to), read(when.to.where) if when.to.where else None)
    return Nearing(memory, to, when.within_m, when.fresh_s)


def _following(when: words.Sequence, _: Setting, memory: Memory, ground: Ground | None) -> Condition:
    return Following(memory, [read(step) for step in when.steps], when.within_s, ground)


_MAKE: Mapping[type, Callable[..., Condition]] = {
    words.Holds: _holding,
    words.Enters: lambda _, __, memory, ground: Crossing(memory, ground, inward=True),
    words.Leaves: lambda _, __, memory, ground: Crossing(memory, ground, inward=False),
    words.Stays: lambda when, _, memory, ground: Staying(memory, ground, when.for_s),
    words.Stands: lambda when, _, memory, ground: Standing(memory, when.for_s, when.within_m, ground, when.queue),
    words.OffPermit: _straying,
    words.Listed: _on_list,
    words.Crowd: lambda when, _, memory, ground: Crowding(memory, when.most, ground, when.cell_m, when.fresh_s),
    words.Near: _nearing,
    words.Silent: lambda when, _, memory, __: Silence(memory, when.for_s),
    words.Sequence: _following,
}


class Rules:
    """All scenarios that are on.

    Raises
    ------
    twin.errors.UsageError
        If one of them cannot be made ready.
    """

    def __init__(self, scenarios: Iterable[words.Loaded], setting: Setting) -> None:
        self.memory, self._setting = Memory(), setting
        self._running: dict[str, Running] = {}
        self._kept: dict[str, list[Kept]] = {}
        self._forgot_s = 0.0
        self.now_s = 0.0
        self.replace(scenarios)

    @property
    def running(self) -> tuple[Running, ...]:
        """The scenarios at work."""
        return tuple(self._running.values())

    def replace(self, scenarios: Iterable[words.Loaded]) -> None:
        """Run these from now on; one that means the same as before goes on with what it remembers."""
        fresh: dict[str, Running] = {}
        for loaded in scenarios:
            before = self._running.get(loaded.id)
            if not loaded.scenario.on or loaded.scenario.when is None:
                continue
            same = before is not None and before.loaded.version == loaded.version
            fresh[loaded.id] = before if same and before is not None else self._made(loaded)
        for gone in self._running.keys() - fresh.keys():
            self.memory.drop(self._kept.pop(gone))
        self._running = fresh

    def remembered(self) -> Remembered:
        """Return all that is remembered: copies."""
        memory = self.memory
        arrays = {"rows": memory.rows[: memory.known].copy(), "place_m": memory.place_m[: memory.known].copy(),
                  "times": np.array([self.now_s, self._forgot_s])}  # fmt: skip
        for id_, running in self._running.items():
            for number, kept in enumerate(self._kept[id_]):
                arrays[f"{id_}/{number}"] = kept.values[: memory.known].copy()
            if isinstance(running.condition, Crowding):
                arrays |= {f"{id_}/{name}": values for name, values in running.condition.beside().items()}
        return Remembered({id_: running.loaded.version for id_, running in self._running.items()}, arrays)

    def recall(self, remembered: Remembered) -> None:
        """Go on with what others remembered; a scenario of another version begins anew.

        These rules must not have seen anything yet.

        Raises
        ------
        ValueError
            If it is of another make.
        """
        arrays = remembered.arrays
        rows, place_m = arrays["rows"], arrays["place_m"]
        if rows.dtype != OBSERVATION_DTYPE or place_m.shape != (len(rows), 2):
            raise ValueError("rows of another layout")
        slot = self.memory.slots(rows["id"])
        self.memory.take(slot, rows, place_m)
        self.now_s, self._forgot_s = arrays["times"].tolist()
        for id_, running in self._running.items():
            if remembered.versions.get(id_) == running.loaded.version:
                self._recall_one(id_, running, slot, arrays)

    def _recall_one(self, id_: str, running: Running, slot: IntArray, arrays: Mapping[str, NDArray[Any]]) -> None:
        for number, kept in enumerate(self._kept[id_]):
            kept.values[slot] = arrays[f"{id_}/{number}"]
        if isinstance(running.condition, OnList):
            running.condition.replace(running.condition.list)  # asked anew: the list may be another by now
        if isinstance(running.condition, Crowding):
            names = running.condition.beside()
            running.condition.recall({name: arrays[f"{id_}/{name}"] for name in names})

    def _made(self, loaded: words.Loaded) -> Running:
        if loaded.id in self._kept:
            self.memory.drop(self._kept.pop(loaded.id))
        with self.memory.noting() as kept:
            running = Running(loaded, self._setting, self.memory)
        self._kept[loaded.id] = kept
        return running

    def replace_list(self, listed: RefList) -> None:
        """Ask another state of a list from now on."""
        self._setting = replace(self._setting, lists={**(self._setting.lists or {}), listed.id: listed})
        for running in self.running:
            if isinstance(running.condition, OnList) and running.condition.list.id == listed.id:
                running.condition.replace(listed)

    def replace_fences(self, fences: Sequence[Geofence]) -> None:
        """Take other drawn areas from now on; scenarios that name areas which are others now begin anew."""
        before, self._setting = self._setting, replace(self._setting, fences=tuple(fences))
        for id_, running in self._running.items():
            if _drawn(running.loaded, before.fences) != _drawn(running.loaded, fences):
                self._running[id_] = self._made(running.loaded)

    def take(self, rows: ObservationArray, place_m: FloatArray, now_s: float, seen_s: float | None = None) -> list[Hit]:
        """Look at what was told.

        Parameters
        ----------
        rows : (N,) structured array
            An entity may stand in it more than once; what is older than what is known of it is passed over.
        place_m : (N, 2) float array
            East and north of each in the city's local frame.
        now_s : float
            The time by the sources' clocks; it does not go back.
        seen_s : float, optional
            The time by this machine's clock, if it is another.
        """
        self.now_s = max(self.now_s, now_s)
        seen_s = self.now_s if seen_s is None else seen_s
        hits: list[Hit] = []
        slot = self.memory.slots(rows["id"])
        for index in _rounds(slot, rows["time_s"]):
            hits += self._round(rows[index], slot[index], place_m[index], seen_s)
        if self.now_s - self._forgot_s > FORGET_S:
            self.memory.forget(self.now_s - FORGET_S)
            self._forgot_s = self.now_s
        return hits

    def _round(self, rows: ObservationArray, slot: IntArray, place_m: FloatArray, seen_s: float) -> list[Hit]:
        memory = self.memory
        newer = rows["time_s"] > memory.rows["time_s"][slot]
        if not newer.all():
            rows, slot, place_m = rows[newer], slot[newer], place_m[newer]
        fresh = rows["label"] != memory.rows["label"][slot]
        memory.take(slot, rows, place_m)
        batch = Batch(rows, slot, place_m, fresh, self.now_s)
        return [hit for running in self.running for hit in running.hits(running.step(batch), seen_s)]


def _drawn(loaded: words.Loaded, fences: Sequence[Geofence]) -> list[Geofence]:
    """Return the drawn areas that a scenario names."""
    areas = (getattr(loaded.scenario.when, name, None) for name in ("area", "route"))
    named = {name for area in areas if area is not None for name in area.fences}
    return [fence for fence in fences if fence.name in named or fence.kind in named]


def _rounds(slot: IntArray, time_s: FloatArray) -> list[IntArray | slice]:
    """Return rows such that in each round an entity stands once, its older rows before its newer ones."""
    if len(np.unique(slot)) == len(slot):
        return [slice(None)]
    order = np.lexsort((time_s, slot))
    begins = np.flatnonzero(np.append(True, np.diff(slot[order]) != 0))
    nth = np.arange(len(slot)) - np.repeat(begins, np.diff(np.append(begins, len(slot))))
    return [np.sort(order[nth == number]) for number in range(int(nth.max()) + 1)]
