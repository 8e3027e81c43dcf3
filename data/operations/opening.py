"""Opens the day's work of an installation, and knows what an incident of a scenario begins with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from data.audit.trail import append
from data.home import Home
from data.operations.plans import plans_of
from data.operations.store import Locate, SqlOperations, nowhere
from data.records.database import open_records
from data.rules.files import Folder
from twin.city.city import City
from twin.operations.deeds import Start
from twin.operations.grouping import Where
from twin.operations.locating import CityPlaces
from twin.operations.plans import Plan
from twin.operations.records import Level
from twin.rules.hit import Hit
from twin.rules.scenario import Loaded


def open_operations(home: Home, locate: Locate = nowhere) -> SqlOperations:
    """Open the records; errors as of :func:`data.records.database.open_records`."""
    return SqlOperations(open_records(home), append, locate)


def locate_in(city: City) -> Locate:
    """Return what names the places of hits in a city."""
    places = CityPlaces(city)

    def located(hits: Sequence[Hit]) -> Sequence[Where]:
        return places(np.array([hit.lon_deg for hit in hits]), np.array([hit.lat_deg for hit in hits]))

    return located


class Starts:
    """What incidents begin with, by scenario: its name, form, plan and levels as they stand when it is asked."""

    def __init__(self, scenarios: Mapping[str, Loaded], plans: Mapping[str, Plan], language: str = "zh") -> None:
        self._scenarios, self._plans, self._language = scenarios, plans, language

    @classmethod
    def of(cls, home: Home, language: str = "zh") -> Starts:
        """Return those of the scenarios and plans that count now."""
        return cls(Folder.of(home).scenarios, plans_of(home), language)

    def __call__(self, scenario: str) -> Start:
        """Return what an incident begins with; one of a scenario that is not known has its id for a title."""
        loaded, plan = self._scenarios.get(scenario), None
        if loaded is None:
            return Start(scenario)
        told = loaded.scenario
        plan = self._plans.get(told.plan)
        levels = tuple(Level(state, within_s) for state, within_s in told.levels.items())
        title = told.chinese if self._language == "zh" else told.english
        return Start(title, told.form, told.plan if plan else "", plan.steps if plan else (), levels)
