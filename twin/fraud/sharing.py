"""Who may see a case and work on it: those of its district, and whom a grant names until it ends."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from twin.errors import UsageError
from twin.fraud.deeds import By, EndGrant, ShareCase
from twin.fraud.draft import Draft
from twin.fraud.records import FraudCase, Grant
from twin.fraud.states import GRANT
from twin.operations.states import NotPossibleError
from twin.words import say

READ, WORK = "read", "work"
LONGEST_S = 366 * 86_400.0
"""No grant is for longer: it is given again if it is still needed."""


def reach(case: FraudCase, grants: Iterable[Grant], by: By) -> str:
    """Return what somebody may do with a case: ``work``, ``read`` or nothing.

    Who opened it and whose account reaches its district works on it; beside them those a grant names that has begun
    and not ended, whatever its record says: a grant expires by the clock alone.
    """
    if by.actor == case.opened_by or not case.district or not by.districts or case.district in by.districts:
        return WORK
    may = {grant.may for grant in grants if _holds(grant, by)}
    return WORK if WORK in may else READ if READ in may else ""


def _holds(grant: Grant, by: By) -> bool:
    kind, _, name = grant.to.partition(":")
    named = {
        "account": name == by.actor,
        "role": name in by.roles,
        "district": name in by.districts,
        "agency": name in by.agencies,
    }
    return grant.state == "given" and grant.begins_s <= by.at_s < grant.ends_s and named.get(kind, False)


def must_work_on(draft: Draft, case: str, by: By) -> FraudCase:
    """Return a case that somebody may work on; of one that was merged, itself.

    Raises
    ------
    twin.operations.states.NotPossibleError
    """
    found = draft.one(FraudCase, case)
    if reach(found, draft.of(Grant, case), by) != WORK:
        raise NotPossibleError(say("the case {case} is another desk's: ask it to share the case", case=case))
    return found


def share(deed: ShareCase, draft: Draft, by: By) -> None:
    """Give a grant."""
    must_work_on(draft, deed.case, by)
    kind, _, name = deed.to.partition(":")
    if kind not in ("account", "role", "district", "agency") or not name:
        raise UsageError("share with account:ID, role:ROLE, district:DISTRICT or agency:AGENCY")
    if deed.may not in (READ, WORK):
        raise UsageError("a grant is to read or to work")
    if not by.at_s < deed.ends_s <= by.at_s + LONGEST_S:
        raise UsageError("a grant ends later than now and within a year")
    id_ = draft.next_id(Grant, deed.case)
    draft.add(Grant(id_, 0, GRANT.first, deed.case, deed.to, deed.may, by.at_s, deed.ends_s, by.actor), deed.why)


def end(deed: EndGrant, draft: Draft, by: By) -> None:
    """End a grant now."""
    grant = draft.one(Grant, deed.grant)
    must_work_on(draft, grant.case, by)
    draft.turn(replace(grant, state="ended", ended_by=by.actor, ends_s=min(grant.ends_s, by.at_s)), deed.why)
