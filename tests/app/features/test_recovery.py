"""After a run that did not end as it should one is where one was, and told; after one that did nothing is said."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import msgspec

from app.features import recovery
from app.features.recovery import Left, Recovery, read_left
from app.main_window import MainWindow
from tests.app.conftest import OpenWindow, until


def of(window: MainWindow) -> Recovery:
    (found,) = (feature for feature in window.features if isinstance(feature, Recovery))
    return found


def test_a_run_that_was_killed_is_taken_up_where_it_was(open_window: OpenWindow, tmp_path: Path) -> None:
    first = open_window()
    camera = replace(first.map.camera(), distance_m=777.0, bearing_deg=45.0)
    path = first.session.home.state / recovery.NAME
    first.close()
    left = read_left(path)
    assert left is not None
    assert left.ended
    path.write_bytes(msgspec.json.encode(Left(left.process + 1, 1_790_000_000.0, "small", camera)))

    second = open_window()
    until(lambda: of(second).dialog.isVisible())
    assert round(second.map.camera().distance_m) == 777
    assert "2026" in of(second).dialog.said.text()
    of(second).dialog.go_on.click()
    assert not of(second).dialog.isVisible()

    second.report_crash("KeyError: 'x'")
    assert "KeyError" in of(second).dialog.said.text()
    target = tmp_path / "support.zip"
    second.acts.run("support.bundle", file=str(target))
    until(lambda: target.exists() and zipfile.is_zipfile(target), 60)
    second.close()
    ended = read_left(path)
    assert ended is not None
    assert ended.ended


def test_what_cannot_be_read_is_as_if_nothing_was_left(tmp_path: Path) -> None:
    for torn in (b"", b"{", b'{"process": "x"}', b"[]"):
        (tmp_path / recovery.NAME).write_bytes(torn)
        assert read_left(tmp_path / recovery.NAME) is None
    assert read_left(tmp_path / "none") is None
