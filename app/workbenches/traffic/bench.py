"""The traffic workbench."""

from __future__ import annotations

from collections.abc import Sequence

from app.commands import Command
from app.desk import Desk
from app.workbenches.traffic.panel import TrafficPanel


class TrafficBench:
    """How fast the roads run now."""

    name = "traffic"

    def panel(self, desk: Desk) -> TrafficPanel:
        """Return the table of roads."""
        return TrafficPanel(desk)

    def commands(self, desk: Desk) -> Sequence[Command]:
        """Return nothing yet: a row is looked at with the map's own command."""
        return ()

    def close(self) -> None:
        """Hold nothing."""
