from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.twin.live.factory import Pair, ids, rows, times
from twin.geo import LocalFrame
from twin.live.kinds import KINDS
from twin.live.layout import MAX_SOURCES, SlabWord, Word, Words
from twin.live.table import SILENT_FOR, place_word
from twin.words import Said, say
from twin.world import Playback, SourceState


def test_nothing_is_known_before_the_first_commit() -> None:
    pair = Pair()
    pair.table.update(pair.source, rows(("a", 1.0)), np.zeros((1, 3), np.float32), 5.0, 0.0)
    assert len(pair.reader.frame()) == 0


def test_a_frame_holds_the_newest_state_with_its_place_and_source() -> None:
    pair = Pair()
    pair.tell(rows(("a", 1.0), ("b", 2.0)))
    frame = pair.reader.frame()
    assert ids(frame.rows) == ["a", "b"]
    assert frame.position_m.tolist() == [[1, 1, 1], [2, 2, 2]]
    assert frame.source.tolist() == [pair.source, pair.source]
    assert frame.at_s == 6.0


def test_an_unchanged_table_gives_the_same_frame_again() -> None:
    pair = Pair()
    pair.tell(rows(("a", 1.0)))
    before = pair.reader.frame()
    assert pair.reader.frame() is before
    pair.tell(rows(("a", 2.0)))
    assert pair.reader.frame().version > before.version


def test_what_is_older_than_known_is_counted_and_changes_nothing() -> None:
    pair = Pair()
    pair.tell(rows(("a", 5.0)))
    taken = pair.tell(rows(("a", 4.0), ("b", 1.0)))
    assert (taken.accepted, taken.late, taken.overflow) == (1, 1, 0)
    assert times(pair) == {"a": 5.0, "b": 1.0}
    assert pair.reader.counts().late == 1


def test_of_several_rows_of_one_entity_the_newest_wins() -> None:
    pair = Pair()
    taken = pair.tell(rows(("a", 1.0), ("b", 9.0), ("a", 3.0), ("a", 2.0)))
    assert (taken.accepted, taken.late) == (2, 2)
    assert times(pair) == {"a": 3.0, "b": 9.0}


def test_a_batch_of_the_same_entities_takes_the_short_way_to_the_same_end() -> None:
    pair = Pair()
    for time_s in (1.0, 2.0, 3.0):
        pair.tell(rows(("b", time_s), ("a", time_s)))
    assert times(pair) == {"b": 3.0, "a": 3.0}


def test_a_full_table_says_how_many_it_left_out() -> None:
    pair = Pair(capacity=2)
    taken = pair.tell(rows(("a", 1.0), ("b", 1.0), ("c", 1.0), ("a", 2.0)))
    assert (taken.accepted, taken.late, taken.overflow) == (2, 1, 1)
    assert times(pair) == {"a": 2.0, "b": 1.0}


def test_who_is_silent_for_long_leaves_and_the_rest_keeps_its_state() -> None:
    pair = Pair()
    pair.tell(rows(("a", 1.0), ("b", 1.0), ("c", 1.0)), heard=0.0)
    limit = KINDS[0].stale_after_s * SILENT_FOR
    pair.tell(rows(("b", 2.0)), heard=limit)
    assert pair.table.sweep(limit + 1) == 2
    pair.tell(rows(("d", 4.0), ("b", 3.0)), heard=limit)
    assert times(pair) == {"b": 3.0, "d": 4.0}


def test_a_paused_source_keeps_its_entities() -> None:
    pair = Pair()
    pair.tell(rows(("a", 1.0)))
    assert pair.table.sweep(1e9, held=[pair.source]) == 0


def test_a_source_wound_back_may_tell_older_times_again() -> None:
    pair = Pair()
    other = pair.table.source("other", "demo-life")
    pair.tell(rows(("a", 9.0)))
    pair.tell(rows(("b", 9.0)), source=other)
    assert pair.table.forget(pair.source) == 1
    pair.tell(rows(("a", 1.0)))
    assert times(pair) == {"b": 9.0, "a": 1.0}


def test_the_next_engine_goes_on_without_doubles() -> None:
    first = Pair()
    first.tell(rows(("a", 1.0), ("b", 2.0)))
    seen = first.reader.frame()
    second = Pair(memory=first.memory, epoch=2)
    second.tell(rows(("b", 3.0), ("c", 1.0)))
    assert times(second) == {"a": 1.0, "b": 3.0, "c": 1.0}
    assert second.reader.frame().version > seen.version


def test_what_was_written_when_the_engine_died_is_not_seen_and_the_next_mends_it() -> None:
    pair = Pair()
    pair.tell(rows(("a", 1.0)))
    words = Words(memoryview(pair.memory))
    spare = 1 - words[Word.ACTIVE]
    words[words.of_slab(spare, SlabWord.SEQUENCE)] += 1
    assert times(pair) == {"a": 1.0}
    assert times(Pair(memory=pair.memory, epoch=2)) == {"a": 1.0}


def test_a_reader_in_the_middle_of_a_write_keeps_its_last_frame_and_counts() -> None:
    pair = Pair()
    pair.tell(rows(("a", 1.0)))
    before = pair.reader.frame()
    words = Words(memoryview(pair.memory))
    words[words.of_slab(words[Word.ACTIVE], SlabWord.SEQUENCE)] += 1
    assert pair.reader.frame() is before
    assert pair.reader.torn > 0


def test_positions_of_another_place_are_not_taken_over() -> None:
    first = Pair()
    first.tell(rows(("a", 1.0)))
    assert times(Pair(memory=first.memory, place=2)) == {}


def test_entities_of_sources_that_are_gone_leave() -> None:
    first = Pair()
    first.tell(rows(("a", 1.0)))
    first.tell(rows(("b", 1.0)), source=first.table.source("recording", "recorded-track"))
    second = Pair(memory=first.memory, epoch=2)
    second.table.keep_sources(["recording"])
    second.table.commit(1.0)
    assert times(second) == {"b": 1.0}
    assert [source.name for source in second.reader.sources()] == ["recording"]
    assert second.reader.frame().source.tolist() == [0]


def test_readers_see_how_sources_do() -> None:
    pair = Pair()
    playback = Playback(1.0, 9.0, 4.0, speed=10.0, paused=True)
    told = SourceState("演示", "recorded-track", False, "文件" * 60, 3.0, 2.5, playback)
    pair.table.tell_source(pair.source, told)
    pair.table.commit(1.0)
    (seen,) = pair.reader.sources()
    assert (seen.name, seen.playback, seen.rate_hz) == (told.name, playback, 2.5)
    assert told.reason.startswith(seen.reason)


def test_readers_can_say_why_a_source_is_down_in_another_language() -> None:
    pair = Pair()
    why = say("{name} is down: {reason}", name="浙江", reason=say("ended"))
    pair.table.tell_source(pair.source, SourceState("a", "demo-life", False, why, 3.0, 2.5, None))
    pair.table.commit(1.0)
    (seen,) = pair.reader.sources()
    assert seen.reason == "浙江 is down: ended"
    assert isinstance(seen.reason, Said)
    assert seen.reason.values == why.values


def test_a_reason_too_long_for_the_table_is_cut_as_it_stands() -> None:
    pair = Pair()
    why = say("{name} is down: {reason}", name="a", reason="文" * 900)
    pair.table.tell_source(pair.source, SourceState("a", "demo-life", False, why, 3.0, 2.5, None))
    pair.table.commit(1.0)
    (seen,) = pair.reader.sources()
    assert why.startswith(seen.reason)
    assert seen.reason.startswith("a is down: 文")


def test_there_is_an_end_to_sources() -> None:
    pair = Pair()
    for number in range(1, MAX_SOURCES):
        pair.table.source(f"s{number}", "demo-life")
    with pytest.raises(OverflowError):
        pair.table.source("one more", "demo-life")


def test_a_sign_of_life_carries_the_writer() -> None:
    pair = Pair()
    pair.table.beat(100.0, 12.5)
    assert pair.reader.heartbeat() == (7, 12.5)


def test_frames_of_a_place_are_told_apart() -> None:
    assert place_word(LocalFrame("EPSG:4549", (1, 2))) != place_word(LocalFrame("EPSG:4549", (1, 3)))


@given(st.lists(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 20)), max_size=6), max_size=8))
def test_any_batches_leave_the_newest_of_each_that_fits(batches: list[list[tuple[str, int]]]) -> None:
    pair = Pair(capacity=6)
    newest: dict[str, float] = {}
    for told in batches:
        taken = pair.tell(rows(*((key, float(time_s)) for key, time_s in told)))
        assert taken.accepted + taken.late + taken.overflow == len(told)
        for key, time_s in told:
            newest[key] = max(newest.get(key, -1.0), float(time_s))
    assert times(pair) == newest


def test_entities_that_are_dropped_leave_and_the_others_stay_as_they_are() -> None:
    pair = Pair()
    pair.tell(rows(("a", 1.0), ("b", 2.0), ("c", 3.0)))
    assert pair.table.drop([b"b", b"nobody"]) == 1
    pair.tell(rows(("c", 4.0)))
    assert times(pair) == {"a": 1.0, "c": 4.0}


def test_a_reader_sees_the_zone_and_the_classification_of_a_source() -> None:
    pair = Pair()
    state = SourceState(
        "demo", "demo-life", up=True, reason="", last_s=1.0, rate_hz=2.0, zone="视频专网", classification="内部"
    )
    pair.table.tell_source(pair.source, state)
    pair.table.commit(1.0)
    assert pair.reader.sources() == (state,)
