from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.twin.live.factory import rows
from twin.live.kinds import CODE, KINDS
from twin.networks import FIELDS, NO_BORDER, UNLISTED, Networks, Rule, Zone, unknown_words

OFFICERS = Rule("no officers out", ("police",), ("*",), kinds=("officer",), allow=False)
BUSES = Rule("buses", ("police",), ("public",), ("open",), kinds=("bus", "officer"), fields=("speed",))
INWARD = Rule("all in", ("public",), ("police",))
NETWORKS = Networks("police", (Zone("police"), Zone("public")), (OFFICERS, BUSES, INWARD), "open")


def test_the_first_rule_that_fits_decides_and_without_one_nothing_crosses() -> None:
    border = NETWORKS.border("police", "public", "open")
    assert border.by_kind[CODE["officer"]] is OFFICERS
    assert border.by_kind[CODE["bus"]] is BUSES
    assert border.by_kind[CODE["car"]] is UNLISTED
    assert border.otherwise is UNLISTED
    assert border.keeps_out(rows(("a", 1.0), kind="bus")).tolist() == [False]
    assert border.keeps_out(rows(("a", 1.0), kind="car")).tolist() == [True]


@pytest.mark.parametrize(
    ("origin", "target", "classification", "is_open"),
    [
        ("", "", "", True),
        ("police", "", "secret", True),
        ("public", "", "", True),
        ("police", "public", "", False),
        ("", "public", "secret", False),
        ("elsewhere", "", "", False),
        ("police", "elsewhere", "", False),
    ],
)
def test_within_a_network_all_is_open_and_what_is_not_listed_is_shut(
    origin: str, target: str, classification: str, is_open: bool
) -> None:
    assert NETWORKS.border(origin, target, classification).is_open is is_open


def test_fields_that_no_rule_names_stay_behind() -> None:
    told = rows(("a", 1.0), ("b", 1.0), kind="bus")
    told["kind"][1] = CODE["car"]
    for name, value in (("label", b"plate"), ("speed_mps", 5.0), ("heading_deg", 90.0), ("state", 4)):
        told[name] = value
    crossed = NETWORKS.border("police", "public", "open").withhold(told[:1])[0]
    assert (crossed["label"], float(crossed["speed_mps"]), int(crossed["state"])) == (b"", 5.0, 0)
    assert math.isnan(crossed["heading_deg"])
    assert told["label"][0] == b"plate"
    assert NO_BORDER.withhold(told) is told


def test_a_refusal_names_its_rule() -> None:
    border = NETWORKS.border("police", "public", "open")
    assert border.refusal(OFFICERS) == "network rule “no officers out”: open from police to public"


def test_what_may_leave_and_enter_a_zone_is_told() -> None:
    assert NETWORKS.leaving("police") == (BUSES,)
    assert NETWORKS.entering("police") == (INWARD,)


def test_words_that_do_not_exist_are_found() -> None:
    assert unknown_words(Rule("r", ("*",), ("*",), kinds=("car", "unicorn"), fields=("raw", "soul"))) == (
        "unicorn",
        "soul",
    )


rules = st.builds(
    Rule,
    name=st.text("rn", min_size=1, max_size=3),
    origins=st.sampled_from([("police",), ("public",), ("*",)]),
    targets=st.sampled_from([("police",), ("public",), ("*",)]),
    classifications=st.sampled_from([("open",), ("secret",), ("*",)]),
    kinds=st.sampled_from([("car",), ("bus", "officer"), ("*",)]),
    fields=st.lists(st.sampled_from([*FIELDS, "*"]), max_size=4).map(tuple),
    allow=st.booleans(),
)


@given(st.lists(rules, max_size=6), rules)
def test_a_rule_at_the_end_opens_nothing_that_was_decided_before(before: list[Rule], last: Rule) -> None:
    zones = (Zone("police"), Zone("public"))
    first = Networks("police", zones, tuple(before), "open").border("police", "public", "open")
    more = Networks("police", zones, (*before, last), "open").border("police", "public", "open")
    for kind in range(len(KINDS)):
        assert first.by_kind[kind] in (UNLISTED, more.by_kind[kind])
