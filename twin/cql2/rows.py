"""A filter over a batch of rows, in numpy.

A value that is unknown (NaN, an empty text) makes a comparison neither true nor false, and so does all that rests on
it, as in SQL: ``NOT speed_mps > 3`` does not choose the row whose speed is unknown.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from twin.cql2.table import Table
from twin.cql2.tree import ARITHMETIC, Call, Literal, Moment, Node, Property, Shape
from twin.geo import BoolArray
from twin.live.kinds import KINDS, STATES
from twin.live.observation import ObservationArray

Told = ObservationArray | Table
HOURS_EAST = 8.0
"""China has one time."""
_KIND = np.array([kind.name for kind in KINDS], "S24")
_STATE = np.array(STATES, "S24")
_COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq, "<>": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_RECKON: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Truth:
    """Which rows a condition holds for, and for which it does not; neither where that is unknown: (N,) masks."""

    yes: BoolArray
    no: BoolArray


def chosen(node: Node, rows: Told) -> BoolArray:
    """Mark the rows for which a condition holds, (N,)."""
    return truth(node, rows).yes


def truth(node: Node, rows: Told) -> Truth:
    """Tell for each row whether a condition holds."""
    if not isinstance(node, Call):
        raise TypeError(node)
    op, args = node.op, node.args
    if op == "not":
        inner = truth(args[0], rows)
        return Truth(inner.no, inner.yes)
    if op in ("and", "or"):
        parts = [truth(arg, rows) for arg in args]
        yes, no = [part.yes for part in parts], [part.no for part in parts]
        both, either = np.logical_and.reduce, np.logical_or.reduce
        return Truth(both(yes), either(no)) if op == "and" else Truth(either(yes), both(no))
    if op.startswith("s_"):
        inside = _inside(args[1], rows)
        return Truth(inside, ~inside)
    if op == "isNull":
        known = _known(value(args[0], rows), len(rows))
        return Truth(~known, known)
    if op == "like":
        return _like(args[0], args[1], rows)
    if op == "between":
        low, high = Call(">=", args[:2]), Call("<=", (args[0], args[2]))
        return truth(Call("and", (low, high)), rows)
    if op == "in":
        return truth(Call("or", tuple(Call("=", (args[0], arg)) for arg in args[1:])), rows)
    return _comparison(op, value(args[0], rows), value(args[1], rows), len(rows))


def value(node: Node, rows: Told) -> Any:
    """Return a figure or text of each row, (N,), or the one value that it is for all."""
    if isinstance(node, Literal):
        encoded = isinstance(node.value, str) and not isinstance(rows, Table)
        return str(node.value).encode() if encoded else node.value
    if isinstance(node, Moment):
        return node.time_s
    if isinstance(node, Property):
        return column(node.name, rows)
    if not isinstance(node, Call) or node.op not in ARITHMETIC:
        raise TypeError(node)
    left, right = (np.asarray(value(arg, rows), np.float64) for arg in node.args)
    with np.errstate(all="ignore"):
        reckoned = _RECKON[node.op](left, right)
    return np.where(np.isfinite(reckoned), reckoned, np.nan)


def column(name: str, rows: Told) -> NDArray[Any]:
    """Return one of :data:`twin.cql2.tree.OBSERVED`, texts as UTF-8; of a table, one of its columns."""
    if isinstance(rows, Table):
        return rows.column(name)
    if name == "kind":
        return np.asarray(_KIND[np.minimum(rows["kind"], len(KINDS) - 1)])
    if name == "state":
        return np.asarray(_STATE[np.minimum(rows["state"], len(STATES) - 1)])
    if name == "hour":
        return hour_of(rows["time_s"])
    return np.asarray(rows[name])


def hour_of(time_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the local hour of the day, 0 to 24."""
    return np.asarray(np.fmod(time_s / 3600.0 + HOURS_EAST, 24.0))


def _comparison(op: str, left: Any, right: Any, count: int) -> Truth:
    fits = np.broadcast_to(np.asarray(_COMPARE[op](left, right), np.bool_), (count,))
    known = _known(left, count) & _known(right, count)
    return Truth(fits & known, ~fits & known)


def _known(values: Any, count: int) -> BoolArray:
    if isinstance(values, bytes | str):
        return np.full(count, bool(values))
    array = np.asarray(values)
    if array.dtype.kind == "b":
        return np.ones(count, np.bool_)
    empty = {"S": b"", "O": "", "U": ""}.get(array.dtype.kind)
    known = ~np.isnan(array) if empty is None else array != empty
    return np.asarray(np.broadcast_to(known, (count,)))


def _like(text: Node, pattern: Node, rows: Told) -> Truth:
    if not isinstance(pattern, Literal):
        raise TypeError(pattern)
    expression = pattern_of(str(pattern.value))
    values = np.broadcast_to(np.asarray(value(text, rows)), (len(rows),))
    different, which = np.unique(values, return_inverse=True)
    words = [one.decode(errors="replace") if isinstance(one, bytes) else str(one) for one in different.tolist()]
    fits = np.array([expression.fullmatch(word) is not None for word in words], np.bool_)
    mask, known = fits[which] if len(fits) else np.zeros(0, np.bool_), _known(values, len(rows))
    return Truth(mask & known, ~mask & known)


def pattern_of(like: str) -> re.Pattern[str]:
    """Turn a LIKE pattern into an expression whose time grows with the text only: each part is found once, leftmost."""
    parts = ["".join("." if sign == "_" else re.escape(sign) for sign in part) for part in re.split("%+", like)]
    if len(parts) == 1:
        return re.compile(parts[0], re.DOTALL)
    middle = "".join(f"(?>.*?{part})" for part in parts[1:-1] if part)
    return re.compile(f"{parts[0]}{middle}.*{parts[-1]}", re.DOTALL)


def _inside(area: Node, rows: Told) -> BoolArray:
    if not isinstance(area, Shape) or isinstance(rows, Table):
        raise TypeError(area)
    shapely.prepare(area.geometry)
    return np.asarray(shapely.intersects_xy(area.geometry, rows["lon_deg"], rows["lat_deg"]), np.bool_)
