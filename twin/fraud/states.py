"""The states of what the fraud desk handles, and which may follow which: one table."""

from __future__ import annotations

from twin.operations.states import Life

CASE = Life("case", {
    "open":         ("filed", "merged", "closed", "withdrawn"),
    "filed":        ("merged", "closed"),           # 立案
    "merged":       ("open", "filed"),              # taken apart again
    "closed":       ("open",),
    "withdrawn":    ("open",),
})  # fmt: skip
PAYMENT = Life("payment", {
    "entered":      ("withdrawn",),
    "withdrawn":    ("entered",),
})  # fmt: skip
INSTRUCTION = Life("instruction", {
    "draft":        ("submitted", "withdrawn"),
    "submitted":    ("approved", "sent_back", "withdrawn"),
    "sent_back":    ("submitted", "withdrawn"),
    "approved":     ("signed", "withdrawn"),
    "signed":       ("sent", "withdrawn"),
    "sent":         ("acknowledged", "executed", "failed", "superseded"),
    "acknowledged": ("executed", "failed", "superseded"),
    "superseded":   (),                             # the hold was lifted before the bank said what it did
    "executed":     (),
    "failed":       (),
    "withdrawn":    (),
})  # fmt: skip
MEASURE = Life("measure", {
    "asked":        ("stopped", "frozen", "failed", "withdrawn", "closed"),  # closed: a recall, paid back
    "stopped":      ("extended", "frozen", "lifted", "expired"),
    "extended":     ("frozen", "lifted", "expired"),
    "frozen":       ("lifted", "expired", "returned"),
    "returned":     ("lifted", "expired", "closed"),
    "lifted":       ("closed",),
    "expired":      ("extended", "frozen", "closed"),  # the bank had done it in time, its answer came late
    "failed":       ("closed",),
    "withdrawn":    (),
    "closed":       (),
})  # fmt: skip
APPEAL = Life("appeal", {
    "received":     ("acknowledged", "upheld", "rejected"),
    "acknowledged": ("upheld", "rejected"),
    "upheld":       (),
    "rejected":     (),
})  # fmt: skip
GRANT = Life("grant", {
    "given":        ("ended",),
    "ended":        (),
})  # fmt: skip
RETURNING = Life("return plan", {
    "proposed":     ("noticed", "approved", "withdrawn"),
    "noticed":      ("approved", "withdrawn"),      # 30 days of public notice, pro rata only
    "approved":     ("done", "withdrawn"),
    "done":         (),
    "withdrawn":    (),
})  # fmt: skip

IN_FORCE = ("stopped", "extended", "frozen", "returned")
"""States of a measure in which money is held."""
WAITING = ("draft", "submitted", "sent_back", "approved", "signed")
"""States of an instruction that has not left the house."""
OUT = ("sent", "acknowledged")
"""States of an instruction that a bank has not finally answered."""

KINDS = (
    "investment", "customer_service", "brushing", "loan", "police", "boss", "dating", "shopping", "gaming", "other",
)  # fmt: skip
"""What a swindler pretended."""
LEVELS = ("county", "city", "task_force")
"""Whose a case can be."""
LEAD, COUNTY_HEAD, MUNICIPAL_HEAD = "fraud_lead", "county_head", "municipal_head"
"""Roles of who approves: stops, freezes of 6 months, freezes of a year."""
