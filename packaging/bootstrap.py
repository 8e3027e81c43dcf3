#!/usr/bin/env python3
"""Set up everything the program needs, from a bare machine, with the standard library alone.

``bootstrap.py run`` makes ``.venv`` with the locked run-time packages and the ``zhian`` command; ``bootstrap.py dev``
adds what tests and checks need. A second call finds its stamp and returns at once. Exit code 3 means that a system
piece is missing and could not be installed from here; the line that installs it is printed.

``WHEELHOUSE=DIR`` installs from a folder of wheels without a network (``make wheelhouse`` fills one).
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
LOCKS = {"run": ROOT / "requirements.lock", "dev": ROOT / "requirements-dev.lock"}
MISSING_PIECE = 3

# Each found by trial: without it Qt's xcb plug-in or VTK does not load. Library: Debian's package.
LIBRARIES = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
}
# What the tests start on free ports of their own. A file that tells it is there: Debian's package.
SERVICES = {
    "usr/sbin/mosquitto": "mosquitto",
    "usr/share/postgresql/*/extension/postgis.control": "postgresql-postgis",
    "usr/lib/softhsm/libsofthsm2.so": "softhsm2",  # a card without a reader
    "usr/bin/dbus-daemon": "dbus-daemon",  # tells that a screen was locked
    "usr/lib/*/libatomic.so.1": "libatomic1",  # SUMO
}


def main(arguments: list[str]) -> int:
    """Set up for ``run`` or ``dev``; return the exit code."""
    if len(arguments) != 1 or arguments[0] not in LOCKS:
        print("usage: bootstrap.py run|dev", file=sys.stderr)
        return 2
    target = arguments[0]
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        return missing(f"Python 3.11 to 3.13 is needed, this is {sys.version.split()[0]}: make PYTHON=python3.12 …")
    if packages := missing_packages(for_tests=target == "dev"):
        code = install_packages(packages)
        if code:
            return code
    if not stamped(target):
        make_environment()
        install_locked(target)
        write_stamp(target)
    return 0


def missing(what: str) -> int:
    """Print what the machine lacks."""
    print(f"bootstrap: {what}", file=sys.stderr)
    return MISSING_PIECE


def missing_packages(for_tests: bool) -> list[str]:
    """Return the Debian packages of the system libraries that do not load here."""
    if not sys.platform.startswith("linux"):
        return []
    packages = [package for library, package in LIBRARIES.items() if not loads(library)]
    has_display = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if not shutil.which("Xvfb") and (for_tests or not has_display):
        packages.append("xvfb")
    if for_tests:
        packages += [package for file, package in SERVICES.items() if not any(Path("/").glob(file))]
    return packages


def loads(library: str) -> bool:
    """Tell whether the dynamic linker finds a library."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def install_packages(packages: list[str]) -> int:
    """Install Debian packages where that is allowed, else print the command that does."""
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    if not shutil.which("apt-get"):
        return missing("these system libraries are missing (Debian's names): " + " ".join(packages))
    if os.geteuid() != 0:
        return missing("system libraries are missing; run\n  sudo " + " ".join(command))
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], env=quiet, stdout=subprocess.DEVNULL, check=False)
    if subprocess.run(command, env=quiet, stdout=subprocess.DEVNULL, check=False).returncode:
        return missing("system libraries could not be installed; run\n  " + " ".join(command))
    return 0


def make_environment() -> None:
    """Make the virtual environment without ensurepip, which a bare Debian does not have."""
    if not PYTHON.exists():
        print("bootstrap: making .venv", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(VENV)], check=True)


def install_locked(target: str) -> None:
    """Install the exact, hashed packages of a lock, then the program itself in place."""
    print(f"bootstrap: installing the packages of {LOCKS[target].name}", file=sys.stderr)
    wheelhouse = os.environ.get("WHEELHOUSE")
    offline = ["--no-index", "--find-links", wheelhouse] if wheelhouse else []
    locked = ["--require-hashes", "--only-binary", ":all:", "--requirement", str(LOCKS[target])]
    pip("install", *offline, *locked)
    pip("install", "--no-index", "--no-deps", "--no-build-isolation", "--editable", str(ROOT))


def pip(*arguments: str) -> None:
    """Run this interpreter's pip on the virtual environment."""
    command = [sys.executable, "-m", "pip", "--python", str(PYTHON), "--disable-pip-version-check", "--quiet"]
    subprocess.run([*command, *arguments], check=True)


def stamp(target: str) -> tuple[Path, str]:
    """Return the stamp's file and what it says when all is in place."""
    contents = LOCKS[target].read_bytes() + (ROOT / "pyproject.toml").read_bytes() + str(ROOT).encode()
    return VENV / f"installed-{target}", hashlib.sha256(contents).hexdigest()


def stamped(target: str) -> bool:
    """Tell whether the environment holds what the locks say; the packages of ``dev`` include those of ``run``."""
    for level in {target, "dev"}:
        file, expected = stamp(level)
        if file.exists() and file.read_text() == expected and PYTHON.exists():
            return True
    return False


def write_stamp(target: str) -> None:
    """Note that the environment is complete."""
    file, contents = stamp(target)
    file.write_text(contents)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except subprocess.CalledProcessError as error:
        print(f"bootstrap: this failed: {' '.join(map(str, error.cmd))}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
