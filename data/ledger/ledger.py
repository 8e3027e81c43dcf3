"""A ledger that is open for questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from data.home import Home
from data.ledger.index import Index
from data.ledger.manifest import INDEX, RECORD, File, Manifest
from data.ledger.record import Record
from data.ledger.statements import Joined
from twin.errors import BadInputError
from twin.fraud.tracing.legs import EntryArray, Leg
from twin.words import say

END_S = 2**32 - 1


class State(NamedTuple):
    """What a ledger holds; ``since_merge`` are transfers that wait for the merge; times are those of transfers."""

    transfers: int
    since_merge: int
    accounts: int
    files: list[File]
    begin_s: int
    end_s: int
    bytes: int


def ledger_path(home: Home) -> Path:
    """Return where the ledger is kept: one for all twins, for money knows no county."""
    return home.data / "ledger"


class Ledger:
    """Statements, names and records; answers :class:`~twin.fraud.tracing.legs.Statements`.

    Opening maps the index and reads nothing of it. It goes on with what it opened if the ledger is merged meanwhile.

    Raises
    ------
    twin.errors.BadInputError
        If nothing was imported yet.
    twin.errors.IntegrityError
        If an index is not whole.
    """

    def __init__(self, folder: Path) -> None:
        if not (folder / "manifest.sqlite").exists():
            raise BadInputError(
                say("ledger"), "nothing was imported yet", "import transfers with `zhian ledger import`"
            )
        self._folder = folder
        self._manifest = Manifest(folder)
        self.indexes = [Index(folder / piece.name) for piece in self._manifest.pieces(INDEX)]
        self._joined = Joined(self.indexes)
        self.hubs: Mapping[int, str] = self._manifest.hubs()

    def close(self) -> None:
        """Let go of all files."""
        for index in self.indexes:
            index.close()
        self._manifest.close()

    def statement(self, account: int, begin_s: int, end_s: int) -> EntryArray:
        """Return the lines of an account between two times, in their order."""
        return self._joined.statement(account, begin_s, end_s)

    def count(self, account: int, begin_s: int, end_s: int) -> int:
        """Return how many lines an account has between two times."""
        return self._joined.count(account, begin_s, end_s)

    def account(self, name: str) -> int:
        """Return an account by its name ``bank:number``.

        Raises
        ------
        twin.errors.BadInputError
            If the ledger does not know it. The name is not repeated: it is a person's.
        """
        number = int(self._manifest.numbers([name])[0])
        if number < 0:
            raise BadInputError(
                say("account asked for"), "the ledger does not know it", "check the bank and the number"
            )
        return number

    def set_hub(self, account: int, why: str) -> None:
        """List an account as one that is not walked through; an empty reason takes it off."""
        with self._manifest.change():
            self._manifest.set_hub(account, why)

    def names(self, accounts: Sequence[int]) -> dict[int, str]:
        """Return the names of accounts."""
        return self._manifest.names(accounts)

    def legs(self, account: int, begin_s: int = 0, end_s: int = END_S, *, incoming: bool = False) -> list[Leg]:
        """Return what an account paid (or received) between two times."""
        lines = self.statement(account, begin_s, end_s)
        lines = lines[(lines["amount_fen"] > 0) == incoming]
        rows = zip(lines["number"].tolist(), lines["time_s"].tolist(), lines["other"].tolist(),
                   np.abs(lines["amount_fen"]).tolist(), strict=True)  # fmt: skip
        return [Leg(number, time_s, other if incoming else account, account if incoming else other, fen)
                for number, time_s, other, fen in rows]  # fmt: skip

    def told(self, numbers: Sequence[int], sources: Sequence[int]) -> pd.DataFrame:
        """Return all that was told of some transfers; ``sources`` are the accounts that paid."""
        paths = [self._folder / piece.name for piece in self._manifest.pieces(RECORD)]
        with closing(Record(paths, self._folder / "scratch")) as base:
            return base.rows(numbers, sources)

    def state(self) -> State:
        """Tell what is held."""
        pieces, files = self._manifest.pieces(RECORD), self._manifest.files()
        transfers = sum(piece.rows for piece in pieces)
        told = [file for file in files if file.taken]
        size = sum(path.stat().st_size for path in self._folder.iterdir() if path.is_file())
        return State(
            transfers, transfers - sum(piece.rows for piece in pieces if piece.base), self._manifest.accounts(), files,
            min((file.begin_s for file in told), default=0), max((file.end_s for file in told), default=0), size,
        )  # fmt: skip
