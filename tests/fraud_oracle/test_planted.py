"""In mixed traffic the engine finds what a dense sum over all accounts finds, as far as its threshold lets it."""

from __future__ import annotations

from benchmarks.tracing_truth import found_by_the_engine, truly
from data.simulate.fraud.mixed import Traffic, make


def test_planted_legs_are_found_and_little_else() -> None:
    mixed = make(Traffic(accounts=2_000, legs=12_000, trees=6, seed=11))
    truth, found = truly(mixed), found_by_the_engine(mixed)
    hits = sum(len(ours & theirs) for ours, theirs in zip(found, truth, strict=True))
    assert hits / sum(map(len, truth)) > 0.9
    assert hits / sum(map(len, found)) > 0.9
