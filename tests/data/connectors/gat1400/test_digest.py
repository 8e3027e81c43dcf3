"""Digest authentication against the standards' own examples and against what may be sent by a stranger."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.connectors.gat1400.digest import NONCE_S, Gatekeeper, Verdict, read_pairs, response

TARGET = "/VIID/System/Register"
FIELDS = ("username", "realm", "nonce", "uri", "qop", "nc", "algorithm", "response")


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keeper(clock: Clock) -> Gatekeeper:
    return Gatekeeper("viid", {"gate": "opens"}, ("MD5", "SHA-256"), clock)


def answer(
    challenge: str,
    word: str = "opens",
    count: int = 1,
    user: str = "gate",
    changed: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Answer a challenge as a client does."""
    said = read_pairs(challenge)
    pairs = {
        "username": user, "realm": said["realm"], "nonce": said["nonce"], "uri": TARGET, "qop": "auth",
        "nc": f"{count:08x}", "cnonce": "0a4f113b", "algorithm": said["algorithm"],
    }  # fmt: skip
    pairs |= {"response": response(said["algorithm"], pairs, word, "POST").decode()}
    return "Digest " + ", ".join(f'{name}="{value}"' for name, value in {**pairs, **changed}.items())


def test_the_examples_of_the_standards_come_out() -> None:
    old = {
        "username": "Mufasa", "realm": "testrealm@host.com", "nonce": "dcd98b7102dd2f0e8b11d0f600bfb0c093",
        "uri": "/dir/index.html", "qop": "auth", "nc": "00000001", "cnonce": "0a4f113b",
    }  # fmt: skip
    assert response("MD5", old, "Circle Of Life", "GET") == b"6629fae49393a05397450978507c4ef1"  # RFC 2617, 3.5
    new = {
        "username": "Mufasa", "realm": "http-auth@example.org", "uri": "/dir/index.html", "qop": "auth",
        "nonce": "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "nc": "00000001",
        "cnonce": "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    }  # fmt: skip
    assert response("MD5", new, "Circle of Life", "GET") == b"8ca523f5e9506fed4657c9700eebdbec"  # RFC 7616, 3.9.1
    told = b"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
    assert response("SHA-256", new, "Circle of Life", "GET") == told


def test_a_right_answer_is_good_once(keeper: Gatekeeper) -> None:
    for challenge in keeper.challenges():
        said = answer(challenge)
        assert keeper.judge(said, "POST", TARGET) == (Verdict.GOOD, "gate") or challenge != keeper.challenges()[0]
        assert keeper.judge(said, "POST", TARGET)[0] is Verdict.STALE  # the same again


def test_a_nonce_counts_on_and_never_back(keeper: Gatekeeper) -> None:
    challenge = keeper.challenges()[0]
    for count, verdict in ((1, Verdict.GOOD), (5, Verdict.GOOD), (3, Verdict.STALE), (6, Verdict.GOOD)):
        assert keeper.judge(answer(challenge, count=count), "POST", TARGET)[0] is verdict


def test_a_nonce_grows_old_and_is_forgotten_then(keeper: Gatekeeper, clock: Clock) -> None:
    challenge = keeper.challenges()[0]
    assert keeper.judge(answer(challenge), "POST", TARGET)[0] is Verdict.GOOD
    clock.now += NONCE_S + 1
    assert keeper.judge(answer(challenge, count=2), "POST", TARGET)[0] is Verdict.STALE
    assert keeper.judge(answer(keeper.challenges()[0]), "POST", TARGET)[0] is Verdict.GOOD
    assert len(vars(keeper)["_counts"]) == 1


def test_no_more_nonces_are_remembered_than_there_is_room_for(
    keeper: Gatekeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.connectors.gat1400.digest.MOST_NONCES", 2)
    verdicts = [keeper.judge(answer(keeper.challenges()[0]), "POST", TARGET)[0] for _ in range(3)]
    assert verdicts == [Verdict.GOOD, Verdict.GOOD, Verdict.STALE]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("uri", "/VIID/Faces"), ("qop", "auth-int"), ("qop", ""), ("nc", "1"), ("nc", "-0000001"), ("nc", "00000002"),
        ("cnonce", ""), ("realm", "other"), ("nonce", "AAAA"), ("nonce", "é"), ("algorithm", "SHA"),
        ("algorithm", "MD5-sess"), ("response", "é\udcff"), ("response", ""), ("username", "nobody"), ("username", ""),
    ],
)  # fmt: skip
def test_an_answer_that_is_off_in_anything_is_wrong(keeper: Gatekeeper, field: str, value: str) -> None:
    challenge = keeper.challenges()[0]
    assert keeper.judge(answer(challenge, changed={field: value}), "POST", TARGET) == (Verdict.WRONG, "")
    assert keeper.judge(answer(challenge, word="shut"), "POST", TARGET) == (Verdict.WRONG, "")
    assert keeper.judge(answer(challenge, user="nobody"), "POST", TARGET) == (Verdict.WRONG, "")


def test_an_answer_is_for_one_method_and_one_target(keeper: Gatekeeper) -> None:
    said = answer(keeper.challenges()[0])
    assert keeper.judge(said, "GET", TARGET)[0] is Verdict.WRONG
    assert keeper.judge(said, "POST", "/VIID/APEs")[0] is Verdict.WRONG
    assert keeper.judge(said, "POST", "http://127.0.0.1:1400" + TARGET)[0] is Verdict.GOOD  # as proxies write it


def test_a_nonce_of_another_library_is_none_of_ours(keeper: Gatekeeper, clock: Clock) -> None:
    other = Gatekeeper("viid", {"gate": "opens"}, ("MD5",), clock)
    assert keeper.judge(answer(other.challenges()[0]), "POST", TARGET)[0] is Verdict.WRONG


def test_fields_are_read_as_clients_write_them() -> None:
    assert read_pairs('digest  qop=auth,nc=00000001 , username = "a \\"b\\", c"') == {
        "qop": "auth", "nc": "00000001", "username": 'a "b", c',
    }  # fmt: skip
    for none in ("", "Basic YTpi", "Digest", 'Digest a="b', "Digest a", 'Digest a="b" c="d"', 'Digest a="1", A="2"'):
        assert read_pairs(none) == {}


@settings(max_examples=300, derandomize=True, deadline=None)
@given(st.text(max_size=30), st.sampled_from(FIELDS), st.text(max_size=12))
def test_no_header_opens_the_gate_or_breaks_it(said: str, field: str, value: str) -> None:
    keeper = Gatekeeper("viid", {"gate": "opens"}, ("MD5",), lambda: 1000.0)
    right = answer(keeper.challenges()[0], changed={field: value + "x"})
    for header in (said, "Digest " + said, right, right[: len(right) * len(said) // 40]):
        assert keeper.judge(header, "POST", TARGET)[0] is Verdict.WRONG
