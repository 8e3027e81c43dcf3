from __future__ import annotations

from pathlib import Path

import pytest

from data.home import Home
from data.own_copy import shipped
from data.rules.files import FOLDER, Folder
from data.rules.switching import switch, switched


def home_at(root: Path) -> Home:
    return Home(root, root, root, root)


@pytest.mark.parametrize("path", sorted(shipped(FOLDER).glob("*/*.toml")), ids=lambda path: path.stem)
def test_each_file_is_switched_and_switched_back_with_nothing_else_changed(path: Path) -> None:
    text = path.read_text("utf-8")
    off = switched(text, on=False)
    assert switched(switched(off, on=True), on=False) == off
    assert [line for line in off.splitlines() if line and line != "on = false"] == [
        line for line in text.splitlines() if line
    ]


def test_what_is_off_stays_of_the_same_version_and_does_not_run(tmp_path: Path) -> None:
    home = home_at(tmp_path)
    before = Folder.of(home).scenarios["flood"]
    switch(home, before, on=False)
    after = Folder.of(home).scenarios["flood"]
    assert (after.scenario.on, after.version) == (False, before.version)


def test_a_line_of_the_same_word_in_a_part_is_left_alone() -> None:
    text = 'chinese = "a"\n[when]\non = "x"\n'
    assert switched(text, on=False) == 'chinese = "a"\non = false\n\n[when]\non = "x"\n'
