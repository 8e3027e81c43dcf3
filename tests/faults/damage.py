"""Bytes of the journal flipped, torn off or zeroed while no engine runs, and what may be missing afterwards."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

from data.sync.ledger import Ledger
from tests.faults.oracle import Row
from tests.faults.world import World

SECTOR, PAGE = 512, 4096
LOG_HEAD, FRAME_HEAD = 32, 24
"""Of SQLite's write-ahead log and of each page in it (sqlite.org/fileformat2.html)."""
SAMPLE = 500
TELLING = ("journal_damaged", "journal_cut")


async def damage(world: World) -> None:
    """Damage the journal while its engine is gone; what is missing then must be destroyed, and be told."""
    changed = _changed(world)
    await world.engine.kill()
    before = await asyncio.to_thread(world.oracle.rows_in_copy)
    salts = _read_log(world.journal)[16:24]
    whole = _pages(world.journal, salts)
    how = _hurt(world.journal, world.chance)
    left = b"".join(whole & _pages(world.journal, salts))
    await world.restart()
    await world.recovered()
    world.oracle.changed = {int(line.split()[1]) for line in _changed(world) if line.startswith("record ")}
    world.oracle.forget()
    world.oracle.look()
    missing = [row for row in before if row.fact not in world.oracle.stored]
    if missing:
        _account_for(world, how, missing, left, changed, _told(world, changed))


def _account_for(world: World, how: str, missing: list[Row], left: bytes, changed: set[str], told: str) -> None:
    """Enter what is gone as destroyed; nobody can ask for rows that an earlier damage had changed already."""
    looked_for = [row for row in missing if f"record {row.at} was changed" not in changed][:SAMPLE]
    readable = sum(row.raw in left for row in looked_for)
    said = f"{how}: {len(missing)} positions gone, told by: {told or 'NOBODY'}"
    assert told, said
    world.oracle.destroyed.update(row.fact for row in missing)
    assert not readable, f"{said}; {readable} of {len(looked_for)} stand in pages that were not touched"
    world.remarks.append(said)


def _told(world: World, changed_before: set[str]) -> str:
    """Return how an operator can know: a line in the log, or a verification that names the record."""
    keys = {log.key for log in world.engine.warned() if log.key in TELLING}
    return ", ".join(sorted(keys)) or "; ".join(sorted(_changed(world) - changed_before)[:3])


def _changed(world: World) -> set[str]:
    return {line for line in Ledger(world.journal).verify() if "changed" in line}


def _parts(journal: Path) -> list[Path]:
    return [part for part in (journal, journal.with_name(journal.name + "-wal")) if part.exists()]


def _pages(journal: Path, salts: bytes) -> set[bytes]:
    """Return the pages of the file and of its log's newest round: what one damaged byte can cost."""
    read = journal.read_bytes()
    pages = {read[at : at + PAGE] for at in range(0, len(read), PAGE)}
    read = _read_log(journal)
    frames = [read[at : at + FRAME_HEAD + PAGE] for at in range(LOG_HEAD, len(read), FRAME_HEAD + PAGE)]
    ours = [frame for frame in frames if frame[8:16] == salts]
    while ours and ours[-1][4:8] == bytes(4):
        ours.pop()  # of a transaction whose end is gone
    return pages | set(ours)


def _read_log(journal: Path) -> bytes:
    log = journal.with_name(journal.name + "-wal")
    return log.read_bytes() if log.exists() else b""


def _hurt(journal: Path, chance: random.Random) -> str:
    """Do harm to the file or its log, and say which."""
    part = chance.choice([part for part in _parts(journal) if part.stat().st_size > SECTOR])
    size = part.stat().st_size
    how = chance.choice(("flipped", "zeroed", "torn"))
    with part.open("r+b") as file:
        if how == "torn":
            file.truncate(size - chance.randrange(1, min(size // 4, 200_000)))
        elif how == "zeroed":
            file.seek(chance.randrange(size // SECTOR) * SECTOR)
            file.write(bytes(SECTOR))
        else:
            for _ in range(chance.randint(1, 4)):
                at = chance.randrange(size)
                file.seek(at)
                (byte,) = file.read(1)
                file.seek(at)
                file.write(bytes([byte ^ 1 << chance.randrange(8)]))
    return f"{how}, {'log' if part != journal else 'file'} of {size:,} bytes"
