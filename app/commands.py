"""Everything a person can do, each as one command.

Menu, tool bar, palette, shortcut, command line and test all run the same object through :class:`Commands`, which asks
:func:`twin.access.decide` first and writes the answer to the audit sink. No Qt here: the command line exports at night
without a display.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from twin.access import DEMO_RULES, NO_PURPOSE, Actor, AuditEntry, AuditSink, Purpose, Resource, Rules, decide
from twin.errors import NotAllowedError, UsageError
from twin.words import said, say

SIGN_IN = "sign in first: name your account with --account"


@dataclass(frozen=True, slots=True)
class Call:
    """What a command's function is given: who asks, why, whether names may be shown, and its arguments."""

    actor: Actor
    purpose: Purpose | None
    unmask: bool
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Command:
    """One thing a person can do.

    Parameters
    ----------
    id : str
        ``noun.verb``; its title is the text ``command.<id>`` in ``resources/texts``.
    run : callable
        Does it; runs on the caller's thread and must return at once in the window (start a job for long work).
    shortcut : str
        As ``Ctrl+Shift+P``; empty for none.
    permission : str
        The action asked of :func:`twin.access.decide`.
    needs_purpose : bool
        Refused until a purpose was stated.
    sensitive : bool
        What it shows can identify a person.
    in_palette : bool
        False for commands that only make sense with arguments.
    """

    id: str
    run: Callable[[Call], Any]
    permission: str
    shortcut: str = ""
    needs_purpose: bool = False
    sensitive: bool = False
    in_palette: bool = True


class Commands:
    """The registry, and the one way to run a command."""

    def __init__(self, actor: Actor, audit: AuditSink, rules: Rules = DEMO_RULES) -> None:
        self.actor, self.rules = actor, rules
        self.purpose: Purpose | None = None
        self.audit = audit
        self._by_id: dict[str, Command] = {}

    def add(self, command: Command) -> None:
        """Register a command; an id or a shortcut that is taken is a programming error."""
        if command.id in self._by_id:
            raise ValueError(f"command {command.id} is there already")
        if command.shortcut and any(c.shortcut == command.shortcut for c in self):
            raise ValueError(f"shortcut {command.shortcut} is taken")
        self._by_id[command.id] = command

    def __iter__(self) -> Iterator[Command]:
        return iter(self._by_id.values())

    def __getitem__(self, command_id: str) -> Command:
        try:
            return self._by_id[command_id]
        except KeyError:
            raise UsageError(say("there is no command {command_id}", command_id=command_id)) from None

    def close(self) -> None:
        """Let go of the audit record."""
        self.audit.close()

    def run(self, command_id: str, *, about: str = "", **arguments: Any) -> Any:
        """Ask, record, and run; ``about`` names what it is done to, for the record.

        Raises
        ------
        twin.errors.NotAllowedError
            If the actor may not, or a purpose is needed and none was stated.
        """
        command = self[command_id]
        resource = Resource(command.id, about, command.sensitive)
        decision = decide(self.actor, command.permission, resource, self.purpose, self.rules)
        refused = "" if decision.allowed else decision.reason
        if command.needs_purpose and self.purpose is None:
            refused = NO_PURPOSE
        if refused:
            decision = type(decision)(False, refused)
        self.audit.write(AuditEntry(self.actor.id, command.permission, resource, self.purpose, decision))
        if refused and not self.actor.id:
            raise NotAllowedError(SIGN_IN)
        if refused:
            raise NotAllowedError(say("{command_id}: {refused}", command_id=command_id, refused=said(refused)))
        return command.run(Call(self.actor, self.purpose, decision.unmask, arguments))
