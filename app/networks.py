"""What the networks panel shows, read from files (for a worker, not for the window's thread), and in words."""

from __future__ import annotations

from dataclasses import dataclass

from app.texts import Texts
from data.connectors.contract import Gap
from data.history.manifest import lake_path
from data.history.policy import Policy, policy_of
from data.home import Home
from data.sync.overview import NetworksView, look
from twin.access import mask_plate


@dataclass(frozen=True, slots=True)
class Standing:
    """The networks at one instant, and what is recorded of all that comes in.

    Parameters
    ----------
    at_s : float
        Seconds since 1970-01-01 UTC.
    kept_bytes : int
        Of the history on disk.
    """

    view: NetworksView
    at_s: float
    policy: Policy
    kept_bytes: int


def gap_line(gap: Gap, texts: Texts) -> str:
    """Return a gap in words, its device masked."""
    device = mask_plate(gap.device)
    return texts("networks.gap", device=device, first=gap.first, last=gap.last, missing=gap.missing)


def standing(home: Home, now_s: float, monotonic_s: float) -> Standing:
    """Return how the networks of the current twin stand.

    Raises
    ------
    twin.errors.ZhianError, OSError
        If settings, journal or history cannot be read.
    """
    twin = home.current()
    return Standing(look(home, twin, now_s, monotonic_s), now_s, policy_of(home), _kept_bytes(home, twin))


def _kept_bytes(home: Home, twin: str) -> int:
    return sum(file.stat().st_size for file in lake_path(home, twin).glob("day=*/*.parquet"))
