"""The last picture of a camera on its card, for who stated a purpose."""

from __future__ import annotations

import time
from collections.abc import Iterator

import shapely
from PySide6.QtCore import QObject
from PySide6.QtGui import QImage

from app import formats
from app.card.invented import invented_picture
from app.commands import Call, Command
from app.features.feature import Context, Entry, Feature
from app.map.events import Pick
from app.opening import Opened
from data.pictures import Camera, last_picture
from twin.city.city import City
from twin.errors import BadInputError

LOOK, LAYERS = "camera.picture", ("cameras", "devices")
Seen = tuple[float, QImage]


class Snapshots(QObject, Feature):
    """Shows it once the card of a camera opens; without a purpose the card says how to see it."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.window)
        self._desk, self.part = context.desk, context.details.picture
        self._twin, self._camera = "", ""
        context.opening.opened.connect(self._on_opened)
        self._desk.selection.changed.connect(self._on_selected)

    def entries(self) -> Iterator[Entry]:
        """Return the command; ``camera`` is the camera's id, and the purpose is kept with the look."""
        yield Entry(Command(LOOK, self._look, "camera.look", needs_purpose=True, sensitive=True, in_palette=False))

    def _on_opened(self, opened: Opened) -> None:
        self._twin = opened.name

    def _on_selected(self, picks: tuple[Pick, ...]) -> None:
        city = self._desk.live.city
        pick = picks[0] if picks and picks[0].layer in LAYERS else None
        self._camera = pick.key if pick is not None and city is not None and _camera_of(city, pick.key) else ""
        self.part.setVisible(bool(self._camera))
        if not self._camera:
            return
        if self._desk.session.commands.purpose is None:
            self.part.show_words(self._desk.look.texts("card.picture_purpose"))
        else:
            self._desk.run(LOOK, about=self._camera, camera=self._camera)

    def _look(self, call: Call) -> None:
        """Fetch the picture off this thread; of an invented city it is drawn."""
        texts, world, id_ = self._desk.look.texts, self._desk.live.world, str(call.arguments["camera"])
        camera = _camera_of(world.city, id_) if world is not None else None
        if world is None or camera is None:
            raise BadInputError(id_, "this is no camera of the city", "choose one on the map")
        if not world.live:
            self.part.show_words(texts("card.picture_past"))
            return
        self.part.show_words(texts("card.picture_working"))
        home, twin, theme = self._desk.session.home, self._twin, self._desk.look.theme
        words, invented = texts("card.picture_invented"), world.city.invented

        def work(*_: object) -> Seen:
            if invented:
                now_s = time.time()
                return now_s, invented_picture(camera.id, camera.name, now_s, theme, words)
            found = last_picture(home, twin, camera)
            return found.at_s, QImage.fromData(found.body)

        self._desk.jobs.submit(
            "job.picture", work, lambda seen: self._show(id_, *seen), lambda error: self._fail(id_, error),
            key="card.picture", quiet=True,
        )  # fmt: skip

    def _show(self, camera: str, at_s: float, image: QImage) -> None:
        if camera != self._camera:
            return
        texts, age = self._desk.look.texts, formats.age(max(time.time() - at_s, 0.0), self._desk.look.language)
        if image.isNull():
            self.part.show_words(texts("card.picture_unreadable"))
        else:
            self.part.show_image(image, texts("card.picture_taken", time=formats.clock(at_s), age=age))

    def _fail(self, camera: str, error: Exception) -> None:
        if camera == self._camera:
            self.part.show_words(self._desk.look.texts.error(error))


def _camera_of(city: City, id_: str) -> Camera | None:
    devices = city.table("devices")
    found = devices[(devices["id"] == id_) & (devices["kind"] == "camera")]
    if not len(found):
        return None
    point = shapely.point_on_surface(found.geometry.iloc[0])
    x, y = city.frame.origin_m
    lon, lat = city.frame.to_lonlat(point.x - x, point.y - y)
    return Camera(id_, str(found["name"].iloc[0]), float(lon), float(lat))
