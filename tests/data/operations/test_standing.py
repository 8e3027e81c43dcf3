"""Which alerts stood when: from their first observation until somebody was done with them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.operations.standing import alerts_between, next_alert
from data.operations.store import SqlOperations
from tests.data.operations.made import opened
from tests.twin.operations.hits import hit
from twin.operations import deeds
from twin.operations.deeds import By, Start
from twin.operations.records import Incident
from twin.operations.standing import standing_at

AT_S = hit().at_s
NAMES = {"unlicensed-driver": ("无证驾驶", "Driving without a licence")}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlOperations]:
    made = opened(tmp_path)
    yield made
    made.close()


def ids(store: SqlOperations, at_s: float) -> list[str]:
    return [alert.subject for alert in standing_at(alerts_between(store.engine, NAMES, at_s, at_s), at_s)]


def test_an_alert_stands_until_it_is_dismissed_or_its_incident_is_resolved(store: SqlOperations) -> None:
    one, two, _three = (store.take([hit(subject=name)])[0] for name in ("car-1", "car-2", "car-3"))
    store.do(deeds.DismissAlerts((one,), "false_alarm"), By("ann", AT_S + 100.0))
    (work,) = store.do(deeds.ConfirmAlerts((two,), Start("无证驾驶")), By("ann", AT_S + 110.0)).of(Incident)
    assert ids(store, AT_S - 1.0) == []
    assert ids(store, AT_S) == ["car-1", "car-2", "car-3"]
    assert ids(store, AT_S + 200.0) == ["car-2", "car-3"]
    store.do(deeds.Resolve(work.id, "handled"), By("ann", AT_S + 300.0))
    assert ids(store, AT_S + 299.0) == ["car-2", "car-3"]
    assert ids(store, AT_S + 301.0) == ["car-3"]


def test_an_alert_says_what_where_and_since_when_and_nothing_of_plates(store: SqlOperations) -> None:
    store.take([hit()])
    (alert,) = alerts_between(store.engine, NAMES, AT_S, AT_S)
    assert (alert.zh, alert.en, alert.severity) == ("无证驾驶", "Driving without a licence", 2)
    assert (alert.lon_deg, alert.lat_deg, alert.begin_s, alert.end_s) == (120.92, 30.84, AT_S, math.inf)
    assert "I0042" not in repr(alert)
    assert alerts_between(store.engine, {}, AT_S, AT_S)[0].zh == "unlicensed-driver"


def test_the_next_alert_is_the_first_after_and_the_last_before(store: SqlOperations) -> None:
    store.take([hit(subject=f"car-{number}", at_s=AT_S + 1000.0 * number) for number in range(3)])
    middle = AT_S + 1500.0
    after, before = (next_alert(store.engine, NAMES, middle, way) for way in (1, -1))
    assert after is not None
    assert before is not None
    assert (after.subject, before.subject) == ("car-2", "car-1")
    assert next_alert(store.engine, NAMES, AT_S + 2000.0, 1) is None
