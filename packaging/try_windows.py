#!/usr/bin/env python3
"""Install, test and remove what `make windows` made, under wine in a clean Debian 13. `make test-windows` runs this."""

from __future__ import annotations

import shutil
import sys

from try_deb import layered

from installers.bullseye import make_root
from installers.place import PACKAGING, out, version, work


def main() -> int:
    """Run the script; what it leaves in ``/try`` is kept."""
    root, seen = work() / "try-wine", work() / "seen-wine"
    make_root("trixie", root, "minbase", "wine,wine64,xvfb")
    shutil.rmtree(seen, ignore_errors=True)
    seen.mkdir()
    shutil.copy(out() / f"zhian-twin-{version()}-windows-x64.exe", seen / "setup.exe")
    shutil.copy(PACKAGING / "windows/try.sh", seen)
    layered(root, seen, "sh /try/try.sh")
    (seen / "setup.exe").unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
