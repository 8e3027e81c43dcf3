"""What can be set for DJI's Cloud API."""

from __future__ import annotations

from typing import Annotated

import msgspec

from data.connectors.contract import SourceSettings
from data.connectors.mqtt.broker import Broker, check_broker
from data.connectors.settings import check_kinds, options_of


class Machine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One aircraft that is known beforehand, by its serial number."""

    label: str = ""
    id: str = ""


class Options(Broker, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of this source; this folder's README tells what each does."""

    kind: str = "drone"
    prefix: str = "dji:"
    aircraft: dict[str, Machine] = msgspec.field(default_factory=dict)
    most_bytes: Annotated[int, msgspec.Meta(ge=1)] = 1_000_000


def read_options(settings: SourceSettings) -> Options:
    """Return the options of a source.

    Raises
    ------
    twin.errors.BadInputError
        If one of them is unknown or has no such value.
    """
    options = options_of(settings, Options)
    check_broker(settings.name, options)
    check_kinds(settings, [options.kind])
    return options
