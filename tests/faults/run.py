"""One run: faults in a random order that a seed repeats, a look at the disk after each, and an account at the end."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from data.sync.ledger import Ledger
from tests.faults.beside import Copies
from tests.faults.kinds import KINDS, Fault
from tests.faults.notebook import Fact
from tests.faults.oracle import TERMINALS
from tests.faults.world import Scale, World, world


@dataclass(slots=True)
class Told:
    """What became of what one source told; ``received`` counts messages, one of which may hold many of the others."""

    name: str
    sent: int = 0
    received: int = 0
    acknowledged: int = 0
    stored: int = 0
    held: int = 0
    lost: int = 0
    doubled: int = 0
    remark: str = ""

    def __str__(self) -> str:
        answered = f"{self.acknowledged:,} acknowledged" if self.acknowledged else "nobody is told"
        return (
            f"{self.name:8} {self.sent:,} seen, {self.received:,} messages received, {answered}, "
            f"{self.stored:,} stored, {self.held:,} quarantined; "
            f"lost: {self.lost:,}; visible duplicates: {self.doubled:,}{self.remark}"
        )


@dataclass(slots=True)
class Account:
    """What became of a run."""

    seed: int
    recovery_s: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    failures: list[str] = field(default_factory=list)
    impossible: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    starts: int = 0
    frames: int = 0
    sent: int = 0
    acknowledged: int = 0
    stored: int = 0
    held: int = 0
    destroyed: int = 0
    lost: int = 0
    doubled: int = 0
    seconds: float = 0.0
    sources: list[Told] = field(default_factory=list)
    copies: list[Copies] = field(default_factory=list)

    @property
    def faults(self) -> int:
        """How many were done."""
        return sum(map(len, self.recovery_s.values()))

    def text(self) -> str:
        """Return the account as it is printed."""
        lines = [f"{'kind of fault':34} {'count':>5} {'recovery, s: median':>20} {'longest':>8}"]
        for kind, seconds in sorted(self.recovery_s.items()):
            lines.append(f"{kind:34} {len(seconds):>5} {statistics.median(seconds):>20.2f} {max(seconds):>8.2f}")
        lines += [f"{kind:34}  not possible here" for kind in self.impossible]
        lines += [f"remark: {remark}" for remark in self.remarks]
        lines += [f"FAILED: {failure}" for failure in self.failures]
        lines += [str(told) for told in self.sources]
        lines += [str(copy) for copy in self.copies]
        lines.append(
            f"seed {self.seed}: {self.faults} faults of {len(self.recovery_s)} kinds in {self.seconds:,.0f} s, engine "
            f"started {self.starts} times; {self.frames:,} frames of JT/T 808, {self.sent:,} facts seen, "
            f"{self.acknowledged:,} acknowledged, {self.stored:,} stored, {self.held:,} in quarantine; "
            f"destroyed on the disk and told: {self.destroyed:,}; "
            f"lost: {self.lost:,}; visible duplicates: {self.doubled:,}"
        )
        return "\n".join(lines)


async def run(
    folder: Path, seed: int, faults: Sequence[Fault], *, terminals: int, scale: Scale, whole: bool = False,
    say: Callable[[str], None] = lambda line: None, enough: Callable[[], bool] = lambda: False,
) -> Account:  # fmt: skip
    """Do the faults one after the other, until it is enough; each one's harm is taken back before the next."""
    account, began = Account(seed), time.monotonic()
    async with world(folder, seed, terminals, scale, whole=whole) as here:
        await here.recovered()
        if here.beside is not None:
            await here.seen()
        for fault in faults:
            if enough():
                account.remarks.append(f"stopped by hand before all {len(faults)} were done")
                break
            if not fault.possible(here):
                account.impossible += [fault.name] if fault.name not in account.impossible else []
                continue
            await _one(here, fault, account, say)
        await here.hush()
        await _hold_copies(here, account)
        here.oracle.forget()
        _look(here, "at the end", account, say)
        _sum_up(here, account)
    account.seconds = time.monotonic() - began
    return account


async def _one(here: World, fault: Fault, account: Account, say: Callable[[str], None]) -> None:
    try:
        await fault.strike(here)
        seconds = await here.recovered()
        await here.shown()
    except (AssertionError, TimeoutError, RuntimeError) as error:
        _fail(account, f"{fault.name}: {type(error).__name__} {error}", say)
        seconds = float("nan")
        if not here.engine.running:
            await here.engine.start()
    account.recovery_s[fault.name].append(seconds)
    _look(here, fault.name, account, say)
    say(f"{account.faults:4} {fault.name:34} {seconds:6.2f} s  {len(here.notebook.acknowledged):>9,} acknowledged")


def _look(here: World, name: str, account: Account, say: Callable[[str], None]) -> None:
    findings = here.oracle.look()
    if findings:
        _fail(account, f"{name}: {findings}", say)


def _fail(account: Account, failure: str, say: Callable[[str], None]) -> None:
    account.failures.append(failure)
    say(f"FAILED {failure}")


async def _hold_copies(here: World, account: Account) -> None:
    """Hold database and lake against the journal, once both have had the time to take all of it."""
    if here.beside is None:
        return
    try:
        await here.beside.followed()
        await here.beside.round_of_history()
        account.copies = await asyncio.to_thread(here.beside.accounts, time.time())
    except (AssertionError, TimeoutError, RuntimeError) as error:
        account.failures.append(f"copies: {type(error).__name__} {error} {here.engine.errors()}")
    account.failures += [str(copy) for copy in account.copies if copy.missing or copy.doubled]


def _by_source(here: World) -> list[Told]:
    """Return an account a source, the terminals' first."""
    oracle, names = here.oracle, {stream.name for stream in here.streams}
    told = {name: Told(name) for name in (TERMINALS, *(stream.name for stream in here.streams))}

    def of(fact: Fact) -> Told:
        return told[fact[0] if fact[0] in names else TERMINALS]

    for fact in here.notebook.sent:
        of(fact).sent += 1
    for fact in here.notebook.acknowledged:
        of(fact).acknowledged += 1
        of(fact).lost += fact not in oracle.stored and fact not in oracle.held and fact not in oracle.destroyed
    for fact, count in oracle.stored.items():
        of(fact).stored += 1
        of(fact).doubled += count - 1
    for fact in oracle.held - oracle.stored.keys():
        of(fact).held += 1
    for account in Ledger(here.journal).balance():
        told[account.source].received += account.received
    told["mqtt"].remark = f"; forgotten by the broker that was killed: {here.forgotten():,}"
    return list(told.values())


def _sum_up(here: World, account: Account) -> None:
    account.sources = _by_source(here)
    notebook, oracle = here.notebook, here.oracle
    account.starts, account.frames, account.sent = here.engine.starts, notebook.frames, len(notebook.sent)
    account.acknowledged, account.stored = len(notebook.acknowledged), len(oracle.stored)
    account.held, account.destroyed = len(oracle.held - set(oracle.stored)), len(oracle.destroyed)
    account.lost = sum(
        fact not in oracle.stored and fact not in oracle.held and fact not in oracle.destroyed
        for fact in notebook.acknowledged
    )
    account.doubled = sum(count - 1 for count in oracle.stored.values())
    account.remarks += here.remarks


def draw(count: int, seed: int) -> list[Fault]:
    """Return that many faults in a random order, every kind at least once if they are enough."""
    chance = random.Random(seed)
    rest = [chance.choice(KINDS) for _ in range(max(0, count - len(KINDS)))]
    drawn = [*KINDS[:count], *rest]
    chance.shuffle(drawn)
    return drawn
