from __future__ import annotations

from tests.twin.operations.hits import hit
from twin.operations.grouping import NEAR_S, ROUND_S, Grouper
from twin.operations.records import Alert


def rows(severity: int, every_s: float, count: int = 6) -> int:
    """Return how many rows alerts 400 m apart from each other are, raised one after the other."""
    grouper, raised = Grouper(()), list[Alert]()
    for number in range(count):
        seen = hit(f"car-{number}", 1_790_000_000.0 + number * every_s, "parking", severity, 120.92 + 0.0042 * number)
        raised.append(grouper.raised(seen, f"A{number}"))
    return len({alert.group for alert in raised})


def test_what_is_only_good_to_know_is_collected_for_an_hour_and_over_a_part_of_town() -> None:
    assert rows(4, 300.0) <= 2
    assert rows(3, 300.0) >= 5
    assert rows(4, ROUND_S + 1.0) == 6


def test_what_is_severe_is_collected_only_where_it_is_the_same() -> None:
    assert rows(1, NEAR_S + 1.0) == 6
