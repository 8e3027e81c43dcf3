"""Everything a person can do, each as one command.

Menu, tool bar, palette, shortcut, command line and test all run the same object through :class:`Commands`, which asks
:func:`twin.access.decide` first and writes the answer to the audit sink. No Qt here: the command line exports at night
without a display.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

from twin.access import (
    DEMO_RULES,
    NO_PURPOSE,
    Actor,
    AuditEntry,
    AuditSink,
    Decision,
    Purpose,
    Resource,
    Rules,
    decide,
)
from twin.audit import shown
from twin.errors import NotAllowedError, UsageError
from twin.requests import Deed, SecondPerson
from twin.words import said, say

SIGN_IN = "sign in first: name your account with --account"
MOST_WAITING = 50
"""Of so many deeds that wait for a second person it is known how they were asked for."""
MAKE_FIRST = "this twin holds real data: make its first administrator with `zhian account first NAME --person PERSON`"


def _nobody_else(_: Deed) -> AbstractContextManager[str]:
    raise NotAllowedError("there is nobody to confirm it")


Held = Callable[[Deed], AbstractContextManager[str]]
Told = Callable[[Mapping[str, Any]], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Call:
    """What a command's function is given: who asks, why, whether names may be shown, and its arguments.

    ``held(deed)`` is entered around what turns out to need a second person only while it is being done. ``rules`` are
    those that hold, ``second`` is the account of who confirmed the command, ``order`` the standing order of a script
    and ``most_rows`` how many it may write (0: any number).
    """

    actor: Actor
    purpose: Purpose | None
    unmask: bool
    arguments: Mapping[str, Any]
    held: Held = _nobody_else
    rules: Rules = DEMO_RULES
    second: str = ""
    order: str = ""
    most_rows: int = 0


def plain(arguments: Mapping[str, Any]) -> dict[str, str]:
    """Tell arguments by their names; what a second person confirms where a command does not tell it better."""
    return {name: str(value) for name, value in arguments.items()}


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
    told : callable
        Tells the arguments to the second person, where the rules ask for one: each particular that is confirmed.
    shows : bool
        What it returns is shown to who asked: its hash is on record before that.
    """

    id: str
    run: Callable[[Call], Any]
    permission: str
    shortcut: str = ""
    needs_purpose: bool = False
    sensitive: bool = False
    in_palette: bool = True
    told: Told = plain
    shows: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A command as it was asked for."""

    command: Command
    about: str
    arguments: Mapping[str, Any]
    purpose: Purpose | None


class Commands:
    """The registry, and the one way to run a command."""

    def __init__(
        self, actor: Actor, audit: AuditSink, rules: Rules = DEMO_RULES, second: SecondPerson | None = None
    ) -> None:
        self.actor, self.rules, self.second = actor, rules, second
        self.purpose: Purpose | None = None
        self.audit = audit
        self.unsigned = SIGN_IN
        """What somebody who has not signed in is told."""
        self._by_id: dict[str, Command] = {}
        self._waiting: dict[tuple[str, str], Asked] = {}

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

        An argument ``purpose`` is that of this one deed; without it, the one that was stated counts.

        Raises
        ------
        twin.errors.NotAllowedError
            If the actor may not, or a purpose is needed and none was stated.
        """
        purpose = arguments.pop("purpose", None) or self.purpose
        return self._run(Asked(self[command_id], about, arguments, purpose))

    def waits(self, mark: str) -> bool:
        """Tell whether a deed of this actor, by its mark, was asked for here, so that :meth:`again` does it."""
        return (self.actor.id, mark) in self._waiting

    def again(self, mark: str) -> Any:
        """Run a command once more, just as it was when it was found to need a second person.

        Raises
        ------
        twin.errors.UsageError
            If it was not asked for here.
        twin.errors.NotAllowedError
            As :meth:`run`.
        """
        if not self.waits(mark):
            raise UsageError("it was asked for elsewhere, or before this program was started: do it again as then")
        return self._run(self._waiting[self.actor.id, mark])

    def _run(self, asked: Asked) -> Any:
        command, actor, purpose = asked.command, self.actor, asked.purpose
        about, arguments = asked.about, asked.arguments
        resource = Resource(command.id, about, command.sensitive)
        decision = decide(actor, command.permission, resource, purpose, self.rules)
        if command.needs_purpose and purpose is None:
            decision = Decision(False, NO_PURPOSE)
        held = partial(self._held, actor, asked)
        if decision.second:
            with held(Deed(command.permission, resource, command.told(arguments), purpose)) as second:
                return command.run(Call(actor, purpose, purpose is not None, arguments, held, self.rules, second))
        self.audit.write(AuditEntry(actor.id, command.permission, resource, purpose, decision))
        if decision.allowed:
            answer = command.run(Call(actor, purpose, decision.unmask, arguments, held, self.rules))
            if command.shows:
                seen = Resource(command.id, about)
                self.audit.write(
                    AuditEntry(actor.id, shown.ACTION, seen, purpose, decision, shown=shown.digest(answer))
                )
            return answer
        if not actor.id:
            raise NotAllowedError(said(self.unsigned))
        raise NotAllowedError(say("{command_id}: {refused}", command_id=command.id, refused=said(decision.reason)))

    def _held(self, actor: Actor, asked: Asked, deed: Deed) -> AbstractContextManager[str]:
        """Have a deed confirmed by a second person where the rules ask for one."""
        decision = decide(actor, deed.action, deed.resource, deed.purpose, self.rules)
        if decision.second and self.second is not None:
            self._waiting[actor.id, deed.mark] = asked
            if len(self._waiting) > MOST_WAITING:
                self._waiting.pop(next(iter(self._waiting)))
            return self.second.held(actor, deed)
        self.audit.write(AuditEntry(actor.id, deed.action, deed.resource, deed.purpose, decision))
        if decision.allowed:
            return nullcontext("")
        raise NotAllowedError(say("{command_id}: {refused}", command_id=deed.action, refused=said(decision.reason)))
