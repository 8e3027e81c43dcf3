"""The nightly merge: deltas become part of the base. It may be killed at any moment.

New files are written beside the old; one transaction of the manifest takes the ones for the others; what is replaced is
swept away by the next who changes the ledger, so that whoever reads now reads on.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import numpy as np

from data.ledger import index as indexing
from data.ledger.importing import INDEX_LEGS, Step, nothing, sweep
from data.ledger.index import Index, Legs
from data.ledger.manifest import INDEX, RECORD, Manifest, Piece
from data.ledger.record import PARTS, Record


class Merged(NamedTuple):
    """What a merge did: how many files it made of how many, and over how many transfers."""

    pieces_before: int
    pieces: int
    transfers: int


class Merger:
    """Merges one ledger; who runs it is :func:`data.ledger.importing.alone`."""

    def __init__(self, folder: Path, step: Step = nothing) -> None:
        self._folder, self._step = folder, step
        self._manifest = Manifest(folder)

    def close(self) -> None:
        """Let go of the manifest."""
        self._manifest.close()

    def run(self, *, rebuild: bool = False) -> Merged:
        """Merge what came since the last merge; ``rebuild`` makes the index anew from the record.

        Raises
        ------
        twin.errors.IntegrityError
            If an index is not whole; rebuild it.
        """
        sweep(self._folder, self._manifest)
        records, indexes = self._manifest.pieces(RECORD), self._manifest.pieces(INDEX)
        transfers = sum(piece.rows for piece in records)
        old = [*records, *indexes]
        if not rebuild and all(piece.base for piece in old):
            return Merged(len(old), len(old), transfers)
        made = max([int(piece.name.split("-")[-1].split(".")[0]) for piece in indexes if piece.base], default=0) + 1
        new = [*self._records(records, made), self._index(indexes, made, transfers, rebuild=rebuild)]
        self._step("list")
        with self._manifest.change():
            self._manifest.drop_pieces(old)
            self._manifest.add_pieces(new)
        self._step("merged")
        sweep(self._folder, self._manifest)
        return Merged(len(old), len(new), transfers)

    def _records(self, pieces: list[Piece], made: int) -> list[Piece]:
        new = list[Piece]()
        with closing(Record([self._folder / piece.name for piece in pieces], self._folder / "scratch")) as base:
            for part in range(PARTS):
                name = f"record-base-{part:02d}-{made:06d}.parquet"
                rows = base.part(part, self._folder / name)
                self._step("record")
                if rows:
                    new.append(Piece(name, RECORD, rows, True))
        return new

    def _index(self, pieces: list[Piece], made: int, transfers: int, *, rebuild: bool) -> Piece:
        path = self._folder / f"index-base-{made:06d}"
        if rebuild:
            self._rebuild(path)
        else:
            indexes = [Index(self._folder / piece.name) for piece in pieces]
            indexing.merge(path, indexes)
            for index in indexes:
                index.close()
        self._step("index")
        return Piece(path.name, INDEX, transfers, True)

    def _rebuild(self, path: Path) -> None:
        """Sort the record's transfers as much at a time as fits into memory, and merge."""
        built, waiting = list[Index](), list[Legs]()

        def build() -> None:
            if waiting:
                part = path.with_name(f"{path.name}-{len(built)}.new")
                indexing.build(part, Legs(*(np.concatenate(columns) for columns in zip(*waiting, strict=True))))
                built.append(Index(part))
                waiting.clear()

        paths = [self._folder / piece.name for piece in self._manifest.pieces(RECORD)]
        with closing(Record(paths, self._folder / "scratch")) as base:
            for legs in base.legs():
                waiting.append(legs)
                if sum(len(one) for one in waiting) >= INDEX_LEGS:
                    build()
        build()
        indexing.merge(path, built)
        for index in built:
            index.close()
