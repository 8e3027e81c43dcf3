"""What is kept for the program: settings, the machine's policy, what a crash left."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from app.doctor.finding import Finding
from app.settings import NAME, Settings, SettingsFile
from app.version import program_version
from data.home import Home
from data.policy import machine_policy, policy_folder
from data.upgrade import kept_by, numbers
from twin.words import said, say

FAULT_LOG = "fault.log"


def version(home: Home) -> Iterator[Finding]:
    """Tell whether the data fit the program."""
    found, own = kept_by(home.data), program_version()
    if numbers(found) > numbers(own):
        advice = said("install the newer version again, or restore the backup made before the upgrade")
        yield Finding(
            "data", "bad", say("the data are of version {found}, the program of {own}", found=found, own=own), advice
        )
    else:
        yield Finding("data", "ok", say("kept by version {found}", found=found or own))


def settings(home: Home) -> Iterator[Finding]:
    """Tell whether the user's settings can be read; they are left where they are."""
    path = home.data / NAME
    try:
        if path.exists():
            msgspec.convert(msgspec.json.decode(path.read_bytes(), type=dict[str, Any]), Settings)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        advice = said("start with `zhian run --reset-settings`: they are set aside, and defaults are used")
        yield Finding("settings", "bad", say("{file}: {reason}", file=path, reason=error), advice)
        return
    yield Finding("settings", "ok", said(str(path)) if path.exists() else said("none were changed yet"))


def policy(_home: Home) -> Iterator[Finding]:
    """Tell what the machine's administrator has set."""
    found, problem = machine_policy(), SettingsFile.of_nobody().problem
    if problem:
        advice = said("let root own the file and nobody else write to it, and set only what docs/install.md lists")
        yield Finding("policy", "bad", problem, advice)
    elif found.settings or found.locked:
        told = say("{folder}: sets {set}; locks {locked}", folder=policy_folder(),
                   set=", ".join(found.settings) or "-", locked=", ".join(found.locked) or "-")  # fmt: skip
        yield Finding("policy", "ok", told)
    else:
        yield Finding("policy", "ok", say("none in {folder}", folder=policy_folder()))


def crashes(home: Home) -> Iterator[Finding]:
    """Tell whether a run ended in a fault that was not looked at yet."""
    log = home.state / "log" / FAULT_LOG
    if log.exists() and log.stat().st_size:
        advice = said("send a support bundle: `zhian doctor --bundle FILE.zip`; it holds no personal data")
        yield Finding("crashes", "warning", say("a run ended in a fault: {file}", file=log), advice)
    else:
        yield Finding("crashes", "ok", said("none"))
