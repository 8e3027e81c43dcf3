"""What can be set for a source over MQTT: how the broker is reached, and what its topics and fields mean."""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from data.connectors.contract import SourceSettings
from data.connectors.mqtt.broker import Broker, check_broker
from data.connectors.mqtt.topics import read_template
from twin.errors import BadInputError
from twin.live.kinds import CODE, STATE_CODE
from twin.words import say

ROLES = (
    *("id", "kind", "label", "state", "time", "lon", "lat", "height", "heading", "speed", "value", "accuracy"),
)  # fmt: skip
UNITS: dict[str, dict[str, float]] = {
    "time": {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9},
    "lon": {"deg": 1.0, "1e-6 deg": 1e-6, "1e-7 deg": 1e-7},
    "lat": {"deg": 1.0, "1e-6 deg": 1e-6, "1e-7 deg": 1e-7},
    "height": {"m": 1.0, "cm": 0.01, "ft": 0.3048},
    "heading": {"deg": 1.0, "rad": 57.29577951308232},
    "speed": {"m/s": 1.0, "km/h": 1 / 3.6, "kn": 1852 / 3600, "mph": 0.44704},
    "accuracy": {"m": 1.0, "cm": 0.01},
    "value": {},
}
"""What one of a unit is in seconds, degrees, metres, or metres a second; a number stands for itself."""


class Topic(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Topics that are read in one way; the README of this folder tells what each option does."""

    topic: str
    format: Literal["json", "senml"] = "json"
    id: str = "{id}"
    kind: str = "{kind}"
    label: str = ""
    kinds: dict[str, str] = {}
    states: dict[str, str] = {}
    fields: dict[str, str] = {}
    units: dict[str, str | float] = {}
    items: str = ""
    times: str = ""

    def factor(self, role: str) -> float:
        """Return what a number is multiplied with."""
        unit = self.units.get(role, 1.0)
        return UNITS[role][unit] if isinstance(unit, str) else unit


class Options(Broker, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Options of this source."""

    topics: Annotated[tuple[Topic, ...], msgspec.Meta(min_length=1)]
    places: dict[str, tuple[float, float]] = msgspec.field(default_factory=dict)
    most_bytes: Annotated[int, msgspec.Meta(ge=1)] = 1_000_000


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
    check_broker(settings.name, options)
    for topic in options.topics:
        fault = _fault(topic)
        if fault:
            raise BadInputError(
                settings.name, say("topic {topic}: {fault}", topic=topic.topic, fault=fault), "mend sources.toml"
            )
    return options


def _fault(topic: Topic) -> str:
    """Return what is wrong with a topic; empty if nothing is."""
    try:
        read_template(topic.topic)
    except ValueError:
        return say("it is no topic template, such as air/{{id}}/state")
    unknown = next((role for role in (*topic.fields, *topic.units) if role not in ROLES), "")
    if unknown:
        return say("there is no {role!r}; there are: {roles}", role=unknown, roles=", ".join(ROLES))
    for role, unit in topic.units.items():
        if role not in UNITS or (isinstance(unit, str) and unit not in UNITS[role]):
            return say("{role} has no unit {unit!r}", role=role, unit=unit)
    kinds = [*topic.kinds.values(), *([topic.kind] if "{" not in topic.kind else [])]
    unknown = next((kind for kind in kinds if kind not in CODE), "")
    if unknown:
        return say("there is no kind {unknown!r}", unknown=unknown)
    unknown = next((state for state in topic.states.values() if state not in STATE_CODE), "")
    if unknown:
        return say("there is no state {unknown!r}", unknown=unknown)
    return _time_fault(topic.times)


def _time_fault(zone: str) -> str:
    try:
        if zone:
            ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return say("there is no time zone {zone!r}, such as Asia/Shanghai", zone=zone)
    return ""
