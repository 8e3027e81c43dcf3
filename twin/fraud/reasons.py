"""Why an account stands where it does in the queue, in sentences."""

from __future__ import annotations

import math
from collections.abc import Iterator

from twin.fraud.ordering import ACTIONS, CHECK, FREEZE, NOT_ASKED, WAIT, WATCH, Queue
from twin.words import Said, say

WHY = {
    FREEZE: say("it has had two stops: only a freeze can hold it"),
    CHECK: say("name, account, amount or time do not agree: no stop may be sent before that is put right"),
    WATCH: say("nothing is left to stop, but more may come in"),
    WAIT: say("it is stopped: nothing can leave"),
}
"""Why something else than a stop is proposed."""


def reasons(queue: Queue, place: int) -> tuple[Said, ...]:
    """Return the reasons for a place of the queue, the weightiest first."""
    return tuple(_reasons(queue, place))


def _reasons(queue: Queue, place: int) -> Iterator[Said]:
    action = ACTIONS[queue.action[place]]
    yield _money(queue, place)
    half_s = float(queue.half_left_s[place])
    if action != WAIT and queue.still_fen[place] > 0 and math.isfinite(half_s):
        yield say("half of it is likely gone in {time}", time=span(half_s))
    if action in WHY:
        yield WHY[action]
    if queue.level[place] == 1:
        yield say("the victim paid to it")
    else:
        yield say("it is hop {hops} behind where the victim paid to", hops=int(queue.level[place]) - 1)
    if queue.cases[place] > 1:
        yield say("it stands in {cases} cases", cases=int(queue.cases[place]))
    if queue.listed[place]:
        yield say("it is on the shared list of accounts of fraud")


def _money(queue: Queue, place: int) -> Said:
    percent = round(100 * float(queue.chance[place]))
    if queue.answer_fen[place] != NOT_ASKED:
        return say(
            "the bank saw {there} yuan {time} ago; of {came} yuan that came in, {still} are likely still there",
            there=yuan(int(queue.answer_fen[place])), time=span(float(queue.answer_age_s[place])),
            came=yuan(int(queue.inflow_fen[place])), still=yuan(int(queue.still_fen[place])),
        )  # fmt: skip
    curve = queue.curves[queue.held.curve[queue.row[place]]]
    learnt = say("learnt from {seen} accounts", seen=curve.seen) if curve.seen else say("assumed")
    return say(
        "{came} yuan came in {time} ago and the bank was not asked: {percent} % are likely still there ({learnt})",
        came=yuan(int(queue.inflow_fen[place])), time=span(float(queue.inflow_age_s[place])), percent=percent,
        learnt=learnt,
    )  # fmt: skip


def yuan(fen: int) -> str:
    """Return a sum as it is read: ``49,000.00``."""
    return f"{fen // 100:,}.{fen % 100:02d}"


def span(seconds: float) -> Said:
    """Return a span of time in its usual unit."""
    if seconds < 120.0:
        return say("{count} s", count=round(seconds))
    if seconds < 7200.0:
        return say("{count} min", count=round(seconds / 60.0))
    return say("{count} h", count=round(seconds / 3600.0)) if seconds < 172_800.0 else say(
        "{count} days", count=round(seconds / 86_400.0)
    )  # fmt: skip
