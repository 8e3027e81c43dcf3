"""Each decoder against a few hundred changed messages; ``make fuzz MINUTES=60`` goes on."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.run import once
from tests.fuzz.targets import TARGETS, Target


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
@settings(max_examples=100, deadline=None, derandomize=True)
@given(seed=st.integers(0, 1 << 32))
def test_whatever_comes_is_read_or_refused_and_costs_no_neighbour(target: Target, seed: int) -> None:
    once(target, random.Random(seed))


READABLE = [target for target in TARGETS if not target.name.startswith(("JT/T 808", "ferry"))]


@pytest.mark.parametrize("target", READABLE, ids=lambda target: target.name)
def test_what_the_fuzzing_starts_from_is_read(target: Target) -> None:
    for seed in target.seeds:
        target.read(seed)
