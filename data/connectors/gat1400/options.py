"""What can be set for a GA/T 1400 view library."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from data.connectors.contract import SourceSettings
from twin.errors import BadInputError
from twin.live.kinds import CODE
from twin.words import say

Degrees = Annotated[float, msgspec.Meta(ge=-180, le=180)]


class Gate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A camera or gate whose place is known beforehand."""

    lon_deg: Degrees
    lat_deg: Degrees


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Options of this source; this folder's README tells what each does."""

    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 1400
    certificate: str = ""
    key: str = ""
    authority: str = ""
    authentication: Literal["digest", "open"] = "digest"
    users: dict[str, str] = {}
    algorithms: tuple[Literal["MD5", "SHA-256"], ...] = ("MD5",)
    realm: Annotated[str, msgspec.Meta(pattern=r'^[^"\\]+$')] = "viid"
    library: str = ""
    numbers: bool = False
    kind: str = "other"
    devices: dict[str, Gate] = {}
    known_only: bool = False
    picture_hosts: tuple[str, ...] = ()
    session_s: Annotated[float, msgspec.Meta(gt=0)] = 300.0
    idle_s: Annotated[float, msgspec.Meta(gt=0)] = 75.0
    request_s: Annotated[float, msgspec.Meta(gt=0)] = 30.0
    most_links: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 2000
    most_body_mb: Annotated[float, msgspec.Meta(gt=0, le=64)] = 8.0
    most_objects: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 2000
    most_requests_per_s: Annotated[float, msgspec.Meta(gt=0)] = 200.0


def read_options(settings: SourceSettings) -> Options:
    """Return the options of a source.

    Raises
    ------
    twin.errors.BadInputError
        If one of them is unknown or has no such value, or nobody could register.
    """
    try:
        options = msgspec.convert(settings.options, Options)
    except msgspec.ValidationError as error:
        raise BadInputError(settings.name, say("its options: {error}", error=error), "mend sources.toml") from None
    if options.kind not in CODE:
        raise BadInputError(
            settings.name,
            say("there is no kind {unknown!r}", unknown=options.kind),
            say("use one of {kinds}", kinds=", ".join(CODE)),
        )
    if options.authentication == "digest" and not (options.users and options.algorithms):
        raise BadInputError(
            settings.name,
            "no user is set, so no camera could register",
            "name them in `users`, or set `authentication` to open",
        )
    return options
