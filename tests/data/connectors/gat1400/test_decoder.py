"""What public sources hold is read with its known values, in whatever envelope; people are not."""

from __future__ import annotations

import gzip
import json
import math
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.connectors.gat1400 import envelope
from data.connectors.gat1400.decoder import ObjectError, Pass, Place, read_device, read_pass, read_time
from data.connectors.gat1400.envelope import BodyError, LeftOut, fields_of, objects_of, read_body
from data.connectors.gat1400.rows import kind_of, vehicle_id
from tests.data.connectors.gat1400.objects_seen import CAMERA, FACE, GATE, NOWHERE, PARKING

ONE = {"MotorVehicleID": "1", "PlateNo": "浙F·I0001", "PassTime": "20261122080000"}


def passes(body: bytes) -> list[Pass]:
    return [read_pass(fields_of(item)) for item in objects_of(read_body(body), "MotorVehicle", 100)]


def test_a_parking_sites_pass_has_its_known_values() -> None:
    (passed,) = passes(PARKING)
    assert (passed.object_id, passed.plate, passed.device) == ("33029902001210000118", "浙BY6H39", "")
    assert passed.time_s == 1_618_132_417  # 2021-04-11 09:13:37 UTC
    assert math.isnan(passed.speed_mps)
    assert passed.place is None


def test_a_gates_pass_has_its_known_values() -> None:
    (passed,) = passes(GATE)
    assert (passed.device, passed.tollgate, passed.plate) == ("65010000001190000001", "2141245", "苏NF5676")
    assert passed.time_s == 1_473_688_867  # 2016-09-12 14:01:07 UTC
    assert passed.speed_mps == pytest.approx(8 / 3.6)


def test_cameras_are_read_and_one_at_0_0_stands_nowhere() -> None:
    read = [read_device(fields_of(objects_of(read_body(body), "APE", 9)[0])) for body in (CAMERA, NOWHERE)]
    assert (read[0].id, read[0].name, read[0].place) == ("APE-001", "Cam-1", Place(116.39, 39.9))
    assert (read[1].id, read[1].place) == ("33029902001210000007", None)


@pytest.mark.parametrize(
    "body",
    [
        {"MotorVehicleListObject": {"MotorVehicleObject": [ONE, ONE]}},
        {"MotorVehicleListObject": [ONE, ONE]},
        {"MotorVehicleList": {"MotorVehicle": [ONE, ONE]}},
        {"MotorVehicleObjectList": {"MotorVehicleObject": [ONE, ONE]}},
        {"MotorVehicle0bjectList": {"MotorVehicle0bject": [ONE, ONE]}},
        {"motorVehicleListObject": [{"MotorVehicleObject": ONE}, {"MotorVehicleObject": [ONE]}]},
        {"MotorVehicleObject": [ONE, ONE]},
        [{"MotorVehicleObject": ONE}, ONE | {"MotorVehicleObject": [ONE]}],
        [ONE, ONE],
    ],
)
def test_every_envelope_that_was_seen_gives_its_objects(body: object) -> None:
    assert objects_of(body, "MotorVehicle", 100) == [ONE, ONE]


@pytest.mark.parametrize("body", [{"MotorVehicleListObject": {"MotorVehicleObject": ONE}}, {"MotorVehicles": ONE}, ONE])
def test_a_single_object_needs_no_list(body: object) -> None:
    assert objects_of(body, "MotorVehicle", 100) == [ONE]


def test_bicycles_are_no_motor_vehicles() -> None:
    body = {"NonMotorVehicleListObject": {"NonMotorVehicleObject": [ONE]}, "FaceListObject": {"FaceObject": [ONE]}}
    assert objects_of(body, "MotorVehicle", 100) == []


@pytest.mark.parametrize(
    ("text", "time_s"),
    [
        ("20261122080000", 1_795_305_600), ("20261122080000250", 1_795_305_600.25), ("1795305600", 1_795_305_600),
        ("1795305600250", 1_795_305_600.25), ("2026-11-22 08:00:00", 1_795_305_600),
        ("2026-11-22T00:00:00Z", 1_795_305_600),
    ],
)  # fmt: skip
def test_times_are_read_in_the_forms_that_were_seen(text: str, time_s: float) -> None:
    assert read_time(text) == time_s


@pytest.mark.parametrize("text", ["", "20261322080000", "00000000000000", "yesterday", "9" * 400])
def test_what_is_no_time_says_so(text: str) -> None:
    with pytest.raises(ObjectError):
        read_time(text)


@pytest.mark.parametrize(
    ("fields", "plate"),
    [
        ({"PlateNo": " 浙f·a 0001 "}, "浙FA0001"), ({"PlateNo": "无车牌"}, ""), ({"PlateNo": "00000000"}, ""),
        ({"PlateNo": "浙FA0001", "HasPlate": 2}, ""), ({"PlateNo": "浙FA0001", "HasPlate": False}, ""),
        ({"PlateNo": None}, ""), ({"PlateNo": ["浙FA0001"]}, ""), ({}, ""),
    ],
)  # fmt: skip
def test_a_plate_is_a_plate_or_nothing(fields: dict[str, object], plate: str) -> None:
    assert read_pass(fields_of({"PassTime": 20261122080000, **fields})).plate == plate


def test_a_vehicle_keeps_its_id_and_the_id_tells_no_plate() -> None:
    (one,), (other,) = passes(GATE), passes(PARKING)
    assert vehicle_id(b"key", one) == vehicle_id(b"key", one)
    assert vehicle_id(b"key", one) != vehicle_id(b"another", one)
    assert vehicle_id(b"key", one) != vehicle_id(b"key", other)
    assert "5676" not in vehicle_id(b"key", one)
    assert len(vehicle_id(b"key", one)) <= 32


def test_kinds_come_from_the_types_of_vehicle() -> None:
    told = [kind_of(name, "other") for name in ("K33", "K43", "K16", "K11", "K21", "H17", "H31", "M11", "", "1")]
    assert told == ["car", "car", "car", "bus", "bus", "dump_truck", "other", "other", "other", "other"]


def test_no_picture_and_no_face_is_left_in_what_is_kept() -> None:
    left_out = LeftOut()
    item = json.loads(PARKING)["MotorVehicleListObject"]["MotorVehicleObject"][0] | {
        "DriverFaceID": "1", "FeatureList": {"FeatureObject": [{"FeatureData": "AAAA"}]}, "Password": "secret",
        "SubImageList": {"SubImageInfoObject": [
            {"Type": "04", "ImageID": "7", "StoragePath": "http://x/driver.jpg"},
            {"Type": 11, "ImageID": "8", "Data": "AAAA"},
            {"Type": "01", "ImageID": "9", "StoragePath": "http://x/car.jpg", "Data": "AAAA"},
        ]},
    }  # fmt: skip
    kept = json.dumps(envelope.without_people(item, left_out))
    assert "http://x/car.jpg" in kept
    assert "StorageUrl1" in kept
    assert not any(word in kept for word in ("driver.jpg", "AAAA", "Face", "Feature", "secret", '"8"'))
    assert (left_out.pictures, left_out.people) == (1, 4)


def test_a_body_that_cannot_be_read_is_kept_without_pictures_and_not_at_all_with_people() -> None:
    cut = PARKING[:-9]
    with pytest.raises(BodyError):
        read_body(cut)
    assert b"BY6H39" in envelope.unreadable(cut)
    assert b"/9j/4AAQ" not in envelope.unreadable(cut)
    assert envelope.unreadable(FACE[:-3]) == b""
    assert envelope.unreadable(FACE.decode().encode("utf-16")) == b""
    longer = cut.replace(b"/9j/4AAQ", b"/9j/4AAQ" * 20)
    assert b"4AAQ" not in envelope.unreadable(longer.replace(b"/", b"%2F").replace(b'"Data": ', b"x="))


def test_a_picture_is_left_out_under_whatever_name_it_came() -> None:
    left_out = LeftOut()
    picture = "/9j/4AAQ" * 20
    item = {"Image": picture, "List": [picture, "kept"], picture: 1, "StorageUrl1": f"http://x/{'1' * 60}.jpg"}
    assert envelope.without_people(item, left_out) == {"List": ["kept"], "StorageUrl1": item["StorageUrl1"]}
    assert left_out.pictures == 3
    assert len(envelope.unreadable(b"a b" * 100_000)) == envelope.MOST_UNREADABLE_BYTES


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b'{"a":' * 17 + b"[]" + b"}" * 17, b"\xff\xfe", b"nul"])
def test_what_is_no_json_or_too_deep_says_so(body: bytes) -> None:
    with pytest.raises(BodyError):
        read_body(body)


def test_bodies_may_be_gb_18030_and_begin_with_a_mark() -> None:
    assert read_body('{"PlateNo": "浙FA0001"}'.encode("gb18030")) == {"PlateNo": "浙FA0001"}
    assert read_body(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


def test_too_many_objects_are_refused() -> None:
    with pytest.raises(BodyError):
        objects_of({"MotorVehicleListObject": [ONE] * 101}, "MotorVehicle", 100)


def test_packed_bodies_are_unpacked_up_to_a_size() -> None:
    for encoding, packed in (("gzip", gzip.compress(GATE)), ("deflate", zlib.compress(GATE)), ("", GATE)):
        assert envelope.inflate(packed, encoding, 10_000) == GATE
    bomb = gzip.compress(b" " * 50_000_000)
    for encoding, packed in (("gzip", bomb), ("gzip", GATE), ("gzip", gzip.compress(GATE)[:-4]), ("br", GATE)):
        with pytest.raises(BodyError):
            envelope.inflate(packed, encoding, 10_000)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=20)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.one_of(
                st.sampled_from(["MotorVehicleListObject", "MotorVehicle0bject", "PassTime", "PlateNo", "Longitude"]),
                st.sampled_from(["Latitude", "Speed", "DeviceID", "SubImageList", "Type", "Data", "FaceListObject"]),
                st.text(max_size=5),
            ),
            inner, max_size=4,
        ),
    ),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=150, derandomize=True, deadline=None)
@given(JSON)
def test_no_document_breaks_the_reader(document: object) -> None:
    envelope.without_people(document, LeftOut())
    for item in objects_of(document, "MotorVehicle", 100):
        try:
            passed = read_pass(fields_of(item))
        except ObjectError:
            continue
        assert math.isfinite(passed.time_s)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(st.integers(0, len(PARKING) - 1), st.integers(0, 255))
def test_no_flipped_byte_breaks_the_reader(at: int, byte: int) -> None:
    body = (PARKING[:at] + bytes([byte]) + PARKING[at + 1 :]).replace(b"JRgABAg", b"JRgABAg" * 30)
    try:
        assert len(passes(body)) <= 1
    except (BodyError, ObjectError):
        assert b"JRgABAg" * 10 not in envelope.unreadable(body)
