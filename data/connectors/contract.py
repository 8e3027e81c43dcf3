"""What a connector is: it reads one protocol and yields what was observed; nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, runtime_checkable

from twin.city.city import City
from twin.datums import Coordinates
from twin.live.observation import ObservationArray, ObservationBatch
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
    zone : str
        The network it is in: 公安网, 视频专网, 政务感知网, 政务外网, 互联网 or a name of one's own.
    classification : str
        Of what it tells; kept with each record of a source that is acknowledged.
    coordinates : str
        What its degrees are: ``wgs-84`` (also for CGCS2000), ``gcj-02`` or ``bd-09``; the gate converts them.
    """

    name: str
    kind: str
    options: Mapping[str, object] = field(default_factory=dict)
    zone: str = ""
    classification: str = ""
    coordinates: Coordinates = "wgs-84"


@dataclass(frozen=True, slots=True)
class Rewound:
    """What a source told before no longer holds: it was wound to another time."""


class Record(NamedTuple):
    """One message as it came.

    Parameters
    ----------
    key : bytes
        The same for the same fact, however often it is sent; begins with its time, so that keys of one time lie
        together.
    device : str
        Who sent it, in the protocol's own terms.
    message : str
        Which message it is, in the protocol's own terms.
    source_s : float
        The sender's clock, seconds since 1970-01-01 UTC; 0 if it told none.
    raw : bytes
        As it came, so that a better decoder can read it again.
    """

    key: bytes
    device: str
    message: str
    source_s: float
    raw: bytes


@dataclass(frozen=True, slots=True)
class Gap:
    """Messages of a device that are missing, by its serial numbers.

    ``missing`` is how many are still missing of the ``count`` from ``first`` on; 0 when they have all come. ``begin_s``
    and ``end_s`` are the times of the messages before and after the gap.
    """

    device: str
    first: int
    count: int
    missing: int
    begin_s: float
    end_s: float

    @property
    def last(self) -> int:
        """The last serial number of the gap, counted on past the highest there is."""
        return self.first + self.count - 1


@dataclass(frozen=True, slots=True)
class Parcel:
    """What a source sent and keeps until it is told that it is on disk.

    Parameters
    ----------
    arrival_s : float
        When it came, seconds since 1970-01-01 UTC.
    received : int
        How many messages came, counted where they came in: the records and the refused ones must add up to it.
    records : sequence of Record
        The first ``len(rows)`` of them each tell the row of the same place; those after tell no position.
    rows : (N,) structured array of :data:`twin.live.observation.OBSERVATION_DTYPE`
    refused : sequence of (Record, reason)
        What could not be read.
    gaps : sequence of Gap
        Gaps that were found or changed.
    labels : mapping of str
        Words that devices gave for themselves, by device; remembered over restarts.
    settle : callable
        Called once everything in it is on disk: the source may be told.
    give_up : callable
        Called in its place if it can never be kept: the source is not told.
    """

    arrival_s: float
    received: int
    records: Sequence[Record]
    rows: ObservationArray
    refused: Sequence[tuple[Record, str]] = ()
    gaps: Sequence[Gap] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    settle: Callable[[], None] = lambda: None
    give_up: Callable[[], None] = lambda: None


class Connector(Protocol):
    """One running source."""

    def batches(self) -> AsyncIterator[ObservationBatch | Rewound | Parcel]:
        """Yield what is observed, until the source ends; parcels where the source wants to be told what is safe.

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


@runtime_checkable
class Remembering(Protocol):
    """A connector that goes on where it was before the engine was started again."""

    def recall(self, labels: Mapping[str, str], gaps: Sequence[Gap]) -> None:
        """Take back what its parcels told: called once, before its batches are asked for."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What a device answered: whether it did as told, and in words.

    ``received`` is true only where the device itself said that it has it, not where it was merely sent.
    """

    done: bool
    words: str
    received: bool = False


@runtime_checkable
class Telling(Protocol):
    """A connector that can show a text on a device."""

    async def tell(self, device: str, text: str, *, emergency: bool) -> Answer:
        """Send a text and return what the device answers; who calls bounds the wait.

        Raises
        ------
        twin.errors.UsageError
            If the device is not there, or the text does not fit it.
        """
        ...


@runtime_checkable
class Counting(Protocol):
    """A connector that knows how many are connected to it: one whose peers are there and say nothing is silent."""

    def peers(self) -> int:
        """Return how many connections, sessions or subscriptions are open."""
        ...


class OpenSource(Protocol):
    """How a connector is opened: ``open_source`` in its folder's ``source.py``, or an entry point.

    It may take long (the engine calls it on a thread) and raises :class:`twin.errors.ZhianError` for what the user
    must mend.
    """

    def __call__(self, settings: SourceSettings, city: City) -> Connector:
        """Open a source in a city."""
        ...
