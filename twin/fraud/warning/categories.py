"""The seven categories of data that warn of fraud: each with its purpose and how long it may be kept.

Nothing here tells of ethnicity, religion, politics or health, and there is no place for it: what is not in
:data:`FACTS` is not taken in.
"""

from __future__ import annotations

from dataclasses import dataclass

DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Category:
    """One kind of data.

    Parameters
    ----------
    purpose : str
        What it may be used for; the text ``fraud.warn.purpose.<id>`` says it.
    keep_s : float
        After so long it is deleted.
    """

    id: str
    keep_s: float


CATEGORIES = (
    Category("calls", 30 * DAY_S),
    Category("messages", 30 * DAY_S),
    Category("apps", 60 * DAY_S),
    Category("payments", 90 * DAY_S),
    Category("accounts", 90 * DAY_S),
    Category("registrations", 60 * DAY_S),
    Category("deliveries", 30 * DAY_S),
)
CATEGORY = {category.id: category for category in CATEGORIES}


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that may be told of a person: what, and of which category.

    Parameters
    ----------
    unit : str
        Of its value; empty where only that it happened counts.
    """

    id: str
    category: str
    unit: str = ""


FACTS = (
    Fact("flagged_call", "calls", "s"),             # a call with a number that fraud was reported of; its length
    Fact("abroad_call", "calls", "s"),              # a call from abroad
    Fact("usual_call", "calls", "s"),               # a call with a number known for long: speaks against
    Fact("flagged_message", "messages"),            # a message with a known sender or wording of fraud
    Fact("code_message", "messages"),               # a one-time code of a payment or a loan
    Fact("flagged_app", "apps"),                    # an app on the list was opened
    Fact("flagged_site", "apps"),                   # a site on the list was visited
    Fact("screen_shared", "apps", "s"),             # the screen was shared, or the device steered from afar
    Fact("new_payee", "payments", "fen"),           # paid to somebody never paid before
    Fact("usual_payment", "payments", "fen"),       # any other payment: what is usual
    Fact("loan_paid_out", "payments", "fen"),       # a loan came in
    Fact("payee_age", "accounts", "days"),          # of the account that was paid: how long it exists
    Fact("limit_raised", "accounts"),               # the daily limit was raised
    Fact("savings_broken", "accounts", "fen"),      # a deposit was ended before its time
    Fact("platform_joined", "registrations"),       # registered with a platform on the list
    Fact("card_registered", "registrations"),       # a SIM or a card was registered in the person's name
    Fact("gift_delivered", "deliveries"),           # an unordered gift, a leaflet with a code: how brushing begins
    Fact("valuables_sent", "deliveries"),           # cash, gold or cards given to a courier
)  # fmt: skip
FACT = {fact.id: fact for fact in FACTS}
