#!/usr/bin/env python3
"""Make the Debian packages: one with the window, one for a server without. `make deb` runs this."""

from __future__ import annotations

import sys

from installers import debian, papers
from installers.place import out


def main() -> int:
    """Make both into ``dist/`` and print where they are."""
    program = debian.make_program()
    for package in (debian.DESKTOP, debian.SERVER):
        made = debian.make_package(program, package)
        print(f"{made}: {made.stat().st_size / 1e6:.0f} MB")
    print(papers.write_sums(out()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
