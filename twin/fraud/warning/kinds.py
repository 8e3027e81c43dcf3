"""Types of fraud that are warned of, and which signs may speak for each."""

from __future__ import annotations

_ALL = ("flagged_call_s", "usual_calls", "flagged_messages", "new_payees", "new_payee_above_usual", "payee_age_days",
        "limits_raised", "code_messages", "savings_broken")  # fmt: skip

KINDS: dict[str, tuple[str, ...]] = {
    "investment": (*_ALL, "flagged_apps", "flagged_sites", "platforms_joined", "gifts_delivered"),
    "customer_service": (*_ALL, "flagged_calls", "screen_shared_s", "flagged_apps", "flagged_sites"),
    "brushing": (*_ALL, "flagged_apps", "platforms_joined", "gifts_delivered", "cards_registered"),
    "loan": (*_ALL, "flagged_apps", "flagged_sites", "platforms_joined", "loans_paid_out", "cards_registered"),
    "police": (*_ALL, "flagged_calls", "abroad_calls", "screen_shared_s", "loans_paid_out", "valuables_sent"),
    "boss": (*_ALL, "flagged_calls"),
    "acquaintance": (*_ALL, "flagged_calls", "abroad_calls"),
    "romance": (*_ALL, "flagged_apps", "abroad_calls", "platforms_joined", "valuables_sent"),
}
"""A sign that is not listed for a type is not looked at for it."""
