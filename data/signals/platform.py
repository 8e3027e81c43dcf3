"""GA/T 1049.2: plans to and from a police platform, as XML messages. What was read is listed in this folder's README.

A plan's stages go by number; what each lets go is another message of the platform (its stage parameters).
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from data.signals.frames import FrameError
from twin.signals.plan import Plan

VERSION = "2.0"
REQUEST, RESPONSE, PUSH, ERROR = "REQUEST", "RESPONSE", "PUSH", "ERROR"
GET, SET, NOTIFY = "Get", "Set", "Notify"
OPERATIONS = frozenset({GET, SET, NOTIFY})
MOST_BYTES = 1_000_000
_TEXT = re.compile(r"[^\x09\x0a\x0d\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Address:
    """A system of the platform, as ``UTCS`` or ``TICP``, and a part of it."""

    system: str
    subsystem: str = ""
    instance: str = ""


@dataclass(frozen=True, slots=True)
class PlanParam:
    """A plan as the platform has it: whole seconds.

    Parameters
    ----------
    cross : str
        The platform's number of the junction.
    number : int
        0 to 999.
    stages : tuple of (int, int, int, int)
        Of each stage its number, green, amber and all-red.
    """

    cross: str
    number: int
    cycle_s: int
    offset_s: int
    stages: tuple[tuple[int, int, int, int], ...]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One message with its plans; ``operation`` is ``Get``, ``Set`` or ``Notify``."""

    kind: str
    operation: str
    plans: tuple[PlanParam, ...]
    sender: Address
    receiver: Address
    serial: str
    token: str = ""


def plan_param(plan: Plan, cross: str, number: int, name: str = "") -> PlanParam:
    """Return a plan in whole seconds as the platform has it."""
    stages = tuple(
        (row, round(stage.green_s), round(stage.amber_s), round(stage.all_red_s))
        for row, stage in enumerate(plan.stages, start=1)
    )
    return PlanParam(cross, number, round(plan.cycle_s), round(plan.offset_s), stages, name)


def serial(at_s: float, count: int) -> str:
    """Return a message's number: date and time to the second, and six digits."""
    return f"{datetime.fromtimestamp(at_s, UTC):%Y%m%d%H%M%S}{count % 1_000_000:06d}"


def encode(message: Message) -> bytes:
    """Return a message as UTF-8 XML."""
    root = ET.Element("Message")
    _add(root, "Version", VERSION)
    _add(root, "Token", message.token)
    for name, address in (("From", message.sender), ("To", message.receiver)):
        inner = ET.SubElement(ET.SubElement(root, name), "Address")
        _add(inner, "Sys", address.system)
        _add(inner, "SubSys", address.subsystem)
        _add(inner, "Instance", address.instance)
    _add(root, "Type", message.kind)
    _add(root, "Seq", message.serial)
    body = ET.SubElement(root, "Body")
    for order, plan in enumerate(message.plans, start=1):
        _plan(ET.SubElement(body, "Operation", order=str(order), name=message.operation), plan)
    return bytes(ET.tostring(root, "utf-8", xml_declaration=True))


def _plan(parent: ET.Element, plan: PlanParam) -> None:
    root = ET.SubElement(parent, "PlanParam")
    for name, value in (("CrossID", plan.cross), ("PlanNo", plan.number), ("PlanName", plan.name),
                        ("CycleLen", plan.cycle_s), ("CoordStageNo", 1), ("Offset", plan.offset_s)):  # fmt: skip
        _add(root, name, value)
    timings = ET.SubElement(root, "StageTimingList")
    for row in plan.stages:
        timing = ET.SubElement(timings, "StageTiming")
        for name, value in zip(("StageNo", "Green", "Yellow", "AllRed"), row, strict=True):
            _add(timing, name, value)


def _add(parent: ET.Element, name: str, value: object) -> None:
    ET.SubElement(parent, name).text = _TEXT.sub("", str(value))


def decode(raw: bytes) -> Message:
    """Return the message of an XML text; its operations must all be of one name.

    Raises
    ------
    FrameError
        If it is too long, declares a document type, is no XML, or lacks something.
    """
    if len(raw) > MOST_BYTES:
        raise FrameError("message too long")
    if b"<!DOCTYPE" in raw or b"<!ENTITY" in raw:
        raise FrameError("document types are not taken")  # entities that grow without end
    try:
        root = ET.fromstring(raw)  # noqa: S314 - what could grow was refused above
        operations = root.findall("Body/Operation")
        names = {operation.get("name", "") for operation in operations}
        if root.tag != "Message" or len(names) != 1 or not names < OPERATIONS:
            raise FrameError("no message of one operation")
        plans = [_read_plan(found) for operation in operations for found in operation.findall("PlanParam")]
        return Message(_text(root, "Type"), names.pop(), tuple(plans), _address(root, "From"), _address(root, "To"),
                       _text(root, "Seq"), root.findtext("Token") or "")  # fmt: skip
    except (ET.ParseError, ValueError, LookupError) as error:
        raise error if isinstance(error, FrameError) else FrameError("message not understood") from error


def _text(node: ET.Element, path: str) -> str:
    found = node.findtext(path)
    if not found:
        raise FrameError(f"{path} missing")
    return found.strip()


def _number(node: ET.Element, path: str, most: int) -> int:
    text = _text(node, path)
    if not text.isascii() or not text.isdigit() or len(text) > 6 or int(text) > most:
        raise FrameError(f"{path} is no number up to {most}")
    return int(text)


def _address(root: ET.Element, side: str) -> Address:
    path = f"{side}/Address"
    return Address(_text(root, f"{path}/Sys"), root.findtext(f"{path}/SubSys") or "",
                   root.findtext(f"{path}/Instance") or "")  # fmt: skip


def _read_plan(node: ET.Element) -> PlanParam:
    stages: Sequence[tuple[int, int, int, int]] = [
        (
            _number(row, "StageNo", 99),
            _number(row, "Green", 600),
            _number(row, "Yellow", 60),
            _number(row, "AllRed", 60),
        )
        for row in node.findall("StageTimingList/StageTiming")
    ]
    if not stages:
        raise FrameError("StageTimingList missing")
    return PlanParam(_text(node, "CrossID"), _number(node, "PlanNo", 999), _number(node, "CycleLen", 600),
                     _number(node, "Offset", 600), tuple(stages), node.findtext("PlanName") or "")  # fmt: skip
