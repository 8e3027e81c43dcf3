from __future__ import annotations

import sys

import pytest

from app.opening import run_reporting
from twin.errors import CancelledError, ZhianError


def python(program: str) -> list[str]:
    return [sys.executable, "-u", "-c", program]


def test_a_childs_progress_is_passed_on_and_its_other_words_are_not() -> None:
    shares: list[float] = []
    run_reporting(python('print("hello"); print(\'{"progress": 0.25, "stage": "scene"}\')'), shares.append)
    assert shares == [0.25]


def test_a_child_that_fails_is_told_in_its_last_words() -> None:
    with pytest.raises(ZhianError, match="no room"):
        run_reporting(python('import sys; sys.exit("warning\\nzhian: no room")'), lambda _share: None)


def test_a_child_ends_when_nobody_waits_for_it() -> None:
    def stop(_share: float) -> None:
        raise CancelledError("opening was stopped")

    with pytest.raises(CancelledError):
        run_reporting(python("print('{\"progress\": 0}'); input()"), stop)
