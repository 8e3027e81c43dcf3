"""Programs of SUMO's traffic lights: read from a net, made of our plans, written for each mode of control.

Formats and the meaning of ``coordinated``, ``earliestEnd`` and ``latestEnd``: "Traffic Lights" in the SUMO user
documentation.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from xml.etree import ElementTree as ET

import sumolib

from twin.signals.plan import LEFT, THROUGH, Junction, Plan
from twin.traffic.rehearsal import ACTUATED, COORDINATED

PROGRAM = "rehearsed"
LEAST_GREEN_S, LONGEST_GREEN_S = 5, 50
DETECTOR_S = 1.0
"""Detectors that end greens lie so near to the stop line, at the speed allowed. SUMO's own 2 s are 28 m at 50 km/h:
in a least green of 5 s the queue has not begun to move there, nobody is seen to pass, and the green ends before it."""
VIEW_M = 150.0
"""Detectors look so far back from the stop line, but not past another signal."""
Light = tuple[str, bool]
"""What a link of a light belongs to: a movement's name, and whether it turns right beside it."""


@dataclass(frozen=True, slots=True)
class Program:
    """Phases of a light in their order: the state of all its links, and for how long; shifted by an offset.

    Parameters
    ----------
    least_s, most_s : tuple of float
        Of each phase, when its green follows the traffic.
    """

    id: str
    states: tuple[str, ...]
    seconds: tuple[float, ...]
    offset_s: float
    least_s: tuple[float, ...]
    most_s: tuple[float, ...]

    @property
    def cycle_s(self) -> float:
        """The length of all phases together."""
        return sum(self.seconds)

    def greens(self) -> tuple[int, ...]:
        """Return which phases are stages: somebody has green and nobody amber."""
        return tuple(row for row, state in enumerate(self.states) if is_green(state))


def is_green(state: str) -> bool:
    """Tell whether a phase is a stage and not a change between two."""
    return "y" not in state.lower() and "g" in state.lower()


def read_programs(files: Iterable[Path]) -> dict[str, Program]:
    """Return the program of each light; later files count, and may tell nothing but another offset."""
    found: dict[str, Program] = {}
    for file in files:
        for _, logic in ET.iterparse(file):  # noqa: S314 - SUMO's own, or written by us just now
            if logic.tag != "tlLogic":
                continue
            key = logic.get("id", "")
            if logic.find("phase") is None:
                found[key] = replace(found[key], offset_s=float(logic.get("offset", "0")))
            else:
                found[key] = _program(logic)
    return found


def _program(logic: ET.Element) -> Program:
    phases = logic.findall("phase")
    states = tuple(phase.get("state", "") for phase in phases)
    seconds = tuple(float(phase.get("duration", "0")) for phase in phases)
    return with_limits(
        Program(logic.get("id", ""), states, seconds, float(logic.get("offset", "0")), (), ()),
        [float(phase.get("minDur", LEAST_GREEN_S)) for phase in phases],
        [float(phase.get("maxDur", LONGEST_GREEN_S)) for phase in phases],
    )


def with_limits(program: Program, least_s: Sequence[float], most_s: Sequence[float]) -> Program:
    """Return a program whose stages may last between two limits, while changes last as they do."""
    limits = [
        (min(least, lasts), max(most, lasts)) if is_green(state) else (lasts, lasts)
        for state, lasts, least, most in zip(program.states, program.seconds, least_s, most_s, strict=True)
    ]
    return replace(program, least_s=tuple(low for low, _ in limits), most_s=tuple(high for _, high in limits))


def program_of(light: str, plan: Plan, junction: Junction, links: Sequence[Light | None]) -> Program:
    """Return a plan as a light's program; links that belong to no movement give way beside any green of their own side.

    Who turns right gives way, and so does a left turn while the stream against it is green.
    """
    states: list[str] = []
    seconds: list[float] = []
    least: list[float] = []
    filters = {frozenset((one.one, one.other)) for one in junction.conflicts if one.filters}
    need = {movement.name: movement.min_green_s for movement in junction.movements}
    for stage, after in zip(plan.stages, (*plan.stages[1:], plan.stages[0]), strict=True):
        stay, leave = stage.greens & after.greens, stage.greens - after.greens
        for green, amber, lasts in (
            (stage.greens, frozenset[str](), stage.green_s), (stay, leave, stage.amber_s),
            (stay, frozenset[str](), stage.all_red_s),
        ):  # fmt: skip
            states.append("".join(_letter(link, green, amber, filters) for link in links))
            seconds.append(float(round(lasts)))
            least.append(max((need[name] for name in green), default=0.0))
    kept = [row for row, lasts in enumerate(seconds) if lasts > 0]
    program = Program(light, tuple(states[row] for row in kept), tuple(seconds[row] for row in kept),
                      float(round(plan.offset_s)), (), ())  # fmt: skip
    return with_limits(program, [least[row] for row in kept], [LONGEST_GREEN_S] * len(kept))


def _letter(link: Light | None, green: frozenset[str], amber: frozenset[str], filters: set[frozenset[str]]) -> str:
    if link is None:
        return "r"
    name, right = link
    if name in amber:
        return "y"
    if name not in green:
        return "r"
    turns_left = name.split(".")[1] == LEFT
    yields = right or (turns_left and any(frozenset((name, other)) in filters for other in green))
    return "g" if yields else "G"


def links_of(light: sumolib.net.TLS, junction: Junction) -> list[Light | None]:
    """Return for each link of a light of a twin's net whose movement it belongs to."""
    exact = {(m.come, m.go): m.name for m in junction.movements if m.come}
    turns = {(m.come, m.turn): m.name for m in junction.movements if m.come}
    found: dict[int, Light | None] = {}
    for come, go, number in light.getConnections():
        edge, to = come.getEdge().getID(), go.getEdge().getID()
        turn = next(c.getDirection() for c in come.getOutgoing() if c.getToLane() == go)
        right = turn in ("r", "R") and (edge, to) not in exact
        kind = LEFT if turn in ("l", "L", "t") else THROUGH
        name = exact.get((edge, to)) or turns.get((edge, kind)) or next(
            (m.name for m in junction.movements if m.come == edge), None)  # fmt: skip
        found[number] = (name, right) if name else None
    return [found.get(number) for number in range(max(found, default=-1) + 1)]


def write_lights(file: Path, programs: Iterable[Program], mode: str, told: Path | None = None) -> None:
    """Write programs as a mode runs them; max-pressure's lights begin as fixed ones.

    Parameters
    ----------
    told : Path, optional
        SUMO writes there what each light showed.
    """
    parts = ["<additional>"]
    for program in programs:
        parts += _logic(program, mode)
        if told is not None:
            parts.append(f'<timedEvent type="SaveTLSSwitchStates" source="{program.id}" dest="{told}"/>')
    file.write_text("\n".join([*parts, "</additional>"]), "utf-8")


def _logic(program: Program, mode: str) -> Iterator[str]:
    follows = mode in (ACTUATED, COORDINATED) and len(program.greens()) > 1
    turned = _main_last(program) if follows and mode == COORDINATED else program
    kind, offset = ("actuated", turned.offset_s) if follows else ("static", 0.0)
    yield f'<tlLogic id="{program.id}" type="{kind}" programID="{PROGRAM}" offset="{offset:g}">'
    if follows:
        yield f'<param key="detector-gap" value="{DETECTOR_S:g}"/>'
    if not follows:
        for state, lasts in _rolled(program):
            yield f'<phase duration="{lasts:g}" state="{state}"/>'
    elif mode == ACTUATED:
        for state, lasts, least, most in zip(turned.states, turned.seconds, turned.least_s, turned.most_s, strict=True):
            yield f'<phase duration="{lasts:g}" state="{state}" minDur="{least:g}" maxDur="{most:g}"/>'
    else:
        yield f'<param key="coordinated" value="true"/><param key="cycleTime" value="{turned.cycle_s:g}"/>'
        yield from _coordinated(turned)
    yield "</tlLogic>"


def _main_last(program: Program) -> Program:
    """End with the stage that lasts longest: it takes what the others leave, and ends with the cycle.

    SUMO reads ``latestEnd`` within the cycle in which a stage began: one that began early, before the cycle's first
    second, and was to end in the next cycle would end at its least green.
    """
    first = 1 + max(program.greens(), key=lambda row: program.seconds[row])
    return replace(
        program,
        states=program.states[first:] + program.states[:first],
        seconds=program.seconds[first:] + program.seconds[:first],
        least_s=program.least_s[first:] + program.least_s[:first],
        most_s=program.most_s[first:] + program.most_s[:first],
        offset_s=(program.offset_s + sum(program.seconds[:first])) % program.cycle_s,
    )


def _coordinated(program: Program) -> Iterator[str]:
    """Let the main stage, the last one, end when the plan says, and the others then at the latest."""
    end = 0.0
    for row, (state, lasts, least) in enumerate(zip(program.states, program.seconds, program.least_s, strict=True)):
        end += lasts
        if not is_green(state):
            yield f'<phase duration="{lasts:g}" state="{state}"/>'
            continue
        earliest = f' earliestEnd="{end:g}"' if row == len(program.states) - 1 else ""
        limits = f'minDur="{least:g}" maxDur="{program.cycle_s:g}"{earliest} latestEnd="{end:g}"'
        yield f'<phase duration="{lasts:g}" state="{state}" {limits}/>'


def _rolled(program: Program) -> Iterator[tuple[str, float]]:
    """Yield the phases with the offset turned into their order: a cycle that begins at second 0."""
    shift = program.offset_s % program.cycle_s
    begin = program.cycle_s - shift
    at, before, after = 0.0, list[tuple[str, float]](), list[tuple[str, float]]()
    for state, lasts in zip(program.states, program.seconds, strict=True):
        early = min(max(begin - at, 0.0), lasts)
        before += [(state, early)] if early else []
        after += [(state, lasts - early)] if lasts > early else []
        at += lasts
    return iter([*after, *before])


def near(lane: str) -> str:
    """Return the name of the detector before a stop line."""
    return f"near.{lane}"


def write_detectors(file: Path, net: Path) -> None:
    """Write a detector for each lane that leads to a light."""
    read = sumolib.net.readNet(str(net))
    lanes = {lane.getID(): lane for light in read.getTrafficLights() for lane, _, _ in light.getConnections()}
    parts = [
        f'<laneAreaDetector id="{near(key)}" lane="{key}" endPos="{lane.getLength():.2f}" length="{_view_m(lane):.2f}" '
        f'friendlyPos="true" period="100000" file="{os.devnull}"/>'
        for key, lane in sorted(lanes.items())
    ]
    file.write_text("\n".join(["<additional>", *parts, "</additional>"]), "utf-8")


def _view_m(lane: sumolib.net.lane.Lane) -> float:
    """Return how far back one sees from the end of a lane, along the straight way."""
    seen, length = {lane.getID()}, float(lane.getLength())
    while length < VIEW_M:
        before = [one for one in lane.getIncomingConnections() if one.getDirection() == "s" and not one.getTLSID()]
        if len(before) != 1 or before[0].getFromLane().getID() in seen:
            break
        lane = before[0].getFromLane()
        seen.add(lane.getID())
        length += float(lane.getLength())
    return min(length, VIEW_M)
