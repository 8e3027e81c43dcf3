"""The history's questions put to Spark and to DuckDB over the same lake, in turn in one run, answers compared.

Needs what ``make test-lake`` installs (``.venv-lake/bin/python -m benchmarks.spark``) and a JRE 17; without them it
says so. By default Spark is a driver with two workers on this machine, each a process with one core; DuckDB takes as
many cores as there are. One day is asked, warm, and the first answer of each is told apart: Spark starts its workers
for it.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from benchmarks.history import QUESTIONS, ask, count_of, make, plain, timed
from data.history.engines import DuckDB, Spark
from data.history.questions import Questions
from data.history.reader import History
from twin.errors import MissingPieceError

ASKED = (0, 1, 3)
WORKERS = "local-cluster[2,1,1024]"


def compare(folder: Path, remote: str) -> None:
    """Ask both the same and print ratios."""
    begun = time.perf_counter()
    with (
        closing(History(folder, folder / "no-journal")) as history,
        closing(Spark(remote)) as spark,
        closing(DuckDB()) as duckdb,
    ):
        print(f"  Spark was there after {time.perf_counter() - begun:.1f} s", flush=True)
        both = [Questions(history, engine) for engine in (duckdb, spark)]
        for number in ASKED:
            firsts, medians, answers = [], [], []
            for questions in both:
                begun = time.perf_counter()
                ask(questions, number)
                firsts.append(time.perf_counter() - begun)
                answer, seconds = timed(lambda asked=questions, n=number: ask(asked, n))  # type: ignore[misc]  # bound early
                answers.append(answer)
                medians.append(seconds)
            assert plain(answers[0]) == plain(answers[1]), f"the answers to {QUESTIONS[number]} differ"
            print(
                f"  {QUESTIONS[number]:16} equal ({count_of(answers[0]):,} rows); DuckDB {medians[0] * 1000:8.1f} ms, "
                f"Spark {medians[1] * 1000:8.1f} ms: {medians[1] / medians[0]:.1f} x; the first time "
                f"{firsts[0] * 1000:.0f} and {firsts[1] * 1000:.0f} ms",
                flush=True,
            )


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=4_660_000, help="of the day (default 4,660,000)")
    parser.add_argument("--remote", default=WORKERS, help=f"where Spark is (default {WORKERS})")
    arguments = parser.parse_args()
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    with tempfile.TemporaryDirectory(prefix="zhian-spark-") as name:
        make(Path(name), arguments.rows, 1)
        print(f"one day, warm cache, lean rows; {os.cpu_count()} cores; {arguments.remote}")
        try:
            compare(Path(name), arguments.remote)
        except MissingPieceError as error:
            print(error)
    return 0


if __name__ == "__main__":
    sys.exit(main())
