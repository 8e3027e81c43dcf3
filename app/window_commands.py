"""The commands of the window, as one table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog

from app import formats, locator
from app.commands import Call, Command
from app.desk import Desk
from app.exporting import Wish, check_wish, export_layer
from app.facts import Fact, Facts
from app.follower import Follower
from app.map.events import Pick
from app.map.view import MapView
from data.export.export import Receipt
from data.export.formats import FORMATS
from twin.city.search import Found
from twin.errors import UsageError

if TYPE_CHECKING:
    from app.main_window import MainWindow


def view_commands(view: MapView, desk: Desk) -> Iterator[Command]:
    """What one sees, and from where."""

    def fly(call: Call) -> None:
        a = call.arguments
        view.fly_to(a["lon_deg"], a["lat_deg"], a.get("distance_m", 800.0))

    yield Command("view.whole", lambda _: view.view_whole(), "view", "Home")
    yield Command("view.north", lambda _: view.north_up(), "view", "Ctrl+Up")
    yield Command("view.top", lambda _: view.top_down(), "view", "Ctrl+Down")
    yield Command("map.fly_to", fly, "view", in_palette=False)


def selection_commands(view: MapView, desk: Desk, follower: Follower) -> Iterator[Command]:
    """What is done with the selection."""

    def first() -> tuple[Pick, float, float]:
        if not desk.selection.picks or desk.live.city is None or desk.live.world is None:
            raise UsageError(desk.look.texts("details.nothing"))
        pick = desk.selection.picks[0]
        now = locator.entity(desk.live.world, pick.key, unmask=False)
        if now is not None:
            return pick, now.lon_deg, now.lat_deg
        lon, lat = desk.live.city.frame.to_lonlat(pick.position_m[0], pick.position_m[1])
        return pick, float(lon), float(lat)

    def fly(_call: Call) -> None:
        _, lon, lat = first()
        view.fly_to(lon, lat, 400.0)

    def copy(_call: Call) -> str:
        text = formats.coordinates(*first()[1:])
        QGuiApplication.clipboard().setText(text)
        desk.log.add("command", "event.copied", text=text)
        return text

    def find_entity(call: Call) -> None:
        found = desk.live.world and locator.entity(desk.live.world, call.arguments["key"], call.unmask)
        if not found:
            raise UsageError(desk.look.texts("details.gone"))
        go_to(view, desk, found)

    def known(call: Call) -> tuple[str, tuple[Fact, ...]]:
        facts: Facts = call.arguments["facts"]
        return facts.title, facts.facts

    yield Command("selection.fly_to", fly, "view", "F")
    yield Command("selection.follow", lambda _: follower.toggle(), "view", "Shift+F")
    yield Command("selection.copy_coordinates", copy, "view", "Ctrl+Shift+C")
    yield Command("map.find_entity", find_entity, "entity.find", sensitive=True, in_palette=False)
    yield Command("details.show", known, "entity.find", sensitive=True, in_palette=False, shows=True)


def go_to(view: MapView, desk: Desk, found: Found) -> None:
    """Fly to an answer and select it."""
    nearer_m = min(found.distance_m, max(view.camera().distance_m, 300.0))  # finding a thing never backs away from it
    view.fly_to(found.lon_deg, found.lat_deg, nearer_m)
    if desk.live.city is not None:
        desk.selection.select([locator.pick_of(desk.live.city, found)])


def layer_commands(desk: Desk) -> Iterator[Command]:
    """What is chosen for layers; each names its layer in ``name``."""
    book = desk.layers

    def change(*fields: str) -> Any:
        return lambda call: book.change(call.arguments["name"], **{field: call.arguments[field] for field in fields})

    yield Command("layer.show", change("visible"), "view", in_palette=False)
    yield Command("layer.set_opacity", change("opacity"), "view", in_palette=False)
    yield Command("layer.set_symbol", change("symbol"), "view", in_palette=False)
    yield Command("layer.filter", change("where"), "layer.filter", sensitive=True, in_palette=False)
    yield Command(
        "layer.move", lambda call: book.move(call.arguments["name"], call.arguments["place"]), "view", in_palette=False
    )
    yield Command("layer.save", lambda call: save_layer(desk, call), "layer.export", "Ctrl+E", sensitive=True)
    yield Command("layer.reset", lambda _: book.reset(), "view")


def save_layer(desk: Desk, call: Call) -> None:
    """Export what is drawn of a layer, as a job; ``name`` and ``target`` are asked for where they are not given."""
    name = str(call.arguments.get("name") or desk.layers.chosen)
    if not desk.layers.layers[name].formats:
        check_wish(Wish(name, Path(name)))
    target = call.arguments.get("target") or _ask_for_target(desk, name)
    world = desk.live.world
    if not target or world is None:
        return
    wish = Wish(name, Path(target), where=desk.layers.states[name].where, overwrite=True)
    check_wish(wish)
    twin = desk.session.home.current()

    def done(receipt: Receipt) -> None:
        desk.log.add("job", "event.exported", path=str(wish.target), layer=f"layer.{name}")
        answered = call.arguments.get("done")
        if answered is not None:
            answered(receipt)

    desk.jobs.submit("job.export", lambda _report, _cancelled: export_layer(wish, world, twin, call), done)


def _ask_for_target(desk: Desk, name: str) -> str:
    texts = desk.look.texts
    title = texts("layer_tree.export_title", layer=texts(f"layer.{name}"))
    formats_there = desk.layers.layers[name].formats
    kinds = ";;".join(f"{FORMATS[key].title} (*{FORMATS[key].suffixes[0]})" for key in formats_there)
    path, _ = QFileDialog.getSaveFileName(QApplication.activeWindow(), title, name, kinds)
    return path


def window_commands(window: MainWindow) -> Iterator[Command]:
    """What concerns the window itself."""
    deeds = window.deeds
    yield Command("search.focus", lambda _: deeds.focus_search(), "view", "Ctrl+K")
    yield Command("search.find", deeds.answer_search, "search", sensitive=True, in_palette=False)
    yield Command("palette.open", lambda _: window.command_palette.open(), "view", "Ctrl+Shift+P", in_palette=False)
    yield Command("purpose.state", deeds.state_purpose, "purpose.state", "Ctrl+Shift+U")
    yield Command("purpose.clear", lambda _: window.purpose.clear(), "purpose.clear", "Ctrl+Shift+X")
    yield Command("theme.toggle", lambda _: deeds.toggle_theme(), "view", "Ctrl+Shift+T")
    yield Command("view.daylight", lambda _: deeds.toggle_daylight(), "view", "Ctrl+Shift+D")
    yield Command("language.toggle", lambda _: deeds.toggle_language(), "view", "Ctrl+Shift+L")
    yield Command("window.full_screen", lambda _: deeds.toggle_full_screen(), "view", "F11")
    yield Command("layout.reset", lambda _: window.arrangement.reset(), "view", "Ctrl+Shift+R")
    yield Command("selection.clear", lambda _: deeds.clear(), "view", "Esc")
    yield Command("view.box", lambda _: deeds.toggle_box(), "view", "B")
    yield Command("fraud.new_case", lambda _: deeds.start_new_case(), "case.open", "Ctrl+Shift+N", needs_purpose=True)
    yield Command("jobs.cancel", lambda _: deeds.cancel_jobs(), "view")

    def show(name: str) -> Callable[[Call], Any]:
        return lambda _: window.arrangement.show(name)

    def toggle(name: str) -> Callable[[Call], Any]:
        return lambda _: deeds.toggle_panel(name)

    for number, name in enumerate(window.workspaces, start=1):
        yield Command(f"workspace.{name}", show(name), "view", f"Ctrl+{number}")
    for name in window.arrangement.docks:
        yield Command(f"panel.{name}", toggle(name), "view")
    yield Command("app.quit", lambda _: window.close(), "view", "Ctrl+Q")
