from __future__ import annotations

import numpy as np

from data.simulate.fraud.branches import BANKS, BRANCH, branches
from tests.small_county import small_county


def test_branches_stand_in_the_county_each_for_itself_and_are_the_same_again() -> None:
    city = small_county()
    found = branches(city)
    again = branches(city)
    assert (found.position_m == again.position_m).all()
    assert len(set(found.id.tolist())) == len(found) > 0
    west, south, east, north = city.bounds_m()
    x, y = found.position_m[:, 0] + city.frame.origin_m[0], found.position_m[:, 1] + city.frame.origin_m[1]
    assert ((x > west) & (x < east) & (y > south) & (y < north)).all()
    assert set(found.bank.tolist()) == set(BANKS)
    assert BRANCH in found.kind
    assert len(found.of(frozenset({"ICBC"}))) == np.count_nonzero(found.bank == "ICBC")
