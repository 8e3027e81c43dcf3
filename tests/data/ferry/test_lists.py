"""Reference lists by the ferry: whole, once each state, of the day of their source, taken by a person."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from app.verbs.lists import brought_in
from data.ferry.incoming import unpack
from data.ferry.outgoing import Packed, pack
from data.records.database import open_records
from data.rules.carried import CarriedList, carried, list_folder, waiting
from data.rules.lists import Brought, ListStore, read_lines
from tests.data.ferry.sides import OUTER, POLICE, TWIN, VIDEO, Side, pair
from twin.errors import BadInputError

NOW_S, DAY_S = 1_790_000_000.0, 86_400.0
TOLD = Brought("suspended-licences", "交警支队", "秩序科", NOW_S - 3 * DAY_S, 2 * DAY_S)


def bring(side: Side, text: str, told: Brought = TOLD) -> list[CarriedList]:
    with contextlib.closing(ListStore(open_records(side.home))) as store:
        store.bring(told, read_lines("list", text.encode(), told, NOW_S), NOW_S)
        return carried(store, [told.id])


def send(one: Side, other: Side, lists: list[CarriedList], medium: Path) -> Packed:
    packed = pack(one.home, TWIN, other.zone, medium, [], NOW_S, lists=lists)
    unpack(other.home, TWIN, sorted(medium.glob("*-0*")), NOW_S)
    return packed


def test_a_list_crosses_whole_with_its_own_day_and_past_its_age_it_says_so(tmp_path: Path) -> None:
    here, there = pair(tmp_path, OUTER, POLICE)
    lists = bring(here, "key,note,until\n浙F·8K2Q6,暂扣,2027-01-01\n浙F·00001,,\n")
    assert send(here, there, lists, tmp_path / "disc").lists == 1
    (came,) = waiting(list_folder(there.home, TWIN))
    assert came.told == TOLD
    told = brought_in(there.home, "ferry", "", came, **{n: getattr(came.told, n) for n in TOLD.__struct_fields__})
    assert (told.entries, told.source, told.as_of_s) == (2, "交警支队", TOLD.as_of_s)
    with contextlib.closing(ListStore(open_records(there.home))) as store:
        listed = store.lists()[TOLD.id]
    assert [entry.key for entry in listed.entries] == ["浙F00001", "浙F8K2Q6"]
    assert listed.told(1, NOW_S).overdue
    assert listed.entries == ListStore(open_records(here.home)).lists()[TOLD.id].entries


def test_a_list_is_sent_again_only_when_it_is_another_and_the_newest_is_taken(tmp_path: Path) -> None:
    here, there = pair(tmp_path, OUTER, POLICE)
    first = bring(here, "key\n浙F00001\n")
    assert [send(here, there, first, tmp_path / "disc").lists for _ in range(2)] == [1, 0]
    later = Brought(TOLD.id, TOLD.source, TOLD.owner, NOW_S, TOLD.good_for_s)
    assert send(here, there, bring(here, "key\n浙F00002\n", later), tmp_path / "disc").lists == 1
    (came,) = waiting(list_folder(there.home, TWIN))
    assert came.told == later


def test_a_list_does_not_cross_where_what_is_unclassified_may_not(tmp_path: Path) -> None:
    here, there = pair(tmp_path, POLICE, VIDEO)
    packed = send(here, there, bring(here, "key\n浙F00001\n"), tmp_path / "disc")
    assert (packed.lists, sum(packed.kept_back.values())) == (0, 1)
    assert waiting(list_folder(there.home, TWIN)) == []


def test_a_list_that_is_not_there_or_was_damaged_on_the_disk_is_said(tmp_path: Path) -> None:
    here, _ = pair(tmp_path, OUTER, POLICE)
    with contextlib.closing(ListStore(open_records(here.home))) as store, pytest.raises(BadInputError):
        carried(store, ["no-such-list"])
    folder = list_folder(here.home, TWIN)
    folder.mkdir(parents=True)
    (folder / "a.json").write_bytes(b"{")
    with pytest.raises(BadInputError):
        waiting(folder)
