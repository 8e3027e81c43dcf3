"""All there is to say of the networks at one instant: for ``zhian networks``, and for the panel of the window.

:func:`look` reads the settings, the live table of the engine that runs (if one does) and the journal. It takes some
tens of milliseconds and touches files, so the window calls it on a worker, at most once a second; the answer is plain,
frozen values. Each source stands under its zone: whether it is up, who is connected, how long it has been silent, its
rate, what became of its messages in the last minutes, what is missing by serial numbers, what is in quarantine and what
had to make room there, how its clocks stand, and the rule by which it comes in.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from data.connectors.contract import Gap, SourceSettings
from data.home import Home
from data.store.twin_folder import read_manifest
from data.sync.journal import journal_path
from data.sync.ledger import Account, Ledger
from data.sync.settings import sources_of
from data.sync.shared import open_for_reading, table_path
from data.sync.zones import zones_of
from twin.live.reader import LiveReader
from twin.networks import Networks, Rule, Zone
from twin.world import SourceState

MINUTES = 10
NEWEST = 5
"""Gaps that are listed of each source; `zhian balance --gaps` lists all."""
FRESH_S = 2.5
"""A table whose writer gave a sign of life so short a time ago has an engine."""


@dataclass(frozen=True, slots=True)
class Gaps:
    """Open gaps of a source by the serial numbers of its devices, how many messages are missing in them, and the newest
    of them.
    """

    count: int = 0
    missing: int = 0
    newest: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceView:
    """One source.

    Parameters
    ----------
    state : SourceState or None
        How it is doing; None while no engine runs it.
    account : Account
        What became of its messages in the last minutes; its ``difference`` is 0, or something is wrong.
    waiting, removed : int
        Messages in quarantine now, and those that had to make room there.
    rule : Rule
        By which it comes in; one that does not allow keeps all of it in quarantine.
    """

    settings: SourceSettings
    state: SourceState | None
    account: Account
    waiting: int
    removed: int
    gaps: Gaps
    rule: Rule

    def age_s(self, now_s: float) -> float | None:
        """Return how long ago the last good data came; None if none did, or no engine runs."""
        return now_s - self.state.last_s if self.state is not None and self.state.last_s else None


@dataclass(frozen=True, slots=True)
class ZoneView:
    """One network: what may leave it, what may enter it, and the sources in it."""

    zone: Zone
    is_here: bool
    leaving: tuple[Rule, ...]
    entering: tuple[Rule, ...]
    sources: tuple[SourceView, ...]


@dataclass(frozen=True, slots=True)
class NetworksView:
    """All networks; ``path`` is the file that counts, ``running`` whether an engine runs for the twin."""

    path: Path
    running: bool
    zones: tuple[ZoneView, ...]


def look(home: Home, twin: str, now_s: float, monotonic_s: float, minutes: int = MINUTES) -> NetworksView:
    """Return how the networks of a twin stand.

    Raises
    ------
    twin.errors.ZhianError
        If the settings or the journal cannot be read.
    """
    settings = zones_of(home)
    networks = settings.networks
    states = _states(home, twin, monotonic_s)
    sources = _sources(home, twin, networks, states or {}, int(now_s // 60) - minutes)
    names = [zone.name for zone in networks.zones]
    strange = dict.fromkeys(source.settings.zone for source in sources if source.settings.zone not in names)
    zones = tuple(
        ZoneView(
            zone,
            zone.name == networks.here,
            networks.leaving(zone.name),
            networks.entering(zone.name),
            tuple(source for source in sources if source.settings.zone == zone.name),
        )
        for zone in (*networks.zones, *map(Zone, strange))
    )
    return NetworksView(settings.path, states is not None, zones)


def _states(home: Home, twin: str, monotonic_s: float) -> dict[str, SourceState] | None:
    """Return how the sources stand by the live table; None if no engine writes it."""
    shared = open_for_reading(table_path(home, twin))
    if shared is None:
        return None
    with contextlib.closing(shared), contextlib.closing(LiveReader(shared.buffer)) as reader:
        if not reader.ready() or monotonic_s - reader.heartbeat()[1] > FRESH_S:
            return None
        return {state.name: state for state in reader.sources()}


def _sources(
    home: Home, twin: str, networks: Networks, states: dict[str, SourceState], since_minute: int
) -> list[SourceView]:
    """Return the sources of the settings, each in the zone and of the classification that count for it."""
    path = journal_path(home, twin)
    ledger = Ledger(path) if path.exists() else None
    accounts = _accounts(ledger.balance(since_minute) if ledger else [])
    waiting, removed = (ledger.waiting(), ledger.removed()) if ledger else ({}, {})
    gaps = _gaps(ledger.gaps() if ledger else [])
    views = []
    for told in sources_of(home, twin, read_manifest(home.twin(twin)).invented):
        name, border = told.name, networks.border(told.zone, "", told.classification)
        views.append(
            SourceView(
                SourceSettings(name, told.kind, told.options, border.origin, border.classification, told.coordinates),
                states.get(name),
                accounts.get(name, Account(name, 0, 0, 0, 0, 0)),
                waiting.get(name, 0),
                removed.get(name, 0),
                gaps.get(name, Gaps()),
                border.otherwise,
            )
        )
    return views


def _gaps(found: list[tuple[str, Gap]]) -> dict[str, Gaps]:
    """Return the gaps of each source; they come with the oldest first."""
    by_source: dict[str, list[Gap]] = {}
    for name, gap in found:
        by_source.setdefault(name, []).append(gap)
    return {
        name: Gaps(len(gaps), sum(gap.missing for gap in gaps), tuple(gaps[: -NEWEST - 1 : -1]))
        for name, gaps in by_source.items()
    }


def _accounts(minutes: list[Account]) -> dict[str, Account]:
    """Return one account a source: the sum of its minutes."""
    sums: dict[str, Account] = {}
    for account in minutes:
        before = sums.get(account.source, Account(account.source, account.minute, 0, 0, 0, 0))
        counts = (mine + more for mine, more in zip(before[2:], account[2:], strict=True))
        sums[account.source] = Account(account.source, before.minute, *counts)
    return sums
