from __future__ import annotations

import pytest

from data.simulate.county.build import build_county
from twin.city.city import City
from twin.city.tables import DEVICE_KINDS, SITE_KINDS, TABLES


@pytest.fixture(scope="module")
def small() -> City:
    return build_county(seed=1, small=True)


def test_every_table_has_its_columns_and_rows(small: City) -> None:
    for name, spec in TABLES.items():
        if name == "surfaces":
            continue
        table = small.table(name)
        assert len(table) > 0, name
        assert list(table.columns) == [*(column.name for column in spec.columns), "geometry"]


def test_sites_and_devices_of_every_kind(small: City) -> None:
    assert set(small.table("sites")["kind"]) == set(SITE_KINDS)
    assert set(small.table("devices")["kind"]) == set(DEVICE_KINDS)
