"""A ticket acts for who is signed in, for a while, and cannot be made up."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.accounts.tickets import LIFE_S, read_ticket, write_ticket
from data.home import Home
from twin.access import Actor, Scope

WANG = Actor("wang", "王小明", frozenset({"operator"}), Scope(streets=frozenset({"罗星"}), on_duty=False))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(*(tmp_path for _ in range(4)))


def test_a_ticket_brings_back_who_it_was_written_for_until_it_ends(home: Home) -> None:
    ticket = write_ticket(home, WANG, 1000.0)
    assert read_ticket(home, ticket, 1000.0) == WANG
    assert read_ticket(home, ticket, 999.0 + LIFE_S) == WANG
    assert read_ticket(home, ticket, 1000.0 + LIFE_S) is None


def test_a_changed_or_foreign_ticket_is_none(home: Home, tmp_path: Path) -> None:
    ticket = write_ticket(home, WANG, 1000.0)
    body, _, mark = ticket.partition(".")
    forged = body.replace(b"wang".hex(), b"root".hex())
    elsewhere = Home(*(tmp_path / "other" for _ in range(4)))
    elsewhere.state.mkdir()
    for wrong in ("", ".", "xyz", forged + "." + mark, body, body + ".é", body[:-2] + "." + mark, "00." + mark):
        assert read_ticket(home, wrong, 1000.0) is None
    assert read_ticket(elsewhere, ticket, 1000.0) is None
