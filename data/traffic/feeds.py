"""Advice for navigation systems: a simple JSON feed, and DATEX II.

The feed is whole each time: what is no longer in it is withdrawn. DATEX II is written as read in the publicly described
model of version 2.3 (``SituationPublication`` with one ``ReroutingManagement`` a message); the standard's schema was
not at hand, and no receiver has been tried: interoperability is unproven.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import numpy as np
import shapely

from twin.city.city import City
from twin.traffic.graph import IntArray, RoadGraph
from twin.traffic.messages import Message

VERSION = 1
LIFE_S = 900.0
"""Advice that is not said again has an end."""
DATEX = "http://datex2.eu/schema/2/2_0"
XSI = "http://www.w3.org/2001/XMLSchema-instance"


def json_feed(city: City, graph: RoadGraph, messages: Sequence[Message], now_s: float) -> bytes:
    """Return the feed: for each advice the road to avoid, the road to take, its line, how many are meant."""
    items = [
        {
            "id": _id(message), "avoid": message.trouble, "take": message.via,
            "text": " ".join(message.lines), "saved_s": round(message.saved_s),
            "meant_per_hour": round(message.trips), "at": _line(city, graph, message.links[:1])[:1],
            "route": _line(city, graph, message.links),
        }
        for message in messages
    ]  # fmt: skip
    whole = {"version": VERSION, "made": _time(now_s), "until": _time(now_s + LIFE_S), "advice": items}
    return (json.dumps(whole, ensure_ascii=False, indent=1) + "\n").encode()


def datex(city: City, graph: RoadGraph, messages: Sequence[Message], now_s: float, country: str = "cn") -> bytes:
    """Return the same as a DATEX II situation publication."""
    ET.register_namespace("", DATEX)
    ET.register_namespace("xsi", XSI)
    root = ET.Element(_tag("d2LogicalModel"), {"modelBaseVersion": "2"})
    supplier = _under(_under(root, "exchange"), "supplierIdentification")
    _under(supplier, "country", country)
    _under(supplier, "nationalIdentifier", "zhian")
    publication = _under(root, "payloadPublication")
    publication.set(f"{{{XSI}}}type", "SituationPublication")
    publication.set("lang", "zh")
    _under(publication, "publicationTime", _time(now_s))
    creator = _under(publication, "publicationCreator")
    _under(creator, "country", country)
    _under(creator, "nationalIdentifier", "zhian")
    for message in messages:
        _situation(publication, city, graph, message, now_s)
    ET.indent(root)
    told: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return told + b"\n"


def _situation(publication: ET.Element, city: City, graph: RoadGraph, message: Message, now_s: float) -> None:
    situation = _under(publication, "situation")
    situation.set("id", _id(message))
    situation.set("version", "1")
    header = _under(situation, "headerInformation")
    _under(header, "confidentiality", "noRestriction")
    _under(header, "informationStatus", "real")
    record = _under(situation, "situationRecord")
    record.set(f"{{{XSI}}}type", "ReroutingManagement")
    record.set("id", f"{_id(message)}-1")
    record.set("version", "1")
    for name in ("situationRecordCreationTime", "situationRecordVersionTime"):
        _under(record, name, _time(now_s))
    _under(record, "probabilityOfOccurrence", "certain")
    validity = _under(record, "validity")
    _under(validity, "validityStatus", "definedByValidityTimeSpec")
    period = _under(validity, "validityTimeSpecification")
    _under(period, "overallStartTime", _time(now_s))
    _under(period, "overallEndTime", _time(now_s + LIFE_S))
    _comment(record, " ".join(message.lines) or f"{message.trouble} → {message.via}")
    lon, lat = _line(city, graph, message.links[:1])[0]
    where = _under(record, "groupOfLocations")
    where.set(f"{{{XSI}}}type", "Point")
    point = _under(_under(where, "pointByCoordinates"), "pointCoordinates")
    _under(point, "latitude", f"{lat:.6f}")
    _under(point, "longitude", f"{lon:.6f}")
    _under(record, "complianceOption", "advisory")
    _under(record, "reroutingManagementType", "followLocalDiversion")
    _text(_under(record, "reroutingItineraryDescription"), message.via)


def _comment(record: ET.Element, text: str) -> None:
    _text(_under(_under(record, "generalPublicComment"), "comment"), text)


def _text(parent: ET.Element, text: str) -> None:
    value = _under(_under(parent, "values"), "value", text)
    value.set("lang", "zh")


def _under(parent: ET.Element, name: str, text: str = "") -> ET.Element:
    made = ET.SubElement(parent, _tag(name))
    made.text = text or None
    return made


def _tag(name: str) -> str:
    return f"{{{DATEX}}}{name}"


def _id(message: Message) -> str:
    return f"guidance-{message.screen.id}"


def _time(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _line(city: City, graph: RoadGraph, links: IntArray) -> list[tuple[float, float]]:
    """Return the way along links as longitude and latitude."""
    parts = []
    for link in links.tolist():
        xy = shapely.get_coordinates(graph.lines[graph.road[link]])
        parts.append(xy if graph.forward[link] else xy[::-1])
    at = np.concatenate(parts or [np.zeros((0, 2))]) - np.asarray(graph.origin_m)
    lon, lat = city.frame.to_lonlat(at[:, 0], at[:, 1])
    return [(round(float(x), 6), round(float(y), 6)) for x, y in zip(lon, lat, strict=True)]
