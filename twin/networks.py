"""The networks of a county and what may cross from one to another.

Networks are kept apart by law and by cable. What a source tells belongs to the network it is in, its *zone*; it crosses
to another only where a :class:`Rule` lets it, and only with the fields that the rule names. The first rule that fits
decides; where none does, nothing crosses.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from twin.live.kinds import CODE, KINDS
from twin.live.observation import ObservationArray
from twin.words import said, say

ANY = "*"
FIELDS = ("label", "state", "height", "heading", "speed", "value", "accuracy", "raw")
"""What a rule may withhold: the bytes as they came (``raw``) and what a row tells beyond what, when and where."""
_EMPTY: dict[str, tuple[str, object]] = {
    "label": ("label", b""),
    "state": ("state", 0),
    "height": ("height_m", 0.0),
    "heading": ("heading_deg", np.nan),
    "speed": ("speed_mps", np.nan),
    "value": ("value", np.nan),
    "accuracy": ("accuracy_m", np.nan),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """What may, or may not, cross from some zones to others.

    Parameters
    ----------
    name : str
        Told wherever it keeps something out.
    origins, targets : collection of str
        Names of zones, or ``*``.
    classifications, kinds, fields : collection of str
        Of what it speaks: all of them with ``*``. A rule that does not speak of all kinds does not speak of messages
        that tell no position either.
    allow : bool
    """

    name: str
    origins: Collection[str]
    targets: Collection[str]
    classifications: Collection[str] = (ANY,)
    kinds: Collection[str] = (ANY,)
    fields: Collection[str] = (ANY,)
    allow: bool = True

    def fits(self, origin: str, target: str, classification: str) -> bool:
        """Tell whether it speaks of this crossing."""
        return all(
            ANY in listed or value in listed
            for listed, value in (
                (self.origins, origin),
                (self.targets, target),
                (self.classifications, classification),
            )
        )

    def withheld(self) -> tuple[str, ...]:
        """Return the fields that do not cross."""
        return () if ANY in self.fields else tuple(field for field in FIELDS if field not in self.fields)


UNLISTED = Rule("what no rule allows", (ANY,), (ANY,), allow=False)
"""Decides where no rule of the settings does."""
WITHIN = Rule("within one network", (ANY,), (ANY,))


@dataclass(frozen=True)
class Border:
    """What may cross from one zone to another, of one classification; ``rules`` speak of it, in their order."""

    origin: str
    target: str
    classification: str
    rules: tuple[Rule, ...]

    @cached_property
    def by_kind(self) -> tuple[Rule, ...]:
        """The rule that decides on each kind of entity."""
        return tuple(self._deciding(kind.name) for kind in KINDS)

    @cached_property
    def otherwise(self) -> Rule:
        """The rule that decides on what tells no position."""
        return next((rule for rule in self.rules if ANY in rule.kinds), UNLISTED)

    @cached_property
    def is_open(self) -> bool:
        """Whether everything crosses whole."""
        return all(rule.allow and not rule.withheld() for rule in (*self.by_kind, self.otherwise))

    def _deciding(self, kind: str) -> Rule:
        return next((rule for rule in self.rules if ANY in rule.kinds or kind in rule.kinds), UNLISTED)

    def refusal(self, rule: Rule) -> str:
        """Return why a rule keeps something out, as a sentence."""
        return say(
            "network rule “{rule}”: {classification} from {origin} to {target}",
            rule=said(rule.name),
            classification=self.classification,
            origin=self.origin,
            target=self.target,
        )

    def keeps_out(self, rows: ObservationArray) -> NDArray[np.bool_]:
        """Mark the rows that may not cross, of kinds that are known."""
        return np.asarray(~np.array([rule.allow for rule in self.by_kind])[rows["kind"]])

    def withhold(self, rows: ObservationArray) -> ObservationArray:
        """Return the rows without the fields that do not cross."""
        if self.is_open:
            return rows
        rows = rows.copy()
        for code, rule in enumerate(self.by_kind):
            for field in rule.withheld():
                if field in _EMPTY:
                    column, empty = _EMPTY[field]
                    rows[column][rows["kind"] == code] = empty
        return rows


NO_BORDER = Border("", "", "", (WITHIN,))
"""Where nobody told of networks."""


@dataclass(frozen=True)
class Zone:
    """One network; ``english`` is its name for those who read no Chinese."""

    name: str
    english: str = ""


@dataclass(frozen=True)
class Networks:
    """All zones, the one that this machine is in, and the rules between them.

    Parameters
    ----------
    unclassified : str
        What a source that tells no classification counts as.
    """

    here: str
    zones: tuple[Zone, ...]
    rules: tuple[Rule, ...]
    unclassified: str

    def border(self, origin: str, target: str, classification: str) -> Border:
        """Return what may cross from a zone to another; a zone of no name is the one we are in."""
        origin, target = origin or self.here, target or self.here
        classification = classification or self.unclassified
        if origin == target:
            return Border(origin, target, classification, (WITHIN,))
        known = {zone.name for zone in self.zones}
        if not {origin, target} <= known:
            return Border(origin, target, classification, ())
        fitting = tuple(rule for rule in self.rules if rule.fits(origin, target, classification))
        return Border(origin, target, classification, fitting)

    def leaving(self, zone: str) -> tuple[Rule, ...]:
        """Return the rules that let something leave a zone."""
        return tuple(rule for rule in self.rules if rule.allow and (ANY in rule.origins or zone in rule.origins))

    def entering(self, zone: str) -> tuple[Rule, ...]:
        """Return the rules that let something enter a zone."""
        return tuple(rule for rule in self.rules if rule.allow and (ANY in rule.targets or zone in rule.targets))


def unknown_words(rule: Rule) -> tuple[str, ...]:
    """Return the kinds and fields that a rule names and that do not exist."""
    kinds = [kind for kind in rule.kinds if kind != ANY and kind not in CODE]
    return (*kinds, *(field for field in rule.fields if field != ANY and field not in FIELDS))
