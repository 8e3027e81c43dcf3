"""What the rules remember, kept on disk so that a restart neither loses an alert nor tells one twice.

A *checkpoint* holds all of it, and the hits that the records have not taken yet. Between two of them each batch goes
into a *log* before the rules see it. Whoever starts again takes up the checkpoint and lets the rules see the log once
more: they find what they found, under the same ids, and the records take each id once. A batch that was cut off in the
log was not looked at either, and the live table still holds its rows.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec
import numpy as np

from data.forms import learn
from data.whole_file import write_file
from twin.geo import FloatArray
from twin.live.observation import OBSERVATION_DTYPE, ObservationArray
from twin.rules.evaluate import Remembered, Rules
from twin.rules.hit import Hit

LAYOUT = 1
CHECKPOINT_S = 15.0
STALE_S = 600.0
"""After so long without rules at work nobody knows what happened meanwhile: they begin anew."""
_HEAD = struct.Struct("<QQ")
_BATCH, _SUM = struct.Struct("<Id"), struct.Struct("<I")
PLACE_BYTES = 16


class _Told(msgspec.Struct, frozen=True):
    layout: int
    epoch: int
    versions: dict[str, str]
    now_s: float
    waiting: list[Hit]


learn(_Told)


class LoggedBatch(NamedTuple):
    """What the rules were given at once, as :meth:`twin.rules.evaluate.Rules.take` is."""

    rows: ObservationArray
    place_m: FloatArray
    now_s: float


class Recalled(NamedTuple):
    """Hits that the records may not have (they take each once), and whether the rules can go on where they were."""

    waiting: list[Hit]
    good: bool


class Remembering:
    """The checkpoint and the log of one twin.

    Parameters
    ----------
    folder : Path
        Where they are.
    """

    def __init__(self, folder: Path, twin: str) -> None:
        self._checkpoint, self._log_path = folder / f"rules-{twin}.npz", folder / f"rules-{twin}.log"
        self._epoch = 0
        self._log: BinaryIO | None = None

    def recall(self, rules: Rules, now_s: float) -> Recalled:
        """Give fresh rules what is kept.

        What is damaged, of another make or stale is not gone on with.

        Raises
        ------
        OSError
            If a file that is there cannot be read.
        """
        kept = _read(self._checkpoint)
        if kept is None:
            return Recalled([], good=False)
        told, remembered = kept
        self._epoch, last_s, waiting = told.epoch, told.now_s, list(told.waiting)
        try:
            rules.recall(remembered)
        except (ValueError, KeyError):
            return Recalled(waiting, good=False)
        for batch in _batches(self._log_path, told.epoch):
            waiting += rules.take(*batch)
            last_s = batch.now_s
        return Recalled(waiting, good=now_s - last_s <= STALE_S)

    def note(self, rows: ObservationArray, place_m: FloatArray, now_s: float) -> None:
        """Write down what the rules are about to see; nothing before the first checkpoint.

        Raises
        ------
        OSError
            If it cannot be written; from then on nothing is, until the next checkpoint.
        """
        if self._log is None:
            return
        body = rows.tobytes() + np.ascontiguousarray(place_m, np.float64).tobytes()
        try:
            whole = _BATCH.pack(len(rows), now_s) + body
            self._log.write(_SUM.pack(zlib.crc32(whole)) + whole)
            self._log.flush()
        except OSError:
            self._let_go()
            raise

    def keep(self, rules: Rules, waiting: list[Hit], now_s: float) -> None:
        """Write a checkpoint, and begin a fresh log.

        Raises
        ------
        OSError
            If it cannot be written; the one before still holds, with its log.
        """
        self._checkpoint.parent.mkdir(parents=True, exist_ok=True)
        remembered = rules.remembered()
        told = _Told(LAYOUT, self._epoch + 1, remembered.versions, now_s, waiting)
        parts = {"told": np.frombuffer(msgspec.json.encode(told), np.uint8), **remembered.arrays}
        packed = io.BytesIO()
        np.savez(packed, allow_pickle=False, **parts)
        write_file(self._checkpoint, packed.getvalue())
        self._let_go()
        self._epoch += 1
        log = self._log_path.open("wb")
        log.write(_HEAD.pack(LAYOUT, self._epoch))
        log.flush()
        self._log = log

    def close(self) -> None:
        """Let go of the log."""
        self._let_go()

    def _let_go(self) -> None:
        if self._log is not None:
            log, self._log = self._log, None
            log.close()


def _read(path: Path) -> tuple[_Told, Remembered] | None:
    """Return a checkpoint; None if there is no sound one."""
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as packed:
            arrays = {name: packed[name] for name in packed.files}
        told = msgspec.json.decode(arrays.pop("told").tobytes(), type=_Told)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error, msgspec.MsgspecError):
        return None
    return (told, Remembered(told.versions, arrays)) if told.layout == LAYOUT else None


def _batches(path: Path, epoch: int) -> Iterator[LoggedBatch]:
    """Yield the whole batches of a log that follows a checkpoint."""
    try:
        with path.open("rb") as log:
            if log.read(_HEAD.size) != _HEAD.pack(LAYOUT, epoch):
                return
            while len(head := log.read(_SUM.size + _BATCH.size)) == _SUM.size + _BATCH.size:
                count, now_s = _BATCH.unpack_from(head, _SUM.size)
                body = log.read(count * (OBSERVATION_DTYPE.itemsize + PLACE_BYTES))
                if head[: _SUM.size] != _SUM.pack(zlib.crc32(body, zlib.crc32(head[_SUM.size :]))):
                    return  # cut off while it was written: it was not looked at
                rows = np.frombuffer(body, OBSERVATION_DTYPE, count)
                place_m = np.frombuffer(body, np.float64, 2 * count, rows.nbytes).reshape(count, 2)
                yield LoggedBatch(rows, place_m, now_s)
    except FileNotFoundError:
        return
