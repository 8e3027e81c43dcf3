"""Feeds of warnings: what is read of files and messages, what is refused and why, and how they are set up."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given, settings
from hypothesis import strategies as st

from data.connectors.web import Web
from data.fraud_warning.decoder import Sheet, decode
from data.fraud_warning.options import Feed, read_feeds
from data.fraud_warning.source import listen, read_files
from twin.errors import BadInputError
from twin.fraud.warning.feeds import FEED_KINDS, Alarm, Hint

NOW_S = 1_790_000_000.0
CALLS = Feed(kind="carrier_calls", format="csv", file="x", fact="flagged_call",
             fields={"subject": "号码", "at": "时间", "value": "时长"})  # fmt: skip
ALARMS = Feed(kind="ministry", file="x", fields={"subject": "phone", "fraud": "type", "risk": "score"},
              frauds={"冒充公检法": "police"})  # fmt: skip


def test_a_table_of_calls_is_read_in_gb18030_with_full_width_digits() -> None:
    raw = '号码,时间,时长\n１３８００１３８０００,2026-09-21 08:00:00,"1,200"\n'.encode("gb18030")
    (hint,) = decode("calls", CALLS, raw, NOW_S).told
    assert hint == Hint("13800138000", "flagged_call", 1_789_948_800.0, 1200.0, "calls")


def test_alarms_are_read_line_by_line_in_the_feeds_own_words() -> None:
    first = '{"phone":"p1","type":"冒充公检法","at":1789999000,"score":0.8}'
    raw = first + '\n{"phone":"p2","type":"loan","at":1789999000123}'
    one, two = decode("ministry", ALARMS, raw.encode(), NOW_S).told
    assert one == Alarm("p1", "police", 1_789_999_000.0, 0.8, "ministry")
    assert two == Alarm("p2", "loan", 1_789_999_000.123, 0.5, "ministry")


def test_broken_lines_are_refused_one_by_one_with_their_place() -> None:
    lines = ["{", "[1]", '{"phone":"p","type":"weather","at":1}', '{"phone":"","type":"loan","at":1}',
             '{"phone":"p","type":"loan","at":"soon"}', '{"phone":"p","type":"loan","at":1,"score":7}',
             '{"phone":"p","type":"loan","at":2000000000}', '{"phone":"p","type":"loan","at":1}']  # fmt: skip
    sheet = decode("ministry", ALARMS, "\n".join(lines).encode(), NOW_S)
    assert [place for place, _ in sheet.refused] == [1, 2, 3, 4, 5, 6, 7]
    assert len(sheet.told) == 1
    assert "in the future" in sheet.refused[6][1]


def test_what_may_not_be_told_of_a_person_is_not_taken_in() -> None:
    odd = Feed(kind="platform", file="x")
    sheet = decode("odd", odd, b'[{"subject":"p","fact":"religion","at":1,"value":1}]', NOW_S)
    assert sheet.told == []
    assert "religion" in sheet.refused[0][1]


def test_money_in_yuan_becomes_fen_and_what_is_counted_counts_one() -> None:
    bank = Feed(kind="bank", file="x", scale=100.0)
    raw = b'[{"subject":"p","fact":"new_payee","at":1,"value":"49,000.5"},{"subject":"p","fact":"limit_raised","at":2}]'
    assert [hint.value for hint in decode("bank", bank, raw, NOW_S).told if isinstance(hint, Hint)] == [
        4_900_050.0,
        1.0,
    ]


@settings(max_examples=120, deadline=None)
@given(st.binary(max_size=200), st.sampled_from([CALLS, ALARMS]))
def test_no_bytes_break_it(raw: bytes, feed: Feed) -> None:
    try:
        sheet = decode("any", feed, raw, NOW_S)
    except BadInputError:
        return
    assert all(place >= 0 for place, _ in sheet.refused)


def test_a_folder_of_files_is_read_whole(tmp_path: Path) -> None:
    for name, phone in (("a.json", "p1"), ("b.json", "p2")):
        (tmp_path / name).write_text(f'{{"phone":"{phone}","type":"loan","at":1}}', "utf-8")
    feed = Feed(kind="ministry", file=str(tmp_path), fields=ALARMS.fields)
    assert [told.subject for told in read_files("m", feed, lambda: NOW_S).told] == ["p1", "p2"]
    with pytest.raises(BadInputError):
        read_files("m", Feed(kind="ministry", file=str(tmp_path / "none")), lambda: NOW_S)


def test_a_server_is_asked() -> None:
    assert [told.subject for told in asyncio.run(asked_once()).told] == ["p1"]


async def asked_once() -> Sheet:
    async def answer(_: web.Request) -> web.Response:
        return web.json_response([{"phone": "p1", "type": "loan", "at": 1}])

    page, loop = web.Application(), asyncio.get_running_loop()
    page.router.add_get("/warnings", answer)
    kept: asyncio.Future[Sheet] = loop.create_future()
    async with TestServer(page) as server:
        feed = Feed(kind="bank", http=Web(url=str(server.make_url("/warnings"))), fields=ALARMS.fields)

        def keep(sheet: Sheet) -> None:
            loop.call_soon_threadsafe(kept.set_result, sheet)

        task = asyncio.create_task(listen("bank", feed, lambda: NOW_S, keep))
        async with asyncio.timeout(60):
            sheet = await kept
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    return sheet


def setup(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "warning-feeds.toml"
    path.write_text(text, "utf-8")
    return path


def test_fourteen_kinds_of_feeds_can_be_set_up(tmp_path: Path) -> None:
    assert len(set(FEED_KINDS)) == 14
    text = "\n".join(f'["{kind}"]\nkind = "{kind}"\nfile = "in/{kind}"' for kind in FEED_KINDS)
    assert set(read_feeds(setup(tmp_path, text))) == set(FEED_KINDS)
    assert read_feeds(tmp_path / "none.toml") == {}


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("[a]\nkind = 'bank'", "one of file"),
        ("[a]\nkind = 'bank'\nfile = 'x'\nhttp = { url = 'https://h/x' }", "one of file"),
        ("[a]\nkind = 'oracle'\nfile = 'x'", "oracle"),
        ("[a]\nkind = 'bank'\nfile = 'x'\nfact = 'religion'", "religion"),
        ("[a]\nkind = 'bank'\nfile = 'x'\nfraud = 'weather'", "weather"),
        ("[a]\nkind = 'bank'\nfile = 'x'\nzone = 'Mars/Base'", "Mars"),
        ("[a]\nkind = 'bank'\nhttp = { url = 'ftp://h/x' }", "address"),
        ("[a]\nkind = 'bank'\nfile = 'x'\nsecret = 1", "secret"),
        ("[a", "warning-feeds.toml"),
    ],
)
def test_what_is_set_up_wrong_is_told(tmp_path: Path, text: str, word: str) -> None:
    with pytest.raises(BadInputError, match=word):
        read_feeds(setup(tmp_path, text))
