"""The filter language of ``zhian export --where`` and of the layer tree.

A filter is comparisons of columns with numbers and quoted words, joined by ``and``, ``or`` and ``not``:

    height_m >= 50 and use in ('office', '商业') and not (name is null or name like '测试%')

There is nothing else in it: no call, no attribute, no arithmetic, so a filter from a stranger can do no more than
choose rows. A value that is unknown (null, an empty text) fits no comparison, as in SQL.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.errors import UsageError
from twin.geo import BoolArray
from twin.words import said, say

Columns = Mapping[str, NDArray[Any]]
Test = Callable[[Columns], BoolArray]
Literal = str | int | float | bool

LONGEST, DEEPEST = 4000, 40

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>[+-]?(?:\d{1,30}\.?\d{0,30}|\.\d{1,30})(?:[eE][+-]?\d{1,3})?(?!\w))
    |(?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*")
    |(?P<word>[^\W\d]\w*)
    |(?P<sign><=|>=|<>|!=|==|[=<>(),]))""",
    re.VERBOSE,
)
_SIGNS: Mapping[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq, "==": operator.eq, "!=": operator.ne, "<>": operator.ne,
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_RESERVED = frozenset({"and", "or", "not", "in", "is", "null", "like", "true", "false"})


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter that was read: call it with columns of (N,) to get the (N,) mask of the rows that fit.

    Parameters
    ----------
    text : str
        As it was written.
    columns : frozenset of str
        The columns it looks at.
    """

    text: str
    columns: frozenset[str]
    _test: Test = field(repr=False)

    def __call__(self, columns: Columns) -> BoolArray:
        """Mark the rows that fit.

        Raises
        ------
        twin.errors.UsageError
            If there is no such column, or it is compared with a value of another type.
        """
        return self._test(columns)


def compile_filter(text: str) -> Filter:
    """Read a filter; an empty one fits all rows.

    Raises
    ------
    twin.errors.UsageError
        If it is not of the language; the message names the character.
    """
    if len(text) > LONGEST:
        raise UsageError(say("the filter is longer than {longest} characters: shorten it", longest=LONGEST))
    if not text.strip():
        return Filter(text, frozenset(), lambda columns: np.ones(_height(columns), dtype=np.bool_))
    parser = _Parser(_tokens(text))
    test = parser.either(0)
    parser.end()
    return Filter(text, frozenset(parser.columns), test)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    place: int

    def is_word(self, *words: str) -> bool:
        return self.kind == "word" and self.text.lower() in words


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    place = 0
    while text[place:].strip():
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            place += len(text[place:]) - len(text[place:].lstrip())
            raise _error(place, _puzzle(text[place]))
        found.append(_Token(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup)))
        place = match.end()
    return [*found, _Token("end", "", len(text))]


def _puzzle(character: str) -> str:
    if character in "'\"":
        return "a quoted text does not end"
    return say("{sign!r} has no meaning in a filter", sign=character)


def _error(place: int, problem: str) -> UsageError:
    return UsageError(
        say("the filter cannot be read at character {place}: {problem}", place=place + 1, problem=said(problem))
    )


class _Parser:
    """Recursive descent over the tokens, one method a level of binding."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self.columns: set[str] = set()

    @property
    def next(self) -> _Token:
        return self._tokens[self._at]

    def take(self) -> _Token:
        token = self.next
        self._at += token.kind != "end"
        return token

    def take_word(self, *words: str) -> bool:
        if self.next.is_word(*words):
            self.take()
            return True
        return False

    def take_sign(self, sign: str) -> None:
        token = self.take()
        if token.kind != "sign" or token.text != sign:
            raise _error(token.place, say("{sign!r} is missing", sign=sign))

    def end(self) -> None:
        if self.next.kind != "end":
            raise _error(
                self.next.place, say("{text!r} does not belong here; join conditions with and, or", text=self.next.text)
            )

    def either(self, depth: int) -> Test:
        tests = [self.both(depth)]
        while self.take_word("or"):
            tests.append(self.both(depth))
        return tests[0] if len(tests) == 1 else lambda columns: _any(test(columns) for test in tests)

    def both(self, depth: int) -> Test:
        tests = [self.negated(depth)]
        while self.take_word("and"):
            tests.append(self.negated(depth))
        return tests[0] if len(tests) == 1 else lambda columns: _all(test(columns) for test in tests)

    def negated(self, depth: int) -> Test:
        if depth > DEEPEST:
            raise _error(self.next.place, say("the filter is nested deeper than {levels} levels", levels=DEEPEST))
        if self.take_word("not"):
            test = self.negated(depth + 1)
            return lambda columns: ~test(columns)
        if self.next.kind == "sign" and self.next.text == "(":
            self.take()
            test = self.either(depth + 1)
            self.take_sign(")")
            return test
        return self.condition()

    def condition(self) -> Test:
        token = self.next
        left = self.operand()
        if self.next.kind == "sign" and self.next.text in _SIGNS:
            return self.chain(left)
        if self.take_word("is"):
            unknown, negate = not self.take_word("not"), self.take()
            if not negate.is_word("null"):
                raise _error(negate.place, "after 'is' comes 'null' or 'not null'")
            return lambda columns: _is_null(left.array(columns)) == unknown
        wanted = not self.take_word("not")
        if self.take_word("in"):
            return self.membership(left, wanted)
        if self.take_word("like"):
            return self.likeness(left, wanted)
        if not wanted or not left.column:
            raise _error(self.next.place, "a comparison is missing here")
        return lambda columns: _flag(left, columns, token.place)

    def chain(self, left: _Operand) -> Test:
        tests: list[Test] = []
        while self.next.kind == "sign" and self.next.text in _SIGNS:
            compare = _SIGNS[self.take().text]
            right = self.operand()
            tests.append(_comparison(left, compare, right))
            left = right
        return lambda columns: _all(test(columns) for test in tests)

    def membership(self, left: _Operand, wanted: bool) -> Test:
        self.take_sign("(")
        tests = [_comparison(left, operator.eq, self.operand())]
        while self.next.kind == "sign" and self.next.text == ",":
            self.take()
            tests.append(_comparison(left, operator.eq, self.operand()))
        self.take_sign(")")

        def test(columns: Columns) -> BoolArray:
            inside = _any(one(columns) for one in tests)
            return inside if wanted else ~inside & ~_is_null(left.array(columns))

        return test

    def likeness(self, left: _Operand, wanted: bool) -> Test:
        token = self.take()
        if token.kind != "text":
            raise _error(token.place, "after 'like' comes a quoted pattern, with % for any letters and _ for one")
        pattern = _pattern(_unquoted(token.text))

        def test(columns: Columns) -> BoolArray:
            values = left.array(columns)
            if not _is_text(values):
                raise UsageError(
                    say("the filter cannot be used: {left} is no text, so 'like' has no meaning for it", left=left)
                )
            fits = np.fromiter((pattern.fullmatch(str(v)) is not None for v in values), np.bool_, len(values))
            return _all([fits == wanted, ~_is_null(values)])

        return test

    def operand(self) -> _Operand:
        token = self.take()
        if token.kind == "number":
            return _Operand("", _number(token.text))
        if token.kind == "text":
            return _Operand("", _unquoted(token.text))
        if token.is_word("true", "false"):
            return _Operand("", token.text.lower() == "true")
        if token.kind == "word" and token.text.lower() not in _RESERVED:
            if self.next.kind == "sign" and self.next.text == "(":
                raise _error(token.place, say("{name}(…) is a call, and a filter has none", name=token.text))
            self.columns.add(token.text)
            return _Operand(token.text, 0)
        found = repr(token.text) if token.text else said("the end")
        raise _error(token.place, say("a column, a number or a quoted text is expected, not {found}", found=found))


@dataclass(frozen=True, slots=True)
class _Operand:
    """A column by name, or a literal if the name is empty."""

    column: str
    literal: Literal

    def __str__(self) -> str:
        return self.column or repr(self.literal)

    def value(self, columns: Columns) -> Any:
        """Return the column (N,), or the literal."""
        return self.array(columns) if self.column else self.literal

    def array(self, columns: Columns) -> NDArray[Any]:
        """Return the column, or the literal repeated (N,)."""
        if not self.column:
            return np.full(_height(columns), self.literal, dtype=object if isinstance(self.literal, str) else None)
        try:
            return columns[self.column]
        except KeyError:
            known = ", ".join(columns)
            raise UsageError(
                say(
                    "the filter cannot be used: there is no column {column} (text goes in quotes; columns: {known})",
                    column=self.column,
                    known=known,
                )
            ) from None


def _number(text: str) -> int | float:
    """Keep whole numbers whole, so that long ones compare exactly, as far as 64 bits go."""
    whole = re.fullmatch(r"[+-]?\d{1,18}", text) is not None
    return int(text) if whole else float(text)


def _comparison(left: _Operand, compare: Callable[[Any, Any], Any], right: _Operand) -> Test:
    def test(columns: Columns) -> BoolArray:
        # Literals stay single values: it is faster, and 0.1 equals a float32 column's 0.1.
        a, b = left.value(columns), right.value(columns)
        known = [~_is_null(side) for side in (a, b) if isinstance(side, np.ndarray)]
        if _is_time(a) or _is_time(b):
            a, b = _as_time(a, left), _as_time(b, right)
        elif _is_text(a) != _is_text(b):
            raise UsageError(
                say(
                    "the filter cannot be used: {left} and {right} are a text and a number; quote both or none",
                    left=left,
                    right=right,
                )
            )
        fits = np.asarray(compare(a, b), dtype=np.bool_)
        return _all([np.broadcast_to(fits, (_height(columns),)), *known])

    return test


def _as_time(value: Any, operand: _Operand) -> Any:
    if _is_time(value):
        return value
    try:
        if not isinstance(value, str):
            raise ValueError(value)
        moment = datetime.fromisoformat(value.strip())
        return np.datetime64(moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment, "ms")
    except ValueError:
        raise UsageError(
            say("the filter cannot be used: {operand} is no time; write UTC as '2026-05-01T08:00:00Z'", operand=operand)
        ) from None


def _flag(operand: _Operand, columns: Columns, place: int) -> BoolArray:
    values = operand.array(columns)
    if values.dtype != np.bool_:
        raise _error(place, say("{operand} alone is no condition; compare it with something", operand=operand))
    return values


def _is_text(value: Any) -> bool:
    return value.dtype.kind in "OUTS" if isinstance(value, np.ndarray) else isinstance(value, str)


def _is_time(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "M"


def _is_null(values: NDArray[Any]) -> BoolArray:
    if values.dtype.kind == "f":
        return np.asarray(np.isnan(values), dtype=np.bool_)
    if values.dtype.kind == "M":
        return np.asarray(np.isnat(values), dtype=np.bool_)
    if _is_text(values):
        return np.asarray(values == "", dtype=np.bool_)
    return np.zeros(len(values), dtype=np.bool_)


def _any(masks: Any) -> BoolArray:
    return np.asarray(np.logical_or.reduce(list(masks)), dtype=np.bool_)


def _all(masks: Any) -> BoolArray:
    return np.asarray(np.logical_and.reduce(list(masks)), dtype=np.bool_)


def _height(columns: Columns) -> int:
    return len(next(iter(columns.values()), ()))


def _unquoted(text: str) -> str:
    quote = text[0]
    return text[1:-1].replace(quote * 2, quote)


def _pattern(like: str) -> re.Pattern[str]:
    """Turn a pattern into an expression whose time grows with the text only: each part is found once, leftmost."""
    parts = ["".join("." if c == "_" else re.escape(c) for c in part) for part in re.split("%+", like)]
    if len(parts) == 1:
        return re.compile(parts[0], re.DOTALL | re.IGNORECASE)
    middle = "".join(f"(?>.*?{part})" for part in parts[1:-1] if part)
    return re.compile(f"{parts[0]}{middle}.*{parts[-1]}", re.DOTALL | re.IGNORECASE)
