"""Python for the oldest desktops: built in a bare Debian 11, from Debian's own sources."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from installers.place import PACKAGING, missing, run, work

SCRIPT = PACKAGING / "deb" / "python.sh"
KEYS = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def mirror(archive: str) -> str:
    """Return where an archive is: as ``DEBIAN_MIRROR`` or ``DEBIAN_SECURITY`` say, else where apt here has it from."""
    told = os.environ.get({"debian": "DEBIAN_MIRROR", "debian-security": "DEBIAN_SECURITY"}[archive], "")
    if told:
        return told
    known = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI)"], capture_output=True, text=True)
    found = [line.rstrip("/") for line in known.stdout.splitlines() if line.rstrip("/").endswith(f"/{archive}")]
    if not found:
        raise missing(f"apt knows no {archive}: set DEBIAN_MIRROR and DEBIAN_SECURITY to the addresses of a mirror")
    return found[0]


def python() -> Path:
    """Return a folder with ``python``, ``xcb`` and ``bundled``; made unless it is there from the same script."""
    root = work() / "bullseye"
    stamp, wanted = root / "built", hashlib.sha256(SCRIPT.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        make_root("bullseye", root, "minbase")
        _build(root)
        stamp.write_text(wanted)
    return root / "opt"


def make_root(suite: str, root: Path, variant: str, include: str = "") -> None:
    """Make a bare Debian in a folder, if it is not there."""
    if (root / "etc/debian_version").exists():
        return
    if os.geteuid() != 0 or not shutil.which("debootstrap"):
        raise missing(f"to make a bare Debian, debootstrap and root are needed: apt-get install debootstrap ({suite})")
    growing = root.with_suffix(".growing")
    shutil.rmtree(growing, ignore_errors=True)
    more = [f"--include={include}"] if include else []
    run(["debootstrap", f"--variant={variant}", f"--keyring={KEYS}", *more, suite, growing, mirror("debian")])
    growing.rename(root)


def _build(root: Path) -> None:
    (root / "build").mkdir(exist_ok=True)
    shutil.copy(SCRIPT, root / "build/python.sh")
    shutil.copy(KEYS, root / "usr/share/keyrings/of-the-builder.gpg")
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    shutil.rmtree(root / "opt", ignore_errors=True)
    inside(root, f"sh /build/python.sh {mirror('debian')} {mirror('debian-security')}")


def inside(root: Path, command: str, *, network: bool = True) -> None:
    """Run a command in a Debian of its own; mounts, and processes that it leaves, end with it."""
    mounts = f"mount -t proc proc {root}/proc && mount -t tmpfs tmpfs {root}/dev/shm"  # noqa: S108 - its own
    own = ["--mount", "--pid", "--fork", "--kill-child", *([] if network else ["--net"])]
    (root / "dev/shm").mkdir(exist_ok=True)
    run(["unshare", *own, "sh", "-c", f"{mounts} && exec chroot {root} {command}"])
