"""Hits for tests."""

from __future__ import annotations

from twin.rules.hit import Hit, Limit, Reading, Route, Subject

AT_ONCE = Route()


def hit(
    subject: str = "demo-car-00042", at_s: float = 1_790_000_000.0, scenario: str = "unlicensed-driver",
    severity: int = 2, lon_deg: float = 120.92, lat_deg: float = 30.84, area: str = "", late_s: float = 0.4,
    route: Route = AT_ONCE,
) -> Hit:  # fmt: skip
    """Return a hit of a car."""
    subjects = (Subject(subject, "car", "浙F·I0042", "plate"),) if subject else ()
    return Hit(
        scenario, "a1b2", severity, at_s, at_s + late_s, lon_deg, lat_deg, subjects,
        (Reading("speed_mps", 12.5, "m/s"),), (Limit("speed_mps", "<", 5.0, "m/s"),), area, route=route,
    )  # fmt: skip
