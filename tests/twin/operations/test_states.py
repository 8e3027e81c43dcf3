"""The table of states is whole: every state is named, reached, and leads to an end."""

from __future__ import annotations

import pytest

from twin.operations.states import AT_WORK, DISPATCH, INCIDENT, JOINT, LIVES, UNDER_WAY, Life, NotPossibleError


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.kind)
def test_every_state_is_in_the_table_and_can_be_reached(life: Life) -> None:
    assert {after for ways in life.ways.values() for after in ways} <= set(life.ways)
    reached, more = {life.first}, {life.first}
    while more:
        more = {after for state in more for after in life.ways[state]} - reached
        reached |= more
    assert reached == set(life.ways)


@pytest.mark.parametrize("life", [life for life in LIVES if life.ends], ids=lambda life: life.kind)
def test_from_every_state_there_is_a_way_to_an_end(life: Life) -> None:
    ending = set(life.ends)
    for _ in life.ways:
        ending |= {state for state, after in life.ways.items() if ending & set(after)}
    assert ending == set(life.ways)


def test_a_state_that_may_not_follow_is_refused_in_a_sentence() -> None:
    INCIDENT.check("I1", "open", "dispatched")
    with pytest.raises(NotPossibleError, match="incident I1 is closed: it cannot become open"):
        INCIDENT.check("I1", "closed", "open")


def test_what_is_under_way_and_at_work_are_states_that_go_on() -> None:
    assert set(UNDER_WAY) == set(DISPATCH.open)
    assert set(AT_WORK) == set(INCIDENT.open) - {"resolved"}
    assert JOINT.ends == ("closed",)
