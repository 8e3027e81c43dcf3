"""Reads the plans and the agencies: TOML files that come with the program, or the user's own in their place.

A plan is ``resources/plans/<id>.toml``; one of the same name in the folder ``plans`` of the user's data counts instead.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec.structs import asdict

from data.forms import learn
from data.home import Home
from data.own_copy import counting, shipped
from twin.errors import BadInputError
from twin.operations.agencies import Agency
from twin.operations.plans import Plan, PlanStep
from twin.words import said

FOLDER, AGENCIES = "plans", "agencies.toml"
REMEDY = "mend it, or remove it to use the one that comes with the program"
Read = TypeVar("Read", bound=msgspec.Struct)


class _Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    chinese: str
    english: str
    owner: str
    within_s: float
    action: str = ""
    sends: str = ""
    agency: str = ""


class _Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    chinese: str
    english: str
    step: tuple[_Step, ...]


class _Agencies(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    agency: tuple[Agency, ...]


learn(_Plan, _Agencies)


def plans_of(home: Home) -> dict[str, Plan]:
    """Return the plans by id.

    Raises
    ------
    twin.errors.BadInputError
        If one cannot be read, with file, line and what was meant.
    """
    files = {path.stem: path for folder in (shipped(FOLDER), home.data / FOLDER) for path in folder.glob("*.toml")}
    return {name: _plan(name, path) for name, path in sorted(files.items())}


def agencies_of(home: Home) -> dict[str, Agency]:
    """Return the agencies by id; errors as of :func:`plans_of`."""
    path = counting(AGENCIES, home)
    found = {agency.id: agency for agency in _read(path, _Agencies).agency}
    if sum(agency.standing for agency in found.values()) != 8:
        raise BadInputError(str(path), "the joint desk has eight standing partners", "mark eight agencies as standing")
    return found


def _plan(name: str, path: Path) -> Plan:
    told = _read(path, _Plan)
    plan = Plan(name, told.chinese, told.english, tuple(PlanStep(**asdict(step)) for step in told.step))
    if problem := plan.problem():
        raise BadInputError(str(path), problem, REMEDY)
    return plan


def _read(path: Path, kind: type[Read]) -> Read:
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), kind)
    except tomllib.TOMLDecodeError as error:
        raise BadInputError(str(path), said(str(error)), "mend the line") from None
    except (UnicodeDecodeError, msgspec.ValidationError) as error:
        raise BadInputError(str(path), said(str(error)), REMEDY) from None
