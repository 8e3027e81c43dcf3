from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

from data.traffic.sumo_lights import Program, program_of, read_programs, write_lights
from data.traffic.sumo_net import write_net
from data.traffic.sumo_run import Asked, Running, change
from tests.twin.signals.made import arterial_city, crossing, plan
from twin.traffic.graph import road_graph
from twin.traffic.rehearsal import ACTUATED, COORDINATED, FIXED

LINKS = [("west.through", True), ("west.through", False), ("west.left", False), ("north.through", False), None]
THREE = Program("J", ("GGr", "yyr", "rrG", "rry"), (30.0, 3.0, 20.0, 3.0), 10.0, (8, 3, 8, 3), (50, 3, 50, 3))


def written(file: Path, program: Program, mode: str) -> ET.Element:
    write_lights(file, [program], mode)
    (logic,) = ET.parse(file).getroot().findall("tlLogic")  # noqa: S314 - made here
    return logic


def test_a_plan_becomes_a_program_that_gives_way() -> None:
    found = program_of("J", plan(30.0, 10.0, 20.0, offset_s=12.0), crossing(), LINKS)
    assert found.cycle_s == 75.0
    assert found.offset_s == 12.0
    assert found.states[0] == "gGrrr"
    assert found.states[1] == "yyrrr"
    assert found.states[found.greens()[1]] == "rrGrr"
    assert found.states[found.greens()[2]] == "rrrGr"
    assert found.least_s[0] == 8.0


def test_an_offset_turns_the_cycle(tmp_path: Path) -> None:
    phases = written(tmp_path / "a.xml", THREE, FIXED).findall("phase")
    shown = "".join(p.get("state", "")[0] * round(float(p.get("duration", "0"))) for p in phases)
    assert len(shown) == 56
    assert shown[10:40] == "G" * 30
    assert "G" not in shown[:10] + shown[43:]


def test_actuated_greens_have_limits_and_changes_none(tmp_path: Path) -> None:
    phases = written(tmp_path / "a.xml", THREE, ACTUATED).findall("phase")
    assert [(p.get("minDur"), p.get("maxDur")) for p in phases] == [("8", "50"), ("3", "3"), ("8", "50"), ("3", "3")]


def test_coordinated_greens_end_when_the_plan_says_at_the_latest(tmp_path: Path) -> None:
    logic = written(tmp_path / "a.xml", THREE, COORDINATED)
    assert [p.get("latestEnd") for p in logic.findall("phase")] == [None, "23", None, "56"]
    assert logic.findall("phase")[3].get("earliestEnd") == "56"
    assert logic.get("offset") == "40"


def test_a_main_green_that_begins_early_still_ends_when_the_plan_says(tmp_path: Path) -> None:
    city = arterial_city((0.0, 400.0))
    net = write_net(city, road_graph(city), tmp_path)
    programs = [replace(program, offset_s=17.0) for program in read_programs([net]).values()]
    lights, told, traffic, trips = (tmp_path / name for name in ("a.add.xml", "told.xml", "no.rou.xml", "trips.xml"))
    write_lights(lights, programs, COORDINATED, told)
    traffic.write_text("<routes/>")
    with Running(Asked(net, traffic, (lights,), trips, 1, 0.0, 500.0)) as running:
        running.go_on(500.0)
    for program in programs:
        main = max(program.greens(), key=lambda row: program.seconds[row])
        ends = (17.0 + sum(program.seconds[: main + 1])) % program.cycle_s
        shown = [(float(tag.get("time", "")), tag.get("state")) for tag in ET.parse(told).getroot()  # noqa: S314
                 if tag.get("id") == program.id]  # fmt: skip
        over = [(at, later - at) for (at, state), (later, _) in pairwise(shown) if state == program.states[main]]
        assert len(over) >= 4
        assert {(at + lasts) % program.cycle_s for at, lasts in over[1:-1]} == {ends}
        assert all(lasts > program.seconds[main] for _, lasts in over[1:-1])  # nobody came from the sides


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    write_lights(tmp_path / "a.xml", [THREE], ACTUATED)
    found = read_programs([tmp_path / "a.xml"])["J"]
    assert (found.states, found.seconds, found.least_s, found.most_s) == (
        THREE.states, THREE.seconds, THREE.least_s, THREE.most_s
    )  # fmt: skip


def test_a_later_file_may_change_an_offset_alone(tmp_path: Path) -> None:
    write_lights(tmp_path / "a.xml", [THREE], ACTUATED)
    (tmp_path / "b.xml").write_text('<additional><tlLogic id="J" programID="0" offset="7"/></additional>', "utf-8")
    found = read_programs([tmp_path / "a.xml", tmp_path / "b.xml"])["J"]
    assert (found.offset_s, found.states) == (7.0, THREE.states)


def test_between_two_stages_are_amber_and_red_and_what_stays_green() -> None:
    assert change("GGr", "Grg", 3.0, 2.0) == ["Gyr"] * 3 + ["Grr"] * 2 + ["Grg"]
