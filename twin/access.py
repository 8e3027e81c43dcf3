"""Who may do what, and for which purpose.

Every command, export, search and subscription asks :func:`decide` and tells an :class:`AuditSink` the answer before
anything is shown. The demo actor may do everything it states a purpose for; the shape of the question stays when the
rules grow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from twin.words import say


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or a script, and the roles it was given."""

    id: str
    name: str
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Purpose:
    """Why something is looked at: a sentence, and the case or order it belongs to."""

    text: str
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Resource:
    """What an action is done to: a kind of thing, which one, and whether it can identify a person."""

    kind: str
    id: str = ""
    sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer: allowed or not and why, and whether plates and names may be shown in full."""

    allowed: bool
    reason: str
    unmask: bool = False


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One decision on record. ``details`` holds names of things, never plates, names or numbers of people."""

    actor: str
    action: str
    resource: Resource
    purpose: Purpose | None
    decision: Decision
    details: Mapping[str, str] = field(default_factory=dict)


class AuditSink(Protocol):
    """Keeps audit entries; ``write`` returns once the entry is safe, or raises and the action does not happen."""

    def write(self, entry: AuditEntry) -> None:
        """Keep one entry."""
        ...

    def close(self) -> None:
        """Let go of what it writes to."""
        ...


DEMO_ACTOR = Actor("demo", "演示用户", frozenset({"demo"}))


def decide(actor: Actor, action: str, resource: Resource, purpose: Purpose | None) -> Decision:
    """Decide whether ``actor`` may do ``action`` to ``resource`` for ``purpose``."""
    if "demo" not in actor.roles:
        return Decision(False, say("{actor} has no role that allows {action}", actor=actor.id, action=action))
    stated = purpose is not None and bool(purpose.text.strip())
    if not resource.sensitive:
        return Decision(True, "open to all users", unmask=stated)
    if action.startswith("unmask") and not stated:
        return Decision(False, "a purpose must be stated first")
    return Decision(True, "purpose stated" if stated else "shown masked", unmask=stated)


def masked(values: NDArray[Any], how: str) -> NDArray[Any]:
    """Hide the middle of each text; the one place where masking is done.

    Parameters
    ----------
    values : (N,) array of text
    how : str
        ``plate`` for number plates and call signs: ``浙F·8K2Q6`` becomes ``浙F·8***6``, without a dot the first and the
        last character stay. ``name`` for people: ``王小明`` becomes ``王**``. Anything else hides all of it.

    Returns
    -------
    (N,) object array of str
    """
    text = np.asarray(values, dtype=np.str_)
    width = text.dtype.itemsize // 4
    if not len(text) or not width:
        return text.astype(object)
    letters = np.ascontiguousarray(text).view(np.uint32).reshape(len(text), width)
    place = np.arange(width)
    length = np.strings.str_len(text)[:, None]
    if how == "plate":
        start = (np.strings.rfind(text, "·") + 1)[:, None]
        short = length - start <= 2
        hidden = np.where(short, place >= start, (place > start) & (place < length - 1))
    else:
        hidden = place >= (1 if how == "name" else 0)
    hidden = hidden & (place < length)
    return np.where(hidden, np.uint32(ord("*")), letters).view(f"<U{width}").ravel().astype(object)


def mask_plate(plate: str) -> str:
    """Hide the middle of one number plate or call sign."""
    return str(masked(np.array([plate]), "plate")[0])


def mask_name(name: str) -> str:
    """Keep the first character of one person's name."""
    return str(masked(np.array([name]), "name")[0])
