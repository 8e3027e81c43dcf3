"""The queue, links, results and warnings from a script, with nothing shown unmasked without a purpose."""

from __future__ import annotations

import contextlib
import json
import time
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from data.audit.trail import append
from data.fraud.store import SqlFraud
from data.home import Home
from data.records.database import open_records
from twin.fraud.deeds import By, NewPayment, OpenCase

Said = pytest.CaptureFixture[str]
STORY = "自称客服的人打来 17012345678，让我在 fake-shop.top 下载软件并共享屏幕，然后转账到安全账户"


@pytest.fixture(autouse=True)
def cases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("ZHIAN_HOME", str(tmp_path))
    monkeypatch.setenv("ZHIAN_LANGUAGE", "en")
    now_s = time.time()
    with contextlib.closing(SqlFraud(open_records(Home.of_user()), append)) as store:
        numbers = []
        for n, (fen, ago_s) in enumerate(((9_000_000, 30 * 3600.0), (5_000_000, 120.0))):
            paid = NewPayment(f"ICBC:622202120400000000{n}", fen, now_s - ago_s, "张三")
            deed = OpenCase("冒充客服", fen, "customer_service", payments=(paid,), report=f"110-{n}", story=STORY,
                            district="嘉善")  # fmt: skip
            done = store.do(deed, By("ann", now_s, roles=frozenset({"fraud_analyst"})))
            numbers.append(next(record.case for record in done.records))
        return numbers


def run(capsys: Said, *arguments: str) -> list[dict[str, Any]]:
    assert main(["--json", *arguments]) == 0, capsys.readouterr().err
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_the_queue_says_what_to_stop_first_and_why(capsys: Said) -> None:
    first, second = run(capsys, "fraud", "queue")
    assert (first["inflow_fen"], second["inflow_fen"]) == (5_000_000, 9_000_000)
    assert first["action"] == "stop"
    assert first["batch"]
    assert first["account"] == "ICBC:***************0001"
    assert "assumed" in first["reasons"][0]
    assert run(capsys, "--purpose", "止付", "fraud", "queue")[0]["account"] == "ICBC:6222021204000000001"


def test_two_cases_are_linked_by_what_they_share_and_a_person_confirms_it(cases: list[str], capsys: Said) -> None:
    (link,) = run(capsys, "fraud", "links")
    assert link["state"] == "proposed"
    assert {kind for kind, _, _ in link["reasons"]} == {"phone", "app", "wording"}
    assert "17012345678" not in json.dumps(link)
    answer = ("fraud", "links", "--answer", "confirmed", cases[1], cases[0], "--why", "同一话术")
    assert main(list(answer)) == 5  # no purpose was stated
    capsys.readouterr()
    run(capsys, "--purpose", "串并", *answer)
    assert run(capsys, "fraud", "links")[0]["state"] == "confirmed"
    assert main(["--purpose", "串并", "fraud", "links", "--answer", "confirmed", cases[0]]) == 2


def test_results_come_with_the_query_behind_them(capsys: Said) -> None:
    (line,) = run(capsys, "fraud", "results", "lost", "--by", "district")
    assert (line["key"], line["count"], line["amount"], line["before"]) == ("嘉善", 2, 14_000_000, 0)
    assert main(["fraud", "results", "lost", "--sql"]) == 0
    assert "fraud_payment" in capsys.readouterr().out


def test_a_warning_comes_by_a_feed_is_called_and_closed(tmp_path: Path, capsys: Said) -> None:
    told = tmp_path / "told.json"
    told.write_text(json.dumps([{"subject": "王小明", "fraud": "police", "risk": 0.8, "at": time.time()}]), "utf-8")
    feed = f'[bank]\nkind = "bank"\nfile = {json.dumps(str(told))}\n'
    (Home.of_user().data / "warning-feeds.toml").write_text(feed, "utf-8")
    assert run(capsys, "fraud", "warn", "take", "bank") == [{"facts": 0, "warnings": 1, "refused": 0}]
    assert run(capsys, "fraud", "warn", "take", "bank")[0]["warnings"] == 0
    (waiting,) = run(capsys, "fraud", "warn", "list")
    assert waiting["subject"] == "王**"
    which = ("--warning", waiting["id"])
    assert run(capsys, "fraud", "warn", "call", "doubts", *which)[0]["visit"]
    run(capsys, "fraud", "warn", "visit", "罗星派出所", *which)
    run(capsys, "fraud", "warn", "close", "dissuaded", *which)
    assert run(capsys, "fraud", "warn", "list") == []
    assert run(capsys, "fraud", "warn", "feeds")[0]["precision"] == 1.0
    assert run(capsys, "fraud", "results", "dissuaded")[0]["count"] == 1
    assert run(capsys, "fraud", "warn", "forget") == [{"warnings": 0, "facts": 0}]
    assert main(["--language", "zh", "fraud", "warn", "feeds"]) == 0
    assert "准确率" in capsys.readouterr().out


def test_a_page_to_hang_up_is_written(tmp_path: Path, capsys: Said) -> None:
    for language in ("zh", "en"):
        page = tmp_path / f"{language}.pdf"
        run(capsys, "--language", language, "fraud", "menu", str(page), "--for", "company")
        assert page.read_bytes().startswith(b"%PDF")
