"""What every panel of the window has at hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.alerts import Alerts
from app.events import EventLog
from app.jobs import Jobs
from app.layer_book import LayerBook
from app.live_world import LiveWorld
from app.look import Look
from app.selection import Selection
from app.session import Session
from app.settings import SettingsFile
from app.turns import Turns


@dataclass(frozen=True, slots=True)
class Desk:
    """One operator's desk: the look, the world, the selection, the jobs, and ``run``, the way to run a command.

    ``run(command_id, about=…, **arguments)`` returns what the command returned, or None if it was refused or failed:
    the reason is then on the screen already. ``turns.soon`` does
    on the window's thread, in a turn of its own, what would make this turn too long.
    """

    session: Session
    settings: SettingsFile
    look: Look
    live: LiveWorld
    layers: LayerBook
    selection: Selection
    jobs: Jobs
    log: EventLog
    run: Callable[..., Any]
    turns: Turns
    alerts: Alerts
