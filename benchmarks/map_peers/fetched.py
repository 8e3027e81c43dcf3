"""The peers' own programs, fetched once with npm, in these versions and no others."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
import tarfile
from pathlib import Path

FOLDER = Path(__file__).parent / "fetched"
PACKAGES = {
    "cesium": ("1.140.0", "3RvW0rvZWuXiS6regtNE5u9vt0uXohgpsRBIo6Qc922IIIamkitYiEdr4fg+u4qX4EoK9xS3BosCza7iPOExEQ=="),
    "deck.gl": ("9.4.0", "8q5R1CwUNZUYTZ41BC8l6avRvLIEzT9uceh0PHc6Me74dLlpBvYt92pFLpY25i0HFSg9cRiVuidTXFRpmuZbJg=="),
    "three": ("0.187.0", "Qiu7R+Cmh8CstZsY1uJOSWnVlfo7ZtNLV7mF8Jltk3LB3AtDu9cRZlcnRKkAk8Y4z6KKw35z7Y7Urd7jWY8etA=="),
}
"""Version and SHA-512 of each package."""


def fetch() -> Path:
    """Return the folder with the peers, fetched and checked if they are not there."""
    for name, (version, wanted) in PACKAGES.items():
        if not (FOLDER / name / "package.json").exists():
            _fetch(name, version, wanted)
    return FOLDER


def _fetch(name: str, version: str, wanted: str) -> None:
    FOLDER.mkdir(exist_ok=True)
    subprocess.run(["npm", "pack", f"{name}@{version}", "--silent"], cwd=FOLDER, check=True, stdout=subprocess.DEVNULL)
    archive = FOLDER / f"{name}-{version}.tgz"
    told = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if told != wanted:
        archive.unlink()
        sys.exit(f"{name} {version}: what came is not what is pinned")
    with tarfile.open(archive) as packed:
        packed.extractall(FOLDER / f"{name}.new", filter="data")
    (FOLDER / f"{name}.new" / "package").rename(FOLDER / name)
    (FOLDER / f"{name}.new").rmdir()
    archive.unlink()
