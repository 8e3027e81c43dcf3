"""Trails for tests, and what an intruder does to them."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from data.audit.tables import NAME
from twin.access import AuditEntry, Decision, Purpose, Resource


def entry(action: str = "layer.export", purpose: Purpose | None = None) -> AuditEntry:
    return AuditEntry(
        "demo", action, Resource("layer", "buildings"), purpose, Decision(True, "open"), {"format": "gpkg"}
    )


def tamper(path: Path, *statements: str) -> None:
    """Change a file behind its guards."""
    connection = sqlite3.connect(path)
    for guard in ("no_update", "no_delete"):
        connection.execute(f"DROP TRIGGER IF EXISTS {NAME}_{guard}")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
