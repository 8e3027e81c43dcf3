from __future__ import annotations

import pytest

from data.simulate.county.build import build_county
from twin.city.city import City


@pytest.fixture(scope="session")
def small() -> City:
    return build_county(seed=1, small=True)
