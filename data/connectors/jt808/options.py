"""What can be set for a JT/T 808 listener."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from data.connectors.contract import SourceSettings
from data.connectors.links import Endpoint
from twin.errors import BadInputError
from twin.live.kinds import CODE
from twin.words import say


class Terminal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One terminal that is known beforehand: what it sits in, the words at its symbol, its name within the twin."""

    kind: str = ""
    label: str = ""
    id: str = ""


class Options(Endpoint, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of this source; this folder's README tells what each does."""

    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 6808
    transport: Literal["tcp", "udp", "both"] = "tcp"
    kind: str = "other"
    authentication: Literal["required", "open"] = "required"
    secret: str = ""
    known_only: bool = False
    terminals: dict[str, Terminal] = msgspec.field(default_factory=dict)
    most_links: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 5000


def read_options(settings: SourceSettings) -> Options:
    """Return the options of a source.

    Raises
    ------
    twin.errors.BadInputError
        If one of them is unknown or has no such value.
    """
    try:
        options = msgspec.convert(settings.options, Options)
    except msgspec.ValidationError as error:
        raise BadInputError(settings.name, say("its options: {error}", error=error), "mend sources.toml") from None
    kinds = [options.kind, *(terminal.kind for terminal in options.terminals.values())]
    unknown = next((kind for kind in kinds if kind and kind not in CODE), None)
    if unknown is not None:
        raise BadInputError(
            settings.name,
            say("there is no kind {unknown!r}", unknown=unknown),
            say("use one of {kinds}", kinds=", ".join(CODE)),
        )
    return options
