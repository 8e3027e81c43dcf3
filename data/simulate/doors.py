"""Invented doors of an invented city, and a controller that does at once what they are asked for."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import shapely

from data.connectors.contract import Answer
from data.operations.outbox import ANSWERS, Carrier, into_folder
from twin.city.city import City
from twin.operations.doors import Door
from twin.operations.records import Message

GUARDED = ("hospital", "school", "dormitory", "government")
"""Kinds of sites that have doors: one at its western end, one at its eastern."""
ENDS = (("west", "西门", "west door"), ("east", "东门", "east door"))
DONE = {"lock": "已锁闭（虚构门禁）", "open": "已开启（虚构门禁）"}


def invented_doors(city: City) -> tuple[Door, ...]:
    """Return two doors of each guarded site."""
    sites = city.table("sites")
    sites = sites[sites["kind"].isin(GUARDED)].reset_index(drop=True)
    if not len(sites):
        return ()
    points, of_site = shapely.get_coordinates(sites.geometry.to_numpy(), return_index=True)
    order = np.lexsort((points[:, 0], of_site))
    begin = np.searchsorted(of_site[order], np.arange(len(sites)))
    rows = np.stack([order[begin], order[np.append(begin[1:], len(order)) - 1]], axis=1)  # west, east of each
    at = points[rows.ravel()] - np.asarray(city.frame.origin_m)
    lon, lat = city.frame.to_lonlat(at[:, 0], at[:, 1])
    names = zip(sites["id"], sites["name"], sites["name_en"], strict=True)
    told = [(f"{id_}-{end}", f"{zh}{gate}", f"{en}, {door}") for id_, zh, en in names for end, gate, door in ENDS]
    return tuple(
        Door(*words, float(x), float(y)) for words, x, y in zip(told, np.asarray(lon), np.asarray(lat), strict=True)
    )


def invented_controller(folder: Path) -> Carrier:
    """Return what leaves a request in the outbox folder and answers it there, as a real controller's system does."""
    leave = into_folder(folder)

    def carry(message: Message) -> Answer:
        answer = leave(message)
        (folder / ANSWERS).mkdir(exist_ok=True)
        fresh = folder / ANSWERS / f".{message.id}.new"
        fresh.write_text(json.dumps({"answer": DONE[message.template]}, ensure_ascii=False), "utf-8")
        fresh.replace(folder / ANSWERS / f"{message.id}.json")
        return answer

    return carry
