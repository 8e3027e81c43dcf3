"""Reading OGC CQL2 text (OGC 21-065r2): the grammar is the library's, what of it has a meaning here is checked.

There is no call of a function, no regular expression and nothing that reads a file, so a filter from a stranger can do
no more than choose rows; its length and depth are bounded before the library sees it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import cql2
import shapely
from shapely.geometry import shape

from twin.cql2.tree import ARITHMETIC, COMPARISONS, OBSERVED, Call, Column, Literal, Moment, Node, Property, Shape
from twin.errors import UsageError
from twin.words import Said, say

LONGEST, DEEPEST = 4000, 40
_PLACE = re.compile(r"-->\s*(\d+):(\d+)")
_OPS = (
    "and", "or", "not", *COMPARISONS, "between", "in", "like", "isNull", *ARITHMETIC, "s_intersects", "s_within",
)  # fmt: skip


class FilterError(UsageError):
    """A filter that cannot be read; ``line`` and ``character`` (from 1) tell where, 0 if it concerns the whole."""

    def __init__(self, problem: str, line: int = 0, character: int = 0) -> None:
        self.line, self.character, self.problem = line, character, problem
        super().__init__(
            say("the filter cannot be read at line {line}, character {character}: {problem}",
                line=line, character=character, problem=problem)
            if line
            else say("the filter cannot be read: {problem}", problem=problem)
        )  # fmt: skip


def read(text: str, columns: Mapping[str, Column] = OBSERVED) -> Node:
    """Read a filter.

    Parameters
    ----------
    text : str
        CQL2 text, as ``kind = 'dump_truck' AND speed_mps > 16.7``.
    columns : mapping of str to Column
        What it may look at.

    Raises
    ------
    FilterError
    """
    node = _read(text, columns)
    if node.type != "truth":
        raise FilterError(say("this is a value and no condition: compare it with something"))
    return node


def read_value(text: str, columns: Mapping[str, Column] = OBSERVED) -> Node:
    """Read a figure, as ``speed_mps * 3.6``.

    Raises
    ------
    FilterError
    """
    node = _read(text, columns)
    if node.type not in ("real", "single", "number"):
        raise FilterError(say("this is no figure"))
    return node


def _read(text: str, columns: Mapping[str, Column]) -> Node:
    if len(text) > LONGEST:
        raise FilterError(say("it is longer than {longest} characters: shorten it", longest=LONGEST))
    if not text.strip():
        raise FilterError(say("it is empty"))
    if _depth(text) > DEEPEST:
        raise FilterError(_too_deep())
    try:
        tree = cql2.parse_text(text).to_json()
    except cql2.ParseError as error:
        raise _misread(text, str(error)) from None
    except RecursionError:
        raise FilterError(_too_deep()) from None
    return _Reader(text, columns).node(tree, 0)


def _depth(text: str) -> int:
    """Return how deep brackets are nested, quoted ones left out."""
    deepest = depth = 0
    for sign in re.sub(r"'(?:[^']|'')*'", "", text):
        depth += (sign == "(") - (sign == ")")
        deepest = max(deepest, depth)
    return deepest


def _too_deep() -> Said:
    return say("it is nested deeper than {levels} levels", levels=DEEPEST)


def _misread(text: str, told: str) -> FilterError:
    found = _PLACE.search(told)
    line, character = (int(found[1]), int(found[2])) if found else (1, 1)
    rest = text.splitlines()[line - 1][character - 1 :].strip() if text.splitlines()[line - 1 : line] else ""
    sign = next((sign for sign in ("==", "!=", "&&", "||", '"') if sign in text), "")
    if sign:
        return FilterError(
            say("CQL2 knows no {sign}: write =, <>, AND, OR, and texts as 'text'", sign=sign), line, character
        )
    if not rest:
        return FilterError(say("something is missing at its end"), line, character)
    return FilterError(say("{rest!r} is not understood here", rest=rest[:40]), line, character)


class _Reader:
    """Makes the tree of what the library read, and refuses what has no meaning here."""

    def __init__(self, text: str, columns: Mapping[str, Column]) -> None:
        self._text, self._columns = text, columns
        self._types = {column.type for column in columns.values()}

    def node(self, tree: Any, depth: int) -> Node:
        if depth > DEEPEST:
            raise FilterError(_too_deep())
        if isinstance(tree, bool) and "flag" in self._types:
            return Literal(tree)
        if isinstance(tree, bool) or tree is None:
            raise FilterError(say("true, false and null stand alone: compare a column, or write IS NULL"))
        if isinstance(tree, (int, float)):
            return self._number(float(tree))
        if isinstance(tree, str):
            return Literal(tree)
        if "property" in tree:
            return self._property(tree["property"])
        if "op" in tree:
            return self._call(tree["op"], tree["args"], depth)
        if "bbox" in tree or "coordinates" in tree:
            return self._shape(tree)
        if "time" in self._types and (moment := tree.get("timestamp", tree.get("date"))) is not None:
            return self._moment(str(moment))
        raise FilterError(say("times are compared by time_s and hour; nothing else of this kind is known"))

    def _moment(self, text: str) -> Moment:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise FilterError(_no_time()) from None
        return Moment((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())

    def _number(self, value: float) -> Literal:
        if abs(value) == float("inf") or value != value:
            raise FilterError(say("a number is too large"))
        return Literal(value)

    def _property(self, name: str) -> Property:
        if name in self._columns:
            return Property(name, self._columns[name].type)
        if f'"{name}"' in self._text:
            raise FilterError(say("texts stand in single quotes: '{text}'", text=name), *self._where(name))
        raise FilterError(no_such(name, list(self._columns)), *self._where(name))

    def _call(self, op: str, args: Sequence[Any], depth: int) -> Call:
        if op not in _OPS:
            raise FilterError(no_such(op, _OPS), *self._where(op))
        if op == "in":
            args = [args[0], *args[1]]
        nodes = tuple(self.node(arg, depth + 1) for arg in args)
        if op in ("and", "or", "not"):
            self._all_truths(nodes)
        elif op in ARITHMETIC:
            self._all_numbers(nodes, op)
            return Call(op, nodes, "real")
        elif op.startswith("s_"):
            self._place_and_area(nodes)
        elif op == "like":
            self._like(nodes)
        else:
            self._comparable(nodes)
        return Call(op, nodes)

    def _all_truths(self, nodes: Sequence[Node]) -> None:
        for node in nodes:
            if node.type != "truth":
                raise FilterError(say("{text} alone is no condition: compare it with something", text=_shown(node)))

    def _all_numbers(self, nodes: Sequence[Node], op: str) -> None:
        for node in nodes:
            if node.type not in ("real", "single", "number"):
                raise FilterError(say("{op} works on numbers, {text} is none", op=op, text=_shown(node)))

    def _comparable(self, nodes: Sequence[Node]) -> None:
        if any(node.type == "truth" for node in nodes):
            raise FilterError(say("comparisons are joined by AND: 1 < floors AND floors < 4"))
        if any(node.type in ("place", "shape") for node in nodes):
            raise FilterError(
                say("only texts and numbers are compared; an area is asked with S_INTERSECTS(geometry, …)")
            )
        sorts = {node.type if node.type in ("text", "flag", "time") else "number" for node in nodes}
        if len(sorts) > 1 and "time" in sorts:
            raise FilterError(_no_time())
        if len(sorts) > 1 and "flag" in sorts:
            raise FilterError(say("what is true or false is compared as {name} = true", name=_shown(nodes[0])))
        if len(sorts) > 1:
            shown = " · ".join(_shown(node) for node in nodes)
            raise FilterError(say("a text and a number are compared: {shown}; quote both or none", shown=shown))

    def _like(self, nodes: Sequence[Node]) -> None:
        if nodes[0].type != "text" or not isinstance(nodes[1], Literal) or nodes[1].type != "text":
            raise FilterError(say("after LIKE comes a quoted pattern, before it a text column"))

    def _place_and_area(self, nodes: Sequence[Node]) -> None:
        if len(nodes) != 2 or nodes[0].type != "place" or not isinstance(nodes[1], Shape):
            raise FilterError(say("an area is asked as S_INTERSECTS(geometry, POLYGON((…)))"))

    def _shape(self, tree: Any) -> Shape:
        try:
            geometry = shapely.box(*tree["bbox"]) if "bbox" in tree else shape(tree)
        except (ValueError, TypeError, shapely.errors.ShapelyError):
            raise FilterError(say("the area cannot be read")) from None
        if geometry.geom_type not in ("Polygon", "MultiPolygon") or not geometry.is_valid or not geometry.area > 0:
            raise FilterError(say("the area has no surface or crosses itself"))
        return Shape(geometry)

    def _where(self, word: str) -> tuple[int, int]:
        for number, line in enumerate(self._text.splitlines(), 1):
            at = line.lower().find(word.lower())
            if at >= 0:
                return number, at + 1
        return 1, 1


def _no_time() -> Said:
    return say("a time is written TIMESTAMP('2026-05-01T08:00:00Z') or DATE('2026-05-01')")


def no_such(name: str, known: Sequence[str]) -> Said:
    """Say that there is no such word, and which was probably meant."""
    near = difflib.get_close_matches(name, known, 1, 0.5)
    if near:
        return say("there is no {name!r}: is {near!r} meant?", name=name, near=near[0])
    return say("there is no {name!r}; there are: {known}", name=name, known=", ".join(known))


def _shown(node: Node) -> str:
    if isinstance(node, Property):
        return node.name
    return repr(node.value) if isinstance(node, Literal) else "(…)"
