"""What can be set for a GTFS-realtime feed."""

from __future__ import annotations

from data.connectors.contract import SourceSettings
from data.connectors.settings import check_kinds, options_of
from data.connectors.web import Web, check_web


class Options(Web, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Options of this source; this folder's README tells what each does."""

    kind: str = "bus"
    prefix: str = "gtfs:"


def read_options(settings: SourceSettings) -> Options:
    """Return the options of a source.

    Raises
    ------
    twin.errors.BadInputError
        If one of them is unknown or has no such value.
    """
    options = options_of(settings, Options)
    check_kinds(settings, [options.kind])
    check_web(settings.name, options)
    return options
