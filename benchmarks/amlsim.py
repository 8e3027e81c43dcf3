"""Finding the planted transfers of the AMLSim sample: F1 and transfers a second of one core.

    python -m benchmarks.amlsim [../shared/data/fraud/amlsim_20K_fanin200cycle200.tgz]

120,558 transfers between 20,000 accounts, 1,804 of which take part in planted cycles and fans; a transfer is one to
find if both its accounts do (the sample marks accounts, not transfers). Split by time 60/20/20: trees are grown on the
first part, their number and the limit are chosen on the second, the third is looked at once. No number of an account is
a feature, only what :mod:`twin.fraud.warning.flows` works out. Peers: the same trees on the bare amount, and on the
columns as they come. Nothing from the time after a transfer is used in the rows "at once"; the others look again when
30 steps have passed, which is how a desk would do it that goes over the month at its end.
"""

from __future__ import annotations

import argparse
import tarfile
import time
from pathlib import Path

import lightgbm
import numpy as np
import pandas as pd

from twin.fraud.warning.flows import Transfers, features
from twin.geo import BoolArray, FloatArray

SAMPLE = Path("../shared/data/fraud/amlsim_20K_fanin200cycle200.tgz")
WINDOWS = (1, 10, 30, 150)
SETTLE = 30
GROWING = {
    "objective": "binary", "num_leaves": 31, "learning_rate": 0.08, "min_data_in_leaf": 30, "feature_fraction": 0.6,
    "bagging_fraction": 0.8, "bagging_freq": 1, "seed": 1, "deterministic": True, "num_threads": 1, "verbose": -1,
}  # fmt: skip


def read(sample: Path) -> tuple[Transfers, BoolArray]:
    """Return the transfers of the sample and which are to be found."""
    with tarfile.open(sample) as archive:
        names = {Path(name).name: name for name in archive.getnames() if name.endswith(".csv")}
        moved, nodes = (
            pd.read_csv(archive.extractfile(names[name]) or "") for name in ("transactions.csv", "nodes.csv")
        )
    planted = np.zeros(int(nodes["nodeid"].max()) + 1, np.bool_)
    planted[nodes["nodeid"]] = nodes["isFraud"] == 1
    source, target, when = (moved[name].to_numpy(np.int64) for name in ("sourceNodeId", "targetNodeId", "time"))
    return Transfers(source, target, moved["value"].to_numpy(np.float64), when), planted[source] & planted[target]


def f1(said: BoolArray, true: BoolArray) -> float:
    """Return the harmonic mean of precision and recall."""
    return 2 * float((said & true).sum()) / max(int(said.sum() + true.sum()), 1)


def judged(columns: FloatArray, true: BoolArray, when: FloatArray) -> tuple[float, float, float, float]:
    """Return F1, precision and recall on the last fifth, and processor seconds to score all rows."""
    order = np.argsort(when, kind="stable")
    learn, choose, look = np.split(order, [int(0.6 * len(order)), int(0.8 * len(order))])
    chosen = lightgbm.Dataset(columns[choose], true[choose].astype(float))
    trees = lightgbm.train(
        GROWING, lightgbm.Dataset(columns[learn], true[learn].astype(float)), 600, [chosen],
        callbacks=[lightgbm.early_stopping(50, verbose=False)],
    )  # fmt: skip
    begin = time.process_time()
    score = np.asarray(trees.predict(columns, num_threads=1))
    taken = time.process_time() - begin
    limit = max(np.linspace(0.05, 0.95, 91), key=lambda at: f1(score[choose] >= at, true[choose]))
    said = score[look] >= limit
    hits = float((said & true[look]).sum())
    return f1(said, true[look]), hits / max(int(said.sum()), 1), hits / int(true[look].sum()), taken


def main() -> None:
    """Learn, look, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sample", nargs="?", type=Path, default=SAMPLE)
    moved, true = read(parser.parse_args().sample)
    usual = float(np.median(moved.amount[moved.time <= np.quantile(moved.time, 0.6)]))
    bare = np.stack([moved.amount, moved.time], axis=1)
    print(f"{len(moved):,} transfers, {int(true.sum()):,} to find")
    print(f"{'':34} {'F1':>6} {'precision':>9} {'recall':>6} {'transfers / CPU s':>18}")
    for name, windows, settle in (("amount and time", (), 0), ("ours, at once", WINDOWS, 0),
                                  (f"ours, looked at again {SETTLE} steps on", WINDOWS, SETTLE)):  # fmt: skip
        begin = time.process_time()
        columns = features(moved, windows, usual, settle)[0] if windows else bare
        making = time.process_time() - begin
        score, precision, recall, taken = judged(columns, true, moved.time.astype(np.float64))
        print(f"{name:34} {score:6.3f} {precision:9.3f} {recall:6.3f} {len(moved) / (making + taken):18,.0f}")


if __name__ == "__main__":
    main()
