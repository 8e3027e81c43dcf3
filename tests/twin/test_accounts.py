"""Which accounts and passwords there can be, when they may be used, and when they lock."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.access import Role, Rules, Scope
from twin.accounts import FAILURES, LOCK_S, Account, in_shift, weakness

RULES = Rules(
    {
        "operator": Role("值班员", "Operator", frozenset()),
        "auditor": Role("审计员", "Auditor", frozenset(), alone=True),
    },
    classifications=("公开", "一般"),
)
WANG = Account("wang", "王小明", frozenset({"operator"}))


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"id": "W"}, "name an account"),
        ({"id": "wang'; DROP TABLE account; --"}, "name an account"),
        ({"id": "王"}, "name an account"),
        ({"name": " "}, "name of a person"),
        ({"name": "王\n小明"}, "name of a person"),
        ({"name": "王" * 65}, "name of a person"),
        ({"roles": frozenset[str]()}, "at least one role"),
        ({"roles": frozenset({"chief"})}, "no role chief"),
        ({"roles": frozenset({"operator", "auditor"})}, "no other role"),
        ({"scope": Scope(clearance="绝密")}, "绝密"),
        ({"shift": "8-20"}, "no shift"),
        ({"shift": "08:00-24:00"}, "no shift"),
        ({"service": True}, "ends some day"),
    ],
)
def test_what_cannot_be_an_account_says_why(change: dict[str, object], word: str) -> None:
    assert word in replace(WANG, **change).problem(RULES)  # type: ignore[arg-type]  # by name, as given


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"shift": "20:00-08:00"},
        {"scope": Scope(clearance="一般")},
        {"service": True, "expires_at_s": 1.0},
    ],
)
def test_what_can_be_one_has_no_problem(change: dict[str, object]) -> None:
    assert replace(WANG, **change).problem(RULES) == ""  # type: ignore[arg-type]  # by name, as given


@given(st.times(), st.times(), st.times())
def test_a_shift_and_the_hours_between_two_shifts_cover_the_day_once(a: time, b: time, at: time) -> None:
    begin, end = f"{a:%H:%M}", f"{b:%H:%M}"
    if begin == end:
        return
    moment = datetime(2026, 11, 22, at.hour, at.minute, tzinfo=UTC)
    assert in_shift(f"{begin}-{end}", moment) != in_shift(f"{end}-{begin}", moment)


@pytest.mark.parametrize(("hour", "inside"), [(20, True), (23, True), (0, True), (7, True), (8, False), (12, False)])
def test_a_shift_may_pass_midnight(hour: int, inside: bool) -> None:
    local = datetime(2026, 11, 22, hour, tzinfo=UTC)
    assert in_shift("20:00-08:00", local) == inside
    assert replace(WANG, shift="20:00-08:00").actor(local).scope.on_duty == inside


@pytest.mark.parametrize(
    "password",
    [
        "", "Kurz-1", "alllowercaseletters", "1234567890123", "Aa1" * 9, "Aaaaaaaaaaa1-", "Wang-wang-2026",
        "王小明-Ab-2026x", "x" * 300,
    ],
)  # fmt: skip
def test_weak_passwords_are_refused(password: str) -> None:
    assert weakness(password, WANG)


@pytest.mark.parametrize("password", ["Regen-im-Mai-7", "西塘烟雨长廊 Xt9 古镇", "tr0ub4dor&3-Horse"])
def test_others_are_taken(password: str) -> None:
    assert weakness(password, WANG) == ""


def test_wrong_passwords_lock_for_a_while_and_again() -> None:
    account = WANG
    for _ in range(FAILURES - 1):
        account = account.after_failure(1000.0)
        assert account.barred(1000.0) == ""
    account = account.after_failure(1000.0)
    assert "15 min" in account.barred(1000.0)
    assert account.barred(1000.0 + LOCK_S) == ""
    for _ in range(FAILURES):
        account = account.after_failure(5000.0)
    assert account.barred(5000.0)


def test_closed_and_expired_accounts_are_barred() -> None:
    assert "closed" in replace(WANG, enabled=False).barred(0.0)
    assert "expired" in replace(WANG, expires_at_s=10.0).barred(10.0)
    assert replace(WANG, expires_at_s=10.0).barred(9.0) == ""
