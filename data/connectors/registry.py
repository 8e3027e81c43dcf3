"""Which connectors there are: each folder here that has a ``source.py``, and the entry points of other packages."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from importlib.metadata import entry_points
from importlib.util import find_spec
from typing import cast

import data.connectors
from data.connectors.contract import Connector, OpenSource, Parcel, SourceSettings
from twin.city.city import City
from twin.errors import UsageError
from twin.words import say

GROUP = "zhian.connectors"
ReadAgain = Callable[[SourceSettings, str, str, bytes], Parcel]


def kinds() -> tuple[str, ...]:
    """List the kinds of source, sorted."""
    return tuple(sorted(_folders() | {point.name for point in entry_points(group=GROUP)}))


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


def _folders() -> set[str]:
    packages = [module.name for module in pkgutil.iter_modules(data.connectors.__path__) if module.ispkg]
    return {name.replace("_", "-") for name in packages if find_spec(f"data.connectors.{name}.source") is not None}


def _opener(kind: str) -> OpenSource:
    if kind in _folders():
        module = importlib.import_module(f"data.connectors.{kind.replace('-', '_')}.source")
        return cast(OpenSource, module.open_source)
    for point in entry_points(group=GROUP, name=kind):
        return cast(OpenSource, point.load())
    raise UsageError(
        say("there is no connector of the kind {kind!r}; there are: {kinds}", kind=kind, kinds=", ".join(kinds()))
    )
