"""The file of access rules: what it grants, cell by cell, and what is refused of it."""

from __future__ import annotations

import itertools
import tomllib
from pathlib import Path

import pytest

from data.access_rules import FILE, read_rules
from data.own_copy import shipped
from twin.access import Actor, Purpose, Resource, Scope, decide
from twin.errors import BadInputError

TOLD = tomllib.loads(shipped(FILE).read_text("utf-8"))
RULES = read_rules(shipped(FILE))
OWN, OTHER = "罗星", "西塘"
ROLES = tuple(TOLD["role"])
ACTIONS = sorted(
    {action for words in TOLD["groups"].values() for action in words}
    | {word for role in TOLD["role"].values() for word in role["may"] if word[0] not in "+*"}
    | set(TOLD["permission"])
    | {"nobody.ever"}
)


def granted(role: str, action: str) -> bool:
    """Read the file as a person would."""
    may = TOLD["role"][role]["may"]
    return "*" in may or action in may or any(action in TOLD["groups"][word[1:]] for word in may if word[0] == "+")


@pytest.mark.parametrize("role", ROLES)
def test_each_cell_of_the_matrix_is_what_the_file_says(role: str) -> None:
    actor = Actor("x", "某人", frozenset({role}), Scope(streets=frozenset({OWN})))
    second = Actor("y", "另一人", frozenset(ROLES))
    for action, street, purpose, other in itertools.product(
        ACTIONS, (OWN, OTHER), (None, Purpose("核查")), (None, second)
    ):
        asked = TOLD["permission"].get(action, {})
        expected = (
            granted(role, action)
            and (street == OWN or asked.get("anywhere", False))
            and (purpose is not None or not asked.get("purpose", False))
            and (other is not None or not asked.get("confirmed_by") or TOLD["role"][role].get("invented", False))
        )
        decision = decide(actor, action, Resource("thing", street=street, sensitive=True), purpose, RULES, other)
        assert decision.allowed == expected, (action, street, purpose, decision.reason)
        assert decision.unmask == (expected and purpose is not None)


def test_an_administrator_reads_no_case_and_an_auditor_changes_nothing() -> None:
    assert not any(RULES.roles["administrator"].allows(action) for action in ("case.list", "case.open", "entity.find"))
    changing = ("write", "change", "manage", "open", "run", "pack", "unpack", "forget", "replay", "restore", "export")
    assert not [a for a in RULES.roles["auditor"].may if a.split(".")[-1] in changing and a != "app.run"]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (("+look", "+lok"), "lok"),
        (("{ purpose = true }", '{ confirmed_by = ["superviser"] }'), "superviser"),
        (("purpose = true", "purpos = true"), "purpos"),
        (("[groups]", "[groups"), "line"),
    ],
)
def test_a_typing_error_is_named(tmp_path: Path, change: tuple[str, str], word: str) -> None:
    path = tmp_path / FILE
    path.write_text(shipped(FILE).read_text("utf-8").replace(*change), "utf-8")
    with pytest.raises(BadInputError, match=word):
        read_rules(path)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"role = 3", b"classifications = []\n[role.x]\nmay = ['']"])
def test_what_is_no_file_of_rules_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / FILE
    path.write_bytes(content)
    with pytest.raises(BadInputError):
        read_rules(path)
