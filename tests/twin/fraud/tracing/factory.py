"""Small ledgers."""

from __future__ import annotations

from hypothesis import strategies as st

from twin.fraud.tracing.in_memory import Transfers
from twin.fraud.tracing.legs import Leg
from twin.fraud.tracing.trace import Question


def ledger(*rows: tuple[int, int, int, int], opening: dict[int, int] | None = None) -> tuple[Transfers, list[Leg]]:
    """Make a ledger of (time, source, target, amount); legs are numbered from 0."""
    legs = [Leg(number, *row) for number, row in enumerate(rows)]
    return Transfers(legs, opening), legs


@st.composite
def asked(draw: st.DrawFn) -> tuple[Transfers, Question]:
    """Draw a ledger with ties, cycles and unseen money, and what is asked of it."""
    account = st.integers(0, draw(st.integers(1, 7)))
    most = draw(st.sampled_from([3, 100, 10**14]))
    row = st.tuples(st.integers(0, 20), account, account, st.integers(1, most)).filter(lambda r: r[1] != r[2])
    rows = draw(st.lists(row, min_size=1, max_size=30))
    opening = draw(st.dictionaries(account, st.integers(0, most), max_size=5))
    made, legs = ledger(*rows, opening=opening)
    roots = draw(st.lists(st.sampled_from(legs), min_size=1, max_size=3, unique=True))
    question = Question(
        tuple(roots), draw(st.integers(0, 20)), draw(st.booleans()), draw(st.frozensets(account, max_size=2)),
        draw(st.integers(1, 5)), draw(st.sampled_from([0, 1_000, 100_000])),
    )  # fmt: skip
    return made, question
