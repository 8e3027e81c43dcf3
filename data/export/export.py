"""Writing one layer into one file, wholly or not at all, with its provenance beside it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.export import child
from data.export.content import Request
from data.export.write import Written, write
from twin.errors import DiskError, UsageError, ZhianError
from twin.words import say

SUFFIX = ".provenance.json"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was written, and its SHA-256."""

    path: Path
    provenance: Path
    rows: int
    size_px: tuple[int, int]
    crs: str
    bytes: int
    sha256: str


def export(
    request: Request,
    target: Path,
    told: Mapping[str, Any],
    *,
    overwrite: bool = False,
    cancelled: Callable[[], bool] = lambda: False,
) -> Receipt:
    """Write ``request`` to ``target`` by a child process, beside it first and renamed when it has been read back.

    Parameters
    ----------
    told : mapping
        What the provenance file says beside what is found here: layer, filter, box, time of the data, purpose.

    Raises
    ------
    twin.errors.UsageError
        If the target is a folder, is there already, or has no folder to lie in.
    twin.errors.DiskError
        If there is no room, or what was written cannot be read back.
    """
    check_target(target, overwrite)
    folder = _folder_beside(target)
    try:
        fresh = folder / target.name
        written = _write(request, fresh, target, cancelled)
        receipt = _receipt(written, fresh, target)
        proof = folder / receipt.provenance.name
        _save(proof, provenance(receipt, told))
        fresh.replace(target)
        proof.replace(receipt.provenance)
        _force(target.parent)
    except OSError as error:
        raise _disk(target, error) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return receipt


def check_target(target: Path, overwrite: bool) -> None:
    """Refuse a target that must not or cannot be written."""
    if target.is_dir():
        raise UsageError(say("{target} is a folder; give the name of a file in it", target=target))
    if not target.parent.is_dir():
        raise UsageError(
            say("{target}: there is no folder {parent}; make it first", target=target, parent=target.parent)
        )
    if target.exists() and not target.is_file():
        raise UsageError(say("{target} is no plain file; choose another name", target=target))
    if target.exists() and not overwrite:
        raise UsageError(say("{target} is there already; choose another name, or --overwrite", target=target))


def provenance(receipt: Receipt, told: Mapping[str, Any]) -> str:
    """Return the provenance file's text."""
    found = {
        "file": receipt.path.name,
        "rows": receipt.rows,
        **({"size_px": list(receipt.size_px)} if any(receipt.size_px) else {}),
        "crs": receipt.crs,
        "bytes": receipt.bytes,
        "sha256": receipt.sha256,
    }
    return json.dumps({**found, **told}, ensure_ascii=False, indent=1) + "\n"


def _folder_beside(target: Path) -> Path:
    """Make a folder next to the target: on the same disk, so that the rename is one step, and all litter lies in it."""
    try:
        return Path(tempfile.mkdtemp(prefix=".zhian-export-", dir=target.parent))
    except OSError as error:
        raise _disk(target, error) from error


def _write(request: Request, fresh: Path, target: Path, cancelled: Callable[[], bool]) -> Written:
    try:
        return child.run(write, request, fresh, cancelled=cancelled)
    except ZhianError as error:
        if error.exit_code in (1, 7):
            raise type(error)(say("{target}: {error}", target=target, error=error)) from error
        raise


def _receipt(written: Written, fresh: Path, target: Path) -> Receipt:
    with fresh.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    beside = target.with_name(target.name + SUFFIX)
    return Receipt(target, beside, written.rows, written.size_px, written.crs, fresh.stat().st_size, digest)


def _save(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _force(folder: Path) -> None:
    if os.name == "nt":  # a folder cannot be opened there, and the rename is journaled
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _disk(target: Path, error: OSError) -> DiskError:
    return DiskError(say("{target} cannot be written: {reason}", target=target, reason=error))
