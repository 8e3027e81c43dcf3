"""A CQL2 filter as a tree: what the numpy of live batches and the SQL of the history both start from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from shapely.geometry.base import BaseGeometry


@dataclass(frozen=True, slots=True)
class Column:
    """A column that a filter may look at.

    Parameters
    ----------
    type : str
        ``text``, ``real`` (64 bits), ``single`` (32 bits: compared with a number, the number is rounded to 32 bits
        too, so that 0.1 equals 0.1), ``flag`` (true or false), ``time`` or ``place``.
    unit : str
    """

    type: str
    unit: str = ""


OBSERVED: Mapping[str, Column] = MappingProxyType(
    {
        "id": Column("text"),
        "label": Column("text"),
        "kind": Column("text"),
        "state": Column("text"),
        "time_s": Column("real", "s"),
        "hour": Column("real", "h"),
        "lon_deg": Column("real", "°"),
        "lat_deg": Column("real", "°"),
        "height_m": Column("single", "m"),
        "heading_deg": Column("single", "°"),
        "speed_mps": Column("single", "m/s"),
        "value": Column("single"),
        "accuracy_m": Column("single", "m"),
        "geometry": Column("place"),
    }
)
"""The columns of an observation; ``hour`` is the local hour of the day, 7.5 for half past seven."""


@dataclass(frozen=True, slots=True)
class Property:
    """A column by name."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, a text, or true or false."""

    value: float | str | bool

    @property
    def type(self) -> str:
        """``text``, ``flag`` or ``number``."""
        if isinstance(self.value, bool):
            return "flag"
        return "text" if isinstance(self.value, str) else "number"


@dataclass(frozen=True, slots=True)
class Moment:
    """A time, seconds since 1970-01-01 UTC."""

    time_s: float
    type: str = "time"


@dataclass(frozen=True, slots=True)
class Shape:
    """An area in longitude and latitude."""

    geometry: BaseGeometry
    type: str = "shape"


@dataclass(frozen=True, slots=True)
class Call:
    """An operator of CQL2 (its name as in CQL2 JSON) and what it works on; ``type`` is ``truth`` or ``real``."""

    op: str
    args: tuple[Node, ...]
    type: str = "truth"


Node = Property | Literal | Moment | Shape | Call

COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")
ARITHMETIC = ("+", "-", "*", "/")
OPPOSITE: Mapping[str, str] = {"=": "<>", "<>": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
MIRRORED: Mapping[str, str] = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def properties(node: Node) -> Iterator[str]:
    """Yield the columns that a tree looks at, as often as it does."""
    if isinstance(node, Property):
        yield node.name
    elif isinstance(node, Call):
        for arg in node.args:
            yield from properties(arg)


def conditions(node: Node) -> Iterator[Node]:
    """Yield the conditions that must all hold."""
    if isinstance(node, Call) and node.op == "and":
        for arg in node.args:
            yield from conditions(arg)
    else:
        yield node


def compared(node: Node) -> tuple[str, str, float | str] | None:
    """Return column, sign and value of a condition that compares one column with one value; None of any other."""
    if not isinstance(node, Call) or node.op not in COMPARISONS:
        return None
    left, right = node.args
    if isinstance(left, Property) and isinstance(right, Literal):
        return left.name, node.op, right.value
    if isinstance(left, Literal) and isinstance(right, Property):
        return right.name, MIRRORED[node.op], left.value
    return None
