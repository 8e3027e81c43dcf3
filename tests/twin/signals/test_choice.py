from __future__ import annotations

from dataclasses import replace

import pytest

from tests.twin.signals.made import arterial_city
from twin.signals.choice import choose, reckoned_s, uniform_s, worth_trying
from twin.signals.corridor import corridors
from twin.signals.wave import wave_at, wish_for
from twin.traffic.rehearsal import Met

TODAY = Met(40.0, 50.0, one_stop=0.3)


def test_the_fewest_stops_are_not_bought_with_others_time() -> None:
    tried = [Met(48.0, 20.0, one_stop=0.98), Met(39.0, 25.0, one_stop=0.94), Met(38.0, 24.0, one_stop=0.90)]
    assert choose(tried, TODAY) == 1
    assert choose([*tried, Met(30.0, 51.0, one_stop=0.99)], TODAY) == 1
    assert choose([Met(48.0, 20.0, one_stop=0.98), Met(41.0, 25.0, one_stop=0.9)], TODAY) == 1


def test_uniform_delay_is_websters() -> None:
    assert uniform_s(80.0, 40.0, 0.25) == pytest.approx(80.0 * 0.25 / 2 / 0.75)
    assert uniform_s(80.0, 40.0, 0.0) == pytest.approx(10.0)
    assert uniform_s(80.0, 40.0, 3.0) < 80.0


def test_waves_are_tried_from_the_fewest_stops_to_the_cheapest() -> None:
    wish = wish_for(corridors(arterial_city((0.0, 400.0, 800.0)), 3)[0].without_walkers())
    one, two, three = (wave_at(wish, cycle) for cycle in (60.0, 66.0, 140.0))
    lost = [reckoned_s(wish, candidate) for candidate in (one, two, three)]
    assert lost[2] > 1.3 * min(lost)
    best, worse = replace(three, one_stop=0.99), replace(three, one_stop=0.5)
    cheap = replace(one, one_stop=0.8)
    middle = replace(two, one_stop=0.9)
    assert worth_trying(wish, [cheap, best, worse, middle], 3) == [best, middle, cheap]
    assert worth_trying(wish, [cheap, best, worse, middle], 2) == [best, cheap]
    assert worth_trying(wish, [cheap, best, worse, middle], 4) == [best, middle, cheap, worse]
