"""What can be set for Cursor-on-Target."""

from __future__ import annotations

from typing import Annotated

import msgspec

from data.connectors.contract import SourceSettings
from data.connectors.links import Endpoint
from data.connectors.settings import check_kinds, options_of

KINDS = {
    "a-f-G-U": "officer",
    "a-f-G-E-V": "police_car",
    "a-f-G-E-V-C": "car",
    "a-.-A-M-F-Q": "drone",
    "a-.-A-M-H-Q": "drone",
    "a-f-S": "boat",
}
"""Which type is shown as which kind: the longest that a type begins with; ``.`` stands for any one part.

A CoT type is a MIL-STD-2525C symbol code spelled out. Ground units are officers only as friends (``f``): others may be
people of the public, who are never shown.
"""


class Options(Endpoint, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of this source; this folder's README tells what each does."""

    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8087
    kinds: dict[str, str] = msgspec.field(default_factory=dict)
    geoid_m: float = 0.0
    prefix: str = "cot:"


def read_options(settings: SourceSettings) -> Options:
    """Return the options of a source.

    Raises
    ------
    twin.errors.BadInputError
        If one of them is unknown or has no such value.
    """
    options = options_of(settings, Options)
    check_kinds(settings, options.kinds.values())
    return options


class Table:
    """Looks types up."""

    def __init__(self, changed: dict[str, str]) -> None:
        rows = {**KINDS, **changed}
        by_length = sorted(rows, key=lambda pattern: (-pattern.count("-"), pattern.split("-").count(".")))
        self._rows = [(pattern.split("-"), rows[pattern]) for pattern in by_length]
        self._known: dict[str, str | None] = {}

    def kind(self, type_: str) -> str | None:
        """Return the kind of a type: empty if the table says it has none, None if the table says nothing."""
        if type_ not in self._known:
            if len(self._known) > 10_000:
                self._known.clear()
            self._known[type_] = self._look_up(type_.split("-"))
        return self._known[type_]

    def _look_up(self, parts: list[str]) -> str | None:
        for pattern, kind in self._rows:
            if len(parts) >= len(pattern) and all(p in (".", q) for p, q in zip(pattern, parts, strict=False)):
                return kind
        return None
