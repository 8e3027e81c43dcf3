"""Pictures and films of the map, each with its scale, time, source, and whose it is."""

from __future__ import annotations

import contextlib
import os
import queue
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage

from app import formats
from app.commands import Call, Command
from app.features.feature import Context, Entry
from app.instruments.stamp import Stamp, stamped
from app.jobs import Cancelled, Report
from app.theme import Theme
from data.export.film import Film
from twin.errors import CancelledError, DiskError, UsageError
from twin.words import say

FPS, WAITING, LONGEST_S = 10.0, 6, 1800.0


@dataclass(frozen=True, slots=True)
class _Shot:
    picture: QImage
    stamp: Stamp
    theme: Theme
    at_s: float


class Pictures(QObject):
    """Saves the view as a picture, or as a film from when it is begun until it is ended."""

    filming = Signal(bool)

    def __init__(self, context: Context, parent: QObject) -> None:
        super().__init__(parent)
        self._context, self._desk = context, context.desk
        self._shots: queue.Queue[_Shot | None] = queue.Queue(WAITING)
        self._job, self._began_s = 0, 0.0
        self._call: Call | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(round(1000 / FPS))
        self._timer.timeout.connect(self._shoot)

    def entries(self) -> Iterator[Entry]:
        """Return the commands; ``target`` says where to, the pictures' folder if it is left out."""
        yield Entry(Command("picture.save", self._save, "picture.save", "Ctrl+Shift+S"), icon="image")
        film = Command("film.toggle", self._toggle, "picture.save", "Ctrl+Shift+M")
        yield Entry(film, "view", "record", checkable=True)
        yield Entry(Command("film.cancel", self._cancel, "view"), "view", "prohibit")

    def close(self) -> None:
        """Leave no film half written."""
        if self._timer.isActive():
            self._desk.jobs.cancel(self._job)
            self._end()

    # Pictures

    def _save(self, call: Call) -> str:
        path = self._place(call, "png")
        self._context.map.settle()
        shot = _Shot(self._context.map.picture(), self._stamp(call), self._desk.look.theme, 0.0)

        def done(_answer: None) -> None:
            self._desk.log.add("job", "event.picture", path=str(path))

        self._desk.jobs.submit("job.picture", lambda *_: write_picture(path, shot), done)
        return str(path)

    # Films

    def _toggle(self, call: Call) -> None:
        if self._timer.isActive():
            self._end()
            return
        self._begin(call)

    def _begin(self, call: Call) -> None:
        path, first = self._place(call, "mp4"), self._context.map.picture()
        size = (first.width(), stamped(first, self._stamp(call), self._desk.look.theme).height())
        shots = self._shots = queue.Queue(WAITING)
        self._call, self._began_s = call, time.monotonic()

        def work(report: Report, cancelled: Cancelled) -> int:
            return _write_film(Film(path, size, FPS), shots, report, cancelled)

        def done(_frames: int) -> None:
            self._desk.log.add("job", "event.film", path=str(path))

        self._job = self._desk.jobs.submit("job.film", work, done, lambda _error: self._stop())
        self._timer.start()
        self._tell(True)
        self._shoot()

    def _cancel(self, _call: Call) -> None:
        if not self._timer.isActive():
            raise UsageError("no film is being made")
        self._desk.jobs.cancel(self._job)
        self._end()

    def _shoot(self) -> None:
        """Take a frame; if the writer is behind, the one before is shown longer."""
        at_s = time.monotonic() - self._began_s
        if self._call is None or at_s > LONGEST_S or not self._desk_runs():
            self._end()
        elif not self._shots.full():
            stamp = self._stamp(self._call)
            self._shots.put_nowait(_Shot(self._context.map.picture(), stamp, self._desk.look.theme, at_s))

    def _desk_runs(self) -> bool:
        return any(job.number == self._job for job in self._desk.jobs.running())

    def _end(self) -> None:
        self._stop()
        with contextlib.suppress(queue.Full):
            self._shots.put_nowait(None)

    def _stop(self) -> None:
        self._timer.stop()
        self._tell(False)

    def _tell(self, filming: bool) -> None:
        self._context.acts.by_id["film.toggle"].setChecked(filming)
        self.filming.emit(filming)

    # What both say

    def _place(self, call: Call, ending: str) -> Path:
        if "target" in call.arguments:
            return Path(str(call.arguments["target"]))
        folder = self._desk.session.home.data / "pictures"
        return folder / f"zhian-{datetime.now(formats.LOCAL):%Y%m%d-%H%M%S}.{ending}"

    def _stamp(self, call: Call) -> Stamp:
        texts, world = self._desk.look.texts, self._desk.live.world
        if world is None:
            raise UsageError("no twin is open yet")
        city, purpose = world.city, self._desk.session.commands.purpose
        name = (city.name_en or city.name) if texts.language == "en" else city.name
        shows = formats.local_time(world.at_s).strftime("%Y-%m-%d %H:%M:%S")
        place = f"{name} · {shows} · {texts('stamp.live' if world.live else 'stamp.past')}"
        source = texts("app.invented") if city.invented else city.credit
        why = purpose.text if purpose is not None else texts("purpose.none")
        maker = texts("stamp.maker", name=call.actor.name, purpose=why)
        now = formats.local_time(time.time()).strftime("%Y-%m-%d %H:%M")
        return Stamp(place, source, f"{maker} · {now}", f"{call.actor.name} · {call.actor.id} · {why}")


def write_picture(path: Path, shot: _Shot) -> None:
    """Write a picture beside its place and rename it into it.

    Raises
    ------
    twin.errors.DiskError
        If the disk does not take it; nothing is left behind.
    """
    fresh = path.with_name(f".{path.stem}.part.png")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not stamped(shot.picture, shot.stamp, shot.theme).save(str(fresh)):
            raise DiskError(
                say("{path}: the picture could not be written; check the folder and the free space", path=path)
            )
        with fresh.open("rb+") as file:
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        raise DiskError(say("{path}: {reason}", path=path, reason=error)) from error
    finally:
        with contextlib.suppress(OSError):
            fresh.unlink()


def _write_film(film: Film, shots: queue.Queue[_Shot | None], report: Report, cancelled: Cancelled) -> int:
    try:
        while not cancelled():
            try:
                shot = shots.get(timeout=0.2)
            except queue.Empty:
                continue
            if shot is None:
                return film.finish()
            film.add(_pixels(stamped(shot.picture, shot.stamp, shot.theme), film.size_px), shot.at_s)
            report(-1.0, f"{shot.at_s:.0f} s")
        raise CancelledError("the film was stopped")
    finally:
        film.cancel()


def _pixels(picture: QImage, size_px: tuple[int, int]) -> NDArray[np.uint8]:
    """Return a picture as blue, green, red in (H, W, 3); scaled if the window was made larger or smaller meanwhile."""
    plain = picture.convertToFormat(QImage.Format.Format_RGB32)
    plain.setDevicePixelRatio(1.0)
    if abs(plain.width() - size_px[0]) > 1 or abs(plain.height() - size_px[1]) > 1:
        plain = plain.scaled(*size_px)
    bytes_a_line = plain.bytesPerLine()
    rows = np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), bytes_a_line)
    return rows[:, : 4 * plain.width()].reshape(plain.height(), plain.width(), 4)[:, :, :3].copy()
