"""What the gate kept out: the newest rows in memory and on disk, all of them in the counts."""

from __future__ import annotations

import json
from collections import Counter, deque
from math import isfinite
from pathlib import Path

from twin.live.kinds import KINDS
from twin.live.observation import ObservationArray

KEPT = 1000
FILE_BYTES = 4_000_000


class Quarantine:
    """Keeps rows with their reason; the file never holds labels, which may be plates or names.

    Parameters
    ----------
    path : Path
        JSON lines; when it is full it becomes ``<name>.1`` and a new one begins.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.newest: deque[dict[str, object]] = deque(maxlen=KEPT)
        self.by_reason: Counter[str] = Counter()

    def __len__(self) -> int:
        return self.by_reason.total()

    def add(self, source: str, rows: ObservationArray, reasons: tuple[str, ...], now_s: float) -> None:
        """Keep failed rows; of a batch that fails as a whole the last thousand, and the count of all."""
        self.by_reason.update(reasons)
        kept = [
            {"at_s": round(now_s, 3), "source": source, "reason": reason, **_plain(row)}
            for row, reason in list(zip(rows, reasons, strict=True))[-KEPT:]
        ]
        self.newest.extend(kept)
        if kept:
            self._write("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in kept))

    def _write(self, lines: str) -> None:
        if self.path.exists() and self.path.stat().st_size > FILE_BYTES:
            self.path.replace(self.path.with_name(self.path.name + ".1"))
        with self.path.open("a", encoding="utf-8") as file:
            file.write(lines)


def _plain(row: ObservationArray) -> dict[str, object]:
    kind = int(row["kind"])
    plain: dict[str, object] = {
        "id": bytes(row["id"]).decode(errors="replace"),
        "kind": KINDS[kind].name if kind < len(KINDS) else kind,
        "state": int(row["state"]),
    }
    numbers = ("time_s", "lon_deg", "lat_deg", "height_m", "heading_deg", "speed_mps", "value", "accuracy_m")
    return plain | {name: value if isfinite(value := float(row[name])) else None for name in numbers}
