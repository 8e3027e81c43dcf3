from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.jobs import Cancelled, JobEnd, Jobs, JobState, Report
from twin.errors import BadInputError, CancelledError


@pytest.fixture
def jobs(qtbot: QtBot) -> Iterator[Jobs]:
    made = Jobs()
    yield made
    made.close()


def test_an_answer_comes_back_on_the_threads_own_ground(jobs: Jobs, qtbot: QtBot) -> None:
    threads: list[int] = []

    def work(_report: Report, _cancelled: Cancelled) -> int:
        threads.append(threading.get_ident())
        return 42

    answers: list[int] = []

    def done(answer: int) -> None:
        threads.append(threading.get_ident())
        answers.append(answer)

    jobs.submit("job.open", work, done)
    qtbot.waitUntil(lambda: answers == [42], timeout=60_000)
    assert threads[0] != threads[1] == threading.get_ident()


def test_cancelling_is_seen_at_once_and_the_answer_is_dropped(jobs: Jobs, qtbot: QtBot) -> None:
    begun, let_go = threading.Event(), threading.Event()
    answers: list[str] = []

    def work(_report: Report, cancelled: Cancelled) -> str:
        begun.set()
        let_go.wait(60)
        return "cancelled" if cancelled() else "not told"

    number = jobs.submit("job.open", work, answers.append)
    assert begun.wait(60)
    start = time.monotonic()
    with qtbot.waitSignal(jobs.ended) as ended:
        jobs.cancel(number)
    assert time.monotonic() - start < 0.2
    assert ended.args is not None
    end: JobEnd = ended.args[0]
    assert end.outcome == "cancelled"
    assert jobs.running() == ()
    let_go.set()
    jobs.close()
    qtbot.wait(1)
    assert answers == []


def test_a_newer_job_of_the_same_key_replaces_the_older(jobs: Jobs, qtbot: QtBot) -> None:
    hold = threading.Event()
    answers: list[str] = []

    def slow(_report: Report, _cancelled: Cancelled) -> str:
        hold.wait(60)
        return "old"

    jobs.submit("job.facts", slow, answers.append, key="facts")
    jobs.submit("job.facts", lambda _report, _cancelled: "new", answers.append, key="facts")
    hold.set()
    qtbot.waitUntil(lambda: bool(answers) and not jobs.running(), timeout=60_000)
    jobs.close()
    qtbot.wait(1)
    assert answers == ["new"]


def test_a_failure_comes_with_its_reason(jobs: Jobs, qtbot: QtBot) -> None:
    failures: list[Exception] = []

    def work(_report: Report, _cancelled: Cancelled) -> None:
        raise BadInputError("x.gpkg", "it is empty", "choose another file")

    with qtbot.waitSignal(jobs.ended) as ended:
        jobs.submit("job.open", work, lambda _answer: None, failures.append)
    assert ended.args is not None
    assert ended.args[0].outcome == "failed"
    assert "it is empty" in ended.args[0].reason
    assert isinstance(failures[0], BadInputError)


def test_work_that_notices_the_stop_itself_ends_as_cancelled(jobs: Jobs, qtbot: QtBot) -> None:
    def work(_report: Report, _cancelled: Cancelled) -> None:
        raise CancelledError("stopped")

    with qtbot.waitSignal(jobs.ended) as ended:
        jobs.submit("job.open", work, lambda _answer: None)
    assert ended.args is not None
    assert ended.args[0].outcome == "cancelled"


def test_progress_tells_the_time_left() -> None:
    state = JobState(1, "job.open", started_s=100.0, fraction=0.25)
    assert state.left_s(110.0) == pytest.approx(30.0)
    assert JobState(1, "job.open", 100.0, 0.01).left_s(110.0) is None


def test_a_thread_keeps_what_libraries_keep_for_it(jobs: Jobs, qtbot: QtBot) -> None:
    """PROJ's contexts are kept for a thread: they must outlive the job."""
    kept = threading.local()
    answers: list[int] = []

    def work(_report: Report, _cancelled: Cancelled) -> int:
        kept.count = getattr(kept, "count", 0) + 1
        return int(kept.count)

    for number in range(8):
        jobs.submit("job.open", work, answers.append)
        qtbot.waitUntil(lambda number=number: len(answers) == number + 1, timeout=60_000)  # type: ignore[misc]  # mypy takes no default in a lambda here
    assert max(answers) > 1
