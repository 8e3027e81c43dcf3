"""SenML as RFC 8428 says it; the packs are those of its examples, in section 5.1."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.connectors.mqtt.readings import Reading, Unread, UnreadableError, read_senml
from data.connectors.mqtt.senml import Measured, SenmlError, read_pack

SINGLE = b'[{"n":"urn:dev:ow:10e2073a01080063","u":"Cel","v":23.1}]'
MULTIPLE = b"""[
 {"bn":"urn:dev:ow:10e2073a0108006:","bt":1.276020076001e+09, "bu":"A","bver":5, "n":"voltage","u":"V","v":120.1},
 {"n":"current","t":-5,"v":1.2}, {"n":"current","t":-4,"v":1.3}, {"n":"current","t":-3,"v":1.4},
 {"n":"current","t":-2,"v":1.5}, {"n":"current","t":-1,"v":1.6}, {"n":"current","v":1.7}]"""
MOVING = b"""[
 {"bn":"urn:dev:ow:10e2073a01080063","bt":1.320067464e+09, "bu":"%RH","v":20},
 {"u":"lon","v":24.30621}, {"u":"lat","v":60.07965}, {"t":60,"v":20.3}, {"u":"lon","t":60,"v":24.30622},
 {"u":"lat","t":60,"v":60.07965}, {"t":120,"v":20.7}, {"u":"lon","t":120,"v":24.30623},
 {"u":"lat","t":120,"v":60.07966}, {"u":"%EL","t":150,"v":98}, {"t":180,"v":21.2}]"""


def records(text: bytes) -> list[Measured | SenmlError]:
    return read_pack(text)


def test_base_fields_hold_for_all_that_follow() -> None:
    (only,) = records(SINGLE)
    assert only == ("urn:dev:ow:10e2073a01080063", 0.0, True, "Cel", 23.1, None)
    told = [record for record in records(MULTIPLE) if isinstance(record, Measured)]
    assert [record.name.rpartition(":")[2] for record in told] == ["voltage"] + ["current"] * 6
    assert [record.unit for record in told] == ["V"] + ["A"] * 6
    assert [round(record.time_s - 1276020076.001) for record in told] == [0, -5, -4, -3, -2, -1, 0]
    assert [record.value for record in told] == [120.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7]


def test_base_values_and_sums_are_added_and_may_be_replaced() -> None:
    told = records(
        b'[{"bn":"a:","bv":100,"bs":10},{"n":"x","v":1},{"n":"y","v":2,"s":5},{"n":"z"},{"bv":0,"bs":0,"n":"x","v":3}]'
    )
    assert [(r.value, r.sum) for r in told if isinstance(r, Measured)] == [(101, 10), (102, 15), (100, 10), (3, 0)]


@pytest.mark.parametrize(
    "record",
    [
        b"7", b'{"n":"x"}', b'{"v":1}', b'{"n":"-x","v":1}', b'{"n":"x","v":"1"}', b'{"n":"x","v":true}',
        b'{"n":"x","v":1,"vs":"a"}', b'{"n":7,"v":1}', b'{"n":"x","vb":1}', b'{"n":"x","t":"now","v":1}',
    ],
)  # fmt: skip
def test_a_record_that_does_not_hold_costs_no_other(record: bytes) -> None:
    first, broken, last = records(b'[{"n":"a","v":1},%b,{"n":"b","v":2}]' % record)
    assert isinstance(broken, SenmlError)
    assert [r.value for r in (first, last) if isinstance(r, Measured)] == [1, 2]


@pytest.mark.parametrize("pack", [b'{"n":"x","v":1}', b'[{"n":"x","v":1,"must_":1}]', b'[{"bver":99,"n":"x","v":1}]'])
def test_a_pack_of_which_something_must_be_understood_is_refused(pack: bytes) -> None:
    with pytest.raises(SenmlError):
        records(pack)


def test_what_is_said_about_one_device_and_time_is_one_reading() -> None:
    voltage, *currents = read_senml(MULTIPLE)
    assert isinstance(voltage, Reading)
    assert (voltage.fields, voltage.device) == ({"voltage": 120.1, "current": 1.7}, "urn:dev:ow:10e2073a0108006")
    assert [set(r.fields) for r in currents if isinstance(r, Reading)] == [{"current"}] * 5
    assert read_senml(voltage.raw) == [voltage]


def test_a_device_that_says_its_place_once_keeps_it() -> None:
    pack = b"""[{"bn":"urn:dev:ops:a7:","bt":1320067464,"n":"lon","u":"lon","v":120.9},{"n":"lat","u":"lat","v":30.8},
      {"n":"pm25","v":40},{"n":"pm25","t":60,"v":41},{"n":"lon","u":"lon","t":120,"v":121},{"n":"pm25","t":120,"v":42}]"""
    told = [reading for reading in read_senml(pack) if isinstance(reading, Reading)]
    assert [r.fields for r in told] == [
        {"lon": 120.9, "lat": 30.8, "pm25": 40}, {"lon": 120.9, "lat": 30.8, "pm25": 41},
        {"lat": 30.8, "lon": 121, "pm25": 42},
    ]  # fmt: skip
    again = [reading for part in told for reading in read_senml(part.raw)]
    assert [(r.fields, r.time_s) for r in again if isinstance(r, Reading)] == [(r.fields, r.time_s) for r in told]


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=8,
)
label = st.sampled_from(["bn", "bt", "bu", "bv", "bs", "bver", "n", "u", "v", "vs", "vb", "vd", "s", "t", "ut"])


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.dictionaries(label, json | st.sampled_from(["a", "a:", 1.5, 10]), max_size=6), max_size=6))
def test_any_pack_is_read_or_refused_in_words(pack: list[dict[str, object]]) -> None:
    text = msgspec.json.encode(pack)
    try:
        told = read_senml(text)
    except UnreadableError:
        return
    for part in told:
        if isinstance(part, Reading):
            assert all(isinstance(again, Reading) for again in read_senml(part.raw))
        else:
            assert isinstance(part, Unread)
            assert part.reason


def test_the_moving_sensor_of_the_standard_is_read() -> None:
    told = read_senml(MOVING)
    assert len(told) == 5  # one a time: its records share one name and differ by unit alone
