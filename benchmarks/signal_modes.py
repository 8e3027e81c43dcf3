"""Modes of control on real networks: ``python -m benchmarks.signal_modes FOLDER [--nets cologne3 …] [--keep FILE]``.

A folder holds networks of SUMO with an hour of traffic each: ``NAME.net.xml``, ``NAME.rou.xml``, ``NAME.sumocfg``.
Tried are the program that a net comes with, that with the offsets of SUMO's ``tlsCoordinator.py``, actuated lights, the
same coordinated, and our max-pressure. Delay is of all vehicles, those never let in too, an hour and half an hour to
clear. The mode is recommended by the rule of twin/traffic/rehearsal.py on the seeds for choosing; the table is of the
seeds for the verdict; ``--choosing`` and ``--verdict`` take fewer of them. Nobody is teleported out of a jam.

``--keep`` adds each run to a file and leaves out those that are there: a run that was stopped goes on, ``--only-sum``
prints what is there.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from xml.etree import ElementTree as ET

import sumo

from data.traffic.sumo_lights import Program, read_programs, write_detectors, write_lights
from data.traffic.sumo_run import Asked, Running, met_by, read_trips
from twin.traffic.rehearsal import ALL, COORDINATED, FIXED, LEAVE, MODES, PRESSURE, Met, Rehearsed, Run, seeds

CHOOSING, VERDICT = seeds("real networks, choosing, second", 3), seeds("real networks, verdict, second", 5)
CLEAR_S = 1800.0
TOLD = {LEAVE: "fixed", FIXED: "coordinator", COORDINATED: "coordinated actuated"}


def main() -> int:
    """Run what is not there yet, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.signal_modes", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--nets", nargs="*", default=[])
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--only-sum", action="store_true")
    parser.add_argument("--choosing", type=int, default=len(CHOOSING), metavar="N")
    parser.add_argument("--verdict", type=int, default=len(VERDICT), metavar="N")
    given = parser.parse_args()
    asked = [(False, seed) for seed in CHOOSING[: given.choosing]]
    asked += [(True, seed) for seed in VERDICT[: given.verdict]]
    names = given.nets or sorted(file.name.removesuffix(".net.xml") for file in given.folder.glob("*.net.xml"))
    there = kept(given.keep) if given.keep else {}
    for name in names:
        runs = [run for run in there.get(name, ()) if (run.held_out, run.seed) in asked]
        for mode, seed, held in [] if given.only_sum else missing(runs, asked):
            runs.append(Run(mode, seed, held, one(given.folder, name, mode, seed)))
            if given.keep:
                with given.keep.open("a", encoding="utf-8") as file:
                    file.write(json.dumps({"net": name} | asdict(runs[-1])) + "\n")
        left = len(missing(runs, asked))
        if runs and left:
            print(f"{name}: {left} runs are missing")
        elif runs:
            told(name, runs)
    return 0


def kept(file: Path) -> dict[str, list[Run]]:
    """Return the runs of a file."""
    found: dict[str, list[Run]] = {}
    for line in file.read_text("utf-8").splitlines() if file.exists() else ():
        run = json.loads(line)
        met = Met(**run.pop("met"))
        found.setdefault(run.pop("net"), []).append(Run(**run, met=met))
    return found


def missing(runs: Sequence[Run], asked: Sequence[tuple[bool, int]]) -> list[tuple[str, int, bool]]:
    """Return the runs that are still to do, seed by seed in their order."""
    done = {(run.mode, run.seed, run.held_out) for run in runs}
    every = [(mode, seed, held) for held, seed in asked for mode in MODES]
    return [each for each in every if each not in done]


def told(name: str, runs: Sequence[Run]) -> None:
    """Print one network."""
    found = Rehearsed(name, tuple(runs), "", 1.0)
    delay = {mode: found.figure(mode, ALL) for mode in found.modes}
    parts = [f"{TOLD.get(mode, mode)} {each.mean:.1f} ± {each.high - each.mean:.1f}" for mode, each in delay.items()]
    ratio = delay[found.best].mean / min(each.mean for each in delay.values())
    best = TOLD.get(found.best, found.best)
    print(f"{name}: delay of all (s) {', '.join(parts)}; recommended: {best}, {ratio:.3f} × the best", flush=True)


def one(folder: Path, name: str, mode: str, seed: int) -> Met:
    """Return what was met in one run."""
    net, traffic = folder / f"{name}.net.xml", folder / f"{name}.rou.xml"
    begin_s, end_s = hours(folder / f"{name}.sumocfg")
    with tempfile.TemporaryDirectory() as made:
        work = Path(made)
        programs = list(programs_of(work, net, traffic, mode).values())
        lights, near, trips = work / "lights.add.xml", work / "near.add.xml", work / "trips.xml"
        write_lights(lights, programs, mode)
        write_detectors(near, net)
        pressed = tuple(programs) if mode == PRESSURE else ()
        asked = Asked(net.resolve(), traffic.resolve(), (lights, near), trips, seed, begin_s, end_s, CLEAR_S, pressed)
        with Running(asked) as running:
            while running.time_s < running.last_s and running.go_on(running.time_s + 60.0):
                pass
        met = met_by(list(read_trips(trips, begin_s)))
    print(f"{name} {mode} {seed}: {met.all_s:.1f} s", file=sys.stderr, flush=True)
    return met


def programs_of(work: Path, net: Path, traffic: Path, mode: str) -> dict[str, Program]:
    """Return the programs of a net, with the coordinator's offsets where a mode is coordinated."""
    if mode not in (FIXED, COORDINATED):
        return read_programs([net])
    lights = work / "coordinator.add.xml"
    tool = Path(sumo.SUMO_HOME) / "tools" / "tlsCoordinator.py"
    subprocess.run([sys.executable, tool, "-n", net, "-r", traffic, "-o", lights], check=True, capture_output=True)
    return read_programs([net, lights])


def hours(file: Path) -> tuple[float, float]:
    """Return begin and end of a configuration."""
    root = ET.parse(file).getroot()  # noqa: S314 - the caller's own file
    values = [root.find(f".//{name}") for name in ("begin", "end")]
    begin_s, end_s = (float(value.get("value", "0")) if value is not None else 0.0 for value in values)
    return begin_s, end_s


if __name__ == "__main__":
    sys.exit(main())
