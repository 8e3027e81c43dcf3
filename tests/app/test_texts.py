from __future__ import annotations

import re
import string
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.texts import LANGUAGES, Texts
from twin.city import tables
from twin.live.kinds import KINDS, STATES
from twin.traffic.speeds import GRADES

ROOT = Path(__file__).resolve().parents[2]
TEXTS = Texts()


def entries(node: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, dict[str, str]]]:
    for key, value in node.items():
        if isinstance(value, dict) and set(value) & set(LANGUAGES):
            yield prefix + key, value
        else:
            yield from entries(value, f"{prefix}{key}.")


def test_every_text_is_there_in_both_languages_with_the_same_blanks() -> None:
    for file in (ROOT / "resources" / "texts").glob("*.toml"):
        for key, text in entries(tomllib.loads(file.read_text("utf-8"))):
            assert set(text) == set(LANGUAGES), key
            zh, en = ({name for _, name, _, _ in string.Formatter().parse(text[lang]) if name} for lang in LANGUAGES)
            assert zh == en or (file.name == "window.toml" and key == "event.opened"), key
            assert all(text.values()), key


def test_every_key_that_the_program_names_is_there() -> None:
    named = re.compile(r"""\b(?:texts|TEXTS|_texts)\(\s*(?:f?)"([\w.\-]+)"[,)]""")
    missing = {
        f"{file.relative_to(ROOT)}: {key}"
        for file in (ROOT / "app").rglob("*.py")
        for key in named.findall(file.read_text("utf-8"))
        if key not in TEXTS
    }
    assert missing == set()


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ("kind", [kind.name for kind in KINDS]), ("state", STATES), ("use", tables.BUILDING_USES),
        ("road_class", tables.ROAD_CLASSES), ("site_kind", tables.SITE_KINDS), ("device_kind", tables.DEVICE_KINDS),
        ("place_kind", tables.PLACE_KINDS), ("water_kind", tables.WATER_KINDS), ("land_kind", tables.LAND_KINDS),
        ("grade", GRADES),
    ],
)  # fmt: skip
def test_every_value_has_a_word(section: str, words: list[str]) -> None:
    assert [word for word in words if f"{section}.{word}" not in TEXTS] == []
