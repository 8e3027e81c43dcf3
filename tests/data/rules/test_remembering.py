"""Rules that are killed at any moment go on where they were: no alert is lost, and none is told twice."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from data.rules import remembering as module
from data.rules.remembering import STALE_S, Remembering
from tests.twin.rules.town import START, at, placed, scenario, town
from twin.geo import FloatArray
from twin.live.observation import Observation, ObservationArray, batch
from twin.rules.evaluate import Rules, Setting
from twin.rules.hit import Hit
from twin.rules.lists import Entry, RefList
from twin.rules.scenario import Loaded

SCHOOL = {"sites": ["school"]}
LISTED = RefList("lost", "", "", START, 1e9, (Entry("浙FI0001"),))
TICKS, TICK_S = 30, 5.0


class KilledError(Exception):
    """The process ends here."""


def rules_of(*loaded: Loaded) -> Rules:
    return Rules(loaded, Setting(town(), (), {LISTED.id: LISTED}))


def named(key: str, when: dict[str, object], **more: object) -> Loaded:
    one = scenario(when, {"kinds": ["car", "air_sensor"]}, **more)
    return Loaded(key, one.board, one.version, one.scenario)


ALL = (
    named("loud", {"kind": "holds", "holds": "value > 75", "until": "value < 60", "for_s": 15}),
    named("in", {"kind": "enters", "area": SCHOOL}),
    named("out", {"kind": "leaves", "area": SCHOOL}, quiet_s=60.0),
    named("stays", {"kind": "stays", "area": SCHOOL, "for_s": 20}),
    named("stands", {"kind": "stands", "for_s": 20, "within_m": 15}),
    named("listed", {"kind": "listed", "list": "lost", "by": "plate"}, quiet_s=45.0),
    named("crowd", {"kind": "crowd", "most": 2, "area": SCHOOL, "fresh_s": 30}, quiet_s=30.0),
    named("cells", {"kind": "crowd", "most": 2, "cell_m": 200, "fresh_s": 30}),
    named("near", {"kind": "near", "to": {"kinds": ["air_sensor"]}, "within_m": 60}),
    named("silent", {"kind": "silent", "for_s": 12}),
    named("steps", {"kind": "sequence", "steps": ["value > 70", "value < 50", "value > 70"], "within_s": 60}),
)


def told(seed: int) -> list[ObservationArray]:
    """Return what some cars and sensors say, tick by tick; not everybody speaks each time."""
    dice, ticks = random.Random(seed), []
    places = {f"c{n}": [dice.uniform(-100, 200), dice.uniform(-50, 150)] for n in range(6)}
    for tick in range(TICKS):
        said: list[Observation] = []
        for key, place in places.items():
            if dice.random() < 0.3:
                place[0] += dice.uniform(-120, 120)
            if dice.random() < 0.8:
                kind, label = ("air_sensor", "") if key < "c2" else ("car", "浙F·I0001" if key == "c3" else "")
                said.append(at(key, place[0], place[1], tick * TICK_S, kind, value=dice.uniform(30, 100), label=label))
        ticks.append(batch("test", said).rows)
    return ticks


def seen(rows: ObservationArray) -> tuple[ObservationArray, FloatArray]:
    return rows, placed(rows)


class Records:
    """Takes each hit once, and counts those that were another's doubles by what they say."""

    def __init__(self) -> None:
        self.hits: dict[str, Hit] = {}

    def take(self, hits: Sequence[Hit]) -> None:
        self.hits.update({hit.id: hit for hit in hits})


class Run:
    """Rules beside what they remember, killed and started again."""

    def __init__(self, folder: Path, records: Records) -> None:
        self.folder, self.records = folder, records
        self.kept = Remembering(folder, "town")

    def start(self, now_s: float) -> None:
        self.kept.close()
        self.rules, self.kept = rules_of(*ALL), Remembering(self.folder, "town")
        self.waiting, good = self.kept.recall(self.rules, now_s)
        if not good:
            self.rules = rules_of(*ALL)
        self.kept.keep(self.rules, self.waiting, now_s)

    def tick(self, rows: ObservationArray, now_s: float, give: bool, keep: bool) -> None:
        some, place_m = seen(rows)
        self.kept.note(some, place_m, now_s)
        self.waiting += self.rules.take(some, place_m, now_s)
        if give:
            self.records.take(self.waiting)
            self.waiting.clear()
        if keep:
            self.kept.keep(self.rules, self.waiting, now_s)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    run = Run(tmp_path, Records())
    run.start(START)
    yield run
    run.kept.close()


def undisturbed(seed: int) -> dict[str, Hit]:
    rules, records = rules_of(*ALL), Records()
    for number, rows in enumerate(told(seed)):
        records.take(rules.take(*seen(rows), START + number * TICK_S))
    return records.hits


@pytest.mark.parametrize("seed", range(2))
def test_killed_again_and_again_they_find_what_they_would_have_found(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice, records = random.Random(seed), Records()
    run = Run(tmp_path, records)

    def fragile(path: Path, data: bytes) -> None:
        moment = dice.random()
        if moment < 0.1:
            path.with_name(path.name + ".new").write_bytes(data[: len(data) // 2])
            raise KilledError
        path.write_bytes(data)  # as the renaming does: whole
        if moment > 0.9:
            raise KilledError

    monkeypatch.setattr(module, "write_file", fragile)
    kills, number, ticks = 0, 0, told(seed)
    up = False
    while number < TICKS:
        now_s = START + number * TICK_S
        try:
            if not up:
                run.start(now_s)
                up = True
            run.tick(ticks[number], now_s, give=dice.random() < 0.6, keep=dice.random() < 0.2)
            number += 1
            if dice.random() < 0.2:
                raise KilledError
        except KilledError:
            kills, up = kills + 1, False
            run.kept.close()  # writes nothing: the system does as much for who is killed
            torn(tmp_path / "rules-town.log", dice)
    if not up:
        monkeypatch.setattr(module, "write_file", Path.write_bytes)
        run.start(START + TICKS * TICK_S)
    records.take(run.waiting)
    run.kept.close()
    assert kills > 2
    assert records.hits == undisturbed(seed)
    assert len({hit.scenario for hit in records.hits.values()}) > 5


def torn(log: Path, dice: random.Random) -> None:
    """Leave half a batch at the end, as one who is killed in the middle of writing it does."""
    if log.exists() and dice.random() < 0.5:
        with log.open("ab") as file:
            file.write(bytes(dice.randrange(1, 200)))


def test_what_a_full_disk_left_is_gone_on_without(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (tmp_path / "rules-town.npz").read_bytes()

    def full(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "write_file", full)
    with pytest.raises(OSError, match="No space"):
        run.kept.keep(run.rules, [], START)
    assert (tmp_path / "rules-town.npz").read_bytes() == before
    run.tick(told(0)[0], START, give=True, keep=False)  # the log goes on


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 not a zip", b"\x93NUMPY"])
def test_a_damaged_checkpoint_is_begun_anew(damage: bytes, run: Run, tmp_path: Path) -> None:
    (tmp_path / "rules-town.npz").write_bytes(damage)
    assert Remembering(tmp_path, "town").recall(rules_of(*ALL), START) == ([], False)
    run.start(START)
    assert Remembering(tmp_path, "town").recall(rules_of(*ALL), START).good


def test_hits_that_wait_are_given_however_late_but_the_rest_is_stale(run: Run, tmp_path: Path) -> None:
    car = batch("test", [at("c3", 50, 50, 0, "car", label="浙F·I0001")]).rows
    run.tick(car, START, give=False, keep=False)
    waiting, good = Remembering(tmp_path, "town").recall(rules_of(*ALL), START + STALE_S + 1.0)
    assert [hit.scenario for hit in waiting] == ["listed"]
    assert not good


def test_a_scenario_of_another_version_begins_anew_and_the_others_go_on(run: Run, tmp_path: Path) -> None:
    for number in range(3):
        run.tick(batch("t", [at("c5", 50, 50, 5.0 * number, "car", value=90.0)]).rows, START, give=True, keep=True)
    other = named("loud", {"kind": "holds", "holds": "value > 80", "for_s": 15})
    rules = rules_of(other, *ALL[1:])
    assert Remembering(tmp_path, "town").recall(rules, START).good
    later = batch("t", [at("c5", 50, 50, 20.0, "car", value=90.0)]).rows
    found = {hit.scenario for hit in rules.take(*seen(later), START + 20.0)}
    assert found == {"stays", "stands"}
    assert np.isfinite(rules.now_s)
