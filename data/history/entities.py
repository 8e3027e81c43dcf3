"""Entities by number and numbers by entity: what a lean row leaves out, kept once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from data.history.manifest import Entity
from data.sync.chunks import Chunk
from twin.live.kinds import CODE, KINDS
from twin.live.observation import OBSERVATION_DTYPE, ObservationArray

_HEAD = sum(OBSERVATION_DTYPE[name].itemsize for name in ("id", "label", "kind"))
OTHER = CODE["other"]
Origin = tuple[str, str, str]


class Entities:
    """The dictionary of a lake; grows with what chunks tell."""

    def __init__(self, known: Sequence[Entity] = ()) -> None:
        self._all: list[Entity] = []
        self._numbers: dict[Origin, dict[bytes, int]] = {}
        self.last = 0
        """Highest number given so far."""
        self._told = np.zeros(1, OBSERVATION_DTYPE)
        self._same = np.zeros(1, np.int64)
        self._source = np.zeros(1, np.uint8)
        self._held_as: dict[int, tuple[str, str]] = {}
        self.add(known)

    def add(self, known: Sequence[Entity]) -> None:
        """Take entities with the numbers they have, lowest first."""
        for entity in known:
            numbers = self._numbers.setdefault((entity.source, entity.zone, entity.classification), {})
            numbers[_head(entity)] = entity.number
            self.last = max(self.last, entity.number)
            self._held_as[entity.number] = (
                KINDS[entity.kind if entity.kind < len(KINDS) else OTHER].layer,
                entity.classification,
            )
        self._all.extend(known)

    def numbers(self, chunk: Chunk) -> tuple[NDArray[np.int32], list[Entity]]:
        """Return the numbers of a chunk's rows, and the entities that are new."""
        rows, origin = np.ascontiguousarray(chunk.rows), (chunk.source, chunk.zone, chunk.classification)
        heads: list[bytes] = np.ndarray(len(rows), f"V{_HEAD}", rows, 0, rows.strides).tolist()
        known = self._numbers.setdefault(origin, {})
        fresh = [
            self._entity(origin, head, number)
            for number, head in enumerate((h for h in dict.fromkeys(heads) if h not in known), self.last + 1)
        ]
        self.add(fresh)
        return np.array([known[head] for head in heads], np.int32), fresh

    def _entity(self, origin: Origin, head: bytes, number: int) -> Entity:
        told = np.zeros(1, OBSERVATION_DTYPE)
        told.view("u1")[:_HEAD] = np.frombuffer(head, "u1")
        return Entity(number, *origin, bytes(told["id"][0]), int(told["kind"][0]), bytes(told["label"][0]))

    def held_as(self, number: int) -> tuple[str, str]:
        """Return layer and classification of an entity: how long it is kept follows from them."""
        return self._held_as[number]

    def told(self) -> ObservationArray:
        """Return id, label and kind by number, as rows."""
        self._bring_up_to_date()
        return self._told

    def told_of(self, numbers: NDArray[np.int32]) -> ObservationArray:
        """Return id, label and kind of each number, as rows; copied whole, not column by column."""
        whole = self.told().view(f"V{OBSERVATION_DTYPE.itemsize}")
        return np.asarray(whole[numbers].view(OBSERVATION_DTYPE))

    def same(self) -> NDArray[np.int64]:
        """Return by number the lowest number of the same id: one entity, whatever its label was."""
        self._bring_up_to_date()
        return self._same

    def _bring_up_to_date(self) -> None:
        if len(self._told) == self.last + 1:
            return
        self._told = np.zeros(self.last + 1, OBSERVATION_DTYPE)
        self._same = np.arange(self.last + 1)
        numbers = [entity.number for entity in self._all]
        for name in ("id", "label", "kind"):
            self._told[name][numbers] = [getattr(entity, name) for entity in self._all]
        first: dict[bytes, int] = {}
        for entity in self._all:
            self._same[entity.number] = first.setdefault(entity.id, entity.number)
        place = {name: at for at, name in enumerate(self.sources())}
        self._source = np.zeros(self.last + 1, np.uint8)
        self._source[numbers] = [place[entity.source] for entity in self._all]

    def sources(self) -> tuple[str, ...]:
        """Return the names of the sources, in the order in which they were first heard of."""
        return tuple(dict.fromkeys(source for source, _, _ in self._numbers))

    def source(self) -> NDArray[np.uint8]:
        """Return by number the place of its source in :meth:`sources`."""
        self._bring_up_to_date()
        return self._source

    def __iter__(self) -> Iterator[Entity]:
        return iter(self._all)


def _head(entity: Entity) -> bytes:
    told = np.zeros(1, OBSERVATION_DTYPE)
    told["id"], told["label"], told["kind"] = entity.id, entity.label, entity.kind
    return told.tobytes()[:_HEAD]
