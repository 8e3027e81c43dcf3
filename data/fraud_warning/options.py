"""The feeds of an installation, as ``warning-feeds.toml`` sets them up; docs/fraud-warnings.md tells each option."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from data.connectors.mqtt.broker import Broker, check_broker
from data.connectors.web import Web, check_web
from data.forms import learn
from twin.errors import BadInputError
from twin.fraud.warning.categories import FACT
from twin.fraud.warning.feeds import FEED_KINDS
from twin.fraud.warning.kinds import KINDS
from twin.words import say, why

REMEDY = "mend warning-feeds.toml"
ROLES = ("subject", "fact", "fraud", "at", "value", "risk")


class Feed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One outside source.

    Parameters
    ----------
    kind : str
        One of :data:`twin.fraud.warning.feeds.FEED_KINDS`.
    format : str
        ``csv`` or ``json`` (an array, or a line each).
    fields : mapping of str to str
        Under which name the feed has ``subject``, ``fact``, ``fraud``, ``at``, ``value``, ``risk``.
    fact, fraud : str
        What every message of it tells, where it does not say so itself; one of the two makes a fact or an alarm of it.
    facts, frauds : mapping of str to str
        The feed's own words for them.
    scale : float
        What its values are multiplied with: 100 for yuan.
    zone : str
        Of times that say none.
    file : str
        A file, or a folder of files, that is read.
    http : Web, optional
    mqtt : Broker, optional
    topic : str
        Of MQTT.
    """

    kind: str
    format: Literal["csv", "json"] = "json"
    fields: dict[str, str] = msgspec.field(default_factory=dict)
    fact: str = ""
    fraud: str = ""
    facts: dict[str, str] = msgspec.field(default_factory=dict)
    frauds: dict[str, str] = msgspec.field(default_factory=dict)
    scale: float = 1.0
    zone: str = "Asia/Shanghai"
    file: str = ""
    http: Web | None = None
    mqtt: Broker | None = None
    topic: str = ""


learn(dict[str, Feed])


def read_feeds(path: Path) -> dict[str, Feed]:
    """Return the feeds of a file by their names; none if there is no such file.

    Raises
    ------
    twin.errors.BadInputError
        If something in it has no meaning.
    """
    if not path.exists():
        return {}
    try:
        feeds = msgspec.convert(tomllib.loads(path.read_text("utf-8")), dict[str, Feed])
    except (OSError, ValueError) as error:
        raise BadInputError(path.name, why(error), REMEDY) from None
    for name, feed in feeds.items():
        _check(name, feed)
    return feeds


def _check(name: str, feed: Feed) -> None:
    if feed.kind not in FEED_KINDS:
        raise BadInputError(name, say("there is no {word}; there are {words}", word=feed.kind,
                                      words=", ".join(FEED_KINDS)), REMEDY)  # fmt: skip
    if sum((bool(feed.file), feed.http is not None, feed.mqtt is not None)) != 1:
        raise BadInputError(name, "it needs one of file, http and mqtt", REMEDY)
    for words, known in ((feed.fields, ROLES), ((feed.fact, *feed.facts.values()), FACT),
                         ((feed.fraud, *feed.frauds.values()), KINDS)):  # fmt: skip
        odd = next((word for word in words if word and word not in known), "")
        if odd:
            raise BadInputError(
                name, say("there is no {word}; there are {words}", word=odd, words=", ".join(known)), REMEDY
            )
    try:
        ZoneInfo(feed.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadInputError(
            name, say("there is no time zone {zone!r}, such as Asia/Shanghai", zone=feed.zone), REMEDY
        ) from None
    if feed.http is not None:
        check_web(name, feed.http)
    if feed.mqtt is not None:
        check_broker(name, feed.mqtt)
