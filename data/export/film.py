"""Films: frames become MPEG-4 in an MP4 file, whole or not at all; see docs/decisions/moving-pictures.md."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from twin.errors import DiskError
from twin.words import say

CODEC = "mp4v"
ROOM_BYTES = 64 * 2**20
"""A film stops while there is still room on the disk for what must be written: the audit, the journal."""
LOOK_S = 1.0


class Film:
    """Writes a film beside its place and renames it into it when it is whole.

    Parameters
    ----------
    path : Path
        Where it goes; a file there is replaced.
    size_px : tuple of int
        Width and height of every frame; made even, as the codec wants them.
    fps : float
        Frames a second.

    Raises
    ------
    twin.errors.DiskError
        If the folder cannot be written, or has no room.
    """

    def __init__(self, path: Path, size_px: tuple[int, int], fps: float) -> None:
        self.path, self.fps = path, fps
        self.size_px = (size_px[0] - size_px[0] % 2, size_px[1] - size_px[1] % 2)
        self._fresh = path.with_name(f".{path.stem}.part.mp4")
        self._frames, self._looked_s = 0, 0.0
        self._last: NDArray[np.uint8] | None = None
        _check_room(path.parent)
        self._writer = cv2.VideoWriter(str(self._fresh), cv2.VideoWriter.fourcc(*CODEC), fps, self.size_px)
        if not self._writer.isOpened():
            raise DiskError(say("{path}: no film can be written here; check the folder and its rights", path=path))

    def add(self, picture: NDArray[np.uint8], at_s: float) -> None:
        """Show a picture from a time on, in seconds since the film's begin.

        Parameters
        ----------
        picture : (H, W, 3) uint8 array
            Blue, green, red; cut to the film's size.

        Raises
        ------
        twin.errors.DiskError
            If there is no room left.
        """
        due = max(round(at_s * self.fps), self._frames)
        while self._last is not None and self._frames < due:
            self._write(self._last)
        width, height = self.size_px
        self._last = np.ascontiguousarray(picture[:height, :width])
        self._write(self._last)
        if at_s - self._looked_s >= LOOK_S:
            self._looked_s = at_s
            _check_room(self.path.parent)

    def finish(self) -> int:
        """Put the film into its place and return its number of frames.

        Raises
        ------
        twin.errors.DiskError
            If it is not whole when it is read again: OpenCV does not tell of a full disk.
        """
        self._writer.release()
        try:
            if not self._frames or _frames_in(self._fresh) != self._frames:
                raise DiskError(
                    say("{path}: the film was not written whole; make room on the disk and try again", path=self.path)
                )
            with self._fresh.open("rb+") as file:
                os.fsync(file.fileno())
            self._fresh.replace(self.path)
        except OSError as error:
            raise DiskError(say("{path}: {reason}", path=self.path, reason=error)) from error
        finally:
            self.cancel()
        return self._frames

    def cancel(self) -> None:
        """Leave nothing behind."""
        self._writer.release()
        with contextlib.suppress(FileNotFoundError):
            self._fresh.unlink()

    def _write(self, picture: NDArray[np.uint8]) -> None:
        self._writer.write(picture)
        self._frames += 1


def _frames_in(path: Path) -> int:
    film = cv2.VideoCapture(str(path))
    try:
        return int(film.get(cv2.CAP_PROP_FRAME_COUNT)) if film.isOpened() else 0
    finally:
        film.release()


def _check_room(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise DiskError(say("{path}: {reason}", path=folder, reason=error)) from error
    if free < ROOM_BYTES:
        raise DiskError(say("{path}: there is no room for a film; make room on the disk and try again", path=folder))
