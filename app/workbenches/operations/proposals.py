"""Who is proposed for the incidents at work, until they are sent: kept in the window only, so nothing to take back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import shapely

from twin.operations.deeds import Assignment
from twin.operations.records import Unit


@dataclass(frozen=True, slots=True)
class Proposed:
    """A unit that could be sent.

    Parameters
    ----------
    seconds : float
        Its travel time by the road; infinite where no way leads.
    reasons : tuple of str
        Why it stands where it does, as keys of texts (``proposal.<reason>``).
    position_m : tuple of float
        Where it is now, in the local frame.
    way : shapely geometry or None
        In the projected system; of the first ones only.
    """

    unit: Unit
    seconds: float
    reasons: tuple[str, ...]
    position_m: tuple[float, float, float]
    way: shapely.Geometry | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """The units proposed for one incident, the best first, and those that are chosen."""

    units: tuple[Proposed, ...]
    chosen: frozenset[str]

    @property
    def assignments(self) -> tuple[Assignment, ...]:
        """What is to be sent."""
        return tuple(Assignment(one.unit.id, one.seconds) for one in self.units if one.unit.id in self.chosen)

    @property
    def first(self) -> Proposed | None:
        """The best of those that are chosen."""
        return next((one for one in self.units if one.unit.id in self.chosen), None)


class Proposals:
    """The choice of each incident."""

    def __init__(self) -> None:
        self.choices: Mapping[str, Choice] = {}

    @property
    def incidents(self) -> frozenset[str]:
        """Those for which somebody is chosen."""
        return frozenset(incident for incident, choice in self.choices.items() if choice.chosen)

    def propose(self, incident: str, units: Sequence[Proposed]) -> None:
        """Take units, the best first, and choose the best."""
        self.choices = {**self.choices, incident: Choice(tuple(units), frozenset(one.unit.id for one in units[:1]))}

    def toggle(self, incident: str, unit: str) -> None:
        """Choose a unit, or leave it out."""
        choice = self.choices.get(incident)
        if choice is not None:
            self.choices = {**self.choices, incident: Choice(choice.units, choice.chosen ^ {unit})}

    def forget(self, incident: str) -> None:
        """Propose nobody any more."""
        self.choices = {key: choice for key, choice in self.choices.items() if key != incident}
