"""Which connectors there are: each folder here that has a ``source.py``, and the entry points of other packages."""

from __future__ import annotations

import importlib
import pkgutil
from importlib.metadata import entry_points
from importlib.util import find_spec
from typing import cast

import data.connectors
from data.connectors.contract import Connector, OpenSource, SourceSettings
from twin.city.city import City
from twin.errors import UsageError

GROUP = "zhian.connectors"


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


def _folders() -> set[str]:
    packages = [module.name for module in pkgutil.iter_modules(data.connectors.__path__) if module.ispkg]
    return {name.replace("_", "-") for name in packages if find_spec(f"data.connectors.{name}.source") is not None}


def _opener(kind: str) -> OpenSource:
    if kind in _folders():
        module = importlib.import_module(f"data.connectors.{kind.replace('-', '_')}.source")
        return cast(OpenSource, module.open_source)
    for point in entry_points(group=GROUP, name=kind):
        return cast(OpenSource, point.load())
    raise UsageError(f"there is no connector of the kind {kind!r}; there are: {', '.join(kinds())}")
