"""A writer in a process of its own: each commit gives every row one and the same number."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import numpy as np

from data.sync.shared import open_for_writing
from twin.live.observation import OBSERVATION_DTYPE
from twin.live.table import LiveTable

ROWS, CAPACITY = 4000, 4096


def main(path: Path) -> None:
    """Write as fast as it goes until killed; say so after the first commit."""
    shared = open_for_writing(path, CAPACITY)
    table = LiveTable(shared.buffer, CAPACITY, 1, int(time.time()), os.getpid())
    source = table.source("numbers", "test")
    rows = np.zeros(ROWS, OBSERVATION_DTYPE)
    rows["id"] = [f"e{number:05d}".encode() for number in range(ROWS)]
    number = 0
    while True:
        number += 1
        rows["time_s"] = rows["value"] = rows["lon_deg"] = number
        table.update(source, rows, np.full((ROWS, 3), number, np.float32), float(number), 0.0)
        table.commit(float(number))
        if number == 1:
            print("begun", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
