"""What moves or measures: the kinds of entity the live table knows.

A kind's code is its place in :data:`KINDS` and is written into shared memory, so new kinds go to the end.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of entity: which layer shows it, what it measures, and when its last report counts as stale."""

    name: str
    layer: str
    quantity: str = ""
    unit: str = ""
    stale_after_s: float = 30.0
    top_speed_mps: float = 0.0


KINDS: tuple[Kind, ...] = (
    Kind("car", "vehicles", top_speed_mps=60),
    Kind("dump_truck", "vehicles", top_speed_mps=40),
    Kind("hazmat_truck", "vehicles", top_speed_mps=40),
    Kind("bus", "vehicles", top_speed_mps=40),
    Kind("taxi", "vehicles", top_speed_mps=60),
    Kind("police_car", "vehicles", top_speed_mps=70),
    Kind("ambulance", "vehicles", top_speed_mps=60),
    Kind("fire_engine", "vehicles", top_speed_mps=50),
    Kind("officer", "people", top_speed_mps=12),
    Kind("guard", "people", top_speed_mps=12),
    Kind("volunteer", "people", top_speed_mps=12),
    Kind("drone", "drones", top_speed_mps=40),
    Kind("boat", "vehicles", top_speed_mps=20),
    Kind("air_sensor", "sensors", "PM2.5", "µg/m³", stale_after_s=600),
    Kind("water_sensor", "sensors", "level", "m", stale_after_s=600),
    Kind("noise_sensor", "sensors", "LAeq", "dB", stale_after_s=120),
    Kind("gate", "sensors", "passes", "1/min", stale_after_s=180),
    Kind("other", "vehicles", top_speed_mps=100),
    Kind("alarm_button", "sensors", stale_after_s=180),
    Kind("card_reader", "sensors", stale_after_s=180),
    Kind("camera_event", "sensors", stale_after_s=180),
    Kind("service_desk", "sensors", stale_after_s=180),
)
CODE: dict[str, int] = {kind.name: code for code, kind in enumerate(KINDS)}
# What a source calls by a word that is no kind may be a person of the public: the gate keeps it out.
NO_KIND = 255


def kind_code(name: str) -> int:
    """Return the code of a kind, or :data:`NO_KIND`."""
    return CODE.get(name, NO_KIND)


STATES: tuple[str, ...] = ("unknown", "free", "busy", "off_duty", "moving", "stopped", "alarm", "fault")
STATE_CODE: dict[str, int] = {state: code for code, state in enumerate(STATES)}
