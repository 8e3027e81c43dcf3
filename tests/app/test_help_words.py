"""Help and complaints are complete in both languages."""

from __future__ import annotations

import re

import pytest

from app.cli import main, make_parser, verb_modules
from app.help_words import chinese, parsers, sentences

_NAMES_ONLY = re.compile(r"[a-z_, ]*")  # lists of layers and the like


def test_every_help_has_its_chinese() -> None:
    said = {line for one in parsers(make_parser(verb_modules(), "en")) for line in sentences(one)}
    assert sorted(line for line in said - chinese().keys() if not _NAMES_ONLY.fullmatch(line)) == []


def test_no_chinese_is_there_for_what_nobody_says() -> None:
    said = {line for one in parsers(make_parser(verb_modules(), "en")) for line in sentences(one)}
    verbs = {line for line in chinese() if "%" not in line and line not in ("usage: ", "expected one argument")}
    assert sorted(verbs - said - {line for line in verbs if line.startswith("expected")}) == []


@pytest.mark.parametrize(("language", "word"), [("zh", "用法："), ("en", "usage: ")])
def test_help_speaks_the_language_asked_for(language: str, word: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["export", "--help", "--language", language])
    assert ended.value.code == 0
    assert word in capsys.readouterr().out


@pytest.mark.parametrize(
    ("language", "arguments", "words"),
    [
        ("zh", ["export"], "缺少参数"),
        ("zh", ["fly"], "没有"),
        ("zh", ["county", "build", "--seed", "many"], "不是有效的值"),
        ("zh", ["run", "--nowhere"], "不认识的参数：--nowhere"),
        ("en", ["export"], "the following arguments are required"),
    ],
)
def test_a_mistake_is_told_in_the_language_asked_for(
    language: str, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--language", language, *arguments])
    assert ended.value.code == 2
    assert words in capsys.readouterr().err
