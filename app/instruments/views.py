"""Views to come back to, by name and figure key, and tours from one to the next."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QInputDialog

from app.commands import Call, Command
from app.desk import Desk
from app.features.feature import Context, Entry
from app.instruments.book import fresh_id
from app.instruments.keeper import Keeper
from app.instruments.listing import Listing
from app.map.events import CameraState
from app.widgets.table import KEY_ROLE, TableColumn
from twin.errors import UsageError
from twin.kept import Bookmark, Kept, Tour
from twin.words import say

ACTIONS: Mapping[str, str] = {
    "view.keep": "bookmark-simple", "view.go": "navigation-arrow", "view.rename": "pencil-simple", "view.drop": "trash",
    "tour.make": "path", "tour.toggle": "play",
}  # fmt: skip
SLOTS, STOP_S, MOST_NAME = range(1, 10), 4.0, 60


class Views(QObject):
    """Keeps views, goes to them, and plays tours of them."""

    def __init__(self, context: Context, keeper: Keeper, parent: QObject) -> None:
        super().__init__(parent)
        self._context, self._desk, self._map, self._keeper = context, context.desk, context.map, keeper
        self.panel = ViewPanel(context.desk, keeper)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._on_stop_ended)
        self._left: list[tuple[Bookmark, float]] = []
        self.playing = ""

    def entries(self) -> Iterator[Entry]:
        """Return the commands; ``key`` names a view or a tour, that of the panel's row if it is left out."""
        yield Entry(Command("view.keep", self._keep, "view.keep", "Ctrl+B"), "view", "bookmark-simple")
        for slot in SLOTS:
            yield Entry(Command(f"view.go_{slot}", partial(self._go_to_slot, slot), "view", f"Alt+{slot}"), told=False)
        yield Entry(Command("view.go", self._go, "view", in_palette=False))
        yield Entry(Command("view.rename", self._rename, "view.keep", in_palette=False))
        yield Entry(Command("view.drop", self._drop, "view.keep", in_palette=False))
        yield Entry(Command("tour.make", self._make_tour, "view.keep"), "view", "path")
        yield Entry(Command("tour.toggle", self._toggle, "view", "Shift+P"), "view", "play", checkable=True)

    def close(self) -> None:
        """Stop a tour."""
        self._timer.stop()

    # Views

    def _keep(self, call: Call) -> None:
        """Keep the view of now; under the first figure key that is free."""
        city, kept = self._desk.live.city, self._keeper.kept
        if city is None:
            raise UsageError("no twin is open yet")
        state = self._map.camera()
        lon, lat = city.frame.to_lonlat(state.focus_m[0], state.focus_m[1])
        taken, names = {view.slot for view in kept.bookmarks}, {view.name for view in kept.bookmarks}
        title = self._desk.look.texts("views.view")
        name = next(text for number in itertools.count(1) if (text := f"{title} {number}") not in names)
        slot = next((slot for slot in SLOTS if slot not in taken), 0)
        view = Bookmark(
            fresh_id("v"), str(call.arguments.get("name") or name), float(lon), float(lat), state.focus_m[2],
            state.distance_m, state.bearing_deg, state.pitch_deg, slot,
        )  # fmt: skip
        self._keeper.change(bookmarks=(*kept.bookmarks, view))
        self.panel.choose(view.id)

    def _go_to_slot(self, slot: int, _call: Call) -> None:
        for view in self._keeper.kept.bookmarks:
            if view.slot == slot:
                self._fly(view)
                return
        raise UsageError(say("no view is kept under Alt+{slot}: Ctrl+B keeps the one of now", slot=slot))

    def _go(self, call: Call) -> None:
        thing = self._named(self._key(call))
        self._fly(thing) if isinstance(thing, Bookmark) else self._play(thing)

    def _fly(self, view: Bookmark) -> None:
        self._map.fly(self._state(view))

    def _state(self, view: Bookmark) -> CameraState:
        city = self._desk.live.city
        if city is None:
            raise UsageError("no twin is open yet")
        x, y = city.frame.to_local(view.lon_deg, view.lat_deg)
        return CameraState((float(x), float(y), view.height_m), view.distance_m, view.bearing_deg, view.pitch_deg)

    def _rename(self, call: Call) -> None:
        key = self._key(call)
        thing = self._named(key)
        if "name" not in call.arguments:
            self._ask_for_name(thing)
            return
        fresh = replace(thing, name=str(call.arguments["name"])[:MOST_NAME])
        kept = self._keeper.kept
        self._keeper.change(
            bookmarks=tuple(fresh if view.id == key else view for view in kept.bookmarks),
            tours=tuple(fresh if tour.id == key else tour for tour in kept.tours),
        )

    def _ask_for_name(self, thing: Bookmark | Tour) -> None:
        dialog = QInputDialog(self._context.window)
        dialog.setWindowTitle(self._desk.look.texts("command.view.rename"))
        dialog.setLabelText(self._desk.look.texts("views.name"))
        dialog.setTextValue(thing.name)
        dialog.textValueSelected.connect(
            lambda name: self._desk.run("view.rename", key=thing.id, name=name.strip() or thing.name)
        )
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _drop(self, call: Call) -> None:
        """Forget a view, and its stops in tours; or a tour."""
        key, kept = self._key(call), self._keeper.kept
        self._named(key)
        tours = (replace(tour, stops=tuple(s for s in tour.stops if s[0] != key)) for tour in kept.tours)
        self._keeper.change(
            bookmarks=tuple(view for view in kept.bookmarks if view.id != key),
            tours=tuple(tour for tour in tours if tour.id != key and tour.stops),
        )

    # Tours

    def _make_tour(self, call: Call) -> None:
        """Make a tour of the views that are chosen in the panel, or of all."""
        kept = self._keeper.kept
        chosen = call.arguments.get("stops") or self.panel.selected_keys()
        views = [view for view in kept.bookmarks if view.id in chosen]
        views = views if len(views) > 1 else list(kept.bookmarks)
        if len(views) < 2:
            raise UsageError("a tour needs two views: keep them with Ctrl+B")
        names = {tour.name for tour in kept.tours}
        title = self._desk.look.texts("views.tour")
        name = next(text for number in itertools.count(1) if (text := f"{title} {number}") not in names)
        stop_s = float(call.arguments.get("seconds", STOP_S))
        tour = Tour(fresh_id("t"), name, tuple((view.id, stop_s) for view in views))
        self._keeper.change(tours=(*kept.tours, tour))
        self.panel.choose(tour.id)

    def _toggle(self, call: Call) -> None:
        """Play the tour that is chosen, or the first; stop the one that plays."""
        if self.playing:
            self._stop()
            return
        tours = self._keeper.kept.tours
        key = str(call.arguments.get("key") or self.panel.chosen)
        tour = next((tour for tour in tours if tour.id == key), tours[0] if tours else None)
        if tour is None:
            raise UsageError("there is no tour yet: keep two views and make one of them")
        self._play(tour)

    def _play(self, tour: Tour) -> None:
        views = {view.id: view for view in self._keeper.kept.bookmarks}
        self._left = [(views[key], seconds) for key, seconds in tour.stops if key in views]
        self.playing = tour.id
        self._context.acts.by_id["tour.toggle"].setChecked(True)
        self._on_stop_ended()

    def _on_stop_ended(self) -> None:
        if not self._left:
            self._stop()
            return
        view, seconds = self._left.pop(0)
        self._fly(view)
        self._timer.start(round(1000 * seconds))

    def _stop(self) -> None:
        self._timer.stop()
        self._left, self.playing = [], ""
        self._context.acts.by_id["tour.toggle"].setChecked(False)

    def _key(self, call: Call) -> str:
        return str(call.arguments.get("key") or self.panel.chosen)

    def _named(self, key: str) -> Bookmark | Tour:
        kept = self._keeper.kept
        things: tuple[Bookmark | Tour, ...] = (*kept.bookmarks, *kept.tours)
        for thing in things:
            if thing.id == key:
                return thing
        raise UsageError(say("there is no view {key}", key=key))


class ViewPanel(Listing):
    """The table of views and tours."""

    def __init__(self, desk: Desk, keeper: Keeper) -> None:
        texts = desk.look.texts
        columns = (
            TableColumn("name", width_px=140),
            TableColumn("kind", text=lambda kind: texts(f"views.{kind}"), width_px=56),
            TableColumn("key", text=lambda slot: f"Alt+{slot}" if slot else "", figure=True, width_px=56),
            TableColumn("stops", text=lambda count: str(count) if count else "", figure=True, width_px=48),
        )
        super().__init__(desk, "views", columns, ACTIONS, frozenset({"view.keep", "tour.make", "tour.toggle"}))
        self.table.doubleClicked.connect(lambda _index: self.do("view.go"))
        keeper.changed.connect(self._on_changed)

    def selected_keys(self) -> frozenset[str]:
        """Return the ids of the rows that are selected."""
        return frozenset(index.data(KEY_ROLE) for index in self.table.selectionModel().selectedRows())

    def _on_changed(self, kept: Kept) -> None:
        rows = [(view.name, "view", view.slot, 0) for view in kept.bookmarks]
        rows += [(tour.name, "tour", 0, len(tour.stops)) for tour in kept.tours]
        keys = [view.id for view in kept.bookmarks] + [tour.id for tour in kept.tours]
        self.set_rows(keys, rows)
