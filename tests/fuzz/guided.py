"""``python -m tests.fuzz.guided NAME SECONDS FOLDER``: one decoder, its inputs chosen by the code that they reach.

Linux only, by atheris over libFuzzer; ``python -m tests.fuzz --guided`` does all of them, each in a process of its own.
What reached new code is kept in the folder and built upon by the next run; an input that fails is written there too.
"""

from __future__ import annotations

import random
import re
import subprocess
import sys
import zlib
from pathlib import Path

ROOMS = ["data.connectors", "data.ferry", "data.sync"]
HANG_S = 5
MOST_BYTES = 4096
_COUNT = re.compile(r"stat::number_of_executed_units:\s*(\d+)")
_REACHED = re.compile(r"cov: (\d+)")


def guided(name: str, seconds: float, folder: Path) -> tuple[int, int, str]:
    """Fuzz one decoder in a child; return how often it was called, how much of the code was reached, and what it failed
    with, empty if it did not.
    """
    line = [sys.executable, "-m", "tests.fuzz.guided", name, str(max(round(seconds), 1)), str(folder)]
    done = subprocess.run(line, capture_output=True, text=True, errors="replace", check=False)
    count, reached = _COUNT.search(done.stderr), _REACHED.findall(done.stderr)
    wrong = (done.stdout + done.stderr)[-3000:] if done.returncode else ""
    return int(count[1]) if count else 0, int(reached[-1]) if reached else 0, wrong


def main() -> None:
    """Fuzz one decoder until the time is over; libFuzzer then ends this process."""
    import atheris

    name, seconds, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    with atheris.instrument_imports(include=ROOMS):
        from tests.fuzz.run import check
        from tests.fuzz.targets import TARGETS
    target = next(target for target in TARGETS if target.name == name)
    corpus = folder / re.sub(r"\W+", "-", name)
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds):
        (corpus / f"seed-{number}").write_bytes(seed)

    def test_one_input(data: bytes) -> None:
        check(target, data, random.Random(zlib.crc32(data)))

    options = [f"-max_total_time={seconds}", f"-timeout={HANG_S}", f"-max_len={MOST_BYTES}", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *options, f"-artifact_prefix={folder}/failed-", str(corpus)], test_one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
