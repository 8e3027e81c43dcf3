"""Simulation picks among waves: those that are worth trying run on a seed for choosing, beside leaving it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from data.traffic.rehearsing import Request, rehearse
from twin.signals.choice import choose, worth_trying
from twin.signals.wave import Candidate, Wish
from twin.traffic.rehearsal import FIXED, LEAVE, Met, Rehearsed, pooled

TRIED, SEEDS, SECONDS = 6, 1, 900.0


def pick(
    request: Request,
    wish: Wish,
    found: Sequence[Candidate],
    report: Callable[[float, str], None] = lambda share, mode: None,
    cancelled: Callable[[], bool] = lambda: False,
    run: Callable[..., Rehearsed] = rehearse,
) -> Candidate:
    """Return the wave with the fewest stops in simulation by which neither all nor through vehicles lose more than now.

    Parameters
    ----------
    request : Request
        Whose roads and traffic they are tried on; its plans are not looked at.
    found : sequence of Candidate
        All waves of a scan.

    Raises
    ------
    twin.errors.MissingPieceError, twin.errors.ZhianError, twin.errors.CancelledError
        As :func:`data.traffic.rehearsing.rehearse`.
    """
    tried = worth_trying(wish, found, TRIED)
    met: dict[str, list[Met]] = {LEAVE: [], FIXED: []}
    for row, candidate in enumerate(tried):
        asked = replace(
            request, plans=candidate.plans, modes=tuple(met), watch=(), choosing=SEEDS, verdict=0, seconds=SECONDS
        )
        done = row / len(tried)
        runs = run(asked, lambda share, mode, done=done: report(done + share / len(tried), mode), cancelled).runs
        for mode, found_of in met.items():
            found_of.append(pooled([one.met for one in runs if one.mode == mode]))
    return tried[choose(met[FIXED], met[LEAVE][0])]
