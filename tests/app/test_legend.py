"""The legend says what is coloured on the map, and only that."""

from __future__ import annotations

from app.main_window import MainWindow
from twin.traffic.speeds import GRADES


def test_the_grades_are_explained_while_congestion_is_shown(window: MainWindow) -> None:
    shown: list[tuple[tuple[str, str], ...]] = []
    window.map.set_legend = lambda rows: shown.append(tuple(rows))  # type: ignore[method-assign]
    window.layers.change("congestion", visible=True)
    assert [words for words, _ in shown[-1]] == [window.look.texts(f"grade.{name}") for name in GRADES[1:]]
    window.layers.change("congestion", visible=False)
    assert shown[-1] == ()
