"""What a run of the program has at hand, with or without a window."""

from __future__ import annotations

from dataclasses import dataclass

from app.commands import Commands
from app.texts import Texts
from data.home import Home
from twin.access import DEMO_ACTOR


@dataclass(frozen=True, slots=True)
class Session:
    """The user's folders, the words, the commands (which hold the actor, the purpose and the audit sink)."""

    home: Home
    texts: Texts
    commands: Commands
    as_json: bool = False

    @property
    def signed_in(self) -> bool:
        """Whether somebody with an account acts, not the demo account."""
        return self.commands.actor.id not in ("", DEMO_ACTOR.id)
