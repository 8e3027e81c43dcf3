"""Every error sentence has its Chinese: what the code says is compared with ``resources/texts/errors``."""

from __future__ import annotations

import ast
import errno
import string
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from app.cli import main
from app.texts import Texts, translations
from twin.errors import BadInputError, DiskError
from twin.words import say

ROOT = Path(__file__).resolve().parents[2]
ERRORS = frozenset(
    {"ZhianError", "UsageError", "MissingPieceError", "BadInputError", "NotAllowedError", "IntegrityError", "DiskError"}
    | {"CancelledError", "BusyTableError"}
)
SENTENCES = {"BadInputError": slice(1, 3)}
"""Which arguments must be sentences; of the others only the first."""


@cache
def modules() -> dict[str, ast.Module]:
    files = (file for room in ("app", "twin", "layers", "data") for file in (ROOT / room).rglob("*.py"))
    return {str(file.relative_to(ROOT)): ast.parse(file.read_text("utf-8")) for file in files}


def calls(module: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id, node


def assigned(module: ast.Module, name: str) -> Iterator[ast.expr]:
    for node in ast.walk(module):
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets):
            yield node.value


def words(module: ast.Module, value: ast.expr, seen: frozenset[str] = frozenset()) -> Iterator[ast.expr]:
    """Yield the constants and f-strings that ``value`` may be."""
    if isinstance(value, (ast.JoinedStr, ast.Constant)):
        yield value
    elif isinstance(value, ast.IfExp):
        yield from words(module, value.body, seen)
        yield from words(module, value.orelse, seen)
    elif isinstance(value, ast.BoolOp):
        for part in value.values:
            yield from words(module, part, seen)
    elif isinstance(value, ast.Name) and value.id not in seen:
        for other in assigned(module, value.id):
            yield from words(module, other, seen | {value.id})


def blanks(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_no_error_is_raised_with_words_that_cannot_be_said_in_chinese() -> None:
    bad = [
        f"{path}:{word.lineno}: {ast.unparse(word)}"
        for path, module in modules().items()
        for name, call in calls(module)
        if name in ERRORS
        for argument in call.args[SENTENCES.get(name, slice(0, 1))]
        for word in words(module, argument)
        if not isinstance(word, ast.Constant) or (word.value and word.value not in translations())
    ]
    assert bad == []


def test_what_is_said_has_its_chinese_and_gives_what_its_blanks_ask_for() -> None:
    bad = []
    for path, module in modules().items():
        for name, call in calls(module):
            if name == "say" and isinstance(call.args[0], ast.Constant):
                template = str(call.args[0].value)
                given = {keyword.arg for keyword in call.keywords}
                if template not in translations() or (None not in given and given != blanks(template)):
                    bad.append(f"{path}:{call.lineno}: {template}")
            elif name == "say":
                bad.append(f"{path}:{call.lineno}: {ast.unparse(call)}")
    assert bad == []


def test_chinese_and_english_have_the_same_blanks() -> None:
    assert {en for en, zh in translations().items() if blanks(en) != blanks(zh) or not zh} == set()


def test_no_sentence_is_kept_that_nobody_says_any_more() -> None:
    said = {
        node.value
        for module in modules().values()
        for node in ast.walk(module)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert set(translations()) - said == set()


def test_no_sentence_stands_in_two_files() -> None:
    files = (ROOT / "resources" / "texts" / "errors").glob("*.toml")
    assert sum(len(tomllib.loads(file.read_text("utf-8"))) for file in files) == len(translations())


def test_an_error_is_read_in_either_language() -> None:
    error = BadInputError(
        "a.json", say("its type is {type!r}, not CityJSON", type="Feature"), "give a CityJSON file", "x"
    )
    assert str(error) == "a.json (x): its type is 'Feature', not CityJSON. give a CityJSON file."
    assert Texts("en").error(error) == str(error)
    assert Texts("zh").error(error) == "a.json（x）：类型是“Feature”，不是 CityJSON。请提供 CityJSON 文件。"


def test_an_error_within_an_error_is_translated_too() -> None:
    full = OSError(errno.ENOSPC, "No space left on device", "/out.gpkg")
    error = DiskError(
        say(
            "{target}: {error}",
            target="/out.gpkg",
            error=DiskError(say("the disk is full or failing: {error}", error=full)),
        )
    )
    assert Texts("zh").error(error) == "/out.gpkg：磁盘已满或有故障：磁盘已满"
    assert Texts("zh").error(full) == "/out.gpkg：磁盘已满"


def test_what_a_library_says_stays_as_it_is() -> None:
    assert Texts("zh").error(ValueError("GDAL: {odd} signature")) == "GDAL: {odd} signature"


@pytest.mark.parametrize(
    ("language", "words"), [("zh", "没有名为 nowhere 的孪生"), ("en", "there is no twin named nowhere")]
)
def test_the_command_line_fails_in_the_language_asked_for(
    language: str, words: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ZHIAN_HOME", str(tmp_path))
    assert main(["--language", language, "county", "use", "nowhere"]) == 2
    assert words in capsys.readouterr().err
