"""What a connector is: it reads one protocol and yields what was observed; nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from twin.city.city import City
from twin.live.observation import ObservationBatch
from twin.world import Playback


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """One source as the user set it up.

    Parameters
    ----------
    name : str
        Its own, as shown.
    kind : str
        Which connector: ``demo-life``, ``recorded-track``, or one that a plug-in brings.
    options : mapping
        What the connector's ``README.md`` lists.
    """

    name: str
    kind: str
    options: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rewound:
    """What a source told before no longer holds: it was wound to another time."""


class Connector(Protocol):
    """One running source."""

    def batches(self) -> AsyncIterator[ObservationBatch | Rewound]:
        """Yield what is observed, until the source ends.

        Raises
        ------
        twin.errors.ZhianError
            If it cannot go on before the user changes something.
        OSError
            If the source went away; it is opened again after a while.
        """
        ...

    def playback(self) -> Playback | None:
        """Tell where a recording stands; None for what is now."""
        ...

    def steer(self, order: str, value: float) -> None:
        """Follow ``pause``, ``resume``, ``speed`` (× real time) or ``seek`` (seconds since 1970).

        Raises
        ------
        twin.errors.UsageError
            If this source cannot be steered so.
        """
        ...

    def report(self) -> tuple[str, ...]:
        """Return sentences about what was left out or guessed on opening, for the log."""
        ...


class OpenSource(Protocol):
    """How a connector is opened: ``open_source`` in its folder's ``source.py``, or an entry point.

    It may take long (the engine calls it on a thread) and raises :class:`twin.errors.ZhianError` for what the user
    must mend.
    """

    def __call__(self, settings: SourceSettings, city: City) -> Connector:
        """Open a source in a city."""
        ...
