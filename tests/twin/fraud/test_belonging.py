"""Cases that belong together: by what few share, not by what all share, and with reasons."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.fraud.belonging import KINDS, MOST_SHARING, Belonging, Traits, belonging, plain
from twin.fraud.wording import alike

STORY = "对方自称某银行客服，说我的账户异常，让我下载会议软件共享屏幕，然后把钱转到安全账户"


def found(*rows: tuple[int, str, str], stories: tuple[str, ...] = ()) -> Belonging:
    traits = Traits(
        np.array([row[0] for row in rows], np.int64),
        np.array([KINDS.index(row[1]) for row in rows], np.int64),
        np.array([plain(row[1], row[2]) for row in rows], np.str_),
    )
    return belonging(traits, stories)


def test_a_shared_telephone_is_found_however_it_is_written() -> None:
    both = found((0, "phone", "+86 138 0013 8000"), (1, "phone", "１３８００１３８０００"), (2, "phone", "13900139000"))
    assert (both.first.tolist(), both.second.tolist()) == ([0], [1])
    assert both.reasons(0) == (("phone", "13800138000", 2),)


def test_more_in_common_is_stronger() -> None:
    both = found(
        (0, "phone", "1"), (1, "phone", "1"), (0, "device", "x"), (1, "device", "x"),
        (2, "app", "a.b"), (3, "app", "a.b"),
    )  # fmt: skip
    assert both.first.tolist() == [0, 2]
    assert both.strength.tolist() == pytest.approx([1 - 0.2 * 0.1, 0.6])
    assert [kind for kind, _, _ in both.reasons(0)] == ["device", "phone"]


def test_what_many_share_is_weaker_and_what_all_share_says_nothing() -> None:
    some = found(*((case, "phone", "95588") for case in range(20)))
    assert np.all(some.strength == pytest.approx(0.4))
    assert len(found(*((case, "phone", "95588") for case in range(MOST_SHARING + 1)))) == 0


def test_a_case_does_not_belong_to_itself() -> None:
    assert len(found((0, "phone", "1"), (0, "phone", "1"), (0, "account", "1"))) == 0


def test_nothing_written_is_nothing_shared() -> None:
    assert len(found((0, "phone", " "), (1, "phone", "—"))) == 0


def test_the_same_words_are_found_with_small_changes() -> None:
    other = STORY.replace("某银行", "某支付平台").replace("，", " ")
    both = found(stories=("今天下雨，路上堵车，没有发生别的事情，大家都早早回家休息了", STORY, "短", other))
    assert (both.first.tolist(), both.second.tolist()) == ([1], [3])
    assert both.reasons(0)[0][0] == "wording"


def test_groups_follow_the_links_of_that_strength() -> None:
    both = found((0, "account", "a"), (1, "account", "a"), (1, "app", "b"), (2, "app", "b"), (4, "app", "c"))
    assert both.groups(5, 0.5).tolist() == [0, 0, 0, 1, 2]
    assert both.groups(5, 0.8).tolist() == [0, 0, 1, 2, 3]


ROWS = st.lists(st.tuples(st.integers(0, 8), st.sampled_from(KINDS[:4]), st.sampled_from("abcdef")), max_size=40)


@settings(max_examples=80, deadline=None)
@given(ROWS)
def test_it_finds_what_comparing_all_with_all_finds(rows: list[tuple[int, str, str]]) -> None:
    has = {case: {(kind, plain(kind, value)) for other, kind, value in rows if other == case} for case, _, _ in rows}
    has = {case: {one for one in traits if one[1]} for case, traits in has.items()}
    expected = {(a, b) for a in has for b in has if a < b and has[a] & has[b]}
    both = found(*rows)
    assert set(zip(both.first.tolist(), both.second.tolist(), strict=True)) == expected
    for place, (a, b) in enumerate(zip(both.first.tolist(), both.second.tolist(), strict=True)):
        assert {reason[:2] for reason in both.reasons(place)} == has[a] & has[b]
    assert np.all((both.strength > 0) & (both.strength < 1))


def test_the_estimate_of_how_much_texts_share_is_near() -> None:
    rng = np.random.default_rng(3)
    signs = [chr(0x4E00 + n) for n in range(3000)]
    one = "".join(rng.choice(signs, 300))
    other = one[:240] + "".join(rng.choice(signs, 60))
    told = alike([one, other], least=0.0)
    assert told.share[0] == pytest.approx(238 / 358, abs=0.12)
