"""The states of everything that the day's work handles, and which may follow which: one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from twin.errors import UsageError
from twin.words import said, say


class NotPossibleError(UsageError):
    """A deed that what is there does not allow; the sentence says what is there."""


@dataclass(frozen=True)
class Life:
    """The states of one kind of record.

    Parameters
    ----------
    kind : str
    ways : mapping of str to tuple of str
        Each state and those that may follow it, the first state first; one that nothing follows is an end.
    """

    kind: str
    ways: Mapping[str, tuple[str, ...]]

    @property
    def first(self) -> str:
        """The state in which a record begins."""
        return next(iter(self.ways))

    @property
    def ends(self) -> tuple[str, ...]:
        """The states that nothing follows."""
        return tuple(state for state, after in self.ways.items() if not after)

    @property
    def open(self) -> tuple[str, ...]:
        """The states in which something remains to be done."""
        return tuple(state for state, after in self.ways.items() if after)

    def check(self, id_: str, before: str, after: str) -> None:
        """Refuse a state that may not follow.

        Raises
        ------
        NotPossibleError
        """
        if after not in self.ways.get(before, ()):
            raise NotPossibleError(
                say("{kind} {id} is {before}: it cannot become {after}", kind=said(self.kind), id=id_,
                    before=said(before), after=said(after))
            )  # fmt: skip


ALERT = Life("alert", {
    "new":          ("confirmed", "dismissed"),
    "dismissed":    ("new",),                       # taken back
    "confirmed":    ("new",),                       # taken back, while nobody was sent
})  # fmt: skip
INCIDENT = Life("incident", {
    "open":         ("dispatched", "handed_over", "en_route", "on_scene", "resolved", "merged", "withdrawn"),
    "handed_over":  ("open", "dispatched", "en_route", "on_scene", "resolved", "merged"),
    "dispatched":   ("open", "handed_over", "en_route", "on_scene", "resolved", "merged"),
    "en_route":     ("open", "handed_over", "dispatched", "on_scene", "resolved", "merged"),
    "on_scene":     ("resolved", "merged"),
    "resolved":     ("closed", "open"),             # opened again
    "closed":       (),
    "merged":       (),
    "withdrawn":    (),
})  # fmt: skip
DISPATCH = Life("dispatch", {
    "sent":         ("acknowledged", "en_route", "on_scene", "refused", "silent", "recalled"),
    "acknowledged": ("en_route", "on_scene", "refused", "recalled"),
    "en_route":     ("on_scene", "recalled"),
    "on_scene":     ("cleared", "recalled"),
    "cleared":      (),
    "refused":      (),
    "silent":       (),                             # never answered
    "recalled":     (),
})  # fmt: skip
TASK = Life("task", {
    "offered":      ("accepted", "returned", "withdrawn"),
    "accepted":     ("finished", "returned", "withdrawn"),
    "finished":     (),
    "returned":     (),
    "withdrawn":    (),
})  # fmt: skip
UNIT = Life("unit", {
    "off_duty":     ("free",),
    "free":         ("assigned", "off_duty", "out_of_order"),
    "assigned":     ("free", "out_of_order"),
    "out_of_order": ("free", "off_duty"),
})  # fmt: skip
STEP = Life("step", {
    "waiting":      ("done", "skipped"),
    "done":         ("waiting",),                   # taken back
    "skipped":      ("waiting",),
})  # fmt: skip
MESSAGE = Life("message", {
    "waiting":      ("sent", "failed", "withdrawn"),
    "failed":       ("waiting", "withdrawn"),       # tried again
    "sent":         ("answered",),
    "answered":     (),
    "withdrawn":    (),
})  # fmt: skip
JOINT = Life("joint case", {
    "open":         ("mediating", "referred"),
    "mediating":    ("agreed", "referred"),
    "agreed":       ("kept", "broken"),             # as the follow-up found
    "broken":       ("mediating", "referred"),
    "kept":         ("closed",),
    "referred":     ("closed",),                    # to a court, an arbitration, another authority
    "closed":       (),
})  # fmt: skip
MINUTES = Life("minutes", {"written": ()})  # as they were written; what was wrong is said in the next
WATCH = Life("watch", {
    "planned":      ("on", "cancelled"),
    "on":           ("off",),
    "off":          (),
    "cancelled":    (),
})  # fmt: skip
PATROL = Life("patrol", {
    "planned":      ("under_way", "cancelled"),
    "under_way":    ("walked", "broken_off"),
    "walked":       (),
    "broken_off":   (),
    "cancelled":    (),
})  # fmt: skip
LIVES = (ALERT, INCIDENT, DISPATCH, TASK, UNIT, STEP, MESSAGE, WATCH, PATROL, JOINT, MINUTES)

UNDER_WAY = ("sent", "acknowledged", "en_route", "on_scene")
"""States of a dispatch whose unit is not free."""
AT_WORK = ("open", "handed_over", "dispatched", "en_route", "on_scene")
"""States of an incident that somebody must still do something about."""

OUTCOMES = (
    "handled", "warned", "arrested", "rescued", "mediated", "served", "handed_over", "nothing_found", "false_alarm",
)  # fmt: skip
"""How an incident can end."""
DISMISSALS = ("false_alarm", "known_and_permitted", "duplicate", "bad_data", "test", "no_action_needed")
"""Why an alert can be dismissed."""
