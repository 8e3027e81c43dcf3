"""The versions of a scenario that counted: each kept once, the one before found again, damaged ones passed over."""

from __future__ import annotations

from pathlib import Path

import msgspec

from data.home import Home
from data.rules.files import version_of
from data.rules.versions import FOLDER, MOST, before, note
from tests.twin.rules.town import scenario
from twin.rules.scenario import Loaded


def version(most: int) -> Loaded:
    loaded = scenario({"kind": "crowd", "most": most, "cell_m": 100.0})
    return msgspec.structs.replace(loaded, version=version_of(loaded.scenario))


def test_each_version_is_kept_once_and_the_one_before_is_found(tmp_path: Path) -> None:
    home = Home(tmp_path, tmp_path, tmp_path, tmp_path)
    old, new = version(10), version(20)
    assert before(home, old) is None
    for at_s, loaded in ((1.0, old), (2.0, old), (3.0, new), (4.0, new)):
        note(home, [loaded], at_s)
    assert len(list((tmp_path / FOLDER / old.id).iterdir())) == 2
    assert before(home, new) == old
    note(home, [old], 5.0)
    assert before(home, old) == new


def test_what_cannot_be_read_any_more_is_passed_over_and_old_ones_go(tmp_path: Path) -> None:
    home = Home(tmp_path, tmp_path, tmp_path, tmp_path)
    for number in range(MOST + 5):
        note(home, [version(number + 1)], float(number))
    kept = sorted((tmp_path / FOLDER / "try").iterdir())
    assert len(kept) == MOST
    kept[-2].write_bytes(b'{"id": 1}')
    assert before(home, version(MOST + 5)) == version(MOST + 3)
