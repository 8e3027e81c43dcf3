"""Entries are found by who, what, on what, why, when and whether it was refused."""

from __future__ import annotations

import pandas as pd
import pytest

from twin.audit.questions import Question, matching

ROWS = pd.DataFrame(
    [
        (10.0, "wang", "case.open", "car 1", "核查", "J-1", True),
        (20.0, "Li", "layer.export", "small/buildings", "", "", False),
        (30.0, "wang", "entity.find", "car 2 (+)", "", "", True),
    ],
    columns=["at_s", "actor", "action", "object", "purpose", "reference", "allowed"],
).astype(dict.fromkeys(("actor", "action", "object", "purpose", "reference"), "category"))


@pytest.mark.parametrize(
    ("question", "found"),
    [
        (Question(), [10, 20, 30]),
        (Question(who=" WANG "), [10, 30]),
        (Question(who="wang", what="find"), [30]),
        (Question(about="car"), [10, 30]),
        (Question(about="(+)"), [30]),
        (Question(purpose="j-1"), [10]),
        (Question(purpose="核"), [10]),
        (Question(refused=True), [20]),
        (Question(begin_s=20, end_s=29), [20]),
        (Question(who="nobody"), []),
        (Question(who="'; DROP TABLE audit_entry; --"), []),
    ],
)
def test_what_is_asked_for_is_found(question: Question, found: list[int]) -> None:
    assert matching(ROWS, question)["at_s"].tolist() == found
    assert matching(ROWS[:0], question).empty
