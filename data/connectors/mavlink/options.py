"""What can be set for MAVLink."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from data.connectors.contract import SourceSettings
from data.connectors.links import Endpoint
from data.connectors.settings import check_kinds, options_of
from twin.errors import BadInputError


class Vehicle(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One vehicle that is known beforehand, by the number of its system."""

    kind: str = ""
    label: str = ""
    id: str = ""


class Options(Endpoint, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of this source; this folder's README tells what each does."""

    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 14550
    transport: Literal["tcp", "udp", "both", "client"] = "udp"
    kind: str = "drone"
    prefix: str = "mavlink:"
    vehicles: dict[str, Vehicle] = msgspec.field(default_factory=dict)
    signing: Literal["accepted", "required"] = "accepted"
    secret: str = ""
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
    check_kinds(settings, [options.kind, *(vehicle.kind for vehicle in options.vehicles.values())])
    if options.signing == "required" and not options.secret:
        raise BadInputError(settings.name, "signatures are required, and no secret is set", "give it in `secret`")
    return options
