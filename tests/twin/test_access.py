"""Nobody may do anything without a role, and plates and names stay hidden without a purpose."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.access import DEMO_ACTOR, Actor, Purpose, Resource, decide, mask_name, mask_plate, masked

STATED = Purpose("查找失踪老人", "A-1")


@pytest.mark.parametrize("purpose", [None, STATED])
@pytest.mark.parametrize("sensitive", [False, True])
@pytest.mark.parametrize("roles", [frozenset[str](), frozenset({"visitor"})])
def test_without_a_role_everything_is_refused(roles: frozenset[str], sensitive: bool, purpose: Purpose | None) -> None:
    decision = decide(Actor("x", "某人", roles), "layer.export", Resource("layer", "roads", sensitive), purpose)
    assert not decision.allowed
    assert not decision.unmask
    assert decision.reason


@pytest.mark.parametrize("purpose", [None, Purpose(""), Purpose("  ")])
def test_without_a_purpose_sensitive_things_are_shown_masked(purpose: Purpose | None) -> None:
    decision = decide(DEMO_ACTOR, "layer.export", Resource("layer", "vehicles", True), purpose)
    assert decision.allowed
    assert not decision.unmask


def test_with_a_purpose_they_are_shown_in_full() -> None:
    assert decide(DEMO_ACTOR, "layer.export", Resource("layer", "vehicles", True), STATED).unmask


@pytest.mark.parametrize(
    ("plate", "hidden"),
    [
        ("浙F·8K2Q6", "浙F·8***6"),
        ("粤Z·FA12港", "粤Z·F***港"),
        ("B12", "B*2"),
        ("A·1", "A·*"),
        ("A·12", "A·**"),
        ("", ""),
        ("7", "*"),
    ],
)
def test_plates_keep_their_ends(plate: str, hidden: str) -> None:
    assert mask_plate(plate) == hidden


@pytest.mark.parametrize(("name", "hidden"), [("王小明", "王**"), ("王", "王"), ("", ""), ("𠮷田", "𠮷*")])
def test_names_keep_their_first_character(name: str, hidden: str) -> None:
    assert mask_name(name) == hidden


TEXTS = st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12), max_size=8)


@given(TEXTS, st.sampled_from(["plate", "name", "all"]))
def test_masking_keeps_length_and_shows_no_more_than_two_characters_of_the_number(texts: list[str], how: str) -> None:
    hidden = masked(np.array(texts, dtype=object), how)
    assert hidden.dtype == object
    for before, after in zip(texts, hidden, strict=True):
        tail = before.rpartition("·")[2] if how == "plate" else before
        assert len(after) == len(before)
        shown = sum(a == b != "*" for a, b in zip(tail, after[len(after) - len(tail) :], strict=True))
        assert shown <= {"plate": 2, "name": 1, "all": 0}[how]
