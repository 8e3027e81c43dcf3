from __future__ import annotations

from app.actions import ICONS
from app.cli import verb_modules
from app.exporting import BULK
from app.main_window import MainWindow
from app.menus import MENUS, TOOLS
from app.verbs.access import matrix
from app.widgets.command_palette import score
from tests.app.conftest import Audit


def test_every_command_has_a_title_in_both_languages_and_an_action(window: MainWindow) -> None:
    for command in window.session.commands:
        assert f"command.{command.id}" in window.look.texts, command.id
        assert command.id in window.acts.by_id


def test_no_two_commands_share_a_shortcut_or_a_title(window: MainWindow) -> None:
    offered = [command for command in window.session.commands if command.in_palette]
    shortcuts = [command.shortcut for command in window.session.commands if command.shortcut]
    assert len(shortcuts) == len(set(shortcuts))
    for language in ("zh", "en"):
        titles = [window.look.texts.in_language(language, f"command.{command.id}") for command in offered]
        assert len(titles) == len(set(titles))


def test_menus_and_tool_bar_hold_only_commands_that_are_there(window: MainWindow) -> None:
    named = {name for ids in (*MENUS.values(), TOOLS) for name in ids if name}
    assert named <= set(window.acts.by_id)
    assert all(
        window.acts.by_id[name].toolTip() and not window.acts.by_id[name].icon().isNull() for name in TOOLS if name
    )
    assert set(ICONS) <= set(window.acts.by_id)


def test_every_run_is_on_record(window: MainWindow) -> None:
    audit = window.session.commands.audit
    assert isinstance(audit, Audit)
    before = len(audit.entries)
    window.acts.run("view.north")
    window.acts.run("fraud.open_case", title="x", amount="1")
    fresh = audit.entries[before:]
    assert [(entry.resource.kind, entry.decision.allowed) for entry in fresh] == [
        ("view.north", True), ("fraud.open_case", False),
    ]  # fmt: skip


def test_letters_in_order_fit_and_whole_words_fit_better() -> None:
    assert score("theme", "Change theme") == 7
    assert score("cth", "Change theme") is not None
    assert score("xyz", "Change theme") is None
    assert (score("theme", "Change theme") or 0) < (score("cgm", "Change theme") or 0)


def test_the_rules_name_what_commands_ask_for_and_nothing_else(window: MainWindow) -> None:
    of_verbs = (command for verb in verb_modules() for command in verb.commands(window.session))
    asked = {command.permission for command in (*window.session.commands, *of_verbs)}
    assert asked | {BULK} == set(matrix(window.session.commands.rules))
