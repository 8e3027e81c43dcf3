from __future__ import annotations

import math
from collections.abc import Mapping

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.connectors.contract import SourceSettings
from data.connectors.mqtt import decoder as module
from data.connectors.mqtt.decoder import Decoder, Sheet
from data.connectors.mqtt.options import read_options
from data.connectors.mqtt.packets import Message
from data.connectors.mqtt.source import read_again
from data.connectors.mqtt.topics import read_template
from twin.errors import BadInputError
from twin.live.kinds import CODE, STATE_CODE
from twin.live.observation import OBSERVATION_DTYPE

NOON = 1_790_000_000.0
PLAIN = {"topic": "car/{kind}/{id}"}


def source(*topics: Mapping[str, object], **options: object) -> SourceSettings:
    return SourceSettings("city", "mqtt", {"topics": topics or [PLAIN], **options})


def decoder(*topics: Mapping[str, object], places: dict[str, tuple[float, float]] | None = None) -> Decoder:
    return Decoder(read_options(source(*topics)), places or {})


def message(topic: str, payload: object, number: int = 1, retained: bool = False, at: float = NOON) -> Message:
    raw = payload if isinstance(payload, bytes) else msgspec.json.encode(payload)
    return Message(topic, raw, number, retained, at)


def read(payload: object, topic: str = "car/bus/b1", **topics: object) -> Sheet:
    sheet = decoder({**PLAIN, **topics}).read([message(topic, payload)])
    assert sheet.received == 1
    return sheet


def reason(sheet: Sheet) -> str:
    ((_, why),) = sheet.refused
    return why


def test_plain_fields_become_a_row() -> None:
    sheet = read(
        {"time": NOON, "lon": 120.9, "lat": "30.8", "speed": 10, "heading": -90, "label": "浙F"}, label="{label}"
    )
    (row,) = sheet.array()
    assert (row["id"], row["label"].decode(), row["kind"]) == (b"b1", "浙F", CODE["bus"])
    assert (row["time_s"], row["lon_deg"], row["lat_deg"]) == (NOON, 120.9, 30.8)
    assert (row["heading_deg"], row["speed_mps"], row["state"]) == (270, 10, STATE_CODE["moving"])
    assert math.isnan(row["value"])
    (record,) = sheet.records()
    assert (record.device, record.message, record.source_s) == ("b1", "car/bus/b1", NOON)


def test_other_names_units_and_words_are_mapped() -> None:
    payload = {
        "veh": {"no": 7, "type": "泥头车"}, "gps": {"pos": [1209000000, 308000000], "v": 36},
        "at": "2026-09-21 20:53:20", "st": 3,
    }  # fmt: skip
    paths = {"kind": "veh.type", "lon": "gps.pos.0", "lat": "gps.pos.1", "speed": "gps.v", "time": "at", "state": "st"}
    sheet = read(
        payload, fields=paths, units={"lon": "1e-7 deg", "lat": "1e-7 deg", "speed": "km/h"},
        kinds={"泥头车": "dump_truck"}, states={"3": "alarm"}, id="truck-{veh.no}", times="Asia/Shanghai",
    )  # fmt: skip
    (row,) = sheet.array()
    assert (row["id"], row["kind"], row["state"]) == (b"truck-7", CODE["dump_truck"], STATE_CODE["alarm"])
    assert (row["lon_deg"], row["lat_deg"]) == pytest.approx((120.9, 30.8))
    assert row["speed_mps"] == pytest.approx(10)
    assert row["time_s"] == 1_789_995_200.0


def test_a_list_gives_a_reading_each_and_each_can_be_read_again_alone() -> None:
    settings = source({**PLAIN, "items": "data.list", "id": "{no}", "kind": "bus", "topic": "all"})
    whole = {"time": NOON, "data": {"list": [{"no": "a", "lon": 1, "lat": 2}, 7, {"no": "b", "lon": 3, "lat": 4}]}}
    sheet = Decoder(read_options(settings), {}).read([message("all", whole)])
    assert sheet.array()["id"].tolist() == [b"a", b"b"]
    assert sheet.array()["time_s"].tolist() == [NOON, NOON]
    assert reason(sheet) == "no object with fields"
    for record, row in zip(sheet.shown, sheet.array(), strict=True):
        parcel = read_again(settings, record.device, record.message, record.raw)
        assert parcel.rows.tobytes() == row.tobytes()
        assert parcel.records[0].key == record.key


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"{", "not JSON, or cut short"), (b'{"a":"\xff"}', "text is not UTF-8"), (b"[" * 100_000, "nested too deep"),
        (b"7", "no object with fields"), ({"time": "soon"}, "time cannot be read"),
        ({"time": "2026-09-21 20:53:20"}, "time without a zone"), ({"time": 1e12}, "time out of range"),
        ({"time": -1}, "time out of range"), ({"time": NOON}, "its place is not known"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_in_words(payload: object, why: str) -> None:
    sheet = read(payload)
    assert reason(sheet) == why
    assert sheet.records() == []


def test_neighbours_of_what_cannot_be_read_are_kept() -> None:
    good = {"lon": 1, "lat": 2, "time": NOON}
    sheet = decoder().read([message("car/bus/a", good), message("car/bus/b", b"\xff"), message("car/bus/c", good)])
    assert sheet.array()["id"].tolist() == [b"a", b"c"]
    assert [record.raw for record, _ in sheet.refused] == [b"\xff"]


def test_a_topic_that_nobody_set_and_a_message_that_is_too_large_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT_OF_LARGE", 10)
    assert reason(read({}, topic="else/where")) == "no topic of the settings fits"
    assert reason(read({}, topic="")) == "no topic of the settings fits"
    sheet = Decoder(read_options(source(most_bytes=20)), {}).read([message("car/bus/a", b"x" * 21)])
    assert (reason(sheet), sheet.refused[0][0].raw) == ("message too large", b"x" * 10)


def test_the_same_fact_has_the_same_key_and_another_has_another() -> None:
    told = {"lon": 1, "lat": 2, "time": NOON}
    reads = decoder()

    def key(payload: object, **about: object) -> bytes:
        return reads.read([message("car/bus/a", payload, **about)]).shown[0].key  # type: ignore[arg-type]  # any part

    assert key(told) == key(told, number=9, at=NOON + 5000)
    assert key(told) != key({**told, "lon": 2})
    assert key(told)[:4] == int(NOON).to_bytes(4, "big")
    timeless = {"lon": 1, "lat": 2}
    assert key(timeless, number=7) == key(timeless, number=7, at=NOON + 30)
    assert key(timeless, number=7) != key(timeless, number=8)
    assert key(timeless, number=0) != key(timeless, number=0)


def test_a_retained_message_without_a_time_is_kept_once_and_shown_never() -> None:
    reads, told = decoder(), {"lon": 1, "lat": 2}
    first, again = (reads.read([message("car/bus/a", told, n, True, NOON + n)]) for n in (1, 2))
    assert len(first.rows) == 0
    assert first.others[0].key == again.others[0].key
    timed = reads.read([message("car/bus/a", {**told, "time": NOON - 900}, 3, True)])
    assert timed.array()["time_s"].tolist() == [NOON - 900]


def test_an_empty_message_is_kept_and_tells_nothing() -> None:
    for payload in (b"", b"[]"):
        sheet = read(payload)
        assert (len(sheet.others), sheet.rows) == (1, [])


def test_a_sensor_without_a_place_stands_where_the_settings_or_the_city_say() -> None:
    air = {"topic": "air/{id}", "kind": "air_sensor", "fields": {"value": "pm25"}, "units": {"value": 1000.0}}
    sheet = decoder(air, places={"a7": (120.9, 30.8)}).read([message("air/a7", {"pm25": 0.04, "time": NOON})])
    (row,) = sheet.array()
    assert (row["lon_deg"], row["lat_deg"], row["value"]) == pytest.approx((120.9, 30.8, 40))
    elsewhere = read_again(source(air), "a7", "air/a7", b'{"pm25":1,"time":5}')
    assert (len(elsewhere.records), len(elsewhere.rows), elsewhere.refused) == (1, 0, [])


def test_what_else_a_sensor_measures_is_kept_and_not_shown() -> None:
    air = {"topic": "air/{id}", "kind": "air_sensor", "fields": {"value": "pm25"}}
    reads = decoder(air, places={"a7": (120.9, 30.8)})
    sheet = reads.read([message("air/a7", told) for told in ({"temperature": 3}, {"pm25": "n/a"}, {"pm25": 1e39})])
    assert [len(part) for part in (sheet.rows, sheet.others, sheet.refused)] == [0, 1, 2]


def test_wrong_side_values_do_not_cost_the_position() -> None:
    sheet = read({"lon": 1, "lat": 2, "speed": "fast", "heading": 1e9, "height": 1e300, "accuracy": None, "state": [1]})
    (row,) = sheet.array()
    assert (row["lon_deg"], row["height_m"], row["state"]) == (1, 0, STATE_CODE["unknown"])
    assert math.isnan(row["speed_mps"])


def test_a_kind_that_is_none_is_left_to_the_gate() -> None:
    assert read({"lon": 1, "lat": 2}, topic="car/pedestrian/p1").array()["kind"].tolist() == [255]


@pytest.mark.parametrize("text", ["", "a/#/b", "a/{id}/{id}", "a/x{id}", "a+/b", "a/{Id}", "a/b#", "a\0b"])
def test_what_is_no_template_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"[\s\S]*"):
        read_template(text)


def test_templates_match_as_the_standard_says() -> None:
    template = read_template("a/{id}/+/#")
    assert template.filter == "a/+/+/#"
    assert template.match("a/b/c") == template.match("a/b/c/d/e") == {"id": "b"}
    assert template.match("a/b") is None
    assert template.match("a//c") is None
    assert read_template("a.b").match("axb") is None


@pytest.mark.parametrize(
    "options",
    [
        {}, {"topics": []}, {"topics": [{"topic": "a/#/b"}]}, {"topics": [{"topic": "a", "kind": "ufo"}]},
        {"topics": [{"topic": "a", "kinds": {"x": "ufo"}}]}, {"topics": [{"topic": "a", "fields": {"face": "x"}}]},
        {"topics": [{"topic": "a", "units": {"speed": "parsec"}}]},
        {"topics": [{"topic": "a", "states": {"1": "hot"}}]},
        {"topics": [{"topic": "a", "times": "Mars/Olympus"}]}, {"topics": [PLAIN], "url": "http://here"},
        {"topics": [PLAIN], "lucky": 1},
    ],
)  # fmt: skip
def test_options_that_make_no_sense_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(BadInputError):
        read_options(SourceSettings("city", "mqtt", options))


field = st.sampled_from(["time", "lon", "lat", "speed", "heading", "height", "state", "label", "value", "id", "items"])
json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(field, inner, max_size=4),
    max_leaves=10,
)
FUZZED = decoder(
    {"topic": "j/{id}", "kind": "air_sensor", "label": "{label}"}, {"topic": "i/{id}", "kind": "car", "items": "items"},
    {"topic": "s/{id}", "format": "senml", "kind": "bus"}, places={"x": (1.0, 2.0)},
)  # fmt: skip


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.sampled_from("jis"), json | st.binary(max_size=40), st.booleans(), st.integers(0, 3))
def test_anything_is_read_or_refused_and_the_neighbours_are_kept(
    topic: str, payload: object, retained: bool, number: int
) -> None:
    good = message("j/x", {"value": 1, "time": NOON})
    sheet = FUZZED.read([good, message(f"{topic}/x", payload, number, retained), good])
    assert sheet.array().dtype == OBSERVATION_DTYPE
    assert sheet.received >= 3
    assert sum(record.raw == good.payload for record in sheet.shown) >= 2
    assert all(why for _, why in sheet.refused)
