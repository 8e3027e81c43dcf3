"""The window minds the work of who may send, and of nobody else."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

import pytest

from app.features.minding import Minding
from app.main_window import MainWindow
from data.operations.opening import open_operations
from data.operations.store import SqlOperations
from tests.app.conftest import until
from twin.access import Actor
from twin.operations.deeds import Assignment, By, EnrolUnit, OpenIncident, SendUnits, SetUnit, Start
from twin.operations.records import Dispatch, Incident, Unit


@pytest.fixture
def store(window: MainWindow) -> Iterator[SqlOperations]:
    with contextlib.closing(open_operations(window.session.home)) as store:
        yield store


def _sent(store: SqlOperations) -> Dispatch:
    """Send a unit that will not answer, an hour ago."""
    long_ago = By("ann", time.time() - 3600.0)
    store.do(EnrolUnit(Unit("M1", 0, "", "三组", "police_car", "police")), long_ago)
    store.do(SetUnit("M1", "free"), long_ago)
    (incident,) = store.do(OpenIncident("call", 3, Start("占道")), long_ago).of(Incident)
    return store.do(SendUnits(incident.id, (Assignment("M1"),), "去"), long_ago).of(Dispatch)[0]


def test_who_never_answers_is_given_up_only_for_who_may_send(
    window: MainWindow, store: SqlOperations, monkeypatch: pytest.MonkeyPatch
) -> None:
    minding = next(feature for feature in window.features if isinstance(feature, Minding))
    jobs, commands = window.jobs, window.session.commands
    minding.timer.stop()
    until(lambda: not jobs.is_running("minding"))
    with monkeypatch.context() as changed:
        changed.setattr(commands, "actor", Actor("x", "某人"))
        minding.round()
        assert not jobs.is_running("minding")
    sent = _sent(store)
    minding.round()
    until(lambda: not jobs.is_running("minding"))
    assert store.one(Dispatch, sent.id).state == "silent"
    assert store.one(Unit, "M1").state == "free"
    assert store.one(Incident, sent.incident).state == "open"
