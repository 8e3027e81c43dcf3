"""Plans and agencies come from files, and a file that cannot be used is refused in a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.home import Home
from data.operations.plans import agencies_of, plans_of
from twin.errors import BadInputError
from twin.operations.plans import OWNERS

GOOD = """chinese = "甲"
english = "A"

[[step]]
id = "one"
chinese = "一"
english = "one"
owner = "operator"
within_s = 60.0
"""


def home(folder: Path) -> Home:
    return Home(folder, folder, folder, folder)


def test_every_plan_and_agency_that_comes_with_the_program_can_be_used(tmp_path: Path) -> None:
    plans, agencies = plans_of(home(tmp_path)), agencies_of(home(tmp_path))
    assert len(plans) >= 15
    assert [step.id for step in plans["hospital-alarm"].steps][:3] == ["team", "station", "cameras"]
    assert plans["hospital-alarm"].step("team").sends == "hospital"
    for plan in plans.values():
        assert {step.owner for step in plan.steps} <= set(OWNERS)
        assert {step.agency for step in plan.steps if step.agency} <= set(agencies)
        assert all(step.chinese and step.english for step in plan.steps)
    assert {"urban", "construction", "transport", "health", "emergency", "labour"} <= set(agencies)
    assert sum(agency.standing for agency in agencies.values()) == 8


def test_a_plan_of_the_users_own_counts(tmp_path: Path) -> None:
    folder = tmp_path / "plans"
    folder.mkdir()
    (folder / "hospital-alarm.toml").write_text(GOOD, "utf-8")
    assert [step.id for step in plans_of(home(tmp_path))["hospital-alarm"].steps] == ["one"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (GOOD.replace('owner = "operator"', 'owner = "operater"'), "operater owns no steps"),
        (GOOD.replace("within_s = 60.0", "within_s = -1.0"), "within 1 s"),
        (GOOD.replace("within_s = 60.0", "within_s = nan"), "within 1 s"),
        (GOOD + 'action = "fly"', "fly is no action"),
        (GOOD + 'action = "hand_over"', "hands over to an agency"),
        (GOOD + GOOD.partition("\n\n")[2], "two steps are called one"),
        (GOOD + "colour = 1", "colour"),
        (GOOD[:40], "line"),
        ('chinese = "甲"\nenglish = "A"\nstep = []', "at least one step"),
        ("", "chinese"),
    ],
)
def test_a_plan_that_cannot_be_used_is_refused_with_its_file_and_what_is_wrong(
    text: str, words: str, tmp_path: Path
) -> None:
    folder = tmp_path / "plans"
    folder.mkdir()
    (folder / "mine.toml").write_text(text, "utf-8")
    with pytest.raises(BadInputError, match=words) as refused:
        plans_of(home(tmp_path))
    assert "mine.toml" in str(refused.value)
