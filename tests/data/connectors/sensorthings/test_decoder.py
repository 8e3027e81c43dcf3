from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.connectors.contract import SourceSettings
from data.connectors.sensorthings.decoder import FaultyPageError, Reader, Told, read_page
from data.connectors.sensorthings.options import read_options
from data.connectors.sensorthings.source import read_again
from tests.data.connectors.sensorthings.server import Entity, observation, stream
from twin.errors import BadInputError

NOON = 1_790_000_000.0
KINDS = {"PM2.5": "air_sensor", "http://example.org/water": "water_sensor", "datastream 9": "bus"}


def read(entity: object) -> Told:
    return Reader(KINDS).read(entity if isinstance(entity, bytes) else msgspec.json.encode(entity))


def of(told_stream: Entity, **changes: object) -> Told:
    return read(observation(7, NOON, **{"Datastream": told_stream, **changes}))


def test_an_expanded_observation_becomes_a_row() -> None:
    told = read(observation(7, NOON, 41.5))
    assert told.row is not None
    assert (told.row.id, told.row.kind, told.row.label, told.row.value) == ("sta:2", "air_sensor", "站 2", 41.5)
    assert (told.row.time_s, told.row.lon_deg, told.row.lat_deg) == (NOON, 120.92, 30.84)
    assert (told.record.device, told.record.message, told.record.source_s) == ("7", "Observation", NOON)


def test_units_are_the_kinds_own() -> None:
    assert [of(stream(1, symbol=symbol)).row.value for symbol in ("µg/m³", "μg m-3"[:0], "mg/m^3")] == [40, 40, 40_000]  # type: ignore[union-attr]  # shown
    assert of(stream(1, symbol="ppm")).reason == "unit of the value not known"
    assert of(stream(1, measured="water", symbol="cm")).row.value == pytest.approx(0.4)  # type: ignore[union-attr]  # shown


def test_what_moves_is_where_its_feature_is_and_else_where_its_thing_stands() -> None:
    def place(told: Told) -> tuple[float, float]:
        assert told.row is not None
        return told.row.lon_deg, told.row.lat_deg

    feature = {"feature": {"type": "Feature", "geometry": {"type": "Point", "coordinates": [121, 31, 5]}}}
    assert place(of(stream(9, "position"), FeatureOfInterest=feature)) == (121, 31)
    assert place(of(stream(9, "position"), FeatureOfInterest={"feature": None})) == (120.92, 30.84)
    square = [[[120, 30], [122, 30], [122, 32], [120, 32], [120, 30]]]
    assert place(of(stream(1, place=square))) == (121, 31)
    assert of(stream(1, place=[])).reason == "its place is not known"


def test_a_quantity_that_nothing_shows_is_kept() -> None:
    told = of(stream(1, measured="humidity"))
    assert (told.row, told.reason) == (None, "")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"@iot.id": None}, "observation without @iot.id"), ({"phenomenonTime": "noon"}, "time cannot be read"),
        ({"phenomenonTime": "2026-01-01T00:00:00"}, "time cannot be read"), ({"result": "wet"}, "value is no number"),
        ({"phenomenonTime": "1900-01-01T00:00:00Z"}, "time out of range"), ({"result": 1e300}, "value is no number"),
        ({"result": True}, "value is no number"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_in_words(changes: dict[str, object], why: str) -> None:
    assert read(observation(7, NOON) | changes).reason == why


def test_torn_or_foreign_json_is_refused() -> None:
    assert [read(raw).reason for raw in (b"{", b'"\xff"', b"7")] == ["not JSON, or cut short"] * 2 + [
        "no object with fields"
    ]
    for body in (b"", b"[]", b"{}", b'{"value": 7}', b"<html>", b'{"value": [1'):
        with pytest.raises(FaultyPageError):
            read_page(body)


def test_an_interval_counts_by_its_end_and_an_observation_by_its_identity() -> None:
    first = read(observation(7, NOON, phenomenonTime="2026-09-21T12:00:00Z/2026-09-21T13:00:00+00:00"))
    assert first.record.source_s == 1_789_995_600
    again, other = (read(observation(n, NOON, phenomenonTime="2026-09-21T13:00:00Z", result=1)) for n in (7, 8))
    assert first.record.key == again.record.key != other.record.key


def test_a_datastream_that_was_read_before_stands_for_one_that_is_not_expanded() -> None:
    reader, plain = Reader(KINDS), observation(7, NOON)
    del plain["Datastream"]
    raw = msgspec.json.encode(plain)
    assert reader.read(raw, "5").row is None
    reader.learn([msgspec.json.encode(stream(5)), b"7", b"{"])
    told = reader.read(raw, "5")
    assert told.row is not None
    assert (told.row.id, told.record.message) == ("sta:5", "Datastreams(5)")
    texts = reader.read(msgspec.json.encode(observation(7, NOON, Datastream=stream(5) | {"@iot.id": "a'b"})))
    assert texts.row is not None
    assert texts.row.id == "sta:a''b"


def test_what_was_kept_is_read_again() -> None:
    settings = SourceSettings("air", "sensorthings", {"url": "http://127.0.0.1/v1.1", "kinds": KINDS})
    told = read(observation(7, NOON))
    parcel = read_again(settings, told.record.device, told.record.message, told.record.raw)
    assert (len(parcel.rows), parcel.records[0]) == (1, told.record)


@pytest.mark.parametrize(
    "options",
    [
        {}, {"url": "ftp://here", "kinds": KINDS}, {"url": "http://here", "kinds": {}},
        {"url": "http://here", "kinds": {"a": "ufo"}}, {"url": "http://here", "kinds": KINDS, "page": 0},
        {"url": "http://here", "kinds": KINDS, "mqtt": {"url": "http://here"}},
        {"url": "http://here", "kinds": KINDS, "token_file": "/nowhere"},
    ],
)  # fmt: skip
def test_options_that_make_no_sense_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(BadInputError):
        read_options(SourceSettings("air", "sensorthings", options))


key = st.sampled_from(
    ["@iot.id", "phenomenonTime", "resultTime", "result", "Datastream", "Thing", "Locations", "location", "coordinates",
     "FeatureOfInterest", "feature", "unitOfMeasurement", "symbol", "ObservedProperty", "name", "type", "geometry"]
)  # fmt: skip
json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["PM2.5", "Feature", "2026-09-21T12:00Z"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(key, inner, max_size=5),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(json | st.binary(max_size=30), st.dictionaries(key, json, max_size=3))
def test_anything_is_read_or_refused(payload: object, changes: dict[str, object]) -> None:
    for entity in (payload, observation(7, NOON) | changes):
        told = read(entity)
        assert isinstance(told.record.key, bytes)
    read_again(
        SourceSettings("air", "sensorthings", {"url": "http://127.0.0.1", "kinds": KINDS}), "", "", told.record.raw
    )
