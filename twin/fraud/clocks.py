"""The clocks of the law, as pure functions of what is on record and of now.

Sources: notice Yinfa [2016] 86 II(1)2 (48 h, two stops), procedure rules for criminal cases by public security organs
arts. 239-247 (county head, 6 months, renewals, expiry by itself), criminal procedure law art. 145 (3 days), rules for
the return of frozen funds 2016 arts. 8 and following (30 days, 3 working days). Hours for papers and appeals are goals
of our own: no rule we know sets them.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from twin.fraud.records import Appeal, Instruction, Measure, ReturnPlan
from twin.fraud.states import IN_FORCE

HOUR_S, DAY_S = 3600.0, 86_400.0
CHINA = timezone(timedelta(hours=8))
"""By whose calendar months and working days count; no summer time since 1991."""

STOP_S = 48 * HOUR_S
MOST_STOPS = 2
FREEZE_MONTHS, LONG_MONTHS = 6, 12
"""The longest freeze that a county head and a municipal head approve."""
LIFT_S = 3 * DAY_S
NOTICE_S = 30 * DAY_S
RETURN_WORKING_DAYS = 3
PAPERS_S = 24 * HOUR_S
HEARD_S, DECIDED_S = 24 * HOUR_S, 3 * DAY_S
"""An appeal is acknowledged and decided within these."""

STOP_WARNINGS_S = (12 * HOUR_S, 4 * HOUR_S, HOUR_S)
FREEZE_WARNINGS_S = (15 * DAY_S, 3 * DAY_S)
DUTY_WARNINGS_S = (DAY_S, 4 * HOUR_S)
"""Of what the desk itself owes: papers, lifts, appeals, returns."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """Something that must be done, or ends by itself, at a time.

    Parameters
    ----------
    kind : str
        ``stop_ends``, ``freeze_ends``, ``papers``, ``lift``, ``appeal_heard``, ``appeal_decided``, ``notice_ends``,
        ``return``.
    at_s : float
    record, case : str
    warnings_s : tuple of float
        How long before it is warned.
    """

    kind: str
    at_s: float
    record: str
    case: str
    warnings_s: tuple[float, ...] = ()

    def left_s(self, now_s: float) -> float:
        """Return how long is left; negative once it has passed."""
        return self.at_s - now_s

    def warnings_due(self, now_s: float) -> tuple[str, ...]:
        """Return the marks of all warnings whose time has come, the earliest first; the last is ``…:0``, passed."""
        steps = (*self.warnings_s, 0.0)
        return tuple(f"{self.kind}@{self.at_s:.0f}:{step:.0f}" for step in steps if now_s >= self.at_s - step)

    def tone(self, now_s: float) -> str:
        """Return how pressing it is: ``late``, ``urgent`` (after the last warning), ``soon`` (the first) or none."""
        left_s = self.left_s(now_s)
        if left_s <= 0:
            return "late"
        if self.warnings_s and left_s <= self.warnings_s[-1]:
            return "urgent"
        return "soon" if self.warnings_s and left_s <= self.warnings_s[0] else ""


def deadlines(measure: Measure) -> tuple[Deadline, ...]:
    """Return what runs for a measure, the earliest first."""
    return tuple(sorted(_of_measure(measure), key=lambda one: one.at_s))


def _of_measure(measure: Measure) -> Iterable[Deadline]:
    if measure.state not in IN_FORCE:
        return
    if measure.state in ("stopped", "extended"):
        yield Deadline("stop_ends", measure.ends_s, measure.id, measure.case, STOP_WARNINGS_S)
    else:
        yield Deadline("freeze_ends", measure.ends_s, measure.id, measure.case, FREEZE_WARNINGS_S)
    if measure.urgent and not measure.papers_s:
        yield Deadline("papers", measure.began_s + PAPERS_S, measure.id, measure.case, DUTY_WARNINGS_S)
    if measure.cleared_s:
        yield Deadline("lift", measure.cleared_s + LIFT_S, measure.id, measure.case, DUTY_WARNINGS_S)


def appeal_deadlines(appeal: Appeal) -> tuple[Deadline, ...]:
    """Return what runs for an appeal."""
    heard = Deadline("appeal_heard", appeal.received_s + HEARD_S, appeal.id, appeal.case, DUTY_WARNINGS_S[1:])
    decided = Deadline("appeal_decided", appeal.received_s + DECIDED_S, appeal.id, appeal.case, DUTY_WARNINGS_S)
    return {"received": (heard, decided), "acknowledged": (decided,)}.get(appeal.state, ())


def return_deadlines(plan: ReturnPlan) -> tuple[Deadline, ...]:
    """Return what runs for a plan of return: the end of its notice, or the bank's three working days."""
    if plan.state == "noticed":
        return (Deadline("notice_ends", plan.noticed_s + NOTICE_S, plan.id, plan.case),)
    if plan.state == "approved":
        at_s = after_working_days(plan.approved_s, RETURN_WORKING_DAYS)
        return (Deadline("return", at_s, plan.id, plan.case, DUTY_WARNINGS_S),)
    return ()


def stop_ends_s(stopped_s: float) -> float:
    """Return when a stop ends: 48 hours from the moment of stop."""
    return stopped_s + STOP_S


def freeze_ends_s(from_s: float, months: int) -> float:
    """Return when a freeze ends: the same hour so many calendar months later, on the last day of a shorter month."""
    begun = datetime.fromtimestamp(from_s, CHINA)
    years, month = divmod(begun.month - 1 + months, 12)
    year, month = begun.year + years, month + 1
    day = min(begun.day, calendar.monthrange(year, month)[1])
    return begun.replace(year=year, month=month, day=day).timestamp()


def after_working_days(from_s: float, days: int) -> float:
    """Return the end of the so-many-th working day after a time; Saturdays and Sundays are none.

    Public holidays are not known here: over a holiday the deadline is earlier than the law's.
    """
    day = datetime.fromtimestamp(from_s, CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < 5
    return (day + timedelta(days=1)).timestamp()


def overdue_s(instruction: Instruction, now_s: float) -> float:
    """Return for how long a bank has not finally answered; 0 if nothing is out."""
    return max(now_s - instruction.sent_s, 0.0) if instruction.state in ("sent", "acknowledged") else 0.0


def is_over(measure: Measure, now_s: float) -> bool:
    """Tell whether a hold has ended by itself: nobody extended, froze or renewed it in time."""
    return measure.state in IN_FORCE and now_s >= measure.ends_s
