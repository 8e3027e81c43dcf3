"""Opens the fraud desk of an installation."""

from __future__ import annotations

from data.audit.trail import append
from data.fraud.store import SqlFraud
from data.home import Home
from data.records.database import open_records


def open_fraud(home: Home) -> SqlFraud:
    """Open the records; errors as of :func:`data.records.database.open_records`."""
    return SqlFraud(open_records(home), append)
