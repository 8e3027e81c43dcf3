"""The queue of the desk: the accounts of all open cases in their order, as places that can be shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sqlalchemy as sa

from app.workbenches.fraud.queue_tab import Place
from data.fraud_order.standing import curves, held
from twin.fraud.ordering import ACTIONS, STOP, Queue, order
from twin.fraud.reasons import reasons
from twin.fraud.records import Measure
from twin.words import Said

HANDLING_S = 120.0
"""How long it takes from the queue to the bank's stop, as the desk's own clock has it."""


def queue_of(engine: sa.Engine, now_s: float) -> Queue:
    """Return the queue from the records; dwell curves are learnt from the desk's own cases."""
    banks, learnt = curves(engine)
    return order(held(engine, banks), learnt, now_s, HANDLING_S)


def places(queue: Queue, measures: Sequence[Measure], said: Callable[[Said], str]) -> tuple[Place, ...]:
    """Return the places of the queue; what is asked for already is no more to be asked.

    Parameters
    ----------
    said : callable
        Says a sentence in the language of the moment.
    """
    asked = {one.account for one in measures if one.state == "asked"}
    batch = set(queue.batch().tolist())
    found = []
    for place in range(len(queue)):
        account, action = str(queue.account[place]), ACTIONS[int(queue.action[place])]
        waits = account in asked and action == STOP
        case = str(queue.held.case[int(queue.row[place])])
        found.append(
            Place(account, case, "asked" if waits else action, int(queue.still_fen[place]),
                  tuple(said(one) for one in reasons(queue, place)), place in batch and not waits)
        )  # fmt: skip
    return tuple(found)
