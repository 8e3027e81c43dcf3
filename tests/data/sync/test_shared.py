from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from data.sync.shared import BusyTableError, open_for_reading, open_for_writing, remove, remove_unused
from twin.live.frame import TrackFrame
from twin.live.reader import LiveReader

SECONDS = 2.0
ENOUGH = 50


def _is_whole(frame: TrackFrame) -> bool:
    number = frame.at_s
    columns = (frame.rows["time_s"], frame.rows["value"], frame.rows["lon_deg"], frame.position_m)
    return all(bool((column == np.float32(number)).all()) for column in columns)


def test_each_frame_is_whole_while_another_process_writes_and_when_it_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "live.table"
    with subprocess.Popen(
        [sys.executable, "-m", "tests.data.sync.writer", str(path)], stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        try:
            assert writer.stdout.readline() == b"begun\n"
            shared = open_for_reading(path)
            assert shared is not None
            reader = LiveReader(shared.buffer)
            versions: list[int] = []
            until = time.monotonic() + SECONDS
            while time.monotonic() < until or len(versions) < ENOUGH:
                frame = reader.frame()
                if not versions or frame.version != versions[-1]:
                    versions.append(frame.version)
                assert _is_whole(frame)
        finally:
            writer.kill()
    last = reader.frame()
    assert _is_whole(last)
    assert len(last) == 4000
    assert versions == sorted(versions)
    reader.close()
    shared.close()


def test_a_table_has_one_writer(tmp_path: Path) -> None:
    shared = open_for_writing(tmp_path / "live.table", 8)
    with pytest.raises(BusyTableError, match="another engine"):
        open_for_writing(tmp_path / "live.table", 8)
    shared.close()
    open_for_writing(tmp_path / "live.table", 8).close()


def test_a_table_in_use_is_not_removed(tmp_path: Path) -> None:
    path = tmp_path / "live.table"
    shared = open_for_writing(path, 8)
    remove_unused(path)
    assert path.exists()
    shared.close()
    remove_unused(path)
    assert not path.exists()
    remove_unused(path)
    remove(path)


def test_there_is_nothing_to_read_before_a_writer_came(tmp_path: Path) -> None:
    assert open_for_reading(tmp_path / "live.table") is None
    (tmp_path / "live.table").write_bytes(b"short")
    assert open_for_reading(tmp_path / "live.table") is None
