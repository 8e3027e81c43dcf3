"""One run of SUMO: started as a child, stepped over TraCI, its lights told what to do where a mode asks for it.

What its vehicles met is read from its own account of trips.
"""

from __future__ import annotations

import contextlib
import io
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import sumolib
import traci
from traci import constants

from data.traffic.sumo_lights import Program, is_green, near
from data.traffic.sumo_net import program as found_program
from twin.geo import FloatArray
from twin.signals.pressure import Pressure
from twin.traffic.rehearsal import Met, Moment

FINDS_GAPS = 0.5
"""A lane that has to give way counts so much."""
NEAR, STANDS, STOOD_S = (
    constants.LAST_STEP_VEHICLE_NUMBER,
    constants.LAST_STEP_VEHICLE_HALTING_NUMBER,
    constants.VAR_WAITING_TIME,
)
SEEN = (constants.VAR_POSITION, constants.VAR_ANGLE, constants.VAR_SPEED)
ALL_M = 1e7
ROOM_M = 7.5
"""That a vehicle takes in a queue."""
TRIES, WAIT_S = 1200, 0.05
CLEAR_MOST_S = 12
"""So long at most nobody gets green after amber while somebody stands in the middle of the junction."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What one run is made of.

    Parameters
    ----------
    net, traffic : Path
    lights : tuple of Path
        Additional files, the programs last.
    begin_s, end_s : float
        Traffic enters between them; then ``clear_s`` more are run for those under way.
    pressed : tuple of Program
        The lights that max-pressure runs.
    """

    net: Path
    traffic: Path
    lights: tuple[Path, ...]
    trips: Path
    seed: int
    begin_s: float
    end_s: float
    clear_s: float = 900.0
    pressed: tuple[Program, ...] = ()


class Running:
    """A SUMO that runs; a context manager, after which it is gone."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self.time_s = asked.begin_s
        self._traci = _started(_command(asked))
        self._pressers = [_Presser(self._traci, program) for program in asked.pressed]
        self._watches = False

    def __enter__(self) -> Running:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._traci.close()

    @property
    def last_s(self) -> float:
        """When it ends at the latest."""
        return self._asked.end_s + self._asked.clear_s

    def go_on(self, until_s: float) -> bool:
        """Run up to a time; tell whether anybody is left."""
        if self._pressers:
            while self.time_s < until_s:
                self._traci.simulationStep()
                self.time_s += 1.0
                for presser in self._pressers:
                    presser.step()
        else:
            self._traci.simulationStep(float(until_s))
            self.time_s = float(until_s)
        return bool(self._traci.simulation.getMinExpectedNumber() > 0)

    def moment(self, mode: str) -> Moment:
        """Return where everybody is."""
        if not self._watches:
            self._watches = True
            self._junction = self._traci.junction.getIDList()[0]
            self._traci.junction.subscribeContext(self._junction, constants.CMD_GET_VEHICLE_VARIABLE, ALL_M, SEEN)
        told = self._traci.junction.getContextSubscriptionResults(self._junction) or {}
        rows = [(number_of(name), *one[SEEN[0]], one[SEEN[1]], one[SEEN[2]]) for name, one in told.items()]
        table = np.array(rows, np.float64).reshape(-1, 5)
        since_s = self.time_s - self._asked.begin_s
        return Moment(mode, since_s, table[:, 1:3], table[:, 3], table[:, 4], table[:, 0].astype(np.int64))


def number_of(name: str) -> int:
    """Return the number at the end of a vehicle's name."""
    return int(name.rpartition(".")[2])


def _started(command: Sequence[str]) -> Any:
    """Start a SUMO and connect to it as soon as it listens; the library's own way waits a second for each."""
    port = sumolib.miscutils.getFreeSocketPort()
    sumo = subprocess.Popen([*command, f"--remote-port={port}"], stdout=subprocess.DEVNULL)
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # it prints each try
            return traci.connect(port, TRIES, "localhost", sumo, WAIT_S)
    except BaseException:
        sumo.kill()
        sumo.wait()
        raise


def _command(asked: Asked) -> list[str]:
    more = [f"--additional-files={','.join(str(file) for file in asked.lights)}"] if asked.lights else []
    return [
        found_program("sumo"), f"--net-file={asked.net}", f"--route-files={asked.traffic}", *more,
        f"--seed={asked.seed}", f"--begin={asked.begin_s}", f"--end={asked.end_s + asked.clear_s}",
        f"--tripinfo-output={asked.trips}", "--tripinfo-output.write-unfinished", "--tripinfo-output.write-undeparted",
        "--no-step-log", "--no-warnings", "--time-to-teleport=-1", "--ignore-route-errors", "--xml-validation=never",
        "--duration-log.disable",
    ]  # fmt: skip


class _Presser:
    """Runs one light by max-pressure: reads its detectors, and changes with amber and all-red between stages.

    All-red lasts until those have gone who stand in the middle: left turns that found no gap. A plan in its order has a
    stage for them next; a rule that may choose any stage next leaves them there, where they block each other for good.
    """

    def __init__(self, connection: Any, program: Program, rule: Pressure | None = None) -> None:
        self._traci, self._id = connection, program.id
        links = [row[0] if row else ("", "", "") for row in connection.trafficlight.getControlledLinks(program.id)]
        self._lanes = sorted({come for come, _, _ in links if come})
        self.stages = [program.states[row] for row in program.greens()]
        weight = np.array([[_share(state, links, lane) for lane in self._lanes] for state in self.stages])
        self._rule = rule or Pressure(weight > 0, weight)
        self._exits = [sorted({go for come, go, _ in links if come == lane}) for lane in self._lanes]
        changes = list(zip(program.states, program.seconds, strict=True))
        self._amber_s = max((lasts for state, lasts in changes if "y" in state), default=3.0)
        self._red_s = max((lasts for state, lasts in changes if not is_green(state) and "y" not in state), default=0.0)
        self._stage, self._green_s, self._since_s = 0, 0.0, np.zeros(len(self._lanes))
        self._middle = [_inside(connection, via) for _, _, via in links]
        self._cleared_s = 0
        self._to_come: list[str] = []
        self._next = 0
        self._length_m: dict[str, float] = {
            lane: connection.lane.getLength(lane) for exits in self._exits for lane in exits
        }
        for lane in self._lanes:
            connection.lanearea.subscribe(near(lane), (NEAR,))
        for lane in {*self._lanes, *self._length_m}:
            connection.lane.subscribe(lane, (STANDS, STOOD_S))
        for lane in {lane for inside in self._middle for lane in inside}:
            connection.lane.subscribe(lane, (STANDS,))
        self._show(self.stages[0])

    def step(self) -> None:
        """Do what is due this second."""
        stands, stood_s = (self._told(key) for key in (STANDS, STOOD_S))
        self._since_s = np.where(stands > 0, self._since_s + 1.0, 0.0)
        if self._to_come:
            self._change()
            return
        self._green_s += 1.0
        before = np.array([self._traci.lanearea.getSubscriptionResults(near(lane))[NEAR] for lane in self._lanes])
        full = np.array([np.mean([self._full(exit_) for exit_ in exits]) for exits in self._exits])
        self._next = self._rule.next_stage(
            self._stage, self._green_s, before.astype(np.float64), stood_s, full, self._since_s
        )
        if self._next != self._stage:
            self._to_come = change(self.stages[self._stage], self.stages[self._next], self._amber_s, self._red_s)
            self._show(self._to_come.pop(0))

    def _change(self) -> None:
        """Show the next second of a change; before the green that ends it wait for the middle to be free."""
        if len(self._to_come) == 1 and self._cleared_s < CLEAR_MOST_S and self._stands_in_the_middle():
            self._cleared_s += 1
            self._show(red(self.stages[self._stage], self.stages[self._next]))
            return
        self._show(self._to_come.pop(0))
        if not self._to_come:
            self._begin(self._next)

    def _stands_in_the_middle(self) -> bool:
        """Tell whether somebody is inside who had green, and will not have it now."""
        over = [row for row, (a, b) in enumerate(zip(self.stages[self._stage], self.stages[self._next], strict=True))
                if a in "Gg" and b not in "Gg"]  # fmt: skip
        told = self._traci.lane.getSubscriptionResults
        return any(told(lane)[STANDS] > 0 for row in over for lane in self._middle[row])

    def _full(self, lane: str) -> float:
        """Return how much of a lane is taken by vehicles that stand."""
        stands = float(self._traci.lane.getSubscriptionResults(lane)[STANDS])
        return min(stands * ROOM_M / self._length_m[lane], 1.0)

    def _told(self, key: int) -> FloatArray:
        """Return what is heard of each lane."""
        return np.array([self._traci.lane.getSubscriptionResults(lane)[key] for lane in self._lanes], np.float64)

    def _begin(self, stage: int) -> None:
        """Begin a stage: who has it all to himself waits no longer, even if his queue still stands."""
        self._stage, self._green_s, self._cleared_s = stage, 0.0, 0
        self._since_s[self._rule.weight[stage] == 1.0] = 0.0

    def _show(self, state: str) -> None:
        self._traci.trafficlight.setRedYellowGreenState(self._id, state)


def _share(state: str, links: Sequence[tuple[str, str, str]], lane: str) -> float:
    """Return how much of a lane's traffic a stage lets go: the mean over where it leads."""
    values = {"G": 1.0, "g": FINDS_GAPS}
    return float(
        np.mean([values.get(letter, 0.0) for letter, (come, _, _) in zip(state, links, strict=True) if come == lane])
    )


def change(one: str, other: str, amber_s: float, red_s: float) -> list[str]:
    """Return what a light shows each second from the end of one stage to the first second of another."""
    kept = red(one, other)
    amber = "".join("y" if a in "Gg" and b == "r" else b for a, b in zip(one, kept, strict=True))
    return [amber] * int(amber_s) + [kept] * int(red_s) + [other]


def red(one: str, other: str) -> str:
    """Return what a light shows when only those keep their green who have it in both stages."""
    return "".join(a if a in "Gg" and b in "Gg" else "r" for a, b in zip(one, other, strict=True))


def _inside(connection: Any, via: str) -> list[str]:
    """Return the lanes inside a junction that a link leads over, one after the other."""
    found: list[str] = []
    while via:
        found.append(via)
        via = next((link[4] for link in connection.lane.getLinks(via)), "")
    return found


@dataclass(frozen=True, slots=True)
class Trip:
    """What one vehicle met; ``name`` tells of its stream before the first dot."""

    name: str
    lost_s: float
    stops: int
    let_in: bool


def read_trips(file: Path, begin_s: float) -> Iterator[Trip]:
    """Yield the trips that were to begin at a time or later."""
    for _, tag in ET.iterparse(file):  # noqa: S314 - SUMO wrote it just now
        if tag.tag != "tripinfo":
            continue
        depart, waited = float(tag.get("depart", "0")), float(tag.get("departDelay", "0"))
        let_in = depart >= 0
        if not let_in or depart - waited >= begin_s:
            yield Trip(tag.get("id", ""), float(tag.get("timeLoss", "0")) + waited,
                       int(tag.get("waitingCount", "0")), let_in)  # fmt: skip
        tag.clear()


def met_by(trips: Sequence[Trip], walk_s: float = np.nan) -> Met:
    """Sum up trips."""
    kind = np.array([trip.name.split(".")[0] for trip in trips])
    lost = np.array([trip.lost_s for trip in trips], np.float64)
    stops = np.array([trip.stops for trip in trips])
    through, cross = kind == "through", kind == "cross"

    def mean(values: FloatArray) -> float:
        return float(values.mean()) if len(values) else np.nan

    return Met(mean(lost), mean(lost[through]), mean(lost[cross]), walk_s, mean(stops[through]),
               mean(stops[through] <= 1), len(trips), sum(not trip.let_in for trip in trips))  # fmt: skip
