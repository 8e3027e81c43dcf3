"""The planted transfers of the AMLSim sample are found."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from benchmarks.amlsim import SETTLE, WINDOWS, judged, read
from twin.fraud.warning.flows import features

pytestmark = pytest.mark.real
SAMPLE = "amlsim_20K_fanin200cycle200.tgz"


def test_planted_transfers_are_found_by_window_features() -> None:
    path = Path(os.environ["ZHIAN_REAL_DATA"]) / "fraud" / SAMPLE
    moved, true = read(path)
    assert (len(moved), int(true.sum())) == (120_558, 7_885)
    usual = float(np.median(moved.amount[moved.time <= np.quantile(moved.time, 0.6)]))
    columns, _ = features(moved, WINDOWS, usual, SETTLE)
    f1, precision, recall, _ = judged(columns, true, moved.time.astype(np.float64))
    assert f1 >= 0.88
    assert precision > 0.85
    assert recall > 0.8
