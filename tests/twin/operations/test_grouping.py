from __future__ import annotations

from tests.twin.operations.hits import hit
from twin.operations.grouping import NEAR_S, Grouper
from twin.operations.records import Alert
from twin.rules.hit import Route

AT_ONCE = Route()


def rows(every_s: float, route: Route = AT_ONCE, count: int = 6) -> list[Alert]:
    """Return alerts 400 m apart from each other, raised one after the other."""
    grouper, raised = Grouper(()), list[Alert]()
    for number in range(count):
        at_s, lon_deg = 1_790_000_000.0 + number * every_s, 120.92 + 0.0042 * number
        raised.append(grouper.raised(hit(f"car-{number}", at_s, "parking", lon_deg=lon_deg, route=route), f"A{number}"))
    return raised


def test_a_round_is_collected_over_a_part_of_town_until_it_is_shown_and_then_another_begins() -> None:
    collected = rows(300.0, Route("traffic_engineer", 3600.0, 600.0))
    assert len({alert.group for alert in collected}) <= 2
    assert collected[0].shown_s == collected[1].shown_s == collected[0].raised_s + 3600.0
    assert collected[0].due_s == collected[0].shown_s + 600.0
    assert collected[0].desk == "traffic_engineer"
    assert len({alert.group for alert in rows(300.0)}) >= 5
    assert len({alert.group for alert in rows(3601.0, Route("control", 3600.0))}) == 6


def test_a_round_goes_on_after_the_program_was_started_again() -> None:
    before = rows(1.0, Route("control", 3600.0), count=1)
    late = hit("car-9", before[0].raised_s + 3000.0, "parking", route=Route("control", 3600.0))
    assert Grouper(before).raised(late, "A9").group == before[0].group


def test_what_is_shown_at_once_is_one_row_only_where_and_when_it_is_the_same() -> None:
    assert len({alert.group for alert in rows(NEAR_S + 1.0)}) == 6
