"""A follower in a process of its own, which takes few chunks at once so that it can be killed between them."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import sqlalchemy as sa

from data.records import follower
from data.records.database import engine_of

if __name__ == "__main__":
    follower.CHUNKS_AT_ONCE = 3
    engine = engine_of(sa.make_url(sys.argv[2]))
    follower.Follower(engine, Path(sys.argv[1]), "small", 30, lambda: 1_795_320_000.0).run(threading.Event(), print)
