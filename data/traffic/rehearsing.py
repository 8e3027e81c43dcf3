"""Rehearsals of signal plans: the twin's roads, signals and traffic in SUMO, in a child process that tells as it goes.

The parent makes a folder with all that the child needs (:func:`prepare`); the child, ``python -m
data.traffic.rehearsing FOLDER``, runs it and writes a JSON line for each thing it has to tell. Two modes of one seed
can be watched: they run side by side, second for second.
"""

from __future__ import annotations

import contextlib
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import msgspec
import numpy as np
import sumolib

from data.traffic.sumo_lights import Light, links_of, program_of, read_programs, write_detectors, write_lights
from data.traffic.sumo_net import write_net
from data.traffic.sumo_run import Asked, Running, met_by, read_trips
from twin.city.city import City
from twin.errors import CancelledError, ZhianError
from twin.geo import BoolArray
from twin.signals.corridor import Corridor
from twin.signals.plan import WALK, Junction, Plan
from twin.signals.walking import wait_s
from twin.traffic.graph import RoadGraph
from twin.traffic.rehearsal import LEAVE, MODES, PRESSURE, Met, Moment, Rehearsed, Run, seeds
from twin.traffic.streams import Streams, area, kinds
from twin.words import say, unpack

WARM_S, CLEAR_S = 300.0, 900.0
EVERY_S = 2.0
STEP_S = 60.0
JOB = "job.json"


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be rehearsed.

    Parameters
    ----------
    city : City
    graph : RoadGraph
        Of the city.
    corridor : Corridor
        With its people on foot.
    plans : tuple of Plan
        A new one for each of its signals.
    streams : Streams
        The traffic.
    modes : tuple of str
        ``leave`` is always among them.
    watch : tuple of str
        Two modes whose vehicles are told as they go, or none.
    choosing, verdict : int
        Seeds for choosing, and for the verdict.
    seconds : float
        That count of each run; five minutes before them fill the roads.
    """

    city: City
    graph: RoadGraph
    corridor: Corridor
    plans: tuple[Plan, ...]
    streams: Streams
    modes: tuple[str, ...] = MODES
    watch: tuple[str, ...] = ()
    choosing: int = 3
    verdict: int = 5
    seconds: float = 1800.0


class _Run(msgspec.Struct):
    mode: str
    seed: int
    held_out: bool


class _Job(msgspec.Struct):
    """What the child is given, beside the files of the folder.

    ``crossings`` tell for each light the links that each crossing has to wait for.
    """

    runs: list[_Run]
    watch: list[str]
    seconds: float
    crossings: dict[str, list[list[int]]]


class _Progress(msgspec.Struct, tag="progress"):
    share: float
    mode: str


class _Moment(msgspec.Struct, tag="moment"):
    mode: str
    time_s: float
    table: bytes
    """float32 rows of number, east, north, heading, speed."""


class _Met(msgspec.Struct, tag="met"):
    run: _Run
    met: dict[str, Any]


Told = _Progress | _Moment | _Met
_TOLD: msgspec.json.Decoder[Told] = msgspec.json.Decoder(Told)


def prepare(request: Request, folder: Path) -> None:
    """Write all that the child needs.

    Raises
    ------
    twin.errors.MissingPieceError, twin.errors.ZhianError
        If SUMO is not installed, or makes no net of these roads.
    """
    corridor = request.corridor
    links = area(request.graph, corridor)
    net = write_net(request.city, request.graph, folder, links)
    read = sumolib.net.readNet(str(net))
    lights = _lights(read, corridor)
    before = read_programs([net, folder / "signals.add.xml"])
    after = dict(before)
    crossings = {}
    for junction, plan in zip(corridor.junctions, request.plans, strict=True):
        light, its = lights[junction.id]
        after[light] = program_of(light, plan, junction, its)
        crossings[light] = _crossings(junction, its)
    for mode in request.modes:
        programs = before if mode == LEAVE else after
        write_lights(folder / f"{mode}.add.xml", programs.values(), mode, folder / f"{mode}.lights.xml")
    write_detectors(folder / "near.add.xml", net)
    runs = _runs(request)
    kind = kinds(request.streams, request.graph, corridor)
    for seed in sorted({run.seed for run in runs}):
        _write_traffic(folder / f"{seed}.rou.xml", request, kind, seed)
    job = _Job(runs, list(request.watch), request.seconds, crossings)
    (folder / JOB).write_bytes(msgspec.json.encode(job))


def _lights(net: Any, corridor: Corridor) -> dict[int, tuple[str, list[Light | None]]]:
    """Return for each signal its light in the net, found by the links that come to it."""
    by_edge = {lane.getEdge().getID(): light for light in net.getTrafficLights()
               for lane, _, _ in light.getConnections()}  # fmt: skip
    found = {}
    for junction in corridor.junctions:
        light = next(by_edge[m.come] for m in junction.movements if m.come in by_edge)
        found[junction.id] = (light.getID(), links_of(light, junction))
    return found


def _crossings(junction: Junction, links: Sequence[Light | None]) -> list[list[int]]:
    """Return for each crossing the links of the light that must be red; who turns and gives way need not be."""
    found = []
    for walk in (m.name for m in junction.movements if m.turn == WALK):
        hard = {name for c in junction.conflicts if not c.filters and walk in (c.one, c.other)
                for name in (c.one, c.other)} - {walk}  # fmt: skip
        found.append([row for row, link in enumerate(links) if link and link[0] in hard and not link[1]])
    return found


def _runs(request: Request) -> list[_Run]:
    """Return all runs, those that are watched first."""
    choosing, verdict = seeds("choosing", request.choosing), seeds("verdict", request.verdict)
    modes = [LEAVE, *(mode for mode in request.modes if mode != LEAVE)]
    runs = [_Run(mode, seed, held) for held, some in ((True, verdict), (False, choosing)) for seed in some
            for mode in modes]  # fmt: skip
    return sorted(runs, key=lambda run: not (run.mode in request.watch and run.seed in verdict[:1]))


def _write_traffic(file: Path, request: Request, kind: Sequence[str], seed: int) -> None:
    stream, depart = request.streams.departures(WARM_S + request.seconds, seed)
    names = request.graph.names(np.arange(len(request.graph)))
    ways = [" ".join(names[link] for link in way) for way in request.streams.ways]
    lines = [
        f'<vehicle id="{kind[of]}.{number}" type="car" depart="{at:.1f}" departLane="best" departSpeed="max">'
        f'<route edges="{ways[of]}"/></vehicle>'
        for number, (of, at) in enumerate(zip(stream.tolist(), depart.tolist(), strict=True))
    ]
    head = '<routes><vType id="car" speedFactor="normc(1,0.1,0.8,1.2)"/>'
    file.write_text("\n".join([head, *lines, "</routes>"]), "utf-8")


def rehearse(
    request: Request,
    report: Callable[[float, str], None] = lambda share, mode: None,
    cancelled: Callable[[], bool] = lambda: False,
    seen: Callable[[Moment], None] = lambda moment: None,
) -> Rehearsed:
    """Rehearse in a child process.

    Parameters
    ----------
    report : callable
        Given the share that is done and the mode that runs.
    cancelled : callable
        Asked after each thing that the child tells; if it says yes the child is ended.
    seen : callable
        Given the vehicles of the two modes that are watched, one :class:`Moment` after the other.

    Raises
    ------
    twin.errors.MissingPieceError, twin.errors.ZhianError, twin.errors.CancelledError
    """
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        prepare(request, folder)
        runs = list(_followed(folder, report, cancelled, seen))
    took_s = time.monotonic() - began
    return Rehearsed(request.corridor.name, tuple(runs), request.streams.origin, WARM_S + request.seconds, took_s)


def _followed(
    folder: Path,
    report: Callable[[float, str], None],
    cancelled: Callable[[], bool],
    seen: Callable[[Moment], None],
) -> Iterator[Run]:
    program = [sys.executable, "-m", "data.traffic.rehearsing", str(folder)]
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(program, stdout=subprocess.PIPE, stderr=errors) as child,
    ):
        try:
            for line in child.stdout or ():
                if cancelled():
                    raise CancelledError("the work was stopped")
                told = _decoded(line)
                if isinstance(told, _Progress):
                    report(min(told.share, 1.0), told.mode)
                elif isinstance(told, _Moment):
                    seen(_moment(told))
                elif told is not None:
                    numbers: dict[str, Any] = {
                        name: math.nan if value is None else value for name, value in told.met.items()
                    }
                    met = Met(**numbers)
                    yield Run(told.run.mode, told.run.seed, told.run.held_out, met)
        except BaseException:
            child.kill()
            raise
        if child.wait():
            errors.seek(0)
            last = errors.read()[-4000:].decode(errors="replace").strip().rpartition("\n")[2]
            raise ZhianError(unpack(last) or say("SUMO ended the rehearsal: {why}", why=last[:300]))


def _decoded(line: bytes) -> Told | None:
    try:
        return _TOLD.decode(line)
    except msgspec.MsgspecError:
        return None  # a word from a library


def _moment(told: _Moment) -> Moment:
    table = np.frombuffer(told.table, np.float32).reshape(-1, 5).astype(np.float64)
    return Moment(told.mode, told.time_s, table[:, 1:3], table[:, 3], table[:, 4], table[:, 0].astype(np.int64))


def child(folder: Path) -> None:
    """Run what a folder asks for, and tell on standard output."""
    job = msgspec.json.decode((folder / JOB).read_bytes(), type=_Job)
    first = [run for run in job.runs if run.mode in job.watch and run.seed == job.runs[0].seed]
    for begin, runs in enumerate([first, *([run] for run in job.runs[len(first) :])]):
        before = begin - 1 + len(first) if begin else 0
        _together(folder, job, runs, before, watched=not begin)
        for run in runs:
            _tell(_Met(run, _read(folder, job, run)))


def _together(folder: Path, job: _Job, runs: Sequence[_Run], before: int, *, watched: bool) -> None:
    """Run modes of one seed side by side, and tell how far they are; of those that are watched where everybody is."""
    step_s = EVERY_S if watched else STEP_S
    with contextlib.ExitStack() as stack:
        going = [(run, stack.enter_context(Running(_asked(folder, job, run)))) for run in runs]
        while going:
            for run, running in list(going):
                if not running.go_on(running.time_s + step_s) or running.time_s >= running.last_s:
                    going.remove((run, running))
                if watched:
                    _tell(_shown(running.moment(run.mode)))
                if running.time_s % STEP_S == 0:
                    share = running.time_s / running.last_s
                    _tell(_Progress((before + share * len(runs)) / len(job.runs), run.mode))


def _shown(moment: Moment) -> _Moment:
    columns = (moment.vehicle, moment.position_m, moment.heading_deg, moment.speed_mps)
    return _Moment(moment.mode, moment.time_s, np.column_stack(columns).astype(np.float32).tobytes())


def _asked(folder: Path, job: _Job, run: _Run) -> Asked:
    programs = tuple(read_programs([folder / f"{run.mode}.add.xml"]).values()) if run.mode == PRESSURE else ()
    lights = (folder / f"{run.mode}.add.xml", folder / "near.add.xml")
    return Asked(folder / "twin.net.xml", folder / f"{run.seed}.rou.xml", lights, folder / f"{run.mode}.trips.xml",
                 run.seed, 0.0, WARM_S + job.seconds, CLEAR_S, programs)  # fmt: skip


def _read(folder: Path, job: _Job, run: _Run) -> dict[str, float | None]:
    trips = list(read_trips(folder / f"{run.mode}.trips.xml", WARM_S))
    met = met_by(trips, _walk_s(folder / f"{run.mode}.lights.xml", job.crossings, WARM_S + job.seconds))
    return {name: None if math.isnan(value) else value for name, value in asdict(met).items()}


def _walk_s(file: Path, crossings: Mapping[str, list[list[int]]], until_s: float) -> float:
    """Return the mean wait over all crossings of all signals."""
    shown: dict[str, list[tuple[float, str]]] = {light: [] for light in crossings}
    for _, tag in ET.iterparse(file):  # noqa: S314 - SUMO wrote it just now
        if tag.tag == "tlsState" and tag.get("id") in shown:
            shown[tag.get("id", "")].append((float(tag.get("time", "0")), tag.get("state", "")))
    waits = [wait_s(_free(shown[light], links, until_s)) for light, every in crossings.items() for links in every]
    return float(np.mean(waits)) if waits else math.nan


def _free(shown: Sequence[tuple[float, str]], links: Sequence[int], until_s: float) -> BoolArray:
    """Return in which seconds since the warm-up none of some links of a light was green or amber."""
    begin = np.array([at for at, _ in shown])
    free = np.array([all(state[link] in "rR" for link in links) for _, state in shown], np.bool_)
    row = np.searchsorted(begin, np.arange(WARM_S, until_s), side="right") - 1
    return np.asarray(free[np.maximum(row, 0)])


def _tell(told: Told) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(told) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    child(Path(sys.argv[1]))
