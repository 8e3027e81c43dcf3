"""One confirmation covers one deed, and nothing that differs from it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from twin.access import Actor, Permission, Purpose, Resource, Role, Rules
from twin.requests import CONFIRMED, DONE, EXPIRED, OPEN, Deed, Request

DEED = Deed("export", Resource("layer", "demo/vehicles"), {"filter": "a > 1", "to": "x.gpkg"}, Purpose("核查", "J-1"))
RULES = Rules(
    {
        name: Role(name, name, frozenset(may))
        for name, may in (("a", {"export"}), ("b", {"look"}), ("c", {"audit.read"}))
    },
    {"export": Permission(confirmed_by=frozenset({"b"}))},
)


@pytest.mark.parametrize(
    "other",
    [
        replace(DEED, action="forget"),
        replace(DEED, resource=Resource("layer", "demo/people")),
        replace(DEED, what={"filter": "a > 0", "to": "x.gpkg"}),
        replace(DEED, what={"filter": "a > 1"}),
        replace(DEED, purpose=Purpose("核查", "J-2")),
        replace(DEED, purpose=None),
    ],
)
def test_another_particular_is_another_deed(other: Deed) -> None:
    assert other.mark != DEED.mark


def test_what_may_change_until_it_is_done_is_no_particular() -> None:
    assert replace(DEED, shown={"rows": "7"}, what={"to": "x.gpkg", "filter": "a > 1"}).mark == DEED.mark


def test_what_nobody_did_in_time_has_expired() -> None:
    request = Request("1", "wang", DEED, 0.0, 10.0)
    assert [request.standing(now_s) for now_s in (9.0, 10.0)] == [OPEN, EXPIRED]
    assert replace(request, state=CONFIRMED).standing(10.0) == EXPIRED
    assert replace(request, state=DONE).standing(10.0) == DONE


def test_who_asked_who_can_confirm_and_who_audits_see_it() -> None:
    request = Request("1", "wang", DEED, 0.0, 10.0)
    seen = [request.concerns(Actor(name, name, frozenset({role})), RULES)
            for name, role in (("wang", "a"), ("li", "a"), ("li", "b"), ("sun", "c"))]  # fmt: skip
    assert seen == [True, False, True, True]
