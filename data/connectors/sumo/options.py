"""What can be set for a SUMO simulation."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

from data.connectors.contract import SourceSettings
from twin.errors import BadInputError
from twin.words import say

SPEEDS = (0.01, 1000.0)


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Options of this source; this folder's README tells what each does."""

    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 8813
    order: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 0
    config: str = ""
    program: str = "sumo"
    speed: Annotated[float, msgspec.Meta(ge=SPEEDS[0], le=SPEEDS[1])] = 1.0
    report_s: Annotated[float, msgspec.Meta(ge=0.1, le=60)] = 1.0
    patience_s: Annotated[float, msgspec.Meta(gt=0)] = 60.0
    begin: datetime | None = None
    here: bool = False
    as_now: bool = False


def read_options(settings: SourceSettings) -> Options:
    """Return the options of a source.

    Raises
    ------
    twin.errors.BadInputError
        If one of them is unknown, has no such value, or does not go with another.
    """
    try:
        options = msgspec.convert(settings.options, Options)
    except msgspec.ValidationError as error:
        raise BadInputError(settings.name, say("its options: {error}", error=error), "mend sources.toml") from None
    if options.begin is not None and options.begin.tzinfo is None:
        raise BadInputError(settings.name, "its times have no zone", "write begin as 2026-11-22T08:00:00+08:00")
    if options.as_now and (options.speed != 1 or options.begin is not None):
        raise BadInputError(
            settings.name, "what is shown as now runs as fast as now", "leave `speed` and `begin` out, or `as_now`"
        )
    return options
