"""What is kept of a twin, in one file beside the twins: it stays when a twin is made or imported anew.

Shapes are WKB in degrees (WGS 84), so that they hold in whatever system the twin is in next time.
"""

from __future__ import annotations

import base64
import contextlib
import os
import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np
import shapely

from data.forms import learn
from data.home import Home
from twin.errors import BadInputError, DiskError
from twin.geo import FloatArray, LocalFrame
from twin.kept import NEVER_S, Bookmark, Geofence, Kept, Result, Tour
from twin.words import say

FORMAT = 1
Thing = TypeVar("Thing", Result, Geofence)


class _File(msgspec.Struct):
    format: int
    results: list[Result] = []
    fences: list[Geofence] = []
    bookmarks: list[Bookmark] = []
    tours: list[Tour] = []


learn(_File)


def kept_path(home: Home, twin: str) -> Path:
    """Return the file of a twin."""
    return home.data / "kept" / f"{home.twin(twin).name}.json"


def read_kept(path: Path, frame: LocalFrame) -> Kept:
    """Read what is kept, its shapes in the system of ``frame``; nothing where there is no file yet.

    Raises
    ------
    twin.errors.BadInputError
        If the file is damaged, or a newer program wrote it.
    """
    try:
        file = msgspec.json.decode(path.read_bytes(), type=_File, dec_hook=_decoded)
    except FileNotFoundError:
        return Kept()
    except (msgspec.MsgspecError, UnicodeDecodeError, shapely.errors.GEOSException, ValueError) as error:
        remedy = "bring it back from a backup, or move it away to begin anew"
        raise BadInputError(str(path), say("what was kept cannot be read: {error}", error=error), remedy) from error
    if file.format > FORMAT:
        raise BadInputError(str(path), "a newer program wrote this file", "open the twin with that version")
    fences = [replace(fence, until_s=fence.until_s or NEVER_S) for fence in file.fences]
    moved = partial(_moved, to=partial(_to_projected, frame))
    return Kept(moved(file.results), moved(fences), tuple(file.bookmarks), tuple(file.tours))


def write_kept(path: Path, kept: Kept, frame: LocalFrame) -> None:
    """Write what is kept, whole or not at all.

    Raises
    ------
    twin.errors.DiskError
        If the disk does not take it; what was kept before stays.
    """
    moved = partial(_moved, to=partial(_to_degrees, frame))
    # JSON has no infinity: an end that never comes is 0.
    fences = [
        replace(fence, until_s=0.0 if fence.until_s == NEVER_S else fence.until_s) for fence in moved(kept.fences)
    ]
    file = _File(FORMAT, list(moved(kept.results)), fences, list(kept.bookmarks), list(kept.tours))
    body = msgspec.json.format(msgspec.json.encode(file, enc_hook=_encoded), indent=1)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, body)
    except OSError as error:
        raise DiskError(say("{path}: {reason}", path=path, reason=error)) from error


def _replace(path: Path, body: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    fresh = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise


def _moved(things: Any, to: Callable[[FloatArray], FloatArray]) -> Any:
    return tuple(replace(thing, shape=shapely.transform(thing.shape, to)) for thing in things)


def _to_degrees(frame: LocalFrame, points_m: FloatArray) -> FloatArray:
    return np.column_stack(frame.to_lonlat(*(points_m - np.asarray(frame.origin_m, float)).T))


def _to_projected(frame: LocalFrame, points_deg: FloatArray) -> FloatArray:
    return np.asarray(np.column_stack(frame.to_local(*points_deg.T)) + np.asarray(frame.origin_m, float))


def _encoded(value: object) -> str:
    if isinstance(value, shapely.Geometry):
        return base64.b64encode(shapely.to_wkb(value)).decode()
    raise NotImplementedError(type(value))


def _decoded(kind: type, value: Any) -> object:
    if kind is shapely.Geometry:
        return shapely.from_wkb(base64.b64decode(value, validate=True))
    raise NotImplementedError(kind)
