"""The networks as they are set: ``zones.toml`` in the user's data folder, else the one that comes with the program."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec

from data.forms import learn
from data.home import Home
from data.own_copy import counting
from data.sync.held import DEFAULT_CAP, Cap
from twin.errors import BadInputError
from twin.networks import ANY, FIELDS, Networks, Rule, Zone, unknown_words
from twin.words import say

FILE = "zones.toml"
Names = Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]


class _Quarantine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    messages: Annotated[int, msgspec.Meta(ge=1)] = DEFAULT_CAP.messages
    megabytes: Annotated[float, msgspec.Meta(gt=0)] = DEFAULT_CAP.bytes / 1e6

    def cap(self) -> Cap:
        return Cap(self.messages, int(self.megabytes * 1e6))


class _Zone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=16)]
    english: str = ""


class _Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=1)]
    origins: Names = msgspec.field(name="from")
    targets: Names = msgspec.field(name="to")
    classifications: Names = (ANY,)
    kinds: Names = (ANY,)
    fields: tuple[str, ...] = (ANY,)
    allow: bool = True


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    here: str
    classifications: Names
    unclassified: str
    zone: tuple[_Zone, ...]
    rule: tuple[_Rule, ...] = ()
    quarantine: _Quarantine = _Quarantine()


learn(_File)


@dataclass(frozen=True, slots=True)
class ZoneSettings:
    """What the file says, and which file it is."""

    networks: Networks
    cap: Cap
    path: Path


def zones_of(home: Home) -> ZoneSettings:
    """Return the networks.

    Raises
    ------
    twin.errors.BadInputError
        If the file cannot be read, or names what it does not define.
    """
    path = counting(FILE, home)
    try:
        told = msgspec.convert(tomllib.loads(path.read_text("utf-8")), _File)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise _bad(path, say("{error}", error=error)) from None
    networks = Networks(
        told.here,
        tuple(Zone(zone.name, zone.english) for zone in told.zone),
        tuple(Rule(**msgspec.structs.asdict(rule)) for rule in told.rule),
        told.unclassified,
    )
    _check(networks, told.classifications, path)
    return ZoneSettings(networks, told.quarantine.cap(), path)


def _check(networks: Networks, classifications: tuple[str, ...], path: Path) -> None:
    zones = [zone.name for zone in networks.zones]
    if len(set(zones)) < len(zones):
        raise _bad(path, "two networks have the same name")
    named = {networks.here, *(zone for rule in networks.rules for zone in (*rule.origins, *rule.targets))}
    for name in sorted(named - {ANY} - set(zones)):
        raise _bad(path, say("there is no network {name}", name=name))
    said = {networks.unclassified, *(word for rule in networks.rules for word in rule.classifications)}
    for word in sorted(said - {ANY} - set(classifications)):
        raise _bad(path, say("there is no classification {word}", word=word))
    for rule in networks.rules:
        for word in unknown_words(rule):
            raise _bad(
                path, say("rule “{rule}”: {word} is no kind and none of {fields}", rule=rule.name, word=word,
                          fields=", ".join(FIELDS)),
            )  # fmt: skip


def _bad(path: Path, problem: str) -> BadInputError:
    return BadInputError(str(path), problem, "mend it, or remove it to go by the file that comes with the program")
