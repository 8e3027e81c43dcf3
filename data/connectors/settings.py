"""Options of a source, read from its settings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import msgspec

from data.connectors.contract import SourceSettings
from twin.errors import BadInputError
from twin.live.kinds import CODE
from twin.words import say

Options = TypeVar("Options", bound=msgspec.Struct)


def options_of(settings: SourceSettings, wanted: type[Options]) -> Options:
    """Return the options of a source as they are declared.

    Raises
    ------
    twin.errors.BadInputError
        If one of them is unknown or has no such value.
    """
    try:
        return msgspec.convert(settings.options, wanted)
    except msgspec.ValidationError as error:
        raise BadInputError(settings.name, say("its options: {error}", error=error), "mend sources.toml") from None


def check_kinds(settings: SourceSettings, names: Iterable[str]) -> None:
    """Refuse names that are no kinds; an empty one says that something has none.

    Raises
    ------
    twin.errors.BadInputError
        If one of them is unknown.
    """
    unknown = next((name for name in names if name and name not in CODE), None)
    if unknown is not None:
        raise BadInputError(
            settings.name,
            say("there is no kind {unknown!r}", unknown=unknown),
            say("use one of {kinds}", kinds=", ".join(CODE)),
        )
