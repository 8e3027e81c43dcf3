"""``make bench``: every benchmark after the other, each in a fresh process, each with its own table."""

from __future__ import annotations

import pkgutil
import subprocess
import sys

import benchmarks


def main() -> int:
    """Run all benchmarks; return 1 if any of them broke."""
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
