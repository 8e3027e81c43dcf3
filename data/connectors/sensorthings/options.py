"""What can be set for a SensorThings server."""

from __future__ import annotations

from typing import Annotated

import msgspec

from data.connectors.contract import SourceSettings
from data.connectors.mqtt.broker import Broker, check_broker
from data.connectors.settings import check_kinds, options_of
from data.connectors.web import Web, check_web


class Options(Web, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Options of this source; this folder's README tells what each does."""

    kinds: Annotated[dict[str, str], msgspec.Meta(min_length=1)]
    filter: str = ""
    page: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 500
    begin_s: Annotated[float, msgspec.Meta(ge=0)] = 3600.0
    overlap_s: Annotated[float, msgspec.Meta(ge=0)] = 600.0
    mqtt: Broker | None = None
    prefix: str = "v1.1"


def read_options(settings: SourceSettings) -> Options:
    """Return the options of a source.

    Raises
    ------
    twin.errors.BadInputError
        If one of them is unknown or has no such value.
    """
    options = options_of(settings, Options)
    check_kinds(settings, options.kinds.values())
    check_web(settings.name, options)
    if options.mqtt is not None:
        check_broker(settings.name, options.mqtt)
    return options
