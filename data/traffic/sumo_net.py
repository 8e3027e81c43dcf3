"""A twin's roads and signals as a net of Eclipse SUMO, for rehearsals and as an oracle in benchmarks.

Edges bear the ids of links (``-`` before it: against the drawing) and nodes the numbers of the graph's, so that what
SUMO tells is ours without a table between. Plain files are written here; SUMO's own ``netconvert`` makes the net of
them. Formats: "PlainXML" and "Traffic Lights" in the SUMO user documentation.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.etree import ElementTree as ET
from xml.sax.saxutils import quoteattr

import numpy as np
import shapely
from pyproj import CRS
from scipy.spatial import cKDTree

from twin.city.city import City
from twin.errors import MissingPieceError, ZhianError
from twin.geo import BoolArray
from twin.signals.layout import STRAIGHT_DEG
from twin.traffic.graph import IntArray, RoadGraph
from twin.traffic.streams import turns_in
from twin.words import say

PATIENCE_S = 600.0
PROGRAM = "twin"
LEAST_GREEN_S = 5.0
Box = tuple[float, float, float, float]


def program(name: str) -> str:
    """Return the path of one of SUMO's programs.

    Raises
    ------
    twin.errors.MissingPieceError
        If SUMO is not installed.
    """
    found = shutil.which(name) or shutil.which(name, path=str(Path(sys.executable).parent))
    if found is None:
        raise MissingPieceError(say("SUMO's {name} is not installed: install Eclipse SUMO 1.24 or later", name=name))
    return found


def links_within(graph: RoadGraph, box_m: Box) -> IntArray:
    """Return the links whose ends both lie in a box (west, south, east, north in the local frame)."""
    at = graph.node_m - np.asarray(graph.origin_m)
    inside: BoolArray = ((at >= box_m[:2]) & (at <= box_m[2:])).all(axis=1)
    return np.flatnonzero(inside[graph.tail] & inside[graph.head])


def write_net(city: City, graph: RoadGraph, folder: Path, links: IntArray | None = None) -> Path:
    """Write the net of a city, or of a part of it, and the program of its signals.

    Returns
    -------
    Path
        ``twin.net.xml``; beside it ``signals.add.xml``, with the cycle and offset of each signal of the twin.

    Raises
    ------
    twin.errors.MissingPieceError, twin.errors.ZhianError
        If SUMO is not installed, or its ``netconvert`` fails; the error says why in its own words.
    """
    links = np.arange(len(graph)) if links is None else links
    folder.mkdir(parents=True, exist_ok=True)
    signals = _signals(city, graph)
    parts = {
        "nod": _nodes(city, graph, links, signals),
        "edg": _edges(city, graph, links),
        "con": _turns(city, graph, links, signals),
    }
    for part, lines in parts.items():
        root = {"nod": "nodes", "edg": "edges", "con": "connections"}[part]
        text = "\n".join([f"<{root}>", *lines, f"</{root}>"])
        (folder / f"twin.{part}.xml").write_text(text, "utf-8")
    net = folder / "twin.net.xml"
    _convert(folder, net)
    (folder / "signals.add.xml").write_text(_programs(net, signals), "utf-8")
    return net


def _convert(folder: Path, net: Path) -> None:
    given = [f"--{name}={folder / f'twin.{part}.xml'}" for name, part in (
        ("node-files", "nod"), ("edge-files", "edg"), ("connection-files", "con"))]  # fmt: skip
    options = [
        "--offset.disable-normalization", "--no-turnarounds.except-deadend", "--tls.discard-simple=false",
        "--junctions.corner-detail=0", "--no-warnings", "--xml-validation=never", f"--output-file={net}",
    ]  # fmt: skip
    done = subprocess.run(
        [program("netconvert"), *given, *options], capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    if done.returncode:
        raise ZhianError(say("SUMO's netconvert made no net: {why}", why=done.stderr.strip()[:300]))


def _signals(city: City, graph: RoadGraph) -> Mapping[int, tuple[float, float]]:
    """Return cycle and offset of the signal at each node of the graph that has one."""
    table = city.table("junctions")
    table = table[table["signal"].to_numpy(bool)]
    if not len(table):
        return {}
    xy = shapely.get_coordinates(np.asarray(table.geometry.array, dtype=object))
    nearest = cKDTree(graph.node_m).query(xy)[1]
    near = np.hypot(*(graph.node_m[nearest] - xy).T) < 1.0
    told = zip(nearest[near].tolist(), table["cycle_s"][near].tolist(), table["offset_s"][near].tolist(), strict=True)
    return {node: (cycle, offset) for node, cycle, offset in told}


def _nodes(city: City, graph: RoadGraph, links: IntArray, signals: Mapping[int, tuple[float, float]]) -> Iterator[str]:
    east, north = graph.origin_m
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # names of systems are lost, the projection is not
        proj = CRS.from_user_input(city.frame.crs).to_proj4()
    at = graph.node_m - np.asarray(graph.origin_m)
    low, high = at.min(axis=0), at.max(axis=0)
    yield (
        f'<location netOffset="{-east},{-north}" convBoundary="{low[0]:.2f},{low[1]:.2f},{high[0]:.2f},{high[1]:.2f}" '
        f'origBoundary="-180,-90,180,90" projParameter={quoteattr(proj)}/>'
    )
    for node in np.unique([graph.tail[links], graph.head[links]]).tolist():
        kind = ' type="traffic_light"' if node in signals else ""
        yield f'<node id="{node}" x="{at[node, 0]:.2f}" y="{at[node, 1]:.2f}"{kind}/>'


def _edges(city: City, graph: RoadGraph, links: IntArray) -> Iterator[str]:
    roads = city.table("roads")
    lanes = _lanes(city, graph)
    classes = roads["road_class"].to_numpy(object)
    rank = {name: number for number, name in enumerate(
        ("track", "service", "residential", "tertiary", "secondary", "primary", "trunk", "motorway"), 1)}  # fmt: skip
    for link, name in zip(links.tolist(), graph.names(links), strict=True):
        road = int(graph.road[link])
        xy = shapely.get_coordinates(graph.lines[road]) - np.asarray(graph.origin_m)
        shape = " ".join(f"{x:.2f},{y:.2f}" for x, y in (xy if graph.forward[link] else xy[::-1]).tolist())
        yield (
            f'<edge id={quoteattr(name)} from="{graph.tail[link]}" to="{graph.head[link]}" numLanes="{lanes[link]}" '
            f'speed="{graph.free_kmh[link] / 3.6:.3f}" priority="{rank.get(classes[road], 1)}" shape="{shape}"/>'
        )


def _lanes(city: City, graph: RoadGraph) -> IntArray:
    """Return the lanes of each link."""
    both = np.all(graph.links_of >= 0, axis=1)
    lanes: IntArray = city.table("roads")["lanes"].to_numpy(np.int64) // np.where(both, 2, 1)
    return np.asarray(np.maximum(lanes, 1)[graph.road])


def _turns(city: City, graph: RoadGraph, links: IntArray, signals: Mapping[int, tuple[float, float]]) -> Iterator[str]:
    """Yield forbidden turns, and who turns from which lane at signals: left from one of its own, as plans have it."""
    kept = graph.bans[np.isin(graph.bans, links).all(axis=1)]
    for come, go in zip(graph.names(kept[:, 0]), graph.names(kept[:, 1]), strict=True):
        yield f"<delete from={quoteattr(come)} to={quoteattr(go)}/>"
    lanes, (one, other, right) = _lanes(city, graph), turns_in(graph, links)
    lit = np.isin(graph.head[one], list(signals)) & (lanes[one] > 1)
    has_left: BoolArray = np.isin(one, one[right < -STRAIGHT_DEG])
    has_right: BoolArray = np.isin(one, one[right > STRAIGHT_DEG])
    has_straight: BoolArray = np.isin(one, one[np.abs(right) <= STRAIGHT_DEG])
    for row in np.flatnonzero(lit).tolist():
        most, room = int(lanes[one[row]]), int(lanes[other[row]])
        come, go = (quoteattr(name) for name in graph.names(np.array([one[row], other[row]])))
        if right[row] < -STRAIGHT_DEG:
            pairs = [(most - 1, room - 1)]
        elif right[row] > STRAIGHT_DEG:
            pairs = [(0, 0)]
        else:
            first = 1 if has_right[row] and not has_left[row] and most > 2 else 0
            pairs = [(lane, min(lane, room - 1)) for lane in range(first, most - int(has_left[row]))]
        if abs(right[row]) > STRAIGHT_DEG and not has_straight[row] and not (has_left[row] and has_right[row]):
            pairs = [(lane, min(lane, room - 1)) for lane in range(most)]
        for lane, to in pairs:
            yield f'<connection from={come} to={go} fromLane="{lane}" toLane="{to}"/>'


def _programs(net: Path, signals: Mapping[int, tuple[float, float]]) -> str:
    """Return the stages that netconvert found, with the cycle and offset of the twin's signals."""
    lines = ["<additional>"]
    for _, logic in ET.iterparse(net):  # noqa: S314 - the file was made just now, by netconvert
        if logic.tag != "tlLogic" or int(logic.get("id", "-1")) not in signals:
            continue
        cycle, offset = signals[int(logic.get("id", "-1"))]
        phases = logic.findall("phase")
        states = [phase.get("state", "") for phase in phases]
        seconds = _stretched(np.array([float(phase.get("duration", "0")) for phase in phases]), states, cycle)
        lines.append(f'<tlLogic id="{logic.get("id")}" type="static" programID="{PROGRAM}" offset="{offset:.1f}">')
        lines += [f'<phase duration="{lasts:.1f}" state="{s}"/>' for lasts, s in zip(seconds, states, strict=True)]
        lines.append("</tlLogic>")
    return "\n".join([*lines, "</additional>"])


def _stretched(seconds: np.ndarray[tuple[int], np.dtype[np.float64]], states: list[str], cycle_s: float) -> list[float]:
    """Return the times of stages with the greens stretched to a cycle; yellow and red stay."""
    green = np.array([("G" in state or "g" in state) and "y" not in state for state in states])
    rest = cycle_s - seconds[~green].sum()
    told = np.where(green, np.maximum(seconds * rest / max(seconds[green].sum(), 1e-9), LEAST_GREEN_S), seconds)
    return [round(float(one), 1) for one in told]
