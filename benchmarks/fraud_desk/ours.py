"""Our queue at the simulated desk: what :func:`twin.fraud.ordering.order` puts first."""

from __future__ import annotations

import numpy as np

from benchmarks.fraud_desk.playing import View
from twin.fraud.dwell import prior
from twin.fraud.ordering import Held, order

_CURVES = (prior(),)


def queue(view: View) -> int:
    """Take what stands first in the queue.

    The curve is the prior, which says of the first hour what the published law says and of the rest what is assumed in
    both places: it has learnt nothing from the cases that are played.
    """
    size = len(view.account)
    no, zero = np.zeros(size, np.bool_), np.zeros(size, np.int64)
    held = Held(
        view.case.astype(np.str_), view.account.astype(np.str_), view.level, view.inflow_fen, view.inflow_s,
        view.answer_fen, view.answer_s, stops=zero, stopped=no, watched=no, matching=~no, listed=no, curve=zero,
    )  # fmt: skip
    return int(order(held, _CURVES, view.now_s).row[0])
