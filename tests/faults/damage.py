"""Bytes of the journal flipped, torn off or zeroed while no engine runs, and what may be missing afterwards."""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path

from tests.faults.engine import ROOT
from tests.faults.oracle import Row, rows_in_copy
from tests.faults.world import World

SECTOR = 512


async def damage(world: World) -> None:
    """Damage the journal while its engine is gone; what is missing then must be destroyed, and be told."""
    await world.engine.kill()
    before = await asyncio.to_thread(rows_in_copy, world.journal)
    how = _hurt(world.journal, world.chance)
    left = b"".join(part.read_bytes() for part in _parts(world.journal))
    await world.engine.start()
    await world.recovered()
    world.oracle.forget()
    world.oracle.look()
    missing = [row for row in before if row.fact not in world.oracle.stored]
    if missing:
        await _account_for(world, how, missing, left)


async def _account_for(world: World, how: str, missing: list[Row], left: bytes) -> None:
    readable = sum(row.raw in left for row in missing[:500])
    told = await _is_told(world)
    world.remarks.append(
        f"{how}: {len(missing)} positions gone, {'told' if told else 'NOT TOLD'}; of {min(len(missing), 500)} looked "
        f"for, {readable} could still be read in the damaged files"
    )
    assert told, world.remarks[-1]
    assert not readable, world.remarks[-1]
    world.oracle.damaged = True
    world.oracle.destroyed.update(row.fact for row in missing)


async def _is_told(world: World) -> bool:
    """Whether an operator can know: a line in the log, or a verification that fails."""
    if any("journal" in log.key or "damage" in log.key for log in world.engine.warned()):
        return True
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app", "balance", "--verify", "--twin", "small"), cwd=ROOT,
        env=world.engine.environment(), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    return await process.wait() == 6


def _parts(journal: Path) -> list[Path]:
    return [part for part in (journal, journal.with_name(journal.name + "-wal")) if part.exists()]


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
