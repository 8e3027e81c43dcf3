from __future__ import annotations

import math
from functools import reduce
from operator import xor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyais.encode import encode_dict

from data.connectors.ais.decoder import MessageError, read_message, taken_s
from data.connectors.ais.encoder import write_name, write_position, write_tag
from data.connectors.ais.exchange import Exchange
from data.connectors.ais.options import read_options
from data.connectors.ais.source import read_again
from data.connectors.contract import Parcel, SourceSettings
from data.connectors.datagrams import Nobody
from data.connectors.listening import Heard
from data.connectors.sheet import Sheet
from tests.data.connectors.ais.sentences_seen import EVER_DIADEM, MOORED, UNDER_WAY
from twin.errors import BadInputError
from twin.live.kinds import CODE, STATE_CODE

NOON = 1_790_000_040.0
MMSI = 412_000_001


class Desk:
    def __init__(self, **options: object) -> None:
        self.now = NOON
        made = read_options(SourceSettings("ais", "ais", options))
        self.exchange = Exchange(made, lambda: self.now)

    def hear(self, *raws: bytes) -> Parcel | None:
        sheet = Sheet()
        self.exchange.read(sheet, [Heard(Nobody(), raw, self.now) for raw in raws])
        return sheet.parcel(self.now)

    def parcel(self, *raws: bytes) -> Parcel:
        parcel = self.hear(*raws)
        assert parcel is not None
        assert parcel.received == len(parcel.records) + len(parcel.refused)
        return parcel


def sentence(**told: str | float) -> bytes:
    values: dict[str, str | int | float | bytes | bool] = {
        "mmsi": MMSI,
        "lon": 120.9,
        "lat": 30.8,
        "second": 30,
        **told,
    }
    (line,) = encode_dict(values, talker_id="AI", sentence_type="VDM")
    return line.encode()


def test_a_recorded_report_says_what_is_known_of_it() -> None:
    (row,) = Desk().parcel(MOORED).rows
    assert (row["id"], row["kind"], row["state"]) == (b"ais:477553000", CODE["boat"], STATE_CODE["stopped"])
    assert (row["lon_deg"], row["lat_deg"]) == (pytest.approx(-122.345832), pytest.approx(47.582833))
    assert (row["heading_deg"], row["time_s"] % 60) == (181.0, 15.0)
    moving = Desk().parcel(UNDER_WAY).rows[0]
    assert (moving["heading_deg"], moving["speed_mps"]) == (41.0, pytest.approx(13.9 * 0.514444))
    course = Desk().parcel(sentence(type=1, heading=511, course=297.6)).rows[0]
    assert course["heading_deg"] == pytest.approx(297.6)


def test_a_name_told_once_is_the_label_from_then_on_also_after_a_restart() -> None:
    desk = Desk()
    parcel = desk.parcel(*EVER_DIADEM)
    assert parcel.received == 1
    assert parcel.labels == {"351759000": "EVER DIADEM"}
    assert parcel.records[0].raw == b"\r\n".join(EVER_DIADEM)
    assert desk.parcel(sentence(type=1, mmsi=351759000)).rows["label"].tolist() == [b"EVER DIADEM"]
    later = Desk()
    later.exchange.recall({"351759000": "EVER DIADEM"}, ())
    assert later.parcel(sentence(type=18, mmsi=351759000)).rows["label"].tolist() == [b"EVER DIADEM"]


@pytest.mark.parametrize("number", [1, 2, 3, 18, 19, 27])
def test_every_position_report_is_a_row(number: int) -> None:
    told = {"type": number, "speed": 5, "course": 90, "heading": 91}
    row = Desk().parcel(sentence(**told)).rows[0]
    assert (row["lon_deg"], row["lat_deg"]) == (pytest.approx(120.9, abs=0.002), pytest.approx(30.8, abs=0.002))
    assert row["heading_deg"] == (90 if number == 27 else 91)
    assert row["state"] == STATE_CODE["moving"]


def test_what_is_not_available_is_unknown() -> None:
    row = Desk().parcel(sentence(type=1, speed=102.3, course=360, heading=511, status=15)).rows[0]
    assert math.isnan(row["speed_mps"])
    assert math.isnan(row["heading_deg"])
    assert math.isnan(row["accuracy_m"])
    assert row["state"] == STATE_CODE["unknown"]
    away = Desk().parcel(sentence(type=1, lon=181, lat=91), sentence(type=27, speed=63, course=511))
    assert (len(away.records), len(away.rows)) == (2, 1)
    assert math.isnan(away.rows["speed_mps"][0])


def test_the_time_is_the_second_told_at_or_before_its_reception() -> None:
    at = 1_790_000_040.0  # a full minute
    assert taken_s(58, at) == at - 2
    assert taken_s(2, at) == at + 2
    assert taken_s(10, at) == at - 50
    assert taken_s(58, at + 57) == at + 58
    assert taken_s(2, at + 58) == at + 62
    assert taken_s(60, at) == taken_s(-1, at) == at


def test_a_distress_beacon_is_an_alarm_and_a_moored_boat_stands() -> None:
    rows = Desk().parcel(sentence(type=1, mmsi=970_123_456, status=14), sentence(type=1, status=5, speed=102.3)).rows
    assert rows["state"].tolist() == [STATE_CODE["alarm"], STATE_CODE["stopped"]]


def test_what_two_receivers_heard_has_one_key_and_a_minute_later_another() -> None:
    desk, moored = Desk(), sentence(type=1, second=60)
    keys = [r.key for r in desk.parcel(sentence(type=1), write_tag(NOON, sentence(type=1)), moored, moored).records]
    assert keys[0] == keys[1]
    assert keys[2] == keys[3]
    desk.now += 60
    assert keys[0] not in [r.key for r in desk.parcel(sentence(type=1), moored).records]
    assert keys[2] not in [r.key for r in desk.parcel(moored).records]


def test_the_tag_blocks_time_is_used() -> None:
    assert Desk().parcel(write_tag(NOON - 3600, sentence(type=1, second=60))).rows["time_s"].tolist() == [NOON - 3600]


def test_other_messages_are_kept_and_what_a_receiver_says_of_itself_is_counted() -> None:
    desk = Desk()
    parcel = desk.parcel(b"$GPGGA,1*00", sentence(type=4), sentence(type=21))
    assert (parcel.received, len(parcel.records), len(parcel.rows)) == (2, 2, 0)
    assert desk.exchange.not_kept == {"$GPGGA": 1}


def short() -> bytes:
    body = b"AIVDM,1,1,,A,177KQJ,0"
    return b"!" + body + b"*%02X" % reduce(xor, body)


def test_bad_sentences_and_torn_messages_are_refused_with_their_reason() -> None:
    desk = Desk()
    parcel = desk.parcel(short(), b"noise", MOORED[:-1] + b"0", EVER_DIADEM[0])
    assert [reason for _, reason in parcel.refused] == ["message too short", "no AIS sentence", "checksum wrong"]
    desk.now += 100
    assert [reason for _, reason in desk.parcel().refused] == ["message incomplete"]


def test_a_vessel_known_beforehand_has_its_words() -> None:
    known = {str(MMSI): {"label": "海巡01", "id": "patrol-1"}}
    (row,) = Desk(vessels=known).parcel(sentence(type=1)).rows
    assert (row["id"], row["label"]) == (b"patrol-1", "海巡01".encode())
    with pytest.raises(BadInputError, match="raft"):
        read_options(SourceSettings("ais", "ais", {"kind": "raft"}))


def test_a_message_is_read_again_as_it_was_kept() -> None:
    raw = Desk().parcel(*EVER_DIADEM).records[0].raw
    again = read_again(SourceSettings("ais", "ais"), "351759000", "5", raw)
    assert (again.received, [r.device for r in again.records]) == (1, ["351759000"])


def test_what_is_written_is_read() -> None:
    report = read_message(write_position(MMSI, 120.9, 30.8, 5.0, 45.0, 12))
    assert (report.mmsi, report.second, report.heading_deg) == (MMSI, 12, 45)
    assert report.speed_mps == pytest.approx(5.0, abs=0.1)
    assert read_message(write_name(MMSI, "ZHE JIAXING 1")).name == "ZHE JIAXING 1"


ARMOUR = st.text("".join(map(chr, [*range(48, 88), *range(96, 120)])), max_size=80)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(ARMOUR, st.integers(0, 5))
def test_whatever_a_sentence_holds_is_a_report_or_a_reason(payload: str, fill: int) -> None:
    try:
        assert read_message([f"!AIVDM,1,1,,A,{payload},{fill}*00".encode()]).mmsi >= 0
    except MessageError:
        return


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(st.one_of(st.binary(max_size=40), st.sampled_from([MOORED, *EVER_DIADEM]))))
def test_whatever_comes_has_one_outcome(raws: list[bytes]) -> None:
    desk = Desk()
    parcel = desk.hear(*raws)
    if parcel is not None:
        assert parcel.received == len(parcel.records) + len(parcel.refused)
        assert [r.device for r in parcel.records].count("477553000") == raws.count(MOORED)
