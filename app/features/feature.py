"""What a feature is to the window: an ability with its commands, and panels where it needs them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from PySide6.QtWidgets import QMainWindow, QWidget

from app.actions import Actions
from app.commands import Command
from app.desk import Desk
from app.follower import Follower
from app.look_back import LookBack
from app.map.view import MapView
from app.opening import TwinOpening
from app.replay import Replay
from app.widgets.details import DetailsPanel
from app.widgets.stage import Stage


@dataclass(frozen=True, slots=True)
class Context:
    """All that a feature may use.

    ``desk`` holds the look, the world, the layers, the selection, the jobs, and ``run``. ``opening.opened`` tells of
    each twin that is opened (:class:`app.opening.Opened`, with its names and its scene). ``stage`` has the bars under
    the map, ``details`` the parts of the card. ``window`` is for dialogs and other windows to belong to.
    """

    desk: Desk
    map: MapView
    acts: Actions
    opening: TwinOpening
    look_back: LookBack
    replay: Replay
    follower: Follower
    stage: Stage
    details: DetailsPanel
    window: QMainWindow


@dataclass(frozen=True, slots=True)
class Entry:
    """A command, and where it is found besides the palette.

    Parameters
    ----------
    command : Command
    menu : str
        Name of a menu (``app``, ``view``, ``replay``, ``select``, or a new one, titled by the text ``menu.<name>``);
        empty for none.
    icon : str
        A file of ``resources/icons`` without its ending.
    tool : bool
        It has a button in the tool bar.
    checkable : bool
        Its action can be on: the feature keeps ``acts.by_id[command.id].setChecked`` true to what is so.
    told : bool
        Each run is a line of the event log.
    """

    command: Command
    menu: str = ""
    icon: str = "caret-right"
    tool: bool = False
    checkable: bool = False
    told: bool = True


class Feature:
    """One row of :data:`app.features.catalogue.FEATURES`; made from a :class:`Context`.

    What it shows on the map it gives to ``map.extras`` and ``map.set_tool``.
    """

    def entries(self) -> Iterable[Entry]:
        """Return its commands, in the order of the menu; asked once."""
        return ()

    def panels(self) -> Mapping[str, QWidget]:
        """Return its panels, each of which becomes a dock named by its key and titled by the text ``panel.<name>``.

        A panel is shown by its command ``panel.<name>``, and may have a signal ``note`` for the title of its dock.
        """
        return {}

    def close(self) -> None:
        """Let go of threads, timers and files, and of what it has on the map."""
