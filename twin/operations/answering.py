"""Alerts: confirmed by a person, dismissed with a reason, and taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from twin.errors import UsageError
from twin.operations import deeds
from twin.operations.deeds import By
from twin.operations.draft import Draft
from twin.operations.handling import opened
from twin.operations.records import Alert, Dispatch, Incident, Task
from twin.operations.rule import after, at_work, line, must_be_one_of, skip_steps, touch
from twin.operations.states import (
    ALERT,
    DISMISSALS,
    NotPossibleError,
)
from twin.words import said, say


def confirm(deed: deeds.ConfirmAlerts, draft: Draft, by: By) -> None:
    """Confirm alerts: they open an incident or join one."""
    alerts = _asked(deed.alerts, deed.group, draft)
    for alert in alerts:
        _must_be_new(alert)
    first = min(alerts, key=lambda alert: (alert.severity, alert.first_s))
    at_s = max(by.at_s, *(alert.raised_s for alert in alerts))
    if deed.incident:
        incident = at_work(draft, deed.incident)
    else:
        incident = opened(draft, by, deed.start, deeds.OpenIncident(
            first.scenario, first.severity, deed.start, min(alert.since_s for alert in alerts),
            first.place, first.district, first.street, first.lon_deg, first.lat_deg, desk=first.desk,
        ), at_s)  # fmt: skip
    for alert in alerts:
        draft.keep(_answered(alert, "confirmed", by, at_s, incident=incident.id, note=line(deed.note)))
    worst = min(incident.severity, first.severity)
    touch(draft, replace(draft.one(Incident, incident.id), severity=worst), at_s, deed.note)


def dismiss(deed: deeds.DismissAlerts, draft: Draft, by: By) -> None:
    """Dismiss alerts for a reason."""
    must_be_one_of(deed.reason, DISMISSALS)
    for alert in _asked(deed.alerts, deed.group, draft):
        _must_be_new(alert)
        fresh = _answered(alert, "dismissed", by, by.at_s, reason=deed.reason, note=line(deed.note))
        draft.keep(fresh, deed.reason)


def pass_on(deed: deeds.PassAlerts, draft: Draft, by: By) -> None:
    """Put alerts into another desk's queue, at once."""
    if not deed.desk or not line(deed.why):
        raise UsageError("say whose they are, and why")
    alerts = _asked(deed.alerts, deed.group, draft)
    group = deed.group or alerts[0].id
    for alert in alerts:
        _must_be_new(alert)
        fresh = replace(alert, desk=deed.desk, group=group, shown_s=min(alert.shown_s, by.at_s))
        draft.keep(fresh, line(deed.why))


def restore(deed: deeds.RestoreAlerts, draft: Draft, by: By) -> None:
    """Make answered alerts new again."""
    for alert in _asked(deed.alerts, "", draft):
        fresh = replace(alert, state="new", incident="", reason="", note="", answered_s=0.0, answered_by="")
        draft.keep(fresh, "taken back")
        if alert.incident:
            _emptied(draft, alert.incident, by)


def _emptied(draft: Draft, id_: str, by: By) -> None:
    """Withdraw an incident that its last alert leaves, if nothing was done about it yet."""
    incident = draft.one(Incident, id_)
    begun = bool(draft.of(Dispatch, id_)) or bool(draft.of(Task, id_))
    if incident.state != "open" or begun:
        raise NotPossibleError(say("something was done about {incident} already: resolve it instead", incident=id_))
    if not draft.of(Alert, id_):
        skip_steps(draft, id_, by.at_s, "withdrawn")
        touch(draft, replace(incident, state="withdrawn", closed_s=after(by.at_s, incident)), by.at_s)


def _asked(ids: Sequence[str], group: str, draft: Draft) -> list[Alert]:
    alerts = [draft.one(Alert, id_) for id_ in dict.fromkeys(ids)]
    alerts += [alert for alert in draft.group(group) if alert.id not in set(ids)] if group else []
    if not alerts:
        raise NotPossibleError("there is no alert to answer: somebody else may have been faster")
    return alerts


def _must_be_new(alert: Alert) -> None:
    if alert.state != ALERT.first:
        raise NotPossibleError(
            say("{actor} answered the alert {alert} already: it is {state}", actor=alert.answered_by, alert=alert.id,
                state=said(alert.state))
        )  # fmt: skip


def _answered(
    alert: Alert, state: str, by: By, at_s: float, incident: str = "", reason: str = "", note: str = ""
) -> Alert:
    return replace(
        alert, state=state, incident=incident, reason=reason, note=note, answered_by=by.actor,
        answered_s=max(at_s, alert.raised_s),
    )  # fmt: skip
