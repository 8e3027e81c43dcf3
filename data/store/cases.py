"""Fraud cases, kept in the records database."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from sqlalchemy import BigInteger, String, create_engine, event, func, select
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import ConnectionPoolEntry

from twin.fraud.case import Case, NewCase, case_number


class Records(DeclarativeBase):
    """The tables of the records database."""


class CaseRow(Records):
    """One case; money in fen, time in UTC."""

    __tablename__ = "fraud_case"

    number: Mapped[str] = mapped_column(String(32), primary_key=True)
    day: Mapped[str] = mapped_column(String(10), index=True)
    title: Mapped[str] = mapped_column(String(120))
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    opened_at_s: Mapped[float]
    status: Mapped[str] = mapped_column(String(16), default="open")
    opened_by: Mapped[str] = mapped_column(String(64), default="")

    def case(self) -> Case:
        """Return the case this row keeps."""
        amount = Decimal(self.amount_fen) / 100
        opened = datetime.fromtimestamp(self.opened_at_s, UTC)
        return Case(self.number, self.title, amount, opened, self.status, self.opened_by)


class CaseStore:
    """The cases of one desk, in SQLite."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._engine = create_engine(f"sqlite:///{path}")
        event.listen(self._engine, "connect", _be_safe)
        Records.metadata.create_all(self._engine)

    def add(self, fresh: NewCase, opened_by: str) -> Case:
        """Keep a new case under the next number of its day and return it."""
        day = fresh.opened_at.astimezone().date()
        with Session(self._engine) as records, records.begin():
            serial = records.scalar(select(func.count()).where(CaseRow.day == day.isoformat())) or 0
            row = CaseRow(
                number=case_number(day, serial + 1),
                day=day.isoformat(),
                title=fresh.title,
                amount_fen=int(fresh.amount_yuan * 100),
                opened_at_s=fresh.opened_at.timestamp(),
                status="open",
                opened_by=opened_by,
            )
            records.add(row)
            return row.case()

    def all(self) -> tuple[Case, ...]:
        """Return every case, newest first."""
        with Session(self._engine) as records:
            rows = records.scalars(select(CaseRow).order_by(CaseRow.opened_at_s.desc(), CaseRow.number.desc()))
            return tuple(row.case() for row in rows)

    def close(self) -> None:
        """Let go of the database file."""
        self._engine.dispose()


def _be_safe(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    """Survive a power cut, and let readers read while one writes."""
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
