"""Topic templates: ``air/{id}/state`` is the filter ``air/+/state`` and gives each topic that fits its ``id``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_CAPTURE = re.compile(r"\{([a-z_]\w*)\}")


@dataclass(frozen=True, slots=True)
class Template:
    """A template: what is subscribed to, and what a topic is matched with."""

    filter: str
    pattern: re.Pattern[str]

    def match(self, topic: str) -> Mapping[str, str] | None:
        """Return what the captures stand for; None for a topic that does not fit."""
        found = self.pattern.fullmatch(topic)
        return found.groupdict() if found is not None else None


def read_template(text: str) -> Template:
    """Read a template.

    Raises
    ------
    ValueError
        If it is no topic filter, or a capture is no whole level or stands twice.
    """
    levels = text.split("/")
    if not text or "\0" in text or "#" in levels[:-1]:
        raise ValueError(text)
    filters, patterns = zip(*map(_level, levels), strict=True)
    pattern = "/".join(patterns).replace("/.*", "(?:/.*)?")  # ``a/#`` is also ``a`` (MQTT 5.0, 4.7.1.2)
    try:
        return Template("/".join(filters), re.compile(pattern, re.DOTALL))
    except re.error:
        raise ValueError(text) from None


def _level(level: str) -> tuple[str, str]:
    if level == "#":
        return level, ".*"
    if level == "+":
        return level, "[^/]*"
    capture = _CAPTURE.fullmatch(level)
    if capture is not None:
        return "+", f"(?P<{capture[1]}>[^/]+)"
    if any(sign in level for sign in "+#{}"):
        raise ValueError(level)
    return level, re.escape(level)
