"""An arterial of six signals in SUMO, its simulated radars and controllers, and the loop between them, in fast time.

Everything between the loop and the street goes as bytes: GB/T 43229-2023 from the radars, GB/T 20999-2017 to the
controllers and back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import sumolib
import traci
import traci.constants as tc

from benchmarks import _arterial as arterial
from data.signals import centre
from data.signals.controller import Controller
from data.signals.frames import Frame, Splitter, decode, encode
from data.signals.radar_device import RadarDevice
from data.signals.radar_feed import Feed
from data.traffic.sumo_net import program
from twin.geo import FloatArray
from twin.signals.changeover import Lights
from twin.signals.corridor import Corridor
from twin.signals.loop import Event, Loop
from twin.signals.plan import Plan
from twin.signals.radar import Second
from twin.traffic.rehearsal import Met

START_S = 1_795_000_000.0
SIDES = ("west", "east", "north", "south")
NEAR_M = 320.0


@dataclass(slots=True)
class Cabinets:
    """A wire to simulated controllers without a socket: each frame is packed and unpacked as on a line."""

    controllers: Mapping[int, Controller]
    clock: Callable[[], float]

    async def ask(self, frame: Frame) -> Frame:
        """Return a controller's answer."""
        (plain,) = Splitter().feed(encode(frame))
        answer = self.controllers[frame.controller].answer(decode(plain), self.clock())
        assert answer is not None
        (plain,) = Splitter().feed(encode(answer))
        return decode(plain)

    async def close(self) -> None:
        """Hold nothing."""


@dataclass(slots=True)
class Street:
    """What is fixed of one junction: its approach lanes and whose they are."""

    name: str
    lanes: tuple[str, ...]
    movements: Mapping[int, str]
    length_m: FloatArray
    links: list[tuple[str, bool]]


@dataclass(slots=True)
class World:
    """A run; :meth:`seconds` drives it and yields what the loop did.

    Parameters
    ----------
    dropped : mapping of int to (float, float, str)
        By row of a junction when its radar is ``dead`` or ``stuck``, seconds after the beginning.
    """

    folder: Path
    corridor: Corridor
    plans: Sequence[Plan]
    seed: int
    minutes: float
    dropped: Mapping[int, tuple[float, float, str]] = field(default_factory=dict)
    truth: dict[int, list[FloatArray]] = field(default_factory=dict)
    told: dict[int, list[FloatArray]] = field(default_factory=dict)
    heard: dict[int, list[Second]] = field(default_factory=dict)
    loop: Loop = field(init=False)
    controllers: dict[int, Controller] = field(init=False)
    now_s: float = START_S
    sent: int = 0

    def seconds(self) -> Iterator[Event]:
        """Run to the end."""
        at_m = self.corridor.at_m.tolist()
        net = arterial.make_net(self.folder, at_m)
        traffic = self.folder / "traffic.rou.xml"
        arterial.write_traffic(traffic, len(at_m), self.seed, self.minutes * 60.0, "free")
        read = sumolib.net.readNet(str(net))
        streets = [_street(read, row) for row in range(len(at_m))]
        keys = [junction.id for junction in self.corridor.junctions]
        self.controllers = {
            junction.id: Controller(junction, plan, gentle=True)
            for junction, plan in zip(self.corridor.junctions, self.plans, strict=True)
        }
        radars = [RadarDevice(row + 1, len(street.lanes), seed=self.seed) for row, street in enumerate(streets)]
        feed = Feed(dict(enumerate(keys, start=1)), lambda key: self.controllers[key].lights(self.now_s).green,
                    lambda: self.now_s)  # fmt: skip
        self.loop = Loop(self.corridor, tuple(self.plans), {
            key: street.movements for key, street in zip(keys, streets, strict=True)
        })  # fmt: skip
        self.truth, self.told = {key: [] for key in keys}, {key: [] for key in keys}
        self.heard = {key: [] for key in keys}
        wire = Cabinets(self.controllers, lambda: self.now_s)
        traci.start([program("sumo"), "-n", str(net), "-r", str(traffic), "--seed", str(self.seed), "--no-step-log",
                     "--no-warnings", "--time-to-teleport", "-1", "--tripinfo-output", str(self.trips),
                     "--tripinfo-output.write-unfinished"])  # fmt: skip
        try:
            yield from self._run(streets, radars, feed, wire, keys)
        finally:
            traci.close()

    @property
    def trips(self) -> Path:
        """Return the file of SUMO's trips."""
        return self.folder / "trips.xml"

    def met(self) -> Met:
        """Return what SUMO's vehicles met, after the run."""
        return arterial.met_of(self.trips)

    def _run(
        self, streets: Sequence[Street], radars: Sequence[RadarDevice], feed: Feed, wire: Cabinets, keys: Sequence[int]
    ) -> Iterator[Event]:
        approaches = [_Approach(street) for street in streets]
        for second in range(int(self.minutes * 60.0)):
            self.now_s = START_S + second
            for row, (street, key) in enumerate(zip(streets, keys, strict=True)):
                lights = self.controllers[key].lights(self.now_s)
                traci.trafficlight.setRedYellowGreenState(street.name, _state(street, lights))
                begin, end, how = self.dropped.get(row, (0.0, 0.0, ""))
                radars[row].dead = how == "dead" and begin <= second < end
                radars[row].stuck = how == "stuck" and begin <= second < end
            traci.simulationStep()
            for approach, radar, key in zip(approaches, radars, keys, strict=True):
                passed, lane, back_m, speed = approach.see()
                self.truth[key].append(_standing(lane, back_m, speed, len(approach.street.lanes)))
                heard = list(feed.feed(radar.upload(passed, lane, back_m, speed)))
                self.told[key].append(heard[0].queue_m if heard else np.full(len(approach.street.lanes), np.nan))
                for one in heard:
                    self.loop.hear(one)
                    self.heard[key].append(one)
            for event in self.loop.tick(self.now_s):
                if event.plans is not None:
                    self._send(wire, event.plans)
                yield event

    def _send(self, wire: Cabinets, plans: Sequence[Plan]) -> None:
        """Have the controllers whose plan changes hold, read back and run it."""
        for junction, plan in zip(self.corridor.junctions, plans, strict=True):
            if self.controllers[junction.id].plan != plan:
                asyncio.run(centre.release(wire, junction, plan, self.now_s))
                self.sent += 1


class _Approach:
    """Vehicles on the approach lanes of one junction, and who crossed since the last second."""

    def __init__(self, street: Street) -> None:
        self.street = street
        self._row = {lane: row for row, lane in enumerate(street.lanes)}
        self._before: dict[str, int] = {}
        traci.junction.subscribeContext(
            street.name, tc.CMD_GET_VEHICLE_VARIABLE, NEAR_M, [tc.VAR_LANE_ID, tc.VAR_LANEPOSITION, tc.VAR_SPEED]
        )

    def see(self) -> tuple[Any, Any, FloatArray, FloatArray]:
        """Return who passed by lane, and lane, distance and speed of each that comes."""
        told = traci.junction.getContextSubscriptionResults(self.street.name) or {}
        here = {
            key: (self._row[seen[tc.VAR_LANE_ID]], seen[tc.VAR_LANEPOSITION], seen[tc.VAR_SPEED])
            for key, seen in told.items()
            if seen[tc.VAR_LANE_ID] in self._row
        }
        gone = [row for key, row in self._before.items() if key not in here]
        self._before = {key: row for key, (row, _, _) in here.items()}
        passed = np.bincount(np.array(gone, np.int64), minlength=len(self._row))
        lane = np.array([row for row, _, _ in here.values()], np.int64)
        at = np.array([at for _, at, _ in here.values()], np.float64)
        speed = np.array([speed for _, _, speed in here.values()], np.float64)
        return passed, lane, self.street.length_m[lane] - at if len(lane) else at, speed


def _street(net: sumolib.net.Net, row: int) -> Street:
    """Return the approach lanes of a junction from west, east, north and south, the right one first."""
    links = arterial._links(net.getTLS(f"J{row}"), row)
    node = net.getNode(f"J{row}")
    edges: dict[str, Any] = {}
    for edge in node.getIncoming():
        start = edge.getFromNode()
        side = {f"N{row}": "north", f"S{row}": "south"}.get(start.getID())
        edges[side or ("west" if start.getCoord()[0] < node.getCoord()[0] else "east")] = edge
    lanes: list[str] = []
    lengths: list[float] = []
    movements: dict[int, str] = {}
    for side in SIDES:
        for lane in edges[side].getLanes():
            turns = {connection.getDirection() for connection in lane.getOutgoing()}
            movements[len(lanes)] = f"{side}.{'left' if turns == {'l'} else 'through'}"
            lanes.append(lane.getID())
            lengths.append(lane.getLength())
    return Street(f"J{row}", tuple(lanes), movements, np.array(lengths), links)


def _state(street: Street, lights: Lights) -> str:
    return arterial._state(street.links, lights.green, lights.amber)


def _standing(lane: Any, back_m: FloatArray, speed: FloatArray, lanes: int) -> FloatArray:
    """Return the true end of the queue on each lane, metres: to the end of the last vehicle that stands."""
    found = np.zeros(lanes)
    stands = speed < 1.4
    np.maximum.at(found, lane[stands], back_m[stands] + 7.5)
    return found
