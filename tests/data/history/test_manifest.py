"""The list of a lake."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from data.history.manifest import Manifest, files


def test_many_who_begin_a_lake_at_once_begin_one(tmp_path: Path) -> None:
    together = threading.Barrier(8)

    def begin(_: int) -> int:
        together.wait()
        manifest = Manifest(tmp_path)
        with manifest.look() as connection:
            found = len(files(connection, "a"))
        manifest.close()
        return found

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(begin, range(8))) == [0] * 8
