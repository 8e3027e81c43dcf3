"""Each of the scenarios that fire, from bytes on a wire to closed or served: connector, live table, rules, records.

The eight that are views have their journey in ``tests/app/features/test_scenarios.py``: they open in the window.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from data.audit.trail import append
from data.home import Home
from data.operations.opening import Starts
from data.operations.store import SqlOperations
from data.records.database import engine_of
from data.rules.files import Folder
from data.rules.watching import Watching
from data.store.kept import kept_path, write_kept
from data.sync.shared import open_for_writing, table_path
from tests.data.operations.made import opened
from tests.data.rules.test_scenarios import CITY, FENCES, FIRES, LISTS, SCENARIOS
from tests.journeys.wires import received
from tests.twin.rules.town import START
from twin.kept import Kept
from twin.live.observation import Observation
from twin.live.table import LiveTable, place_word
from twin.operations.deeds import (
    AnswerStep,
    AnswerTask,
    Assignment,
    By,
    Close,
    ConfirmAlerts,
    Deed,
    EnrolUnit,
    HandOver,
    ReportDispatch,
    Resolve,
    SendUnits,
    SetUnit,
)
from twin.operations.levels import timers
from twin.operations.records import Alert, Dispatch, Incident, Step, Task, Unit
from twin.operations.store import Whole
from twin.rules.scenario import Loaded
from twin.world import SourceState

LIVE = SourceState("wires", "mqtt", up=True, reason="", last_s=START, rate_hz=1.0)
SQUAD = Unit("S1", 1, "off_duty", "一中队", "police_car", "police", (), "demo-car-1", "radio")
THINKS_S = 2.0


class Only(Folder):
    """One scenario."""

    def __init__(self, loaded: Loaded) -> None:
        super().__init__(())
        self._loaded = loaded

    def read(self) -> None:
        """Read nothing: it is there."""
        self.scenarios = {self._loaded.id: self._loaded}


class Room:
    """A live table, the rules beside it, and the records that their hits go to."""

    def __init__(self, root: Path, store: SqlOperations, key: str) -> None:
        home = Home(root / "data", root / "cache", root / "state", root / "runtime")
        for folder in (home.data, home.runtime):
            folder.mkdir(parents=True)
        self._file = open_for_writing(table_path(home, "all"), 512)
        self._table = LiveTable(self._file.buffer, 512, place_word(CITY.frame), 1, os.getpid())
        self._source = self._table.source(LIVE.name, LIVE.kind)
        self._table.tell_source(self._source, LIVE)
        self.store, self.now_s, self.alerts = store, START, list[str]()
        one = Only(SCENARIOS[key])
        one.read()
        write_kept(kept_path(home, "all"), Kept(fences=FENCES), CITY.frame)
        self._watching = Watching(
            home, "all", CITY, one, lambda: LISTS, self._take, pytest.fail, clock=lambda: self.now_s
        )

    def _take(self, hits: Sequence[object]) -> None:
        self.alerts += self.store.take(hits)  # type: ignore[arg-type]  # hits, as the sink's type says

    def hear(self, told: Sequence[Observation]) -> None:
        """Let devices say something, and the rules look."""
        rows = received(told)
        self.now_s = max(self.now_s, float(rows["time_s"].max()))
        place_m = np.column_stack([*CITY.frame.to_local(rows["lon_deg"], rows["lat_deg"]), rows["height_m"]])
        self._table.update(self._source, rows, place_m.astype(np.float32), self.now_s, time.monotonic())
        self._table.commit(self.now_s)
        self._table.beat(self.now_s, time.monotonic())
        self._watching.step()

    def close(self) -> None:
        self._watching.close()
        self._table.close()
        self._file.close()


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database in which there is a squad and nothing happened yet."""
    folder = tmp_path_factory.mktemp("records")
    made = opened(folder)
    made.do(EnrolUnit(SQUAD), By("roster", START))
    made.do(SetUnit(SQUAD.id, "free"), By("roster", START))
    made.close()
    return folder / "records.sqlite"


@pytest.fixture
def store(empty: Path, tmp_path: Path) -> Iterator[SqlOperations]:
    path = shutil.copy(empty, tmp_path)
    engine = engine_of(sa.URL.create("sqlite", database=str(path)))
    sa.event.listen(engine, "connect", _unhurried)
    made = SqlOperations(engine, append)
    yield made
    made.close()


def _unhurried(connection: sqlite3.Connection, _: object) -> None:
    """Do not wait for the disk: nothing is killed here."""
    connection.execute("PRAGMA synchronous=OFF")


@dataclass
class Desk:
    """An operator and everybody who answers to one, each deed some seconds after the one before."""

    store: SqlOperations
    now_s: float
    deeds: list[str] = field(default_factory=list)

    def does(self, deed: Deed, who: str = "operator") -> None:
        self.now_s += THINKS_S
        self.store.do(deed, By(who, self.now_s))
        self.deeds.append(type(deed).__name__)

    def confirms(self, alert: str, loaded: Loaded, starts: Starts) -> Whole:
        self.does(ConfirmAlerts((alert,), starts(loaded.id)))
        return self.store.whole(self.store.one(Alert, alert).incident)

    def follows(self, step: Step, start_agency: str) -> None:
        """Do a step of the plan: send and bring to the scene, hand over and get back, or tick it."""
        if step.action == "send":
            self.sends(step.incident)
        if step.action == "hand_over":
            self.hands_over(step.incident, start_agency)
        self.does(AnswerStep(step.id, "done"))

    def sends(self, incident: str) -> None:
        if self.store.whole(incident).dispatches:
            return
        self.does(SendUnits(incident, (Assignment(SQUAD.id, 120.0),), "去现场"))
        (sent,) = self.store.whole(incident).dispatches
        for state in ("acknowledged", "en_route", "on_scene"):
            self.does(ReportDispatch(sent.id, state), SQUAD.id)

    def hands_over(self, incident: str, agency: str) -> None:
        self.does(HandOver(incident, agency, "请处置", self.now_s + 7200.0))
        task = self.store.whole(incident).tasks[-1]
        for state in ("accepted", "finished"):
            self.does(AnswerTask(task.id, state, "已办结"), agency)


@pytest.mark.parametrize("key", list(FIRES))
def test_from_a_raw_observation_to_closed_work(key: str, store: SqlOperations, tmp_path: Path) -> None:
    loaded = SCENARIOS[key]
    *before, last = FIRES[key]
    with contextlib.closing(Room(tmp_path, store, key)) as room:
        for told in before:
            room.hear(told)
        assert not room.alerts
        room.hear(last)
    (alert,) = room.alerts
    assert (store.one(Alert, alert).state, store.one(Alert, alert).rule_version) == ("new", loaded.version)

    starts = Starts.of(Home(tmp_path, tmp_path, tmp_path, tmp_path))
    desk = Desk(store, room.now_s)
    whole = desk.confirms(alert, loaded, starts)
    incident = whole.incident
    assert (incident.form, incident.plan, incident.severity) == (
        loaded.scenario.form, loaded.scenario.plan, loaded.scenario.severity
    )  # fmt: skip
    assert {level.state: level.within_s for level in incident.levels} == loaded.scenario.levels
    agencies = {f"{incident.id}-{one.id}": one.agency for one in starts(key).steps}
    for step in whole.steps:
        desk.follows(step, agencies[step.id])
    if {"dispatched", "on_scene"} & loaded.scenario.levels.keys():
        desk.sends(incident.id)
    ends(desk, incident, "served" if loaded.scenario.form == "queue" else "handled")


def ends(desk: Desk, incident: Incident, outcome: str) -> None:
    """Resolve and close; every level was met, everybody is free, and all of it stands in the audit."""
    desk.does(Resolve(incident.id, outcome))
    desk.does(Close(incident.id))
    whole = desk.store.whole(incident.id)
    assert (whole.incident.state, whole.incident.outcome) == ("closed", outcome)
    assert [timer.state(desk.now_s) for timer in timers(whole.incident)] == ["met"] * len(incident.levels)
    assert {step.state for step in whole.steps} <= {"done"}
    assert {task.state for task in desk.store.find(Task, incident=incident.id)} <= {"finished"}
    assert {one.state for one in desk.store.find(Dispatch, incident=incident.id)} <= {"cleared"}
    assert desk.store.one(Unit, SQUAD.id).state == "free"
    assert not [row for row in desk.store.queue() if row.incident is not None and row.incident.id == incident.id]
    events = {event.deed for event in whole.events}
    assert set(desk.deeds) <= events | {"AnswerTask", "HandOver", "AnswerStep", "SendUnits", "ReportDispatch"}
