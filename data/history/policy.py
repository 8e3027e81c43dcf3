"""How much is recorded and for how long it is kept: ``history.toml`` in the user's data folder.

::

    [record]
    every_s = { vehicles = 5, bus = 2 }   # seconds between two kept states of an entity; a kind beats its layer
    on_change = ["sensors"]               # these also whenever their value or state changes
    recordings = false                    # what is played from a recording is not recorded again

    [keep]
    days = { vehicles = 365, "people/internal" = 30, "*" = 365 }
    quota_gb = 50
    first_to_go = ["vehicles", "people", "drones", "sensors"]
    raw_days = 30
    chunk_days = 7

    [ask]
    engine = "duckdb"                     # or "spark", with remote = "sc://host:15002"

``every_s`` thins out only what sources tell that are not acknowledged: what was acknowledged is kept whole.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from data.forms import learn
from data.home import Home
from twin.errors import BadInputError
from twin.live.kinds import KINDS
from twin.words import say

FILE = "history.toml"
LAYERS = tuple(dict.fromkeys(kind.layer for kind in KINDS))
EVERY_S = {"vehicles": 5.0, "people": 10.0, "drones": 2.0, "sensors": 60.0}
ALL = "*"


class Recording(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is recorded of sources that are not acknowledged.

    Parameters
    ----------
    every_s : mapping of float
        Seconds between two kept states of one entity, by kind or layer.
    on_change : tuple of str
        Kinds or layers that are also kept when their value or state is another.
    recordings : bool
        Whether what a recording tells is recorded.
    """

    every_s: Mapping[str, float] = msgspec.field(default_factory=lambda: EVERY_S)
    on_change: tuple[str, ...] = ("sensors",)
    recordings: bool = False

    def interval_s(self) -> tuple[float, ...]:
        """Return the seconds between two kept states, by the code of the kind."""
        given = {**EVERY_S, **self.every_s}
        return tuple(given.get(kind.name, given[kind.layer]) for kind in KINDS)

    def changing(self) -> tuple[bool, ...]:
        """Return which kinds are also kept on a change, by code."""
        return tuple(kind.name in self.on_change or kind.layer in self.on_change for kind in KINDS)


class Keeping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long and how much is kept.

    Parameters
    ----------
    days : mapping of float
        By ``layer/classification``, layer, ``*/classification`` or ``*``; the first of these that is there counts.
        What nothing names is kept until the quota takes it.
    quota_gb : float
        Of the lake on disk, in 1e9 bytes.
    first_to_go : tuple of str
        Layers in the order in which the oldest days are given up when the quota is reached.
    raw_days : float
        Acknowledged messages as they came, and with them the keys by which one that is sent again is known.
    chunk_days : float
        Chunks that are sealed wait at most so long for followers that have not taken them.
    """

    days: Mapping[str, float] = msgspec.field(default_factory=dict)
    quota_gb: float = 50.0
    first_to_go: tuple[str, ...] = LAYERS
    raw_days: float = 30.0
    chunk_days: float = 7.0

    def days_of(self, layer: str, classification: str) -> float:
        """Return for how many days a layer of a classification is kept; infinity for ever."""
        names = (f"{layer}/{classification}", layer, f"{ALL}/{classification}", ALL)
        return next((self.days[name] for name in names if name in self.days), math.inf)


class Asking(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who answers questions.

    Parameters
    ----------
    engine : str
        ``duckdb``, in this process; or ``spark``, at ``remote``.
    remote : str
        Where a server of Spark Connect listens, as ``sc://host:15002``; it must see the lake at the same path.
    threads : int
        Of the engine in this process; 0 for as many as the machine has cores.
    """

    engine: Literal["duckdb", "spark"] = "duckdb"
    remote: str = ""
    threads: int = 0


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole of ``history.toml``."""

    record: Recording = Recording()
    keep: Keeping = Keeping()
    ask: Asking = Asking()


learn(Policy)


def policy_of(home: Home) -> Policy:
    """Read the policy; where there is no file the defaults hold.

    Raises
    ------
    twin.errors.BadInputError
        If it cannot be read or names what there is not.
    """
    path = home.data / FILE
    try:
        policy = msgspec.convert(tomllib.loads(path.read_text("utf-8")), Policy)
    except FileNotFoundError:
        return Policy()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise _bad(path, say("not a policy: {error}", error=error)) from None
    _check(policy, path)
    return policy


def _check(policy: Policy, path: Path) -> None:
    known = {*LAYERS, *(kind.name for kind in KINDS)}
    named = {*policy.record.every_s, *policy.record.on_change}
    kept = {*policy.keep.first_to_go, *(name.partition("/")[0] for name in policy.keep.days)}
    unknown = sorted((named - known) | (kept - {*LAYERS, ALL}))
    if unknown:
        raise _bad(path, say("there is no kind or layer {name!r}", name=unknown[0]))
    keep = policy.keep
    numbers = [*policy.record.every_s.values(), *keep.days.values(), keep.quota_gb, keep.raw_days, keep.chunk_days]
    if not all(number >= 0 for number in numbers):
        raise _bad(path, "a number is below zero")


def _bad(path: Path, problem: str) -> BadInputError:
    return BadInputError(str(path), problem, "mend it, or remove it to have the defaults")
