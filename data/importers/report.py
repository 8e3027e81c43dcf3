"""What an import found: counts, and every feature that was not taken as it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from twin.errors import CancelledError

LISTED = 10_000
"""Faults listed one by one; past that they are only counted."""

REASONS = (
    "empty",  # no geometry
    "not_finite",  # NaN or endless coordinates
    "not_polygon",
    "too_small",  # less than a tenth of a square metre
    "self_crossing",  # mended
    "beyond_repair",
    "out_of_range",  # not on the earth, or not where its system is used
    "far_away",  # hundreds of kilometres from the rest
    "height",  # below nothing or above all that stands; replaced by the default
    "not_a_number",  # a height or a number of floors that cannot be read
    "duplicate_id",  # given a suffix
    "not_closed",  # an outline drawn shut with a straight line
    "piece_of_outline",  # an outline that continues in another way
    "missing_nodes",  # an extract cut through it
    "bad_ring",  # not an area
    "tagged_no_building",  # an area that says building=no
    "bad_object",  # a city object that cannot be read
    "bad_boundary",  # a surface that names a vertex that is not there
    "no_geometry",
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One feature that was mended, changed or left out.

    Parameters
    ----------
    file, place : str
        Where it stands.
    reason : str
        One of :data:`REASONS`.
    kept : bool
        False if the feature is not in the twin.
    detail : str
        The value that was wrong.
    """

    file: str
    place: str
    reason: str
    kept: bool
    detail: str = ""


NOTES = ("heights_from", "floors_from", "layer", "bands", "odd_heights", "gdal")


@dataclass(frozen=True, slots=True)
class Note:
    """Something worth knowing about a file: one of :data:`NOTES`, and what it speaks of."""

    what: str
    value: str


@dataclass(slots=True)
class FileReport:
    """What one file gave: its format, and counts by a name as ``buildings`` or ``city_objects.Road``."""

    file: str
    format: str
    counts: Counter[str] = field(default_factory=Counter)
    notes: list[Note] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    fault_counts: Counter[str] = field(default_factory=Counter)

    def note(self, what: str, value: str) -> None:
        """Keep a note, once."""
        if what not in NOTES:
            raise ValueError(what)
        if (note := Note(what, value[:300])) not in self.notes:
            self.notes.append(note)

    def fault(self, place: str, reason: str, *, kept: bool, detail: str = "") -> None:
        """Count a fault, and list it while the list is short."""
        if reason not in REASONS:
            raise ValueError(reason)
        self.fault_counts[reason] += 1
        if len(self.faults) < LISTED:
            self.faults.append(Fault(self.file, place, reason, kept, detail[:120]))


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import gave.

    Parameters
    ----------
    name, crs : str
        The twin and its projected system.
    tables : dict of str to int
        Rows of each table.
    kinds : dict of str to dict of str to int
        Rows of each kind in the tables that have kinds.
    terrain_cells, imagery_px : tuple of int
        Rows and columns, or width and height; zeros for none.
    """

    name: str
    crs: str
    tables: dict[str, int]
    kinds: dict[str, dict[str, int]]
    files: tuple[FileReport, ...]
    terrain_cells: tuple[int, int] = (0, 0)
    imagery_px: tuple[int, int] = (0, 0)

    def fault_counts(self) -> dict[str, int]:
        """Return the number of faults of each reason, in all files."""
        total: Counter[str] = Counter()
        for file in self.files:
            total.update(file.fault_counts)
        return dict(sorted(total.items()))

    def as_dict(self) -> dict[str, object]:
        """Return the report for JSON, faults with their places included."""
        return {
            "twin": self.name,
            "crs": self.crs,
            "tables": self.tables,
            "kinds": self.kinds,
            "terrain_cells": list(self.terrain_cells),
            "imagery_px": list(self.imagery_px),
            "fault_counts": self.fault_counts(),
            "files": [_file_dict(file) for file in self.files],
        }


def _file_dict(file: FileReport) -> dict[str, object]:
    faults = [
        {"place": f.place, "reason": f.reason, "kept": f.kept, "detail": f.detail} for f in file.faults
    ]  # fmt: skip
    return {
        "file": file.file,
        "format": file.format,
        "counts": dict(sorted(file.counts.items())),
        "notes": [{"what": note.what, "value": note.value} for note in file.notes],
        "fault_counts": dict(sorted(file.fault_counts.items())),
        "faults": faults,
    }


Progress = Callable[[float, str], None]
"""Told the part done, 0 to 1, and a key of what is being done."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Tells progress and hears whether to stop."""

    progress: Progress = lambda _part, _what: None
    cancelled: Callable[[], bool] = lambda: False
    start: float = 0.0
    span: float = 1.0

    def at(self, part: float, what: str) -> None:
        """Tell how far this stretch of the work is.

        Raises
        ------
        twin.errors.CancelledError
            If the user asked to stop.
        """
        if self.cancelled():
            raise CancelledError("the import was stopped; the twin is as it was")
        self.progress(self.start + self.span * min(max(part, 0.0), 1.0), what)

    def stretch(self, start: float, end: float) -> Watch:
        """Return a watch for a part of this one's work."""
        return Watch(self.progress, self.cancelled, self.start + self.span * start, self.span * (end - start))


def count_kinds(values: Iterable[str]) -> dict[str, int]:
    """Count the rows of each kind, most first."""
    return dict(Counter(values).most_common())
