"""A page to hang up, as PDF, by Typst with the program's own fonts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib import resources

import typst

from data.reports.pdf import own_fonts
from twin.errors import BadInputError
from twin.words import say, why

TEMPLATE = "menu.typ"


@dataclass(frozen=True, slots=True)
class Line:
    """One swindle: its name, how many cases in words, how it goes, and what to do."""

    name: str
    count: str
    how: str
    todo: str


def page_of(title: str, when: str, dishes: Sequence[Line], foot: str, at_s: int, language: str = "zh") -> bytes:
    """Return the page; the same content is the same bytes.

    Raises
    ------
    twin.errors.BadInputError
        If it cannot be set.
    """
    content = {"title": title, "when": when, "foot": foot, "lang": language, "dishes": [asdict(one) for one in dishes]}
    template = (resources.files("resources") / "reports" / TEMPLATE).read_bytes()
    try:
        made = typst.compile(
            template, font_paths=own_fonts(), format="pdf", timestamp=at_s,
            sys_inputs={"menu": json.dumps(content, ensure_ascii=False)},
        )  # fmt: skip
    except typst.TypstError as error:
        raise BadInputError(say("report"), why(error), "tell who keeps the program") from error
    return made
