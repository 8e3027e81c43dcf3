#!/usr/bin/env python3
"""Check the lock files: no index addresses, and a wheel of every run-time package for each desktop we install on.

Linux wheels must run with glibc 2.28 (UOS 20, Kylin V10), and each package needs a 64-bit Windows wheel too, for every
Python the project supports. uv answers from the index's metadata; nothing is installed.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLATFORMS = ("x86_64-manylinux_2_28", "x86_64-pc-windows-msvc")
PYTHONS = ("3.11", "3.12", "3.13")
ADDRESS = re.compile(r"https?://|index-url|find-links")
NOT_UNIVERSAL = ("uv.lock", "pylock.toml")  # these formats carry the addresses of the index they were made with


def main() -> int:
    """Print what is wrong; return 1 if anything is."""
    problems = [*addresses(ROOT), *wheels_missing(ROOT / "requirements.lock")]
    for problem in problems:
        print(f"check_locks: {problem}", file=sys.stderr)
    return 1 if problems else 0


def addresses(root: Path) -> list[str]:
    """Return the lines of the lock files that name an index, and lock files that always do."""
    found = [f"{name} must not be in the tree" for name in NOT_UNIVERSAL if (root / name).exists()]
    for lock in sorted(root.glob("requirements*.lock")):
        for number, line in enumerate(lock.read_text("utf-8").splitlines(), 1):
            if ADDRESS.search(line):
                found.append(f"{lock.name}:{number} names an index address")
    return found


def wheels_missing(lock: Path) -> list[str]:
    """Return one line for each platform and Python on which a locked package has no wheel."""
    found = []
    for platform in PLATFORMS:
        for python in PYTHONS:
            wanted = ["--no-deps", "--only-binary", ":all:", "--python-platform", platform, "--python-version", python]
            command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", *wanted, str(lock)]
            answer = subprocess.run(command, capture_output=True, text=True, check=False)
            if answer.returncode:
                found.append(f"{lock.name} for {platform}, Python {python}: {answer.stderr.strip()}")
    return found


if __name__ == "__main__":
    sys.exit(main())
