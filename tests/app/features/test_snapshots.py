"""The last picture on a camera's card: for a purpose, on record, and said to be invented where it is."""

from __future__ import annotations

from app.card.invented import HEIGHT, WIDTH, invented_picture
from app.main_window import MainWindow
from app.map.events import Pick
from tests.app.conftest import Audit, until
from twin.access import Purpose


def test_a_camera_shows_its_last_picture_for_a_purpose_that_is_kept(window: MainWindow) -> None:
    city, audit = window.live.city, window.session.commands.audit
    assert city is not None
    assert isinstance(audit, Audit)
    devices = city.table("devices")
    cameras = devices["id"][devices["kind"] == "camera"].tolist()
    part = window.details.picture
    window.selection.select([Pick("cameras", cameras[0], (0.0, 0.0, 0.0))])
    assert part.isVisibleTo(window.details)
    assert part.image.isNull()
    assert part.empty.text() == window.look.texts("card.picture_purpose")
    window.acts.run("camera.picture", about=cameras[0], camera=cameras[0], purpose=Purpose("医院报警", "I1"))
    until(lambda: not part.image.isNull(), 60.0)
    (entry,) = [one for one in audit.entries if one.action == "camera.look"]
    assert (entry.resource.id, entry.purpose) == (cameras[0], Purpose("医院报警", "I1"))
    window.selection.select([Pick("cameras", cameras[1], (0.0, 0.0, 0.0))])
    assert part.image.isNull()
    window.selection.clear()
    assert not part.isVisibleTo(window.details)


def test_each_invented_camera_has_a_picture_of_its_own(window: MainWindow) -> None:
    theme = window.look.theme
    one, same, other = (invented_picture(camera, "x", 0.0, theme, "虚构") for camera in ("a", "a", "b"))
    assert (one.width(), one.height()) == (WIDTH, HEIGHT)
    assert one == same != other
