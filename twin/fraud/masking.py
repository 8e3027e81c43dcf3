"""Records as they are shown while no purpose was stated: no names, no numbers, no stories of people."""

from __future__ import annotations

from dataclasses import replace

from twin.access import mask_name
from twin.fraud.account import mask_account
from twin.fraud.records import Appeal, FraudCase, Instruction, Measure, Origin, Payment, Record, ReturnPlan

HIDDEN = "***"
NAMES = ("victim", "from_holder", "to_holder", "holder", "by_whom")
ACCOUNTS = ("victim_account", "from_account", "to_account", "account")
TEXTS = ("victim_phone", "story", "grounds", "evidence", "note", "bank_reference")


def masked(record: Record) -> Record:
    """Return a record with its names, accounts and texts hidden; what it is in law stays."""
    if isinstance(record, ReturnPlan):
        shares = tuple(
            replace(one, to_account=mask_account(one.to_account), to_holder=mask_name(one.to_holder))
            for one in record.shares
        )
        return replace(record, shares=shares, objections=(HIDDEN,) * len(record.objections))
    if not isinstance(record, (FraudCase, Payment, Measure, Instruction, Appeal)):
        return record
    hidden: dict[str, object] = {}
    for names, how in ((NAMES, mask_name), (ACCOUNTS, mask_account), (TEXTS, lambda _: HIDDEN)):
        hidden |= {name: how(value) for name in names if (value := getattr(record, name, ""))}
    if isinstance(record, (FraudCase, Payment)):
        hidden["origins"] = tuple(_without_past(one) for one in record.origins)
    return replace(record, **hidden)  # type: ignore[arg-type]  # texts for texts, origins for origins


def _without_past(origin: Origin) -> Origin:
    return replace(origin, was=HIDDEN) if origin.was else origin
