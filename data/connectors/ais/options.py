"""What can be set for AIS."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from data.connectors.contract import SourceSettings
from data.connectors.links import Endpoint
from data.connectors.settings import check_kinds, options_of


class Vessel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One vessel that is known beforehand, by its MMSI."""

    kind: str = ""
    label: str = ""
    id: str = ""


class Options(Endpoint, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of this source; this folder's README tells what each does."""

    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 10110
    transport: Literal["tcp", "udp", "both", "client"] = "udp"
    kind: str = "boat"
    prefix: str = "ais:"
    vessels: dict[str, Vessel] = msgspec.field(default_factory=dict)
    paths: tuple[str, ...] = ()
    speed: float = 1.0
    loop: bool = False
    paused: bool = False
    stay: bool = True


def read_options(settings: SourceSettings) -> Options:
    """Return the options of a source.

    Raises
    ------
    twin.errors.BadInputError
        If one of them is unknown or has no such value.
    """
    options = options_of(settings, Options)
    check_kinds(settings, [options.kind, *(vessel.kind for vessel in options.vessels.values())])
    return options
