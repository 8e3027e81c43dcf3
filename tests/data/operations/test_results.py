"""The results are what a count without SQL finds, on both databases, with the year before and the query behind each."""

from __future__ import annotations

import contextlib
import math
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from data.audit.trail import append
from data.operations.book import keep
from data.operations.results import lines, question
from data.operations.store import SqlOperations
from data.records.database import upgrade
from tests.data.operations.made import opened
from tests.shifts.counted import counted
from twin.errors import UsageError
from twin.operations.draft import Change
from twin.operations.records import Alert, Dispatch, Incident, JointCase, Level, Record, Task
from twin.operations.results import FIGURES, Line, a_year_earlier

BEGIN_S = datetime(2026, 11, 1).astimezone().timestamp()
END_S = BEGIN_S + 10 * 86_400.0


def made(count: int, seed: int = 1) -> list[Record]:
    """Return records of some months, in and around the days that are asked for."""
    rng = np.random.default_rng(seed)
    records: list[Record] = []
    for n in range(count):
        since_s = BEGIN_S + float(rng.integers(-20, 30)) * 43_200.0
        later = np.round(np.cumsum(rng.exponential(300.0, 5)), 3)
        scenario, street = str(rng.choice(["hospital", "truck", "o'hara"])), str(rng.choice(["罗星", "西塘", ""]))
        state = str(rng.choice(["new", "confirmed", "dismissed"]))
        records.append(Alert(
            f"A{n}", 1, state, scenario, "", 2, "", "", f"A{n}", street, "", street, 0.0, 0.0, since_s, since_s, 1,
            since_s, answered_s=0.0 if state == "new" else since_s + float(later[0]),
        ))  # fmt: skip
        state = str(rng.choice(["open", "on_scene", "resolved", "closed"]))
        levels = (Level("on_scene", 480.0), Level("confirmed", 180.0))[: int(rng.integers(3))]
        records.append(Incident(
            f"I{n}", 1, state, scenario, "alarm", 2, "x", street, "", street, 0.0, 0.0, since_s,
            since_s + float(later[1]), "ann", "ann", levels=levels,
            on_scene_s=since_s + float(later[3]) if state != "open" and n % 5 else 0.0,
            resolved_s=since_s + float(later[4]) if state in ("resolved", "closed") else 0.0,
            outcome="handled" if state in ("resolved", "closed") else "",
        ))  # fmt: skip
        ended = str(rng.choice(["sent", "cleared", "silent"]))
        records.append(Dispatch(
            f"D{n}", 1, ended, f"I{n}", "U", "ann", since_s, 60.0,
            on_scene_s=since_s + float(later[2]) if ended == "cleared" else 0.0, ended_s=since_s + float(later[4]),
        ))  # fmt: skip
        task = str(rng.choice(["offered", "finished", "returned"]))
        agency = str(rng.choice(["urban", "labour"]))
        records.append(
            Task(f"T{n}", 1, task, f"I{n}", agency, "x", "ann", since_s, 0.0, ended_s=since_s + float(later[4]))
        )
        agreed_s = since_s + float(later[4]) if n % 2 else 0.0
        records.append(
            JointCase(f"J{n}", 1, "open", "wages", "x", ("a",), ("b",), "", "", since_s, "ann", agreed_s=agreed_s)
        )
    return records


def test_every_figure_is_what_a_count_without_sql_finds(empty: sa.Engine) -> None:
    upgrade(empty)
    with empty.begin() as connection:
        keep(connection, [Change(None, record) for record in made(300)])
    store = SqlOperations(empty, append)
    for figure in FIGURES:
        for by in figure.by:
            found = lines(empty, figure.id, by, BEGIN_S, END_S)
            assert repr(found) == repr(counted(store, figure.id, by, BEGIN_S, END_S)), (figure.id, by)
            assert found


@pytest.mark.parametrize(
    ("count", "median", "p90"), [(1, 10.0, 10.0), (2, 10.0, 20.0), (10, 50.0, 90.0), (11, 60.0, 100.0)]
)
def test_percentiles_are_by_nearest_rank(count: int, median: float, p90: float, tmp_path: Path) -> None:
    tasks = [
        Task(f"T{n}", 1, "finished", "I", "urban", "", "", BEGIN_S, 0.0, ended_s=BEGIN_S + 10.0 * n)
        for n in range(1, count + 1)
    ]
    with contextlib.closing(opened(tmp_path)) as store:
        with store.engine.begin() as connection:
            keep(connection, [Change(None, task) for task in tasks])
        assert lines(store.engine, "tasks", "agency", BEGIN_S, END_S) == (Line("urban", count, median, p90, 0),)


def test_the_same_days_of_the_year_before_are_beside_it(tmp_path: Path) -> None:
    before_s = a_year_earlier(BEGIN_S)
    assert datetime.fromtimestamp(before_s, UTC).astimezone().date().isoformat() == "2025-11-01"
    tasks = [
        Task(f"T{n}", 1, "returned", "I", agency, "", "", at_s, 0.0, ended_s=at_s + 60.0)
        for n, (agency, at_s) in enumerate(
            [
                ("urban", BEGIN_S),
                ("urban", BEGIN_S),
                ("urban", BEGIN_S),
                ("urban", before_s),
                ("urban", before_s),
                ("water", before_s),
            ]
        )
    ]
    with contextlib.closing(opened(tmp_path)) as store:
        with store.engine.begin() as connection:
            keep(connection, [Change(None, task) for task in tasks])
        urban, water = lines(store.engine, "tasks_returned", "agency", BEGIN_S, END_S)
    assert (urban.count, urban.before, urban.change) == (3, 2, 0.5)
    assert (water.key, water.count, water.before, water.change) == ("water", 0, 1, -1.0)
    assert math.isnan(water.median)
    assert Line("", 1, 0.0, 0.0, 0).change is None


def test_a_leap_day_is_compared_with_the_28th() -> None:
    leap_s = datetime(2028, 2, 29, 8).astimezone().timestamp()
    assert datetime.fromtimestamp(a_year_earlier(leap_s), UTC) == datetime(2027, 2, 28, 8).astimezone()


def test_the_query_behind_a_figure_can_be_read_and_only_what_there_is_can_be_asked() -> None:
    told = question("response", "scenario", "sqlite")
    assert "operation_incident" in told
    assert ":begin" in told
    for figure, by in (("nothing", "all"), ("tasks", "scenario"), ("response", "1; DROP TABLE operation_incident")):
        with pytest.raises(UsageError):
            question(figure, by, "sqlite")
