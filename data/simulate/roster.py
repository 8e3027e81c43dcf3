"""The units of an invented county: police cars of the demo life come on duty, so that there is whom to send."""

from __future__ import annotations

import numpy as np

from twin.live.kinds import CODE
from twin.live.observation import ObservationArray
from twin.operations.deeds import By, EnrolUnit, SetUnit
from twin.operations.records import Unit
from twin.operations.store import Operations

MOST = 24
SKILLS = (("patrol",), ("patrol", "traffic"), ("patrol", "arrest"), ("patrol", "hospital"))
BY = "demo-life"


def demo_units(rows: ObservationArray) -> tuple[Unit, ...]:
    """Return the first police cars of a live table by their ids, with the skills that plans ask for in turn."""
    cars = rows[rows["kind"] == CODE["police_car"]]
    cars = cars[np.argsort(cars["id"], kind="stable")][:MOST]
    return tuple(
        Unit(key := row["id"].decode(), 1, "off_duty", row["label"].decode("utf-8", "replace") or key, "police_car",
             "police", SKILLS[number % len(SKILLS)], key)
        for number, row in enumerate(cars)
    )  # fmt: skip


def enrol_demo(store: Operations, rows: ObservationArray, at_s: float) -> int:
    """Bring them on duty where no unit was enrolled yet, and return how many; errors as of the records."""
    if store.find(Unit, limit=1):
        return 0
    units, by = demo_units(rows), By(BY, at_s)
    for unit in units:
        store.do(EnrolUnit(unit), by)
        store.do(SetUnit(unit.id, "free"), by)
    return len(units)
