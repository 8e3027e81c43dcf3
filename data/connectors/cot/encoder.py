"""Writes events: the answers a server gives, and what a handheld says."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from xml.sax.saxutils import escape, quoteattr

from takproto import TAKProtoVer, xml2proto

PING = "t-x-c-t"
PONG = "t-x-c-t-r"
CHAT = "b-t-f"
OURS = "zhian-twin"
LONGEST_CHAT = 2000


def iso(time_s: float) -> str:
    """Return a time as CoT writes it."""
    return datetime.fromtimestamp(time_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def write_event(
    uid: str,
    type_: str,
    time_s: float,
    lon_deg: float = 0.0,
    lat_deg: float = 0.0,
    hae_m: float = 9999999.0,
    ce_m: float = 9999999.0,
    how: str = "m-g",
    stale_after_s: float = 120.0,
    detail: str = "",
) -> bytes:
    """Return an event as XML."""
    named = " ".join(f"{name}={quoteattr(value)}" for name, value in (("uid", uid), ("type", type_), ("how", how)))
    times = f'time="{iso(time_s)}" start="{iso(time_s)}" stale="{iso(time_s + stale_after_s)}"'
    point = f'<point lat="{lat_deg:.7f}" lon="{lon_deg:.7f}" hae="{hae_m:.1f}" ce="{ce_m:.1f}" le="9999999.0"/>'
    return f'<event version="2.0" {named} {times}>{point}<detail>{detail}</detail></event>\n'.encode()


def write_detail(callsign: str, course_deg: float = math.nan, speed_mps: float = math.nan) -> str:
    """Return what a handheld tells of its user besides the place."""
    track = f'<track course="{course_deg:.1f}" speed="{speed_mps:.2f}"/>' if not math.isnan(speed_mps) else ""
    return f'<contact callsign={quoteattr(callsign)}/><__group name="Cyan" role="Team Member"/>{track}'


def write_chat(uid: str, callsign: str, text: str, time_s: float, message: str) -> bytes:
    """Return a text to one handheld, as ATAK's GeoChat writes one person's to another; ``message`` is its id."""
    room = callsign or uid
    named = f"senderCallsign={quoteattr(OURS)} chatroom={quoteattr(room)} id={quoteattr(uid)}"
    chat = (
        f'<__chat parent="RootContactGroup" groupOwner="false" messageId="{message}" {named}>'
        f"<chatgrp uid0={quoteattr(OURS)} uid1={quoteattr(uid)} id={quoteattr(uid)}/></__chat>"
        f'<link uid={quoteattr(OURS)} type="a-f-G" relation="p-p"/>'
        f'<remarks source={quoteattr(OURS)} to={quoteattr(uid)} time="{iso(time_s)}">'
        f"{escape(_printable(text))}</remarks>"
    )
    name = f"GeoChat.{OURS}.{uid}.{message}"
    return write_event(name, CHAT, time_s, how="h-g-i-g-o", stale_after_s=3600.0, detail=chat)


def _printable(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text)


def write_pong(time_s: float) -> bytes:
    """Return the answer to a ping."""
    return write_event("takPong", PONG, time_s, how="h-g-i-g-o", stale_after_s=20.0)


def as_datagram(xml: bytes) -> bytes:
    """Return an event as a TAK protobuf datagram."""
    return bytes(xml2proto(xml.decode(), TAKProtoVer.MESH))


def as_stream(xml: bytes) -> bytes:
    """Return an event as a TAK protobuf frame of a stream."""
    return bytes(xml2proto(xml.decode(), TAKProtoVer.STREAM))
