"""What ``--help`` says, and what the command line complains of, in the language that was asked for.

Verbs write their help in English where they add their options; its Chinese stands in ``resources/texts/help/*.toml``.
"""

from __future__ import annotations

import argparse
import gettext
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import resources


def choose(language: str) -> None:
    """Have argparse say its own words in ``zh`` or ``en``; it takes some when a parser is made."""
    chinese = language == "zh"
    # argparse asks gettext for its own words; Python ships no catalogue of them.
    argparse._ = _in_chinese if chinese else gettext.gettext  # type: ignore[attr-defined]
    argparse.ngettext = _in_chinese_of if chinese else gettext.ngettext  # type: ignore[attr-defined]


def translate(parser: argparse.ArgumentParser) -> None:
    """Put what a parser and its verbs say into Chinese."""
    for one in parsers(parser):
        _translate(one)


def parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Yield a parser and those of its verbs."""
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for verb in dict.fromkeys(action.choices.values()):
                yield from parsers(verb)


def sentences(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Yield what one parser says by itself."""
    for action in parser._actions:
        lines = action._choices_actions if isinstance(action, argparse._SubParsersAction) else [action]
        yield from (line.help for line in lines if line.help and line.help != argparse.SUPPRESS)
    yield from (text for text in (parser.description, parser.epilog) if text)
    yield from (group.title for group in parser._action_groups if group.title)


def _translate(parser: argparse.ArgumentParser) -> None:
    for action in parser._actions:
        lines = action._choices_actions if isinstance(action, argparse._SubParsersAction) else [action]
        for line in lines:
            line.help = _in_chinese(line.help) if line.help else line.help
    for group in parser._action_groups:
        group.title = _in_chinese(group.title) if group.title else group.title
    parser.description = _in_chinese(parser.description) if parser.description else None
    parser.epilog = _in_chinese(parser.epilog) if parser.epilog else None


def _in_chinese(sentence: str) -> str:
    return chinese().get(sentence, sentence)


def _in_chinese_of(one: str, many: str, count: int) -> str:
    return _in_chinese(one if count == 1 else many)


@cache
def chinese() -> dict[str, str]:
    """Return the Chinese of each sentence."""
    known: dict[str, str] = {}
    for file in (resources.files("resources") / "texts" / "help").iterdir():
        known |= tomllib.loads(file.read_text("utf-8"))
    return known
