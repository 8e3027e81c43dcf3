#!/usr/bin/env python3
"""Make the Windows installer on Linux. `make windows` runs this."""

from __future__ import annotations

import sys

from installers import papers, windows
from installers.place import out


def main() -> int:
    """Make it into ``dist/`` and print where it is."""
    made = windows.make_installer(windows.stage())
    print(windows.summary(made))
    print(papers.write_sums(out()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
