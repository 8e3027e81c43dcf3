"""The queue of the desk from its records: what is known of each account in an open case, put in order, with reasons."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from app.workbenches.fraud.queue_tab import Place
from twin.fraud.dwell import prior
from twin.fraud.ordering import ACTIONS, NOT_ASKED, STOP, Held, order
from twin.fraud.reasons import reasons
from twin.fraud.records import Measure, Payment
from twin.fraud.states import IN_FORCE
from twin.words import Said


def places(
    payments: Sequence[Payment], measures: Sequence[Measure], stops: Mapping[str, int], now_s: float,
    said: Callable[[Said], str],
) -> tuple[Place, ...]:  # fmt: skip
    """Return the places of the queue: the accounts that victims of open cases paid to.

    Parameters
    ----------
    stops : mapping
        How many stops each account has had or has asked for.
    said : callable
        Says a sentence in the language of the moment.
    """
    if not payments:
        return ()
    held = held_of(payments, measures, stops)
    queue = order(held, (prior(),), now_s)
    batch = set(queue.batch().tolist())
    found = []
    for place in range(len(queue)):
        row = int(queue.row[place])
        action = ACTIONS[int(queue.action[place])]
        if _asked(str(queue.account[place]), measures) and action == STOP:
            action = "asked"
        found.append(
            Place(str(queue.account[place]), str(held.case[row]), action, int(queue.still_fen[place]),
                  tuple(said(one) for one in reasons(queue, place)), place in batch and action == STOP)
        )  # fmt: skip
    return tuple(found)


def held_of(payments: Sequence[Payment], measures: Sequence[Measure], stops: Mapping[str, int]) -> Held:
    """Return what is known of the accounts, a row a payment."""
    newest = {one.account: one for one in sorted(measures, key=lambda one: one.began_s)}
    in_force = {account for account, one in newest.items() if one.state in IN_FORCE}
    accounts = [one.to_account for one in payments]
    answers = [newest[one].held_fen if one in in_force else NOT_ASKED for one in accounts]
    count = len(payments)
    return Held(
        np.array([one.case for one in payments]), np.array(accounts), np.ones(count, np.int64),
        np.array([one.amount_fen for one in payments], np.int64), np.array([one.paid_at_s for one in payments]),
        np.array(answers, np.int64),
        np.array([newest[one].began_s if one in in_force else np.nan for one in accounts]),
        np.array([stops.get(one, 0) for one in accounts], np.int64),
        np.array([one in in_force for one in accounts]), np.zeros(count, np.bool_),
        np.array([bool(one.to_holder and one.paid_at_s) and "account_short" not in one.doubts for one in payments]),
        np.zeros(count, np.bool_), np.zeros(count, np.int64),
    )  # fmt: skip


def _asked(account: str, measures: Sequence[Measure]) -> bool:
    return any(one.account == account and one.state == "asked" for one in measures)
