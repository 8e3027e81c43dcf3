from __future__ import annotations

import pickle

import pytest

from twin.errors import BadInputError, UsageError
from twin.words import Said, pack, said, say, unpack


def test_a_sentence_is_its_english_and_remembers_how_it_was_made() -> None:
    sentence = say("{name} has {count:,} rows", name="roads", count=12000)
    assert sentence == "roads has 12,000 rows"
    assert (sentence.template, sentence.values) == ("{name} has {count:,} rows", {"name": "roads", "count": 12000})


def test_a_text_without_values_is_taken_as_it_stands() -> None:
    assert say("{odd} {").template == say("{odd} {") == "{odd} {"


def test_an_error_gives_its_own_sentence_to_the_one_around_it() -> None:
    inner = UsageError(say("there is no layer {name}", name="x"))
    outer = say("{target}: {error}", target="a", error=inner)
    assert outer == "a: there is no layer x"
    assert isinstance(outer.values["error"], Said)


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        said("plain"),
        say("{a}: {b}", a=said("文件"), b=2.5),
        say("{e}", e=BadInputError("f", "p", "r", "line 1")),
    ],
)
def test_a_sentence_travels_between_processes(text: str) -> None:
    for back in (unpack(pack(text)), pickle.loads(pickle.dumps(text))):  # noqa: S301 - our own bytes
        assert back == text
        assert getattr(back, "values", None) == getattr(text, "values", None)


def test_an_error_travels_between_processes_in_its_parts() -> None:
    error = pickle.loads(pickle.dumps(BadInputError("f", "p", "r", "line 1")))  # noqa: S301 - our own bytes
    assert (error.subject, error.problem, error.remedy, error.place) == ("f", "p", "r", "line 1")
    assert str(error) == "f (line 1): p. r."
