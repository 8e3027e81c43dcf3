"""What a user may see of a layer: the one way from a layer to a screen, a table or a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from layers.columns import hidden
from layers.layer import Layer, Rows
from twin.city.tables import Column
from twin.cql2.read import read
from twin.cql2.rows import chosen
from twin.cql2.table import Table, columns_of
from twin.cql2.tree import Node
from twin.reach import reached
from twin.world import World


def shown(layer: Layer, world: World, *, where: str = "", unmask: bool = False) -> Rows:
    """Return a layer's rows within reach, with what identifies people hidden, and then filtered.

    The filter sees what the user sees: it cannot be used to guess a hidden plate.

    Raises
    ------
    twin.errors.UsageError
        If the filter cannot be read, or names a column that is not there.
    """
    node = filter_of(layer.columns, where)
    rows = _reached(layer.rows(world), world)
    if not unmask:
        rows = hide(rows, layer.columns)
    return rows if node is None else rows.take(chosen(node, Table(rows.columns, len(rows))))


def filter_of(columns: Sequence[Column], where: str) -> Node | None:
    """Return the filter (CQL2 text) over a layer's columns; None of an empty one, which fits all.

    Raises
    ------
    twin.cql2.read.FilterError
        If it cannot be read, or names a column that is not there; it says where and what is written instead.
    """
    return read(where, columns_of({one.name: one.dtype for one in columns})) if where.strip() else None


def _reached(rows: Rows, world: World) -> Rows:
    """Leave out what stands outside of what may be seen; what moves is not in the world then."""
    if world.reach is None or rows.geometry is None:
        return rows
    return rows.take(reached(world.reach, rows.geometry))


def hide(rows: Rows, columns: tuple[Column, ...]) -> Rows:
    """Return the rows with their sensitive columns masked; the same rows if there are none."""
    how = {column.name: column.mask for column in columns if column.sensitive}
    return replace(rows, columns=hidden(rows.columns, how)) if how else rows
