"""What narrows a role: place, network, classification, shift, purpose, and the second person."""

from __future__ import annotations

from dataclasses import replace

import pytest

from twin.access import Actor, Permission, Purpose, Resource, Role, Rules, Scope, decide

RULES = Rules(
    {
        "officer": Role("民警", "Officer", frozenset({"look", "tell", "forget"})),
        "chief": Role("领导", "Chief", frozenset({"look", "sign"})),
    },
    {
        "tell": Permission(purpose=True),
        "forget": Permission(confirmed_by=frozenset({"chief"})),
        "walk": Permission(anywhere=True, off_duty=True),
        "look": Permission(),
    },
    ("公开", "一般", "重要"),
)
HERE = Scope(frozenset({"嘉善"}), frozenset({"罗星", "魏塘"}), frozenset({"公安网"}), "一般")
OFFICER = Actor("a", "甲", frozenset({"officer"}), HERE)
THING = Resource("thing")
CHIEF = Actor("b", "乙", frozenset({"chief"}))
WHY = Purpose("核查警情", "J-1")


def refused(action: str, actor: Actor = OFFICER, second: Actor | None = None, resource: Resource = THING) -> str:
    decision = decide(actor, action, resource, None, RULES, second)
    assert decision.allowed == (not decision.reason or decision.reason in ("open to the role", "shown masked"))
    return "" if decision.allowed else decision.reason


@pytest.mark.parametrize(
    ("resource", "word"),
    [
        (Resource("thing", street="西塘"), "西塘"),
        (Resource("thing", district="海盐"), "海盐"),
        (Resource("thing", zone="互联网"), "互联网"),
        (Resource("thing", classification="重要"), "重要"),
        (
            Resource("thing", classification="绝密"),
            "绝密",
        ),  # a word that the rules do not know is above every clearance
    ],
)
def test_what_lies_outside_the_scope_is_refused_and_named(resource: Resource, word: str) -> None:
    assert word in refused("look", resource=resource)


@pytest.mark.parametrize(
    "resource",
    [
        Resource("thing"),
        Resource("thing", street="罗星"),
        Resource("thing", district="嘉善", street="魏塘"),
        Resource("thing", zone="公安网"),
        Resource("thing", classification="公开"),
    ],
)
def test_what_lies_inside_is_allowed(resource: Resource) -> None:
    assert refused("look", resource=resource) == ""


def test_an_empty_scope_does_not_narrow() -> None:
    far = Resource("thing", street="西塘", district="海盐", zone="互联网", classification="重要")
    assert refused("look", CHIEF, resource=far) == ""


def test_who_may_is_said_to_who_may_not() -> None:
    assert "officer" in refused("tell", CHIEF)
    assert refused("fly")


def test_outside_the_shift_only_what_is_meant_for_it() -> None:
    rules = replace(RULES, roles={"officer": Role("民警", "Officer", frozenset({"look", "walk"}))})
    home = Actor("a", "甲", frozenset({"officer"}), replace(HERE, on_duty=False))
    assert not decide(home, "look", Resource("thing"), None, rules).allowed
    assert decide(home, "walk", Resource("thing", street="西塘"), None, rules).allowed


def test_an_action_that_asks_for_a_purpose_waits_for_it() -> None:
    assert refused("tell")
    assert not decide(OFFICER, "tell", Resource("thing"), Purpose("  "), RULES).allowed
    assert decide(OFFICER, "tell", Resource("thing"), WHY, RULES).allowed


def test_two_persons_are_two_accounts_and_the_second_has_the_right() -> None:
    assert "chief" in refused("forget")
    assert refused("forget", second=replace(OFFICER, roles=frozenset({"officer", "chief"})))
    assert refused("forget", second=Actor("c", "丙", frozenset({"officer"})))
    assert refused("forget", second=replace(CHIEF, scope=Scope(on_duty=False)))
    assert refused(
        "forget", second=replace(CHIEF, scope=Scope(streets=frozenset({"西塘"}))), resource=Resource("x", street="罗星")
    )
    assert refused("forget", second=CHIEF) == ""
