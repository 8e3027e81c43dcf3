"""Plans: what is to be done at an incident, by whom and by when."""

from __future__ import annotations

from dataclasses import dataclass

from twin.errors import UsageError
from twin.words import say

OWNERS = ("operator", "dispatcher", "supervisor", "first_unit", "station", "agency")
"""Whose a step can be."""
ACTIONS = ("", "confirm", "send", "cameras", "doors", "hand_over", "notify", "note", "debrief")
"""What the workbench can do for a step at once; nothing for what is done outside of it."""


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One step.

    Parameters
    ----------
    id : str
        Within its plan.
    chinese, english : str
        What is to be done.
    owner : str
        One of :data:`OWNERS`.
    within_s : float
        To be done so long after the incident was opened.
    action : str
        One of :data:`ACTIONS`.
    sends : str
        The skill of the unit to be sent, of a step whose action is ``send``.
    agency : str
        To whom it is handed over, of a step whose action is ``hand_over``.
    """

    id: str
    chinese: str
    english: str
    owner: str
    within_s: float
    action: str = ""
    sends: str = ""
    agency: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """A list of steps, in the order in which they should be done."""

    id: str
    chinese: str
    english: str
    steps: tuple[PlanStep, ...]

    def problem(self) -> str:
        """Return what is wrong with it; empty if nothing is."""
        names = [step.id for step in self.steps]
        if not names:
            return "a plan has at least one step"
        for name in names:
            if names.count(name) > 1:
                return say("two steps are called {name}", name=name)
        for step in self.steps:
            if step.owner not in OWNERS:
                return say("{owner} owns no steps; use one of {owners}", owner=step.owner, owners=", ".join(OWNERS))
            if step.action not in ACTIONS:
                return say(
                    "{action} is no action; use one of {actions}", action=step.action, actions=", ".join(ACTIONS)
                )
            if not 0.0 < step.within_s < 30 * 86_400.0:
                return say("the step {name} must be done within 1 s to 30 days", name=step.id)
            if (step.action == "hand_over") != bool(step.agency):
                return say("the step {name} hands over to an agency, and only such a step names one", name=step.id)
        return ""

    def step(self, name: str) -> PlanStep:
        """Return a step by its id."""
        for step in self.steps:
            if step.id == name:
                return step
        raise UsageError(say("the plan {plan} has no step {step}", plan=self.id, step=name))
