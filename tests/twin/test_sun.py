"""The sun stands where almanacs say."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from twin.sun import Sun, sun_at


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


# NOAA's solar calculator (gml.noaa.gov/grad/solcalc), 30.83° N 120.92° E: noon of the solstices by its own formulae.
@pytest.mark.parametrize(("day", "declination_deg"), [("2026-06-21", 23.44), ("2026-12-21", -23.44)])
def test_at_noon_the_sun_is_south_and_as_high_as_the_season_has_it(day: str, declination_deg: float) -> None:
    highest = max(
        (sun_at(120.92, 30.83, at(f"{day}T03:30") + 60 * m) for m in range(60)), key=lambda s: s.elevation_deg
    )
    assert highest.elevation_deg == pytest.approx(90 - 30.83 + declination_deg, abs=0.05)
    assert highest.azimuth_deg == pytest.approx(180.0, abs=1.5)


def test_it_rises_in_the_east_and_sets_in_the_west_at_the_equinox() -> None:
    morning, evening = (sun_at(120.92, 30.83, at(f"2026-03-20T{hour}")) for hour in ("22:05", "09:58"))
    assert abs(morning.elevation_deg) < 2
    assert abs(evening.elevation_deg) < 2
    assert morning.azimuth_deg == pytest.approx(90, abs=2)
    assert evening.azimuth_deg == pytest.approx(270, abs=2)


def test_a_direction_is_of_length_one_and_points_where_it_says() -> None:
    assert Sun(90.0, 0.0).towards() == pytest.approx((1.0, 0.0, 0.0), abs=1e-12)
    assert Sun(0.0, 30.0).towards() == pytest.approx((0.0, 0.8660254, 0.5))
    assert Sun(10.0, 20.0).apart_deg(Sun(10.0, 25.0)) == pytest.approx(5.0)
