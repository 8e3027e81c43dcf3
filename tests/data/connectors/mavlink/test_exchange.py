from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymavlink.dialects.v20 import ardupilotmega as dialect

from data.connectors.contract import Parcel, SourceSettings
from data.connectors.datagrams import Nobody
from data.connectors.listening import Heard
from data.connectors.mavlink.encoder import Voice
from data.connectors.mavlink.exchange import Exchange
from data.connectors.mavlink.options import read_options
from data.connectors.mavlink.signing import key_of
from data.connectors.mavlink.source import read_again
from data.connectors.sheet import Sheet
from tests.data.connectors.mavlink.frames_seen import POSITION, ROVER
from twin.errors import BadInputError
from twin.live.kinds import CODE, STATE_CODE

NOON = 1_790_000_000.0
SETTINGS = SourceSettings("drones", "mavlink")


class Desk:
    def __init__(self, **options: object) -> None:
        self.exchange = Exchange(read_options(SourceSettings("drones", "mavlink", options)), lambda lon, lat: 5.0)
        self.now = NOON

    def hear(self, *raws: bytes) -> Parcel | None:
        sheet = Sheet()
        self.exchange.read(sheet, [Heard(Nobody(), raw, self.now) for raw in raws])
        return sheet.parcel(self.now)

    def parcel(self, *raws: bytes) -> Parcel:
        parcel = self.hear(*raws)
        assert parcel is not None
        assert parcel.received == len(parcel.records) + len(parcel.refused)
        return parcel


def position(voice: Voice, boot_s: float = 60.0, north: float = 3.0, east: float = 4.0) -> bytes:
    return voice.position(boot_s, 120.92, 30.84, 80.0, 53.0, north, east)


def test_a_recorded_position_says_what_is_known_of_it() -> None:
    (row,) = Desk().parcel(POSITION).rows
    assert (row["id"], row["kind"], row["time_s"]) == (b"mavlink:66", CODE["drone"], NOON)
    assert (row["lat_deg"], row["lon_deg"], row["height_m"]) == (
        pytest.approx(22.54321),
        pytest.approx(114.123456),
        5.0,
    )
    assert (row["heading_deg"], row["speed_mps"]) == (90.0, pytest.approx(math.hypot(3, 2)))


def test_a_rover_in_trouble_is_no_drone() -> None:
    row = Desk().parcel(ROVER, position(Voice(1))).rows[0]
    assert (row["kind"], row["state"]) == (CODE["other"], STATE_CODE["alarm"])


def test_the_vehicles_own_clock_is_used_once_it_knows_the_time() -> None:
    desk, voice = Desk(), Voice(7)
    parcel = desk.parcel(
        position(voice, 60.0), voice.system_time(0, 60.0), position(voice, 60.2),
        voice.system_time(NOON - 2, 60.5), position(voice, 61.5),
    )  # fmt: skip
    assert parcel.rows["time_s"].tolist() == [NOON, NOON, NOON - 1]
    assert desk.parcel(position(voice, 3.0)).rows["time_s"].tolist() == [NOON]  # started again


def test_armed_moving_hovering_and_in_trouble() -> None:
    desk, voice = Desk(), Voice(7)
    told = [
        position(voice), voice.heartbeat(), position(voice), position(voice, north=0, east=0),
        voice.heartbeat(armed=False), position(voice), voice.heartbeat(), voice.battery(5, 4), position(voice),
        voice.battery(90, 1), position(voice), voice.battery(90, 5), position(voice), voice.heartbeat(status=5),
        position(voice),
    ]  # fmt: skip
    states = [int(row["state"]) for raw in told for row in desk.parcel(raw).rows]
    names = ("moving", "moving", "busy", "stopped", "alarm", "moving", "fault", "alarm")
    assert states == [STATE_CODE[name] for name in names]


def test_the_receivers_position_counts_while_there_is_no_better_one() -> None:
    desk, voice = Desk(), Voice(7)
    rows = desk.parcel(voice.gps(int(NOON * 1e6), 120.9, 30.8)).rows
    assert (rows["time_s"][0], rows["height_m"][0], rows["accuracy_m"][0]) == (NOON, 100.0, 1.5)
    parcel = desk.parcel(position(voice), voice.gps(61_000_000, 120.9, 30.8), voice.gps(62_000_000, 1, 1, fix=1))
    assert len(parcel.rows) == 1
    assert parcel.rows["accuracy_m"][0] == 1.5
    assert len(parcel.records) == 3
    desk.now += 10
    assert len(desk.parcel(voice.gps(70_000_000, 120.9, 30.8)).rows) == 1


def test_a_ground_station_and_a_camera_are_no_vehicles() -> None:
    desk = Desk()
    station = dialect.MAVLink(None, 255, 190)
    beat = bytes(station.heartbeat_encode(dialect.MAV_TYPE_GCS, 0, 0, 0, 4).pack(station))
    assert len(desk.parcel(beat, position(Voice(255, 190))).rows) == 0
    assert len(desk.parcel(Voice(7).heartbeat(), position(Voice(7, 100))).rows) == 0


def test_a_vehicle_known_beforehand_has_its_words() -> None:
    (row,) = Desk(vehicles={"7": {"kind": "boat", "label": "巡艇", "id": "boat-7"}}).parcel(position(Voice(7))).rows
    assert (row["id"], row["label"], row["kind"]) == (b"boat-7", "巡艇".encode(), CODE["boat"])


def test_what_is_skipped_is_a_gap_of_its_minute() -> None:
    desk, voice = Desk(), Voice(7)
    frames = [voice.attitude() for _ in range(300)]
    parcel = desk.parcel(*frames[:250], frames[254], position(voice))
    (gap,) = parcel.gaps
    assert (gap.device, gap.first, gap.count, gap.missing) == ("7.1", 250, 49, 49)
    assert parcel.received == 1
    desk.now += 1
    (gap,) = desk.parcel(frames[253], voice.heartbeat()).gaps
    assert (gap.count, gap.missing) == (49, 48)
    assert desk.exchange.not_kept["ATTITUDE"] == 252


def test_after_a_long_silence_nothing_is_counted_as_lost() -> None:
    desk, voice = Desk(), Voice(7)
    desk.hear(voice.heartbeat())
    for _ in range(20):
        voice.attitude()
    desk.now += 6
    assert desk.parcel(voice.heartbeat()).gaps == []


def test_the_same_frame_over_two_links_has_one_key_and_a_later_one_alike_another() -> None:
    desk, voice = Desk(), Voice(7)
    first = voice.heartbeat()
    keys = [record.key for record in desk.parcel(first, first).records]
    desk.now += 0.2
    keys += [record.key for record in desk.parcel(first).records]
    desk.now += 4
    keys += [record.key for record in desk.parcel(first).records]
    assert keys[0] == keys[1] == keys[2] != keys[3]


def test_bad_frames_and_unknown_messages_are_refused_with_their_reason() -> None:
    broken = ROVER[:12] + b"\x77" + ROVER[13:]
    unknown = b"\xfd\x02\x00\x00\x01\x01\x01\xff\xff\x7f\x01\x02\x03\x04"
    parcel = Desk().parcel(broken, unknown, b"noise", b"\xfd", ROVER)
    assert [reason for _, reason in parcel.refused] == ["checksum wrong", "message unknown", "no frame", "no frame"]
    assert len(parcel.records) == 1


def test_signatures_are_checked_where_there_is_a_secret() -> None:
    phrase = "a passphrase"
    good, other = Voice(7, key=key_of(phrase)), Voice(7, key=b"x" * 32)
    desk = Desk(secret=phrase, signing="required")
    one = good.heartbeat()
    parcel = desk.parcel(one, other.heartbeat(), Voice(8).heartbeat())
    assert [reason for _, reason in parcel.refused] == ["signature wrong", "not signed"]
    desk.now += 5
    assert [reason for _, reason in desk.parcel(one).refused] == ["signature used before"]
    assert Desk().parcel(one, Voice(8).heartbeat()).refused == []
    assert key_of("00" * 32) == bytes(32)


def test_options_that_make_no_sense_are_told() -> None:
    for wrong in ({"kind": "kite"}, {"vehicles": {"1": {"kind": "kite"}}}, {"signing": "required"}, {"port": -1}):
        with pytest.raises(BadInputError, match="drones"):
            read_options(SourceSettings("drones", "mavlink", wrong))


def test_a_quarantined_frame_is_read_again() -> None:
    assert len(read_again(SETTINGS, "66.77", "GLOBAL_POSITION_INT", POSITION).rows) == 1
    assert len(read_again(SETTINGS, "", "", POSITION[:-1]).refused) == 1


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.lists(st.one_of(st.binary(max_size=40), st.binary(max_size=30).map(lambda b: b"\xfd" + b), st.just(POSITION)))
)
def test_whatever_comes_has_one_outcome(raws: list[bytes]) -> None:
    parcel = Desk().hear(*raws)
    assert parcel is None or parcel.received == len(parcel.records) + len(parcel.refused) == len(raws)
