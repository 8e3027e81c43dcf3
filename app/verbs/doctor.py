"""``zhian doctor``: examine the machine; works where nothing else does, as it needs no session."""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path
from typing import Any

from app.commands import Command
from app.session import Session
from app.texts import Texts
from data.home import Home
from twin.errors import ZhianError

SIGNS = {"ok": "✓", "warning": "!", "bad": "✗"}


def add_parser(verbs: Any) -> None:
    """Add ``zhian doctor``."""
    parser = verbs.add_parser("doctor", help="examine this machine, and say what to do")
    parser.add_argument("--bundle", type=Path, metavar="FILE", help="write a ZIP for support, without personal data")
    parser.set_defaults(alone=_run)


def commands(_session: Session) -> tuple[Command, ...]:
    """Return none: what it tells is about the machine alone, and it works before anybody can sign in."""
    return ()


def _run(arguments: argparse.Namespace, texts: Texts) -> int:
    from app.doctor.bundle import write_bundle
    from app.doctor.rounds import examine

    home = Home.of_user()
    findings = list(examine(home))
    if arguments.json:
        print(json.dumps([dataclasses.asdict(one) for one in findings], ensure_ascii=False, indent=1))
    else:
        for one in findings:
            print(f"{SIGNS[one.state]} {texts(f'doctor.{one.check}')}: {texts.said(one.found)}")
            if one.advice:
                print(f"    → {texts.said(one.advice)}")
    if arguments.bundle:
        names = write_bundle(arguments.bundle, home, findings)
        if not arguments.json:
            print(texts("doctor.bundle", file=str(arguments.bundle), names=", ".join(names)))
    return ZhianError.exit_code if any(one.state == "bad" for one in findings) else 0
