"""What a turn of the window's thread is taken to have cost."""

from __future__ import annotations

import threading

import pytest

from app.gui_watch import Spent, spent


def test_work_of_its_own_and_waiting_while_others_of_ours_worked_count() -> None:
    assert Spent(0.030, 0.004, others_cpu_s=0.010, rests=3).kept_s() == pytest.approx(0.014)
    assert Spent(0.030, 0.004, others_cpu_s=0.050, queued_s=0.020, rests=3).kept_s() == pytest.approx(0.010)


def test_a_thread_that_never_rested_did_not_wait() -> None:
    assert Spent(0.030, 0.004, others_cpu_s=0.026, rests=0).kept_s() == 0.004


def test_waiting_is_told_from_working() -> None:
    start = spent()
    sum(range(1000))
    busy = spent() - start
    threading.Event().wait(0.02)
    waited = spent() - start
    assert waited.rests > busy.rests
    assert waited.wall_s - waited.cpu_s > 0.01
