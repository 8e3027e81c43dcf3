"""Reports as PDF, by Typst with the program's own fonts: the same report is the same bytes."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Literal

import typst

from twin.errors import BadInputError
from twin.fraud.report import Report
from twin.words import say, why

TEMPLATE = "fraud.typ"
STANDARD: Literal["a-2u"] = "a-2u"
"""Made to be kept (ISO 19005-2), with text that can be read back."""


def pdf_of(report: Report, language: str = "zh") -> bytes:
    """Return a report as PDF.

    Raises
    ------
    twin.errors.BadInputError
        If it cannot be set.
    """
    content = asdict(report) | {"lang": language}
    for sheet in content["sheets"]:
        sheet["right"] = sorted(sheet["right"])
    template = (resources.files("resources") / "reports" / TEMPLATE).read_bytes()
    try:
        made = typst.compile(
            template, font_paths=own_fonts(), format="pdf", pdf_standards=STANDARD, timestamp=report.as_of_s,
            sys_inputs={"report": json.dumps(content, ensure_ascii=False)},
        )  # fmt: skip
    except typst.TypstError as error:
        raise BadInputError(
            say("report"), why(error), "take the figures as DOCX, and tell who keeps the program"
        ) from error
    return made


@cache
def own_fonts() -> typst.Fonts:
    """Return our own fonts alone: what a machine has installed changes nothing."""
    folder = Path(str(resources.files("resources"))) / "fonts"
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])
