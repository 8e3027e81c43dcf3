"""Files of transfers, and what importing them says."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from data.ledger.importing import Asked, Importer, Report
from data.ledger.ledger import Ledger

NOW_S = 1_795_000_000.0
HEADER = "付款账号,收款账号,交易金额,交易时间,交易流水号,摘要"


def line(number: int, *, source: str = "", target: str = "", yuan: str = "", time: str = "", note: str = "") -> str:
    """Return a line of a bank; each number gives another transfer."""
    minute = f"2026-11-{1 + number // 1440 % 20:02d} {number // 60 % 24:02d}:{number % 60:02d}:00"
    return ",".join([source or f"62{number % 7:010d}", target or f"95{number % 5:010d}", yuan or f"{100 + number}.5",
                     time or minute, f"S{number}", note or "货款"])  # fmt: skip


def write(path: Path, lines: list[str], encoding: str = "utf-8", header: str = HEADER) -> Path:
    """Write a file of transfers."""
    path.write_bytes("\n".join([header, *lines, ""]).encode(encoding))
    return path


def take(folder: Path, path: Path, *, bank: str = "icbc", keep_equal: bool = False) -> Report:
    """Import a file."""
    with closing(Importer(folder, lambda: NOW_S)) as importer:
        return importer.take(Asked(path, bank, keep_equal=keep_equal))


def whole(folder: Path) -> list[tuple[str, str, int, int]]:
    """Return all that a ledger holds, as its index tells: payer, payee, fen, time."""
    with closing(Ledger(folder)) as ledger:
        accounts = range(ledger.state().accounts)
        names = ledger.names(accounts)
        return sorted(
            (names[leg.source], names[leg.target], leg.amount_fen, leg.time_s)
            for account in accounts
            for leg in ledger.legs(account)
        )
