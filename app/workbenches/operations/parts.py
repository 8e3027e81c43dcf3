"""What the operations workbench is given from the lower rooms: the records, the scenarios, plans and agencies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from app.workbenches.operations.figures import Answer, Wish, answer
from app.workbenches.operations.proposals import Proposed
from app.workbenches.operations.proposing import Proposer
from data.home import Home
from data.operations.doors import doors_of
from data.operations.opening import Starts, open_operations
from data.operations.plans import agencies_of, plans_of
from data.records.database import open_records
from data.rules.files import Folder
from twin.city.city import City
from twin.operations.agencies import Agency
from twin.operations.deeds import Start
from twin.operations.doors import Door
from twin.operations.plans import Plan
from twin.operations.records import Unit
from twin.operations.store import Operations, Whole
from twin.rules.hit import CONTROL
from twin.rules.routing import route_of
from twin.rules.scenario import Loaded
from twin.world import World

Propose = Callable[[World, Whole, tuple[Unit, ...], Plan | None], tuple[Proposed, ...]]
"""Returns the units that could be sent, the best first; called off the window's thread."""


@dataclass
class Parts:
    """Opens the records and knows what scenarios, plans and agencies are called.

    Until :meth:`opened` was called (off the window's thread: files are read) it knows none of them.
    """

    home: Home
    propose: Propose = field(default_factory=Proposer)
    scenarios: Mapping[str, Loaded] = field(default_factory=dict)
    plans: Mapping[str, Plan] = field(default_factory=dict)
    agencies: Mapping[str, Agency] = field(default_factory=dict)

    def opened(self) -> Operations:
        """Read the files and open the records; errors as of both."""
        self.plans, self.agencies = plans_of(self.home), agencies_of(self.home)
        self.scenarios = Folder.of(self.home).scenarios
        return open_operations(self.home)

    def doors(self, city: City) -> tuple[Door, ...]:
        """Return the doors of a city that can be asked for; errors as of :func:`data.operations.doors.doors_of`."""
        return doors_of(self.home, city)

    def results(self, wish: Wish) -> Answer:
        """Ask the records for a figure; errors as of :func:`app.workbenches.operations.figures.answer`."""
        engine = open_records(self.home)
        try:
            return answer(engine, wish)
        finally:
            engine.dispose()

    def desks(self) -> tuple[str, ...]:
        """Return the desks that scenarios tell, the control room first."""
        told = {route_of(loaded.scenario).desk for loaded in self.scenarios.values()}
        return (CONTROL, *sorted(told - {CONTROL}))

    def start(self, scenario: str) -> Start:
        """Return what an incident of a scenario begins with; its title is Chinese, as records are."""
        return Starts(self.scenarios, self.plans)(scenario)

    def name(self, kind: str, key: str, language: str) -> str:
        """Return the name of a ``scenario``, an ``agency`` or a ``step`` (``plan/step``); its id if it is not known."""
        english = language == "en"
        if kind == "scenario" and key in self.scenarios:
            scenario = self.scenarios[key].scenario
            return scenario.english if english else scenario.chinese
        if kind == "agency" and key in self.agencies:
            agency = self.agencies[key]
            return agency.english if english else agency.chinese
        plan, _, step = key.partition("/")
        if kind == "step" and plan in self.plans:
            told = next((one for one in self.plans[plan].steps if one.id == step), None)
            if told is not None:
                return told.english if english else told.chinese
        return key.rpartition("/")[2]
