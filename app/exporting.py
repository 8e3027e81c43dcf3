"""Exporting a layer: from what is drawn to a file with its provenance, for the window and the command line alike."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from app.commands import Call
from app.texts import LANGUAGES, Texts
from app.version import program_version
from data.export.content import About, Content, Features, Heights, Picture, Request, iso
from data.export.export import Receipt, check_target, export
from data.export.formats import check_crs, choose_format
from data.export.select import within
from layers.catalogue import layer_by_name
from layers.layer import Layer, Rows, Surface
from layers.shown import filter_of, shown
from twin.access import Resource
from twin.errors import BadInputError, NotAllowedError, UsageError
from twin.orders import too_many
from twin.requests import Deed
from twin.words import say
from twin.world import World

Box = tuple[float, float, float, float]
BULK = "layer.export.bulk"
"""What an export asks for beside when it turns out to be of many rows."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants exported.

    Parameters
    ----------
    layer : str
    target : Path
    format : str
        Empty: as the target's name says.
    bbox_deg : tuple of float, optional
        West, south, east, north.
    crs, where : str
        Empty for the format's own system, and for all rows.
    ids : frozenset of str, optional
        Of those rows only these, as of a selection.
    """

    layer: str
    target: Path
    format: str = ""
    bbox_deg: Box | None = None
    crs: str = ""
    where: str = ""
    overwrite: bool = False
    ids: frozenset[str] | None = None


def check_wish(wish: Wish) -> None:
    """Refuse what cannot be done before anything is opened for it.

    Raises
    ------
    twin.errors.UsageError
    """
    layer = layer_by_name(wish.layer)
    check_target(wish.target, wish.overwrite)
    check_crs(choose_format(wish.target, wish.format, layer.formats), wish.crs)
    if wish.bbox_deg is not None:
        check_box(wish.bbox_deg)
    if wish.where.strip():
        _check_filter(layer, wish.where)


def export_layer(
    wish: Wish, world: World, twin: str, call: Call, cancelled: Callable[[], bool] = lambda: False
) -> Receipt:
    """Write a layer of ``world`` as the user may see it.

    Raises
    ------
    twin.errors.UsageError
        If the wish makes no sense.
    twin.errors.BadInputError
        If the twin has nothing to be written.
    twin.errors.DiskError
        If the disk does not take it.
    """
    check_wish(wish)
    if call.actor.service and not call.order:
        raise NotAllowedError("a script exports under a standing order alone, by `zhian export`")
    layer = layer_by_name(wish.layer)
    form = choose_format(wish.target, wish.format, layer.formats)
    content = _content(layer, world, wish, call.unmask)
    about = _about(world, layer)
    request = Request(content, about, form.name, wish.bbox_deg, wish.crs)
    if why_not := too_many(call.order, call.most_rows, _row_count(content, wish)):
        raise NotAllowedError(why_not)
    told = _told(wish, world, twin, call, about, content) | {"format": form.name}
    with _second_person(wish, twin, call, content, told):
        return export(request, wish.target, told, overwrite=wish.overwrite, cancelled=cancelled)


def _second_person(
    wish: Wish, twin: str, call: Call, content: Content, told: dict[str, Any]
) -> AbstractContextManager[object]:
    """Have a bulk export confirmed: many rows of a layer that can identify people."""
    columns = layer_by_name(wish.layer).columns
    if not call.rules.bulk_rows or not isinstance(content, Features) or not any(c.sensitive for c in columns):
        return nullcontext()
    rows = _row_count(content, wish)
    if rows <= call.rules.bulk_rows:
        return nullcontext()
    what = {name: str(told[name] or "") for name in ("filter", "bbox_deg", "format")}
    what |= {name: str(call.arguments.get(name) or "") for name in ("past", "network")}
    what |= {"crs": wish.crs, "target": str(wish.target.absolute())}
    if wish.ids is not None:
        what["ids"] = hashlib.sha256("\n".join(sorted(wish.ids)).encode()).hexdigest()
    resource = Resource("layer.export", f"{twin}/{wish.layer}", sensitive=True)
    return call.held(Deed(BULK, resource, what, call.purpose, {"rows": f"{rows:,}"}))


def _row_count(content: Content, wish: Wish) -> int:
    if not isinstance(content, Features):
        return 0
    return len(content if wish.bbox_deg is None else within(content, wish.bbox_deg))


def check_box(bbox_deg: Box) -> None:
    """Refuse a box that is none."""
    west, south, east, north = bbox_deg
    if not all(map(math.isfinite, bbox_deg)) or not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise UsageError("a box is west,south,east,north in degrees, west below east and south below north")


def _check_filter(layer: Layer, where: str) -> None:
    if not layer.columns:
        raise UsageError(say("{name} has no rows to choose from; leave the filter out", name=layer.name))
    filter_of(layer.columns, where)


def _content(layer: Layer, world: World, wish: Wish, unmask: bool) -> Content:
    drawing = None if layer.columns else layer.draw(world, layer.rows(world))
    crs = world.city.frame.crs
    if not isinstance(drawing, Surface):
        rows = shown(layer, world, where=wish.where, unmask=unmask)
        if wish.ids is not None:
            rows = rows.take(np.isin(rows.columns["id"].astype(str), sorted(wish.ids)))
        return _features(layer, world, rows)
    if drawing.terrain is not None:
        return Heights(drawing.terrain, crs)
    if drawing.imagery is not None:
        return Picture(drawing.imagery, crs)
    raise BadInputError(world.city.name, say("this twin has no {name}", name=layer.name), "import some first")


def _features(layer: Layer, world: World, rows: Rows) -> Features:
    values = {column.name: rows.columns[column.name] for column in layer.columns}
    surfaces = world.city.table("surfaces") if "cityjson" in layer.formats else None
    return Features(layer.columns, values, _shapes(world, rows), world.city.frame.crs, surfaces)


def _shapes(world: World, rows: Rows) -> Any:
    """Return the rows' geometry; what moves becomes points with the height above sea level."""
    if rows.geometry is not None:
        return rows.geometry
    local = np.empty((0, 3)) if rows.position_m is None else rows.position_m.astype(np.float64)
    return shapely.points(local + np.array([*world.city.frame.origin_m, 0.0])).reshape(-1)


def _about(world: World, layer: Layer) -> About:
    notice = " ".join(Texts(language)("app.invented") for language in LANGUAGES) if world.city.invented else ""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    made = datetime.fromtimestamp(int(epoch), UTC) if epoch.isdigit() else datetime.now(UTC)
    return About(layer.name, world.city.name, world.city.credit, notice, program_version(), made)


def _told(wish: Wish, world: World, twin: str, call: Call, about: About, content: Content) -> dict[str, Any]:
    layer = layer_by_name(wish.layer)
    sensitive = [column.name for column in layer.columns if column.sensitive]
    purpose = call.purpose
    return {
        "layer": layer.name,
        "twin": twin,
        "city": world.city.name,
        "invented": {language: Texts(language)("app.invented") for language in LANGUAGES} if about.notice else False,
        "credit": about.credit,
        "filter": wish.where,
        "selected": None if wish.ids is None else len(wish.ids),
        "bbox_deg": list(wish.bbox_deg) if wish.bbox_deg else None,
        "time_of_data": _time_of(content),
        "live": world.live if layer.group == "live" else False,
        "sources": [source.name for source in world.sources] if layer.group == "live" else [],
        "masked": bool(sensitive) and not call.unmask,
        "masked_columns": [] if call.unmask else sensitive,
        "actor": call.actor.id,
        "purpose": None if purpose is None else {"text": purpose.text, "reference": purpose.reference},
        "standing_order": call.order or None,
        "program": f"Zhian Twin {about.version}",
        "made": iso(about.made),
    }


def _time_of(content: Content) -> str | None:
    """Return when the newest row was told; None for what has no time."""
    if not isinstance(content, Features) or not len(content) or "time" not in content.values:
        return None
    return f"{np.datetime_as_string(content.values['time'].max(), unit='ms')}Z"
