from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from data.connectors.contract import Parcel, Record, SourceSettings
from data.home import Home
from data.own_copy import copy_shipped, shipped
from data.sync.entries import entry_of
from data.sync.gate import Gate
from data.sync.zones import FILE, zones_of
from tests.twin.live.factory import ids, rows
from tests.twin.small import city
from twin.errors import BadInputError
from twin.live.kinds import CODE
from twin.live.observation import ObservationArray

FIVE = ["公安网", "视频专网", "政务感知网", "政务外网", "互联网"]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path, tmp_path, tmp_path, tmp_path)


def test_the_five_networks_come_with_the_program(home: Home) -> None:
    networks = zones_of(home).networks
    assert [zone.name for zone in networks.zones] == FIVE
    for origin in FIVE[1:]:
        assert networks.border(origin, "公安网", "一般").otherwise.allow
        assert not networks.border(origin, "公安网", "核心").otherwise.allow
        assert not networks.border("公安网", origin, "重要").otherwise.allow
    out = networks.border("公安网", "政务外网", "一般")
    assert "label" in out.by_kind[CODE["bus"]].withheld()
    assert not out.by_kind[CODE["officer"]].allow
    assert not networks.border("互联网", "公安网", "公开").by_kind[CODE["officer"]].allow


def test_the_file_can_be_taken_over_and_changed(home: Home) -> None:
    path = copy_shipped(FILE, home)
    path.write_text(path.read_text("utf-8").replace('here = "公安网"', 'here = "政务外网"'), "utf-8")
    assert zones_of(home).networks.here == "政务外网"
    with pytest.raises(BadInputError, match="there already"):
        copy_shipped(FILE, home)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('here = "公安网"', 'here = "月球"', "no network 月球"),
        ('name = "视频专网"', 'name = "公安网"', "same name"),
        ('unclassified = "重要"', 'unclassified = "?"', r"no classification \?"),
        ('kinds = ["officer", "police_car"]', 'kinds = ["unicorn"]', "unicorn is no kind"),
        ("messages = 100_000", "messages = 0", "messages"),
        ("here = ", "her = ", "her"),
        ("here = ", "here ", "Expected"),
    ],
)
def test_what_is_wrong_with_the_file_is_told(home: Home, old: str, new: str, problem: str) -> None:
    text = shipped(FILE).read_text("utf-8")
    assert old in text
    (home.data / FILE).write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(BadInputError, match=problem):
        zones_of(home)


def parcel(told: ObservationArray, others: int = 0) -> Parcel:
    records = [Record(bytes([i]), "1390", "0200", 1.0, b"raw") for i in range(len(told) + others)]
    return Parcel(1.0, len(records), records, told, labels={"1390": "浙F"})


def test_what_may_not_come_in_is_quarantined_under_the_name_of_the_rule(home: Home) -> None:
    told = rows(("car", 1.0), ("officer", 1.0))
    told["kind"][1] = CODE["officer"]
    gate = Gate(city(), zones_of(home).networks)
    source = SourceSettings("web", "script", zone="互联网")
    passed = gate.check(told, 2.0, source)
    assert ids(passed.rows) == ["car"]
    assert passed.reasons == ("network rule “警力位置不从互联网进入”: 重要 from 互联网 to 公安网",)
    assert gate.check(told, 2.0, SourceSettings("here", "script")).reasons == ()


def test_a_network_that_is_not_listed_brings_nothing_in(home: Home) -> None:
    gate = Gate(city(), zones_of(home).networks)
    source = SourceSettings("x", "script", zone="月球")
    brought = parcel(rows(("a", 1.0)), others=2)
    entry = entry_of(source, brought, gate.check(brought.rows, 2.0, source), gate.border(source))
    assert (len(entry.records), len(entry.refused), dict(entry.labels)) == (0, 3, {})
    assert {reason for _, reason in entry.refused} == {"network rule “what no rule allows”: 重要 from 月球 to 公安网"}


def test_fields_that_may_not_come_in_stay_out_of_rows_labels_and_bytes(home: Home) -> None:
    text = (
        shipped(FILE)
        .read_text("utf-8")
        .replace('name = "各网汇入公安网"', 'name = "各网汇入公安网"\nfields = ["speed"]')
    )
    (home.data / FILE).write_text(text, "utf-8")
    gate = Gate(city(), zones_of(home).networks)
    source = SourceSettings("x", "script", zone="视频专网")
    told = rows(("a", 1.0), ("b", 1.0))
    told["label"], told["speed_mps"] = "浙F".encode(), 3.0
    brought = parcel(told, others=1)
    entry = entry_of(source, brought, gate.check(told, 2.0, source), gate.border(source))
    assert entry.rows["label"].tolist() == [b"", b""]
    assert np.all(entry.rows["speed_mps"] == 3.0)
    assert [record.raw for record in entry.records] == [b"", b"", b""]
    assert dict(entry.labels) == {}


def test_new_rules_hold_at_once(home: Home) -> None:
    gate = Gate(city())
    source = SourceSettings("x", "script", zone="月球")
    assert gate.check(rows(("a", 1.0)), 2.0, source).reasons == ()
    gate.follow(zones_of(home).networks)
    assert len(gate.check(rows(("a", 1.0)), 2.0, source).reasons) == 1
