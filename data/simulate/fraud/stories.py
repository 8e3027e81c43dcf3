"""What happens on an ordinary day, what a swindle of each kind looks like from outside, and what only looks like one.

The rates and chances are assumptions of ours, made to be hard to learn from: every step of a swindle happens to honest
people too, and every swindle goes without some of its steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Step:
    """Something that is told of a person.

    Parameters
    ----------
    a_day : float
        Of everyday life: how often.
    at : float
        Of a story: when, from 0 (it begins) to 1 (the payment).
    chance, more : float
        Of a story: whether it happens, and how many more times.
    median, spread, least : float
        Of its value, log-normal; 1 where only that it happened counts.
    """

    fact: str
    category: str
    unit: str = ""
    a_day: float = 0.0
    at: float = 0.0
    chance: float = 1.0
    more: float = 0.0
    median: float = 1.0
    spread: float = 0.8
    least: float = 1.0


@dataclass(frozen=True, slots=True)
class Story:
    """A swindle, or something honest that looks like one.

    Parameters
    ----------
    lasts_h : tuple of float
        Least and most hours from the first contact to the payment; log-uniform.
    ages : mapping
        How much likelier by age band.
    women : float
        0 to 2: how much likelier a woman.
    """

    kind: str
    lasts_h: tuple[float, float]
    steps: tuple[Step, ...]
    ages: Mapping[str, float] = field(default_factory=dict)
    women: float = 1.0
    least_fen: int = 100_000


def _call(fact: str, at: float = 0.0, chance: float = 1.0, more: float = 0.0, median: float = 240.0) -> Step:
    return Step(fact, "calls", "s", at=at, chance=chance, more=more, median=median)


def _app(fact: str, at: float, chance: float, more: float = 0.0) -> Step:
    return Step(fact, "apps", at=at, chance=chance, more=more)


def _shared(at: float, chance: float, median: float = 900.0) -> Step:
    return Step("screen_shared", "apps", "s", at=at, chance=chance, median=median)


def _paid(at: float, chance: float, more: float, median_fen: float) -> Step:
    return Step("new_payee", "payments", "fen", at=at, chance=chance, more=more, median=median_fen, spread=0.5)


def _payee(at: float, chance: float, days: float) -> Step:
    return Step("payee_age", "accounts", "days", at=at, chance=chance, median=days, spread=1.2)


def _flag(fact: str, category: str, at: float, chance: float, more: float = 0.0) -> Step:
    return Step(fact, category, at=at, chance=chance, more=more)


def _fen(fact: str, category: str, at: float, chance: float, median_fen: float) -> Step:
    return Step(fact, category, "fen", at=at, chance=chance, median=median_fen)


DAILY = (
    Step("flagged_call", "calls", "s", a_day=0.012, median=25, spread=1.0),
    Step("abroad_call", "calls", "s", a_day=0.004, median=90, spread=1.0),
    Step("usual_call", "calls", "s", a_day=0.5, median=120, spread=1.0),
    Step("flagged_message", "messages", a_day=0.03),
    Step("code_message", "messages", a_day=0.08),
    Step("flagged_app", "apps", a_day=0.003),
    Step("flagged_site", "apps", a_day=0.008),
    Step("screen_shared", "apps", "s", a_day=0.002, median=400, spread=1.0),
    Step("new_payee", "payments", "fen", a_day=0.06, median=12_000, spread=1.4),
    Step("usual_payment", "payments", "fen", a_day=0.35, median=6_000, spread=1.2),
    Step("loan_paid_out", "payments", "fen", a_day=0.0008, median=800_000, spread=0.8),
    Step("payee_age", "accounts", "days", a_day=0.06, median=900, spread=1.2),
    Step("limit_raised", "accounts", a_day=0.0015),
    Step("savings_broken", "accounts", "fen", a_day=0.0006, median=3_000_000, spread=0.8),
    Step("platform_joined", "registrations", a_day=0.006),
    Step("card_registered", "registrations", a_day=0.0008),
    Step("gift_delivered", "deliveries", a_day=0.003),
    Step("valuables_sent", "deliveries", a_day=0.0002),
)

STORIES = (
    Story("investment", (72, 700), (
        _flag("flagged_message", "messages", 0.05, 0.5, 1), _flag("gift_delivered", "deliveries", 0.05, 0.12),
        _flag("platform_joined", "registrations", 0.2, 0.6), _app("flagged_app", 0.3, 0.65, 3),
        _app("flagged_site", 0.35, 0.45, 2), _paid(0.5, 0.6, 0, 200_000), _payee(0.5, 0.6, 60),
        _flag("limit_raised", "accounts", 0.9, 0.35), _fen("savings_broken", "accounts", 0.9, 0.25, 6_000_000),
        _paid(1, 1, 1.5, 5_000_000), _payee(1, 0.8, 45),
    ), {"30-44": 1.5, "45-59": 1.5}),
    Story("customer_service", (0.4, 4), (
        _call("flagged_call", 0, 0.65, 1, 600), _call("abroad_call", 0, 0.12), _app("flagged_site", 0.3, 0.25),
        _app("flagged_app", 0.3, 0.35), _shared(0.45, 0.7, 1500), _flag("code_message", "messages", 0.6, 0.6, 2),
        _flag("limit_raised", "accounts", 0.7, 0.2), _paid(1, 1, 1, 1_500_000), _payee(1, 0.8, 40),
    ), {"18-29": 1.3, "30-44": 1.4}, 1.3),
    Story("brushing", (8, 240), (
        _flag("gift_delivered", "deliveries", 0, 0.4), _flag("flagged_message", "messages", 0.05, 0.35),
        _flag("platform_joined", "registrations", 0.15, 0.5), _app("flagged_app", 0.2, 0.6, 2),
        _paid(0.4, 0.85, 2, 20_000), _payee(0.4, 0.7, 90), _flag("card_registered", "registrations", 0.5, 0.05),
        _paid(1, 1, 2, 1_000_000), _payee(1, 0.8, 45),
    ), {"18-29": 2.0, "30-44": 1.3}, 1.5),
    Story("loan", (2, 96), (
        _flag("flagged_message", "messages", 0, 0.6, 1), _call("flagged_call", 0.05, 0.45, 1, 300),
        _app("flagged_site", 0.1, 0.4), _app("flagged_app", 0.2, 0.65),
        _flag("platform_joined", "registrations", 0.25, 0.5),
        _flag("code_message", "messages", 0.5, 0.5, 1), _paid(1, 1, 1.5, 600_000), _payee(1, 0.8, 50),
    ), {"18-29": 1.6, "30-44": 1.5}, 0.7),
    Story("police", (1, 90), (
        _call("abroad_call", 0, 0.55, 1, 900), _call("flagged_call", 0.1, 0.55, 2, 1800), _shared(0.4, 0.4, 2400),
        _flag("code_message", "messages", 0.6, 0.4, 2), _fen("loan_paid_out", "payments", 0.7, 0.25, 3_000_000),
        _fen("savings_broken", "accounts", 0.7, 0.35, 8_000_000), _flag("limit_raised", "accounts", 0.8, 0.3),
        _fen("valuables_sent", "deliveries", 0.97, 0.15, 1), _paid(1, 1, 1, 4_000_000), _payee(1, 0.8, 30),
    ), {"60+": 1.6, "18-29": 1.2}, 1.4),
    Story("boss", (0.3, 8), (
        _flag("flagged_message", "messages", 0, 0.3), _call("flagged_call", 0.1, 0.3, 0, 120),
        _flag("limit_raised", "accounts", 0.7, 0.25), _paid(1, 1, 0.5, 20_000_000), _payee(1, 0.8, 60),
    ), {"30-44": 1.8, "45-59": 1.4}, 1.4),
    Story("acquaintance", (0.5, 30), (
        _call("flagged_call", 0, 0.45, 1, 200), _call("abroad_call", 0, 0.15), _paid(1, 1, 0.7, 1_200_000),
        _payee(1, 0.8, 70),
    ), {"60+": 1.8, "45-59": 1.3}),
    Story("romance", (300, 1400), (
        _flag("platform_joined", "registrations", 0.02, 0.5), _call("abroad_call", 0.3, 0.4, 2, 1200),
        _app("flagged_app", 0.4, 0.45, 2), _paid(0.5, 0.5, 1, 150_000), _payee(0.5, 0.5, 120),
        _fen("valuables_sent", "deliveries", 0.9, 0.1, 1), _paid(1, 1, 1.5, 2_500_000), _payee(1, 0.8, 80),
    ), {"45-59": 1.5, "60+": 1.2}, 1.1),
)  # fmt: skip

ALIKE = (
    Story("flat", (48, 700), (
        _fen("savings_broken", "accounts", 0.7, 0.6, 10_000_000), _flag("limit_raised", "accounts", 0.8, 0.6),
        _fen("loan_paid_out", "payments", 0.8, 0.3, 30_000_000), _paid(1, 1, 1, 8_000_000), _payee(1, 0.8, 700),
    ), {"30-44": 1.6}),
    Story("mended from afar", (0.3, 3), (
        _call("usual_call", 0, 0.7, 0, 500), _shared(0.4, 0.9, 1500), _flag("code_message", "messages", 0.6, 0.3),
        _paid(1, 0.5, 0, 30_000), _payee(1, 0.5, 1000),
    ), {"60+": 1.5}),
    Story("real loan", (3, 96), (
        _flag("flagged_message", "messages", 0, 0.3), _app("flagged_app", 0.2, 0.15),
        _flag("platform_joined", "registrations", 0.2, 0.6), _flag("code_message", "messages", 0.5, 0.8, 1),
        _fen("loan_paid_out", "payments", 0.9, 0.9, 2_000_000), _paid(1, 0.7, 1, 500_000), _payee(1, 0.6, 800),
    )),
    Story("child abroad", (48, 700), (
        _call("abroad_call", 0.1, 1, 6, 1200), _flag("limit_raised", "accounts", 0.8, 0.3), _paid(1, 0.9, 0, 5_000_000),
        _payee(1, 0.7, 600),
    ), {"45-59": 2.0}),
    Story("real investing", (72, 700), (
        _flag("platform_joined", "registrations", 0.2, 0.8), _app("flagged_site", 0.3, 0.15),
        _fen("savings_broken", "accounts", 0.8, 0.4, 5_000_000), _paid(1, 1, 1, 3_000_000), _payee(1, 0.7, 1200),
    ), {"30-44": 1.5, "45-59": 1.5}),
    Story("pestered", (1, 72), (
        _call("flagged_call", 0, 1, 4, 20), _flag("flagged_message", "messages", 0.3, 0.8, 4),
    ), {"60+": 1.4}),
    Story("new trade", (24, 400), (
        _flag("card_registered", "registrations", 0.2, 0.4), _flag("platform_joined", "registrations", 0.3, 0.7, 1),
        _paid(0.6, 1, 3, 400_000), _payee(0.6, 0.8, 150), _paid(1, 1, 3, 800_000), _payee(1, 0.8, 200),
    ), {"18-29": 1.4}),
)  # fmt: skip
