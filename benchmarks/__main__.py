"""``make bench``: every benchmark after the other, each in a fresh process, each with its own table.

Where there is no display they get a virtual one.
"""

from __future__ import annotations

import os
import pkgutil
import subprocess
import sys
from contextlib import ExitStack

import benchmarks
from app.headless import virtual_display


def main() -> int:
    """Run all benchmarks; return 1 if any of them broke."""
    with ExitStack() as stack:
        if not os.environ.get("DISPLAY"):
            os.environ["DISPLAY"] = stack.enter_context(virtual_display(1920, 1080))
        return run_all()


def run_all() -> int:
    """Run them on the display of this process."""
    names = sorted(
        module.name for module in pkgutil.iter_modules(benchmarks.__path__) if not module.name.startswith("_")
    )
    broken = 0
    for name in names:
        print(f"\n== benchmarks.{name}", flush=True)
        broken |= subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode != 0
    return int(broken)


if __name__ == "__main__":
    sys.exit(main())
