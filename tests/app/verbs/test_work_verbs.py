"""The day's work from a script: from an alert to closed, in both languages, and nothing shown unmasked."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from data.home import Home
from data.operations.opening import open_operations
from data.store.twin_folder import save_city
from tests.small_county import small_county
from tests.twin.operations.hits import hit
from twin.operations.deeds import By, OpenIncident, SendNotice, Start
from twin.operations.records import Incident

Said = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def alert(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("ZHIAN_HOME", str(tmp_path))
    monkeypatch.setenv("ZHIAN_LANGUAGE", "en")
    with contextlib.closing(open_operations(Home.of_user())) as store:
        return store.take([hit()])[0]


def run(capsys: Said, *arguments: str) -> list[dict[str, Any]]:
    assert main(["--json", *arguments]) == 0, capsys.readouterr().err
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_from_an_alert_to_closed(alert: str, capsys: Said) -> None:
    assert [one["id"] for one in run(capsys, "alert", "list", "--state", "new")] == [alert]
    opened = run(capsys, "alert", "confirm", alert)
    (incident,) = (one["id"] for one in opened if "opened_by" in one)
    assert any(one.get("plan") == "unlicensed-driver" and "due_s" in one for one in opened)
    run(capsys, "unit", "enrol", "U1", "--name", "罗星一组", "--skill", "traffic")
    run(capsys, "unit", "set", "U1", "free")
    sent = run(capsys, "incident", "send", "U1", "--incident", incident, "--text", "去大桥路")
    (dispatch,) = (one["id"] for one in sent if "expected_s" in one)
    for state in ("acknowledged", "on_scene", "cleared"):
        run(capsys, "incident", "report", dispatch, state)
    run(capsys, "incident", "resolve", "warned", "--incident", incident)
    assert main(["incident", "close", "--incident", incident]) == 2
    assert "steps of the plan wait" in capsys.readouterr().err
    (whole,) = run(capsys, "incident", "show", "--incident", incident)
    assert (whole["incident"]["state"], whole["incident"]["outcome"]) == ("resolved", "warned")
    assert [one["state"] for one in run(capsys, "unit", "list")] == ["free"]
    (line,) = run(capsys, "results", "response")
    assert (line["key"], line["count"]) == ("", 1)
    assert main(["results", "response", "--by", "scenario", "--sql"]) == 0
    assert "operation_incident" in capsys.readouterr().out


def test_a_door_is_listed_and_asked_for(capsys: Said) -> None:
    home = Home.of_user()
    save_city(small_county(), home.twin("small"))
    (home.data / "doors.toml").write_text(
        '[[door]]\nid = "east"\nchinese = "东门"\nenglish = "east door"\nlon_deg = 120.92\nlat_deg = 30.84\n', "utf-8"
    )
    (opened,) = run(capsys, "incident", "open", "hospital", "--at", "120.921", "30.84")[:1]
    about = ("--twin", "small", "--incident", opened["id"])
    assert run(capsys, "incident", "door", *about) == [{"id": "east", "name": "东门", "away_m": 96}]
    for wrong, why in ((["west", "lock"], "west"), (["east"], "lock, open")):
        assert main(["incident", "door", *about, *wrong]) == 2
        assert why in capsys.readouterr().err
    asked = run(capsys, "incident", "door", *about, "east", "lock")
    assert [(one["channel"], one["template"]) for one in asked if "channel" in one] == [("door", "lock")]


def test_an_alert_is_dismissed_with_a_reason_and_taken_back(alert: str, capsys: Said) -> None:
    assert main(["--language", "zh", "alert", "dismiss", alert, "--reason", "test"]) == 0
    assert "已排除" in capsys.readouterr().out
    assert main(["alert", "dismiss", alert, "--reason", "test"]) == 2
    assert "answered the alert" in capsys.readouterr().err
    assert run(capsys, "alert", "restore", alert)[0]["state"] == "new"


def test_plates_and_recipients_are_masked_until_a_purpose_is_stated(alert: str, capsys: Said) -> None:
    (masked,) = run(capsys, "alert", "show", alert)
    assert masked["subjects"][0]["label"] == "浙F·I***2"
    (shown,) = run(capsys, "--purpose", "处警", "alert", "show", alert)
    assert shown["subjects"][0]["label"] == "浙F·I0042"
    with contextlib.closing(open_operations(Home.of_user())) as store:
        by = By("ann", 1_790_000_000.0)
        (incident,) = store.do(OpenIncident("call", 3, Start("占道")), by).of(Incident)
        store.do(SendNotice(incident.id, "sms", "13800001111", "move", "请移车。", "道路交通安全法"), by)
    assert main(["incident", "show", "--incident", incident.id]) == 0
    assert "13800001111" not in capsys.readouterr().out


def test_one_round_minds_and_sends(capsys: Said) -> None:
    assert main(["results", "opened"]) == 0
    capsys.readouterr()
    opened = run(capsys, "incident", "open", "hospital", "--severity", "1", "--at", "120.9", "30.8")
    assert opened[0]["plan"] == "hospital-alarm"
    (told,) = run(capsys, "incident", "mind", "--once", "--twin", "small")
    assert told == {"minded": 0, "sent": 0}
    assert main(["incident", "mind", "--once", "--twin", "small"]) == 0
    assert "0 messages" in capsys.readouterr().out


def test_work_is_handed_over_and_answered(alert: str, capsys: Said) -> None:
    (incident,) = (one["id"] for one in run(capsys, "alert", "confirm", alert) if "opened_by" in one)
    offered = run(capsys, "task", "offer", "urban", "--incident", incident, "--what", "责令覆盖")
    (task,) = (one["id"] for one in offered if "what" in one)
    assert main(["task", "offer", "nobody", "--incident", incident, "--what", "x"]) == 2
    assert "there is no agency nobody" in capsys.readouterr().err
    run(capsys, "task", "answer", task, "accepted")
    run(capsys, "task", "answer", task, "finished", "--note", "已覆盖")
    assert [one["state"] for one in run(capsys, "task", "list")] == ["finished"]


def test_a_roster_is_planned_for_days_and_a_patrol_is_walked(capsys: Said) -> None:
    run(capsys, "unit", "enrol", "U1", "--name", "罗星一组")
    planned = run(
        capsys, "duty", "plan", "li", "--role", "patrol", "--unit", "U1", "--from", "2026-11-22T20:00", "--days", "3"
    )
    assert len({one["begin_s"] for one in planned}) == 3
    run(capsys, "duty", "turn", planned[0]["id"], "on")
    begun = ("--unit", "U1", "--from", "2026-11-22T20:00", "--hours", "2")
    (patrol,) = run(capsys, "duty", "patrol", "夜巡", *begun, "--stop", "人民医院", "120.92", "30.84", "30")
    run(capsys, "duty", "reached", patrol["id"], "1")
    assert [one["state"] for one in run(capsys, "duty", "list") if "stops" in one] == ["walked"]
    assert main(["duty", "plan", "li", "--role", "x", "--from", "tonight"]) == 2
    assert main(["duty", "patrol", "x", "--unit", "U1", "--from", "2026-11-22", "--stop", "a", "b", "c", "d"]) == 2
    assert "a stop is a name" in capsys.readouterr().err


def test_a_joint_case_goes_from_the_first_word_to_kept_and_its_parties_are_masked(capsys: Said) -> None:
    told = ("工地拖欠工资", "--party", "王小明", "--agency", "labour", "--yuan", "128000")
    (case,) = run(capsys, "joint", "open", "wages", *told)
    assert (case["amount_fen"], case["parties"]) == (12_800_000, ["王**"])
    named = ("--case", case["id"])
    run(capsys, "joint", "call", *named, "--agency", "court")
    run(capsys, "joint", "minutes", *named, "--agency", "labour", "--text", "双方到场")
    run(capsys, "joint", "turn", "agreed", *named, "--text", "分三期付清", "--days", "7")
    run(capsys, "joint", "turn", "kept", *named)
    run(capsys, "joint", "turn", "closed", *named)
    shown = run(capsys, "joint", "show", *named)
    assert [(one.get("state"), one.get("text", "")) for one in shown] == [("closed", ""), ("written", "双方到场")]
    assert [one["id"] for one in run(capsys, "joint", "list", "--state", "closed")] == [case["id"]]
