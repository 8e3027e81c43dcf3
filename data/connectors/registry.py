"""Which connectors there are: each folder here that has a ``source.py``, the entry points of other packages, and the
plug-ins in the user's folder. What stands first in this order is taken.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from importlib.metadata import entry_points
from importlib.util import find_spec
from typing import cast

import data.connectors
from data.connectors import plugins
from data.connectors.contract import Connector, OpenSource, Parcel, SourceSettings
from data.home import Home
from twin.city.city import City
from twin.errors import UsageError
from twin.words import say

GROUP = "zhian.connectors"
ReadAgain = Callable[[SourceSettings, str, str, bytes], Parcel]


def kinds() -> tuple[str, ...]:
    """List the kinds of source, sorted."""
    offered = {point.name for point in entry_points(group=GROUP)}
    return tuple(sorted(own_kinds() | offered | {plugin.kind for plugin in plugins.found(Home.of_user())}))


def open_source(settings: SourceSettings, city: City) -> Connector:
    """Open a source of any kind.

    Raises
    ------
    twin.errors.UsageError
        If no connector is of this kind.
    """
    return _opener(settings.kind)(settings, city)


def read_again(settings: SourceSettings, device: str, message: str, raw: bytes) -> Parcel:
    """Decode one message as it was kept; for sources that are acknowledged.

    Raises
    ------
    twin.errors.UsageError
        If the connector does not keep messages.
    """
    opener = _opener(settings.kind)
    reader = getattr(importlib.import_module(opener.__module__), "read_again", None)
    if reader is None:
        raise UsageError(
            say("a source of the kind {kind} keeps no messages that could be read again", kind=settings.kind)
        )
    return cast(ReadAgain, reader)(settings, device, message, raw)


def own_kinds() -> set[str]:
    """Return the kinds of the program itself."""
    packages = [module.name for module in pkgutil.iter_modules(data.connectors.__path__) if module.ispkg]
    return {name.replace("_", "-") for name in packages if find_spec(f"data.connectors.{name}.source") is not None}


def _opener(kind: str) -> OpenSource:
    if kind in own_kinds():
        module = importlib.import_module(f"data.connectors.{kind.replace('-', '_')}.source")
        return cast(OpenSource, module.open_source)
    for point in entry_points(group=GROUP, name=kind):
        return cast(OpenSource, point.load())
    opener = plugins.opener(Home.of_user(), kind)
    if opener is not None:
        return opener
    raise UsageError(
        say("there is no connector of the kind {kind!r}; there are: {kinds}", kind=kind, kinds=", ".join(kinds()))
    )
