"""One tree over a live batch and over the lake: the same rows, whatever the filter."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.history.filtered import FilteredHistory
from data.history.reader import History
from tests.data.history.factory import LAT_DEG, LATER, LON_DEG, NOON, compact, record, walk
from twin.cql2.read import read
from twin.cql2.rows import chosen
from twin.cql2.tree import OBSERVED
from twin.live.kinds import CODE
from twin.live.observation import ObservationArray

KINDS = ("car", "bus", "air_sensor")


def told() -> ObservationArray:
    """Return a day of rows in which everything can be unknown."""
    rows = np.concatenate([walk(6, 600, NOON + n * 300, kind=CODE[kind]) for n, kind in enumerate(KINDS)])
    chance = np.random.default_rng(3)
    rows["value"] = np.where(chance.random(len(rows)) < 0.5, np.nan, chance.integers(0, 9, len(rows)) / 10)
    rows["speed_mps"][chance.random(len(rows)) < 0.3] = np.nan
    rows["label"][chance.random(len(rows)) < 0.2] = b""
    rows["label"][chance.random(len(rows)) < 0.2] = "浙F·I0042".encode()
    rows["state"] = chance.integers(0, 8, len(rows))
    rows["time_s"] += chance.integers(0, 1000, len(rows)) / 1000
    return rows


class Asked:
    """A history that is sealed in part, and all its rows as it gives them back."""

    def __init__(self, root: Path) -> None:
        lake, journal = root / "lake", root / "journal.sqlite"
        for number, part in enumerate(np.array_split(told(), 2)):
            record(journal, part)
            if not number:
                compact(lake, journal, LATER)
        self.history = History(lake, journal)
        self.filtered = FilteredHistory(self.history)
        self.rows = self.history.rows_between(NOON - 3600, NOON + 7200)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    asked = Asked(tmp_path_factory.mktemp("asked"))
    yield asked
    asked.history.close()


def keys(rows: ObservationArray) -> list[tuple[bytes, ...]]:
    return sorted(zip(rows["id"].tolist(), rows["label"].tolist(), rows["time_s"].tolist(), strict=True))


NUMBERS = [name for name, column in OBSERVED.items() if column.type in ("real", "single")]
TEXTS = [name for name, column in OBSERVED.items() if column.type == "text"]
SIGNS = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
FIGURES = st.sampled_from(
    ["0", "0.3", "0.7", "8.5", "20.03", "-1", "90", f"{NOON + 100.5}", str(LON_DEG), str(LAT_DEG)]
)
WORDS = st.sampled_from(["'car'", "'bus'", "'moving'", "'unknown'", "'car 3'", "'Z-00002'", "'浙F·I0042'", "''"])
reckoned = st.builds(
    "({} {} {})".format, st.sampled_from(NUMBERS), st.sampled_from("+-*/"), st.one_of(FIGURES, st.sampled_from(NUMBERS))
)
number = st.one_of(st.sampled_from(NUMBERS), reckoned)
single = st.one_of(
    st.builds("{} {} {}".format, number, SIGNS, st.one_of(FIGURES, number)),
    st.builds("{} {} {}".format, st.sampled_from(TEXTS), SIGNS, st.one_of(WORDS, st.sampled_from(TEXTS))),
    st.builds("{} BETWEEN {} AND {}".format, number, FIGURES, FIGURES),
    st.builds("{} IS {}NULL".format, st.one_of(number, st.sampled_from(TEXTS)), st.sampled_from(["", "NOT "])),
    st.builds("{} {}IN ({}, {})".format, st.sampled_from(TEXTS), st.sampled_from(["", "NOT "]), WORDS, WORDS),
    st.builds("{} {}IN ({}, {})".format, number, st.sampled_from(["", "NOT "]), FIGURES, FIGURES),
    st.builds("{} {}LIKE {}".format, st.sampled_from(TEXTS), st.sampled_from(["", "NOT "]),
              st.sampled_from(["'car%'", "'%0_'", "'浙_·%'", "'%'", "'car _'", "''", "'a\\%'"])),
    st.just(f"S_INTERSECTS(geometry, BBOX({LON_DEG - 0.01}, {LAT_DEG - 0.01}, {LON_DEG + 0.02}, {LAT_DEG + 0.02}))"),
)  # fmt: skip
filters = st.recursive(
    single,
    lambda inner: st.one_of(
        st.builds("({} AND {})".format, inner, inner), st.builds("({} OR {})".format, inner, inner),
        st.builds("(NOT {})".format, inner),
    ),
    max_leaves=5,
)  # fmt: skip


@settings(max_examples=60, deadline=None, derandomize=True)
@given(text=filters)
def test_the_lake_and_a_batch_choose_the_same_rows(asked: Asked, text: str) -> None:
    node = read(text)
    found = asked.filtered.rows(node, KINDS, NOON - 3600, NOON + 7200)
    assert keys(found) == keys(asked.rows[chosen(node, asked.rows)])


def test_kinds_and_times_are_kept_apart_and_rows_come_in_the_order_of_time(asked: Asked) -> None:
    found = asked.filtered.rows(None, ("bus",), NOON + 330, NOON + 500)
    wanted = asked.rows[
        (asked.rows["kind"] == CODE["bus"])
        & (asked.rows["time_s"] >= NOON + 330)
        & (asked.rows["time_s"] <= NOON + 500)
    ]
    assert len(wanted) > 50
    assert found["time_s"].tolist() == sorted(wanted["time_s"].tolist())
    assert keys(found) == keys(wanted)
