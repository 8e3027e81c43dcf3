"""The networks panel: how each source is doing, whether its account is even, and what is missing."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from app.main_window import MainWindow
from app.networks import Standing, standing
from app.widgets.networks import NetworksPanel
from data.connectors.contract import Gap, SourceSettings
from data.history.policy import Policy
from data.sync.ledger import Account
from data.sync.overview import Gaps, NetworksView, SourceView, ZoneView
from tests.app.conftest import home_at, until
from twin.networks import Rule, Zone
from twin.world import SourceState

NOW_S = 1_790_078_400.0
PUBLIC = Rule("内部数据可入", ("*",), ("*",))
GOOD = SourceView(
    SourceSettings("卡口", "gat1400", {}, "视频专网", "internal"),
    SourceState("卡口", "gat1400", True, "", NOW_S - 0.4, 1234.0),
    Account("卡口", 0, 1000, 990, 6, 4),
    waiting=0, removed=0, gaps=Gaps(), rule=PUBLIC,
)  # fmt: skip


def shown_by(window: MainWindow, *sources: SourceView) -> NetworksPanel:
    panel = window.arrangement.docks["networks"].panel
    assert isinstance(panel, NetworksPanel)
    zones = (ZoneView(Zone("公安网", "Police network"), True, (), (), ()),
             ZoneView(Zone("视频专网", "Video network"), False, (), (), sources))  # fmt: skip
    panel.show_standing(Standing(NetworksView(Path("zones.toml"), True, zones), NOW_S, Policy(), 1_500_000_000))
    return panel


def test_an_even_account_is_told_so(window: MainWindow) -> None:
    panel = shown_by(window, GOOD)
    card = panel.cards["卡口"]
    assert card.mark.property("mood") == "up"
    assert "1,234" in card.rate.text()
    assert all(word in card.account.text() for word in ("1,000", "990", "6", "4"))
    assert card.verdict.property("mood") == "even"
    assert not card.troubles.isVisibleTo(card)
    assert "1.50 / 50 GB" in panel.recording.text()


@pytest.mark.parametrize(
    ("state", "mood", "words"),
    [
        (SourceState("卡口", "gat1400", True, "", NOW_S - 300, 0.0), "silent", "无数据"),
        (SourceState("卡口", "gat1400", False, "the connection was lost", NOW_S - 9, 0.0), "down", "连接已断开"),
        (None, "off", "未运行"),
    ],
)
def test_what_is_silent_down_or_off_looks_so(
    window: MainWindow, state: SourceState | None, mood: str, words: str
) -> None:
    card = shown_by(window, replace(GOOD, state=state)).cards["卡口"]
    assert card.mark.property("mood") == mood
    assert words in card.rate.text()


def test_what_is_missing_kept_out_or_uneven_is_not_to_be_overlooked(window: MainWindow) -> None:
    lost = replace(GOOD, account=Account("卡口", 0, 1000, 990, 6, 3), waiting=4, removed=1)
    lost = replace(
        lost, gaps=Gaps(2, 37, (Gap("013912345678", 65_530, 20, 17, 1.0, 2.0), Gap("1390", 5, 30, 20, 1.0, 2.0)))
    )
    card = shown_by(window, replace(lost, rule=replace(PUBLIC, allow=False))).cards["卡口"]
    assert card.verdict.property("mood") == "uneven"
    assert "1" in card.verdict.text()
    assert "013912345678" not in card.troubles.text()
    assert all(
        word in card.troubles.text() for word in ("37", "65530–65549：缺 17", "5–34：缺 20", "隔离区 4", "内部数据可入")
    )


def test_cards_stay_while_the_sources_are_the_same(window: MainWindow) -> None:
    card = shown_by(window, GOOD).cards["卡口"]
    assert shown_by(window, replace(GOOD, waiting=9)).cards["卡口"] is card
    window.look.set_language("en")
    assert "up" in shown_by(window, GOOD).cards["卡口"].mark.accessibleName()


def test_the_panel_reads_the_settings_of_the_twin(window: MainWindow) -> None:
    panel = window.arrangement.docks["networks"].panel
    assert isinstance(panel, NetworksPanel)
    window.acts.run("workspace.networks")
    panel.look()
    until(lambda: bool(panel.cards))
    assert not panel.problem.isVisible()


def test_without_a_twin_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="no twin"):
        standing(home_at(tmp_path), time.time(), time.monotonic())
