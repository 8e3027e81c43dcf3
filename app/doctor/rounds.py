"""The whole examination, in the order in which a person would look."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from app.doctor import kept, machine, services, window
from app.doctor.finding import Finding
from data.home import Home
from twin.words import said, why

CHECKS: dict[str, Callable[[Home], Iterator[Finding]]] = {
    "system": machine.system, "folders": machine.folders, "disk": machine.room, "clock": machine.clock,
    "drawing": window.drawing, "fonts": window.fonts, "data": kept.version, "database": services.database,
    "settings": kept.settings, "policy": kept.policy, "ports": services.ports, "broker": services.brokers,
    "crashes": kept.crashes,
}  # fmt: skip


def examine(home: Home) -> Iterator[Finding]:
    """Yield all findings; a check that fails itself is one."""
    for name, check in CHECKS.items():
        try:
            yield from check(home)
        except Exception as error:  # noqa: BLE001 - the doctor must come to its end on any machine
            yield Finding(name, "bad", why(error) or said(type(error).__name__))
