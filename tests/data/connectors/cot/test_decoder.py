from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.connectors.cot.decoder import EventError, read_event, read_tags, read_time
from data.connectors.cot.encoder import as_datagram, as_stream
from tests.data.connectors.cot.events_seen import EMERGENCY, JENNY, PLACED


def test_a_handhelds_report_says_what_is_known_of_it() -> None:
    event = read_event(JENNY)
    assert event is not None
    assert (event.uid, event.type, event.how, event.callsign) == ("ANDROID-deadbeef", "a-f-G-U-C", "m-g", "JENNY")
    assert (event.lat_deg, event.lon_deg, event.hae_m, event.ce_m) == (1.234567, -3.141592, -25.7, 9.9)
    assert (event.course_deg, event.speed_mps, event.user) == (80.24833892285461, 0.0, True)
    assert event.time_s == event.start_s == 1614457944.771
    assert event.stale_s == 1614458319.771


@pytest.mark.parametrize("written", [as_datagram, as_stream])
def test_protobuf_says_the_same(written: object) -> None:
    assert callable(written)
    assert read_event(written(JENNY)) == read_event(JENNY)


def test_what_is_unknown_is_not_a_number() -> None:
    event = read_event(EMERGENCY)
    assert event is not None
    assert math.isnan(event.hae_m)
    assert math.isnan(event.ce_m)
    assert math.isnan(event.speed_mps)
    assert (event.linked_uid, event.linked_type, event.user) == ("SERVER", "a-f-G-U-C", False)


def test_times_are_utc_with_and_without_a_zone() -> None:
    assert read_time("2021-02-27T20:32:24.771Z") == read_time("2021-02-27T20:32:24.771") == 1614457944.771
    assert read_time("2021-02-28T04:32:24.771+08:00") == 1614457944.771
    for text in ("", "yesterday", "2021-13-01T00:00:00Z"):
        with pytest.raises(EventError):
            read_time(text)


BOMB = b'<!DOCTYPE e [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>' + JENNY.replace(b"JENNY", b"&b;")
OUTSIDE = b'<!DOCTYPE e SYSTEM "http://example.invalid/e.dtd">' + JENNY


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (BOMB, "document type not allowed"),
        (OUTSIDE, "document type not allowed"),
        (JENNY.replace(b"JENNY", b"&unknown;"), "XML not well-formed"),
        (JENNY[:300], "XML not well-formed"),
        (b"<detail/>", "no event"),
        (b"<event uid='x'/>", "no uid or type"),
        (JENNY.replace(b"deadbeef", b"x" * 300), "uid or type too long"),
        (JENNY.replace(b"2021-02-27T20:32:24.771Z", b"now"), "time not readable"),
        (b"<event>" * 40 + b"</event>" * 40, "event too deep"),
        (b"\xbf\x01\xbf\xff\xff", "not a TAK message"),
        (b"\xbf\xff\xff\xff\xff\xff\xff", "not a TAK message"),
        (b"<?xml version='1.0' encoding='GB2312'?><event/>", "XML not well-formed"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(raw: bytes, reason: str) -> None:
    with pytest.raises(EventError, match=reason):
        read_event(raw)


def test_a_message_of_control_alone_is_no_event() -> None:
    assert read_event(b"\xbf\x01\xbf\x0a\x02\x08\x01") is None


def test_a_mark_on_the_map_is_told_from_a_user() -> None:
    event = read_event(PLACED)
    assert event is not None
    assert (event.user, event.how) == (False, "h-g-i-g-o")


PIECES = st.one_of(
    st.binary(max_size=200),
    st.binary(max_size=100).map(lambda b: b"\xbf\x01\xbf" + b),
    st.tuples(st.integers(0, len(JENNY)), st.integers(0, len(JENNY)), st.binary(max_size=8)).map(
        lambda t: JENNY[: min(t[:2])] + t[2] + JENNY[max(t[:2]) :]
    ),
)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(PIECES)
def test_whatever_comes_is_an_event_or_a_reason(raw: bytes) -> None:
    try:
        event = read_event(raw)
    except EventError:
        return
    assert event is None or (event.uid and event.type)


def test_only_the_elements_of_an_event_itself_are_taken() -> None:
    tags = read_tags(b"<event><detail><a><contact callsign='no'/></a><contact callsign='yes'/></detail></event>")
    assert tags["contact"] == {"callsign": "yes"}
