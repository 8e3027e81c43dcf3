"""The sites workbench."""

from __future__ import annotations

from collections.abc import Sequence

from app.commands import Command
from app.desk import Desk
from app.workbenches.sites.panel import SitesPanel


class SitesBench:
    """The places that matter, and who is near."""

    name = "sites"

    def panel(self, desk: Desk) -> SitesPanel:
        """Return the table of sites."""
        return SitesPanel(desk)

    def commands(self, desk: Desk) -> Sequence[Command]:
        """Return nothing yet: a row is looked at with the map's own commands."""
        return ()

    def close(self) -> None:
        """Hold nothing."""
