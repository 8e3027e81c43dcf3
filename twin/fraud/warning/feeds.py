"""Fourteen kinds of outside source that warn of fraud, and what they tell: facts about persons, or alarms."""

from __future__ import annotations

import math
from dataclasses import dataclass

from twin.fraud.warning.categories import FACT
from twin.fraud.warning.kinds import KINDS
from twin.words import Said, say

FEED_KINDS = (
    "ministry", "province", "neighbours", "hotline", "bank", "payment_firm", "carrier_calls", "carrier_messages",
    "device_maker", "app_store", "site_block", "platform", "courier", "community",
)  # fmt: skip
"""The ministry's and the province's platforms, other cities, 96110 and 110, banks, payment firms, calls and messages of
carriers, makers of telephones, app stores, blocked sites, shops and job platforms, couriers, and people themselves."""
LATEST_S = 300.0
"""So much later than now a clock may be."""


@dataclass(frozen=True, slots=True)
class Hint:
    """A fact about a person, as a feed told it; the same twice is the same fact."""

    subject: str
    fact: str
    at_s: float
    value: float
    feed: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """A warning that a feed raises itself: of which fraud, and how sure it says it is."""

    subject: str
    kind: str
    at_s: float
    risk: float
    feed: str


def fault(told: Hint | Alarm, now_s: float) -> Said | None:
    """Return what is wrong with something that was told; None if nothing is."""
    if not told.subject.strip():
        return say("it says of nobody whom it is about")
    if not math.isfinite(told.at_s) or told.at_s <= 0.0:
        return say("its time cannot be read")
    if told.at_s > now_s + LATEST_S:
        return say("its time lies in the future")
    if isinstance(told, Alarm):
        if told.kind not in KINDS:
            return say("there is no type of fraud {kind}; there are {kinds}", kind=told.kind, kinds=", ".join(KINDS))
        return None if 0.0 <= told.risk <= 1.0 else say("a risk lies between 0 and 1, not at {risk}", risk=told.risk)
    if told.fact not in FACT:
        return say("nothing called {fact} may be told of a person", fact=told.fact)
    return None if math.isfinite(told.value) and told.value >= 0.0 else say("its value is no number")
