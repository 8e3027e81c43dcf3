from __future__ import annotations

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.connectors.contract import Parcel, SourceSettings
from data.connectors.dji.exchange import Exchange, Reply
from data.connectors.dji.options import read_options
from data.connectors.dji.source import read_again
from data.connectors.mqtt.packets import Message
from data.connectors.sheet import Sheet
from tests.data.connectors.dji.messages_seen import AIRCRAFT, DOCK, DOCK_LINKS, EVENT, TOPOLOGY
from twin.errors import BadInputError
from twin.live.kinds import CODE, STATE_CODE

NOON = 1_667_220_930.0
OSD = "thing/product/1581F0AIRCRAFT000001/osd"
DOCK_OSD = "thing/product/dock_sn/osd"


class Desk:
    def __init__(self, **options: object) -> None:
        self.now, self.replies = NOON, list[Reply]()
        self.exchange = Exchange(read_options(SourceSettings("docks", "dji", options)), lambda: self.now)

    def hear(self, *told: tuple[str, bytes]) -> Parcel | None:
        sheet = Sheet()
        messages = [Message(topic, payload, n, False, self.now) for n, (topic, payload) in enumerate(told)]
        self.replies = self.exchange.read(sheet, messages)
        return sheet.parcel(self.now)

    def parcel(self, *told: tuple[str, bytes]) -> Parcel:
        parcel = self.hear(*told)
        assert parcel is not None
        assert parcel.received == len(parcel.records) + len(parcel.refused) == len(told)
        return parcel


def aircraft(**properties: object) -> bytes:
    told = json.loads(AIRCRAFT)
    told["data"].update(properties)
    return json.dumps(told).encode()


def test_a_recorded_aircraft_says_what_is_known_of_it() -> None:
    parcel = Desk().parcel((OSD, AIRCRAFT))
    (row,), (record,) = parcel.rows, parcel.records
    assert (row["id"], row["kind"], row["state"]) == (b"dji:1581F0AIRCRAFT000001", CODE["drone"], STATE_CODE["busy"])
    assert (row["lat_deg"], row["lon_deg"]) == (22.793217667699324, 114.35788532514945)
    assert row["height_m"] == pytest.approx(78.9)
    assert (row["heading_deg"], row["speed_mps"], row["time_s"]) == (121.0, 0.0, 1667220920.0)
    assert (record.device, record.message, record.raw) == ("1581F0AIRCRAFT000001", OSD, AIRCRAFT)


def test_a_dock_tells_where_its_aircraft_stands_until_that_speaks_itself() -> None:
    desk = Desk(aircraft={"1581F5BKD225D00BP891": {"label": "警航1号"}})
    (row,) = desk.parcel((DOCK_OSD, DOCK), (DOCK_OSD, DOCK_LINKS)).rows
    assert (row["id"], row["label"]) == (b"dji:1581F5BKD225D00BP891", "警航1号".encode())
    assert (row["lat_deg"], row["lon_deg"], row["height_m"]) == (22.907809968, 113.703482143, 0.0)
    assert row["state"] == STATE_CODE["busy"]  # the dock's mode is 1: it is being worked on
    own = ("thing/product/1581F5BKD225D00BP891/osd", AIRCRAFT)
    assert len(desk.parcel(own, (DOCK_OSD, DOCK)).rows) == 1
    desk.now += 20
    assert len(desk.parcel((DOCK_OSD, DOCK)).rows) == 1
    for changed in (b'"drone_in_dock": 0', b'"drone_in_dock": 1, "longitude": 0, "latitude": 0'):
        assert len(Desk().parcel((DOCK_OSD, DOCK.replace(b'"drone_in_dock": 1', changed))).rows) < 2


def test_states_follow_the_mode() -> None:
    told = [(OSD, aircraft(mode_code=mode, horizontal_speed=speed)) for mode, speed in
            ((5, 8.0), (5, 0.0), (0, 0.0), (11, 1.0), (12, 0.0), (14, 0.0))]  # fmt: skip
    names = ("moving", "busy", "stopped", "alarm", "alarm", "off_duty")
    assert Desk().parcel(*told).rows["state"].tolist() == [STATE_CODE[name] for name in names]


def test_an_aircraft_without_a_fix_is_kept_and_not_shown() -> None:
    parcel = Desk().parcel(
        (OSD, aircraft(latitude=0, longitude=0)), (OSD, aircraft(position_state={"is_fixed": 1})),
        (OSD, aircraft(attitude_head=-90)),
    )  # fmt: skip
    assert len(parcel.records) == 3
    assert parcel.rows["heading_deg"].tolist() == [270.0]


def test_events_that_want_it_and_topologies_are_replied_to() -> None:
    desk = Desk()
    quiet = EVENT.replace(b'"need_reply": 1', b'"need_reply": 0')
    desk.parcel(
        ("thing/product/dock_sn/events", EVENT), ("thing/product/dock_sn/events", quiet),
        ("sys/product/dock_sn/status", TOPOLOGY), ("thing/product/dock_sn/state", DOCK_LINKS),
    )  # fmt: skip
    event, status = desk.replies
    assert event.topic == "thing/product/dock_sn/events_reply"
    told = json.loads(event.payload)
    assert (told["tid"], told["method"]) == ("xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxx", "airsense_warning")
    assert (told["data"], told["gateway"], told["timestamp"]) == ({"result": 0}, "dock_sn", NOON * 1e3)
    assert status.topic == "sys/product/dock_sn/status_reply"
    assert json.loads(status.payload) == {
        "tid": "tid001", "bid": "bid001", "timestamp": NOON * 1e3, "method": "update_topo", "data": {"result": 0},
    }  # fmt: skip


def test_secrets_of_a_topology_are_not_kept() -> None:
    raw = Desk().parcel(("sys/product/dock_sn/status", TOPOLOGY)).records[0].raw
    assert b'"secret"' not in raw
    assert b'"nonce":"nonce"' not in raw
    assert json.loads(raw)["data"]["sub_devices"][0]["sn"] == "drone001"


def test_the_same_message_has_one_key_and_another_another() -> None:
    later = aircraft(elevation=80).replace(b'"t1"', b'"t2"')
    keys = [r.key for r in Desk().parcel((OSD, AIRCRAFT), (OSD, AIRCRAFT), (OSD, later)).records]
    assert keys[0] == keys[1] != keys[2]
    desk, told = Desk(), ("thing/product/dock_sn/events", EVENT)  # its time is none, and it comes again later
    first = desk.parcel(told).records[0].key
    desk.now += 30
    assert desk.parcel(told).records[0].key == first
    nameless = [b'{"data": {"gear": 1}}', b'{"data": {"gear": 0}}']
    keys = [r.key for r in Desk().parcel(*((OSD, payload) for payload in nameless)).records]
    assert keys[0] != keys[1]


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        (OSD, b"", "not a message of the Cloud API"),
        (OSD, b"[1]", "not a message of the Cloud API"),
        (OSD, b'{"tid": "\xff"}', "not a message of the Cloud API"),
        (OSD, b"[" * 5000, "not a message of the Cloud API"),
        (OSD, b'{"data": {"elevation": "high"}}', "a property has no such value"),
        (DOCK_OSD, b'{"data": {"drone_in_dock": {}}}', "a property has no such value"),
        (OSD, b" " * 1_000_001, "message too long"),
        ("thing/product/x/services", b"{}", "topic unknown"),
        ("", b"{}", "topic unknown"),
        (f"thing/product/{'x' * 65}/osd", b"{}", "topic unknown"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(topic: str, payload: bytes, reason: str) -> None:
    desk = Desk()
    assert [said for _, said in desk.parcel((topic, payload)).refused] == [reason]
    assert desk.replies == []


def test_options_that_make_no_sense_are_told() -> None:
    for wrong in ({"kind": "kite"}, {"url": "tcp://a"}, {"aircraft": {"x": {"speed": 1}}}):
        with pytest.raises(BadInputError, match="docks"):
            read_options(SourceSettings("docks", "dji", wrong))


def test_a_message_is_read_again_by_its_topic() -> None:
    again = read_again(SourceSettings("docks", "dji"), "1581F0AIRCRAFT000001", OSD, AIRCRAFT)
    assert len(again.rows) == 1
    assert len(read_again(SourceSettings("docks", "dji"), "", OSD, b"{").refused) == 1


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(
        ["tid", "data", "timestamp", "elevation", "latitude", "longitude", "drone_in_dock", "position_state", "nonce"]
    ), inner, max_size=5)), max_leaves=12,
)  # fmt: skip


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.tuples(
    st.sampled_from([OSD, DOCK_OSD, "sys/product/a/status", "thing/product/a/events", "x"]),
    st.one_of(st.binary(max_size=30), JSON.map(lambda value: json.dumps(value).encode()), st.just(AIRCRAFT)),
), max_size=8))  # fmt: skip
def test_whatever_comes_has_one_outcome(told: list[tuple[str, bytes]]) -> None:
    parcel = Desk().hear(*told)
    if told:
        assert parcel is not None
        assert parcel.received == len(parcel.records) + len(parcel.refused) == len(told)
        assert sum(r.raw == AIRCRAFT for r in parcel.records) == sum(
            payload == AIRCRAFT and topic != "x" for topic, payload in told
        )
        assert all(math.isfinite(record.source_s) for record in parcel.records)
