"""The rules of access as they are set: ``access.toml`` in the user's data folder, else the one that comes along."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated

import msgspec

from data.forms import learn
from data.home import Home
from data.own_copy import counting
from twin.access import EVERYTHING, Permission, Role, Rules, TableRule
from twin.errors import BadInputError
from twin.words import say

FILE = "access.toml"
GROUP = "+"
Words = tuple[Annotated[str, msgspec.Meta(min_length=1)], ...]


class _Role(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    chinese: Annotated[str, msgspec.Meta(min_length=1)]
    english: Annotated[str, msgspec.Meta(min_length=1)]
    may: Words
    alone: bool = False
    invented: bool = False


class _Permission(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    purpose: bool = False
    confirmed_by: Words = ()
    anywhere: bool = False
    off_duty: bool = False


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    read: str = ""
    add: str = ""
    change: str = ""
    remove: str = ""
    purpose: bool = False


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    classifications: Words
    role: dict[str, _Role]
    groups: dict[str, Words] = {}
    permission: dict[str, _Permission] = {}
    bulk_rows: Annotated[int, msgspec.Meta(ge=0)] = 0
    tables: dict[str, _Table] = {}


learn(_File)


def read_rules(path: Path) -> Rules:
    """Read the rules.

    Raises
    ------
    twin.errors.BadInputError
        If the file cannot be read, or names a role or group that it does not define.
    """
    try:
        told = msgspec.convert(tomllib.loads(path.read_text("utf-8")), _File)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise _bad(path, say("{error}", error=error)) from None
    roles = {
        name: Role(role.chinese, role.english, _actions(role.may, told.groups, path), role.alone, role.invented)
        for name, role in told.role.items()
    }
    named = {role for permission in told.permission.values() for role in permission.confirmed_by}
    for role in sorted(named - set(roles)):
        raise _bad(path, say("there is no role {role}", role=role))
    permissions = {
        name: Permission(told.purpose, frozenset(told.confirmed_by), told.anywhere, told.off_duty)
        for name, told in told.permission.items()
    }
    tables = {name: TableRule(**msgspec.structs.asdict(table)) for name, table in told.tables.items()}
    return Rules(roles, permissions, told.classifications, told.bulk_rows, tables)


def rules_of(home: Home) -> Rules:
    """Return the rules that hold for this user."""
    return read_rules(counting(FILE, home))


def _actions(may: Words, groups: dict[str, Words], path: Path) -> frozenset[str]:
    actions: set[str] = set()
    for word in may:
        if not word.startswith(GROUP):
            actions.add(word)
        elif word[1:] in groups:
            actions.update(groups[word[1:]])
        else:
            raise _bad(path, say("there is no group {group}", group=word[1:]))
    return frozenset({EVERYTHING}) if EVERYTHING in actions else frozenset(actions)


def _bad(path: Path, problem: str) -> BadInputError:
    return BadInputError(str(path), problem, "mend it, or remove it to go by the file that comes with the program")
