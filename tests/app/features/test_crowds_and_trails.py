"""Bubbles, heat maps and trails are turned on by commands, and are as they were left at the next start."""

from __future__ import annotations

from app.features.crowds import HEATS
from app.main_window import MainWindow


def test_one_heat_map_at_a_time(window: MainWindow) -> None:
    def shown() -> list[str]:
        return [name for name in HEATS if window.layers.states[name].visible]

    assert shown() == []
    window.acts.run("heat.density")
    assert shown() == ["density"]
    window.acts.run("heat.speeds")
    assert shown() == ["speeds"]
    assert window.acts.by_id["heat.speeds"].isChecked()
    assert not window.acts.by_id["heat.density"].isChecked()
    window.acts.run("heat.speeds")
    assert shown() == []


def test_bubbles_are_kept_as_they_were_left(window: MainWindow) -> None:
    before = window.settings.values.clusters
    window.acts.run("view.clusters")
    assert window.settings.values.clusters is not before
    assert window.acts.by_id["view.clusters"].isChecked() is not before


def test_trails_are_kept_as_they_were_left(window: MainWindow) -> None:
    values = window.settings.values
    window.acts.run("trails.selected")
    window.acts.run("trails.speed")
    window.acts.run("trails.minutes", minutes=3)
    kept = window.settings.values
    assert (kept.trails, kept.trail_by_speed, kept.trail_minutes) == (not values.trails, True, 3.0)
    window.acts.run("trails.minutes")
    assert window.settings.values.trail_minutes == 5.0


def test_trails_of_a_kind_need_one_of_it(window: MainWindow) -> None:
    refused: list[str] = []
    window.acts.refused.connect(lambda _id, why: refused.append(why))
    window.acts.run("trails.kind")
    assert len(refused) == 1
    assert window.settings.values.trail_kinds == []
