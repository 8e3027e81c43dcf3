from __future__ import annotations

import math
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.connectors.contract import Parcel, SourceSettings
from data.connectors.cot.decoder import read_event
from data.connectors.cot.encoder import write_detail, write_event
from data.connectors.cot.exchange import Exchange
from data.connectors.cot.options import Table, read_options
from data.connectors.cot.source import read_again
from data.connectors.listening import Heard
from data.connectors.sheet import Sheet
from tests.data.connectors.cot.events_seen import EMERGENCY, JENNY, PING, PLACED
from twin.errors import BadInputError, UsageError
from twin.live.kinds import CODE, STATE_CODE

NOON = 1_790_000_000.0


class Line:
    peer = "test"

    def __init__(self) -> None:
        self.authenticated = set[str]()
        self.sent: list[bytes] = []

    def send(self, wire: bytes) -> None:
        self.sent.append(wire)


class Desk:
    def __init__(self, **options: object) -> None:
        self.exchange = Exchange(read_options(SourceSettings("tak", "cot", options)), lambda lon, lat: 5.0)
        self.line = Line()

    def hear(self, *raws: bytes) -> Parcel | None:
        sheet = Sheet()
        self.exchange.read(sheet, [Heard(self.line, raw, NOON) for raw in raws])
        return sheet.parcel(NOON)

    def parcel(self, *raws: bytes) -> Parcel:
        parcel = self.hear(*raws)
        assert parcel is not None
        assert parcel.received == len(parcel.records) + len(parcel.refused) == len(raws)
        return parcel


def event(uid: str = "unit-1", type_: str = "a-f-G-U-C", at: float = 0.0, **changes: object) -> bytes:
    told: dict[str, object] = {"lon_deg": 120.92, "lat_deg": 30.84, "ce_m": 5.0, "detail": write_detail("巡1", 90, 1.5)}
    return write_event(uid, type_, NOON + at, **{**told, **changes})  # type: ignore[arg-type]  # any argument


def test_an_officers_handheld_is_a_row() -> None:
    parcel = Desk().parcel(JENNY)
    (row,), (record,) = parcel.rows, parcel.records
    assert (row["id"], row["label"], row["kind"]) == (b"cot:ANDROID-deadbeef", b"JENNY", CODE["officer"])
    assert (row["lon_deg"], row["lat_deg"], row["time_s"]) == (-3.141592, 1.234567, 1614457944.771)
    assert row["accuracy_m"] == pytest.approx(9.9)
    assert (row["state"], row["height_m"]) == (STATE_CODE["stopped"], 0.0)
    assert (record.device, record.message, record.raw) == ("ANDROID-deadbeef", "a-f-G-U-C", JENNY)


def test_the_same_event_has_the_same_key_in_xml_and_protobuf_and_another_time_another() -> None:
    from data.connectors.cot.encoder import as_datagram

    keys = [record.key for record in Desk().parcel(JENNY, as_datagram(JENNY), event(at=1), event(at=2)).records]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3


def test_types_are_looked_up_by_the_longest_beginning() -> None:
    table = Table({"a-f-G-U-C-V": "fire_engine", "a-n-A-C": ""})
    asked = ("a-f-G-U-C-I", "a-f-G-U-C-V-X", "a-f-G-E-V-C", "a-u-A-M-F-Q-r", "a-n-A-C-F", "a-u-G-U-C", "a-f-GG-U", "b")
    assert [table.kind(type_) for type_ in asked] == [
        "officer", "fire_engine", "car", "drone", "", None, None, None,
    ]  # fmt: skip


def test_people_who_are_not_ours_are_never_shown() -> None:
    parcel = Desk().parcel(event(type_="a-u-G-U-C"), event(type_="a-n-G-U-C"), event(type_="a-h-G-U-C-I"))
    assert len(parcel.rows) == 0
    assert [reason for _, reason in parcel.refused] == ["type not in the table of kinds"] * 3


def test_a_drones_height_is_above_the_ground() -> None:
    row = Desk(geoid_m=10.0).parcel(event(type_="a-f-A-M-H-Q", hae_m=115.0)).rows[0]
    assert (row["kind"], row["height_m"]) == (CODE["drone"], 100.0)


def test_marks_on_the_map_and_handhelds_without_a_fix_are_kept_and_not_shown() -> None:
    parcel = Desk().parcel(PLACED, event(lon_deg=0.0, lat_deg=0.0, ce_m=9999999.0), event(type_="t-x-d-d"))
    assert len(parcel.rows) == 0
    assert len(parcel.records) == 3


def test_stale_before_start_is_refused() -> None:
    (_, reason), = Desk().parcel(event(stale_after_s=-1)).refused  # fmt: skip
    assert reason == "stale before start"


def test_a_ping_is_answered_and_with_chat_not_kept() -> None:
    desk = Desk()
    assert desk.hear(PING, event(type_="b-t-f"), b"\xbf\x01\xbf\x0a\x02\x08\x01") is None
    (pong,) = desk.line.sent
    answer = read_event(pong.strip())
    assert answer is not None
    assert answer.type == "t-x-c-t-r"
    assert sum(desk.exchange.not_kept.values()) == 3


def test_who_asks_for_help_is_shown_so_until_it_is_cancelled() -> None:
    desk = Desk()
    link = '<link uid="unit-1" type="a-f-G-U-C" relation="p-p"/>'
    asked = event("unit-1-9-1-1", "b-a-o-tbl", 1, detail=link)
    cancelled = event("unit-1-9-1-1", "b-a-o-can", 3, detail=link)
    rows = desk.parcel(event(at=0), asked, event(at=2), event("unit-2", at=2), cancelled, event(at=4)).rows
    assert rows["id"].tolist() == [b"cot:unit-1"] * 3 + [b"cot:unit-2"] + [b"cot:unit-1"] * 2
    alarm, moving, unknown = STATE_CODE["alarm"], STATE_CODE["moving"], STATE_CODE["unknown"]
    assert rows["state"].tolist() == [moving, alarm, alarm, moving, unknown, moving]
    assert len(Desk().parcel(EMERGENCY).rows) == 1


def test_names_too_long_for_an_id_stay_apart() -> None:
    windows = [f"S-1-5-21-2720623347-3037847324-416727090{n}-1002" for n in (1, 2)]
    ids = Desk().parcel(event(windows[0]), event(windows[1])).rows["id"].tolist()
    assert len(set(ids)) == 2
    assert all(name.startswith(b"cot:") for name in ids)


def test_what_is_wrong_with_speed_and_course_does_not_cost_the_position() -> None:
    row = Desk().parcel(event(detail='<track course="-5" speed="-1"/>')).rows[0]
    assert math.isnan(row["heading_deg"])
    assert math.isnan(row["speed_mps"])


def test_options_that_make_no_sense_are_told() -> None:
    for wrong in ({"kinds": {"a-f-G": "tank"}}, {"port": 70000}, {"colour": 1}, {"transport": "pigeon"}):
        with pytest.raises(BadInputError, match="tak"):
            read_options(SourceSettings("tak", "cot", wrong))


def test_a_quarantined_event_is_read_again_with_a_better_table() -> None:
    raw = event(type_="a-f-G-I-X")
    assert len(read_again(SourceSettings("tak", "cot"), "", "", raw).refused) == 1
    mended = SourceSettings("tak", "cot", {"kinds": {"a-f-G-I": "guard"}})
    assert read_again(mended, "", "", raw).rows["kind"].tolist() == [CODE["guard"]]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.one_of(st.binary(max_size=60), st.just(JENNY), st.text(max_size=12).map(lambda t: event(t)))))
def test_whatever_comes_has_one_outcome(raws: list[bytes]) -> None:
    parcel = Desk().hear(*raws)
    if parcel is not None:
        assert parcel.received == len(parcel.records) + len(parcel.refused)
        assert [record.raw for record in parcel.records].count(JENNY) == raws.count(JENNY)


def test_a_text_goes_to_the_handheld_over_the_link_it_last_spoke_on() -> None:
    desk = Desk()
    desk.hear(event())
    told: list[str] = []
    with desk.exchange.asking("unit-1", '去<大桥路> & "东"\n', NOON, lambda: told.append("received")):
        (wire,) = desk.line.sent
        message = ElementTree.fromstring(wire.decode()).find("detail/__chat").get("messageId")  # type: ignore[union-attr]  # noqa: S314 - our own
        desk.hear(event("x", "b-t-f-d", detail='<__chatreceipt messageId="of another"/>'))
        assert not told
        desk.hear(event("y", "b-t-f-d", detail=f'<__chatreceipt messageId="{message}"/>'))
    assert told == ["received"]
    desk.hear(event("z", "b-t-f-r", detail=f'<__chatreceipt messageId="{message}"/>'))  # nobody waits any more
    sent = read_event(wire)
    assert sent is not None
    assert (sent.type, sent.uid.split(".")[:3]) == ("b-t-f", ["GeoChat", "zhian-twin", "unit-1"])
    root = ElementTree.fromstring(wire.decode())  # noqa: S314 - our own
    assert root.findtext("detail/remarks") == '去<大桥路> & "东" '
    chat = root.find("detail/__chat")
    assert chat is not None
    assert (chat.get("chatroom"), chat.get("id")) == ("巡1", "unit-1")


def test_a_text_to_one_who_was_not_heard_of_or_of_no_words_is_refused() -> None:
    desk = Desk()
    with pytest.raises(UsageError, match="heard of"), desk.exchange.asking("unit-1", "去", NOON, lambda: None):
        pass
    desk.hear(event())
    for text in ("", "x" * 2001):
        with pytest.raises(UsageError, match="1 to 2000"), desk.exchange.asking("unit-1", text, NOON, lambda: None):
            pass
    assert desk.line.sent == []
