"""An orthophoto on the ground: all of it coarsely, and what is looked at in detail, read off the window's thread."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from vtkmodules.vtkRenderingCore import vtkTexture

from app.map.camera import Lens
from app.map.gl import make_texture
from app.map.stage import Stage
from twin.city.city import City, Imagery

SIDE_PX = 2048
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A piece of the picture: west, south, east, north in local metres, and its texture."""

    box_m: Box
    texture: vtkTexture


class Orthophoto:
    """Keeps two sheets on the ground: ``whole`` and ``detail``.

    Parameters
    ----------
    stage : Stage
        Draws them.
    on_read : callable
        Called from a worker thread when a sheet was read.
    """

    def __init__(self, stage: Stage, on_read: Callable[[], None]) -> None:
        self._stage, self._on_read = stage, on_read
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="map-imagery")
        self._imagery: Imagery | None = None
        self._origin = (0, 0)
        self._coming: dict[str, Future[Sheet]] = {}
        self._detail_m: Box | None = None

    def show(self, city: City) -> None:
        """Begin with the picture of a city, or none."""
        self._forget()
        self._imagery, self._origin, self._detail_m = city.imagery, city.frame.origin_m, None
        if city.imagery is not None:
            self._read("whole", self._bounds_m())

    def arrange(self, lens: Lens) -> None:
        """Take in what was read, and have read what the camera looks at."""
        for name in [name for name, sheet in self._coming.items() if sheet.done()]:
            sheet = self._coming.pop(name).result()
            self._stage.set_sheet(name, sheet.box_m, sheet.texture)
            if name == "whole" and self._detail_m is None:
                self._stage.set_sheet("detail", sheet.box_m, sheet.texture)
        if self._imagery is not None and "detail" not in self._coming:
            self._look_closer(lens)

    def _look_closer(self, lens: Lens) -> None:
        box = self._window_m(lens)
        if box is None or (self._detail_m is not None and _alike(box, self._detail_m)):
            return
        self._detail_m = box
        self._read("detail", box)

    def _window_m(self, lens: Lens) -> Box | None:
        """Return the square round the point looked at, as far as there is a picture; None if the whole is as sharp."""
        west, south, east, north = self._bounds_m()
        x, y, _ = lens.state.focus_m
        half = lens.state.distance_m
        box = (max(x - half, west), max(y - half, south), min(x + half, east), min(y + half, north))
        smaller = max(box[2] - box[0], box[3] - box[1]) < 0.7 * max(east - west, north - south)
        return box if smaller and box[2] - box[0] > 1.0 and box[3] - box[1] > 1.0 else None

    def _bounds_m(self) -> Box:
        assert self._imagery is not None  # noqa: S101 - asked by the callers
        west, south, east, north = self._imagery.bounds_m
        x, y = self._origin
        return west - x, south - y, east - x, north - y

    def _read(self, name: str, box: Box) -> None:
        assert self._imagery is not None  # noqa: S101 - asked by the callers
        future = self._pool.submit(_read, self._imagery, box, self._origin)
        self._coming[name] = future
        future.add_done_callback(lambda _done: self._on_read())

    def loading(self) -> bool:
        """Tell whether a sheet is on its way."""
        return bool(self._coming)

    def settle(self, lens: Lens) -> None:
        """Read all that a camera needs before going on."""
        self.arrange(lens)
        while self._coming:
            for future in tuple(self._coming.values()):
                future.result()
            self.arrange(lens)

    def _forget(self) -> None:
        for future in self._coming.values():
            future.cancel()
        self._coming.clear()

    def close(self) -> None:
        """Stop reading."""
        self._forget()
        self._pool.shutdown(wait=True, cancel_futures=True)


def _alike(a: Box, b: Box) -> bool:
    """Tell whether two windows differ by less than a quarter of their size."""
    size = max(b[2] - b[0], b[3] - b[1])
    return all(abs(p - q) < 0.25 * size for p, q in zip(a, b, strict=True))


def _read(imagery: Imagery, box: Box, origin: tuple[int, int]) -> Sheet:
    west, south, east, north = box
    scale = SIDE_PX / max(east - west, north - south)
    size = (max(round((east - west) * scale), 1), max(round((north - south) * scale), 1))
    x, y = origin
    rgba = imagery.read((west + x, south + y, east + x, north + y), size)
    return Sheet(box, make_texture(rgba))
