#!/usr/bin/env python3
"""Install, use and remove the packages in a clean Debian 11 and 12 without a network. `make test-deb` runs this."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from installers.bullseye import make_root
from installers.debian import DESKTOP, SERVER, Package
from installers.place import PACKAGING, out, run, version, work

DESKTOP_LIBRARIES = (
    "libgl1,libegl1,libglib2.0-0,libfontconfig1,libdbus-1-3,libx11-6,libx11-xcb1,libxcb-randr0,libxcb-render0,"
    "libxcb-shape0,libxcb-shm0,libxcb-sync1,libxcb-xfixes0,libxrender1,libxext6,libgl1-mesa-dri,xvfb,"
    "desktop-file-utils,shared-mime-info,man-db"
)
"""What any desktop has; a bare Debian does not."""


def main() -> int:
    """Try each package on each system; the first that fails ends it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suite", action="append", choices=("bullseye", "bookworm"))
    parser.add_argument("--script", type=Path, default=PACKAGING / "deb/try.sh")
    options = parser.parse_args()
    for suite in options.suite or ("bullseye", "bookworm"):
        for package in (DESKTOP, SERVER):
            attempt(suite, package, options.script)
    return 0


def attempt(suite: str, package: Package, script: Path) -> None:
    """Run the script in a clean system; what it leaves in ``/try`` is kept, pictures among them."""
    libraries = DESKTOP_LIBRARIES if package.window else "libstdc++6"
    root = work() / f"try-{suite}-{'desktop' if package.window else 'server'}"
    make_root(suite, root, "minbase", libraries)
    seen = work() / f"seen-{suite}-{package.id}"
    shutil.rmtree(seen, ignore_errors=True)
    seen.mkdir()
    shutil.copy(out() / f"{package.id}_{version()}_amd64.deb", seen / f"{package.id}.deb")
    shutil.copy(script, seen / "try.sh")
    print(f"== {package.id} {version()} on {suite}", flush=True)
    layered(root, seen, f"sh /try/try.sh {package.id}")
    (seen / f"{package.id}.deb").unlink()


def layered(root: Path, seen: Path, command: str) -> None:
    """Run a command in a Debian on a layer of its own, with ``seen`` as ``/try``; no network, no trace."""
    layer = "/run/zhian-layer"
    mounts = (
        f"mkdir -p {layer} && mount -t tmpfs tmpfs {layer} && mkdir {layer}/upper {layer}/work {layer}/root"
        f" && mount -t overlay overlay -o lowerdir={root},upperdir={layer}/upper,workdir={layer}/work {layer}/root"
        f" && mkdir -p {layer}/root/try {layer}/root/dev/shm && mount --bind {seen} {layer}/root/try"
        f" && mount -t proc proc {layer}/root/proc && mount -t tmpfs tmpfs {layer}/root/dev/shm"
        f" && ip link set lo up; exec chroot {layer}/root {command}"
    )
    run(["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "sh", "-c", mounts])


if __name__ == "__main__":
    sys.exit(main())
