"""All workbenches, in the order of the menu."""

from __future__ import annotations

from importlib.metadata import entry_points

from app.workbenches.bench import Workbench
from app.workbenches.sites.bench import SitesBench
from app.workbenches.traffic.bench import TrafficBench


def workbenches() -> tuple[Workbench, ...]:
    """Return our own, then those that other packages offer as entry points of the group ``zhian.workbenches``."""
    offered = sorted(entry_points(group="zhian.workbenches"), key=lambda point: point.name)
    return (TrafficBench(), SitesBench(), *(point.load()() for point in offered))
