"""What becomes of events, without sockets: rows of own officers, vehicles and drones, records of the rest."""

from __future__ import annotations

import math
import time
import uuid
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from data.connectors.contract import Gap, Record
from data.connectors.cot.decoder import Event, EventError, read_event
from data.connectors.cot.encoder import LONGEST_CHAT, PING, write_chat, write_pong
from data.connectors.cot.frames import Splitter
from data.connectors.cot.options import Options, Table
from data.connectors.datagrams import Link
from data.connectors.ground import Ground
from data.connectors.listening import Heard
from data.connectors.sheet import Sheet, entity_id, fact_key
from twin.errors import UsageError
from twin.live.observation import Observation
from twin.words import say

MOST_ALARMS = 10_000
MOST_LINKS = 10_000
MOVING_MPS = 0.5
ALARM, CANCELLED = "b-a-o-", "b-a-o-can"
CHAT = "b-t-f"
RECEIPTS = ("b-t-f-d", "b-t-f-r")
TALK = "t-x-"
DELETE = "t-x-d-d"


class Exchange:
    """Reads events.

    Parameters
    ----------
    ground : callable, optional
        Without it no heights above the ground are told.
    """

    def __init__(self, options: Options, ground: Ground | None = None) -> None:
        self._options, self._ground = options, ground
        self._table = Table(options.kinds)
        self._alarms: OrderedDict[str, float] = OrderedDict()
        self._links: OrderedDict[str, tuple[Link, str]] = OrderedDict()
        self._awaited: dict[str, Callable[[], None]] = {}
        self.not_kept: Counter[str] = Counter()
        """What tells no fact, or is none of our business (chat), by its type."""

    def splitter(self) -> Splitter:
        """Return what cuts events out."""
        return Splitter()

    def recall(self, labels: Mapping[str, str], gaps: Sequence[Gap]) -> None:
        """Know nothing of before: each event tells all of itself."""

    def read(self, sheet: Sheet, heard: Sequence[Heard]) -> None:
        """Write down what becomes of events; pings are answered at once."""
        for message in heard:
            try:
                event = read_event(message.raw)
            except EventError as error:
                sheet.refuse(Record(b"", "", "", 0.0, message.raw), str(error))
                continue
            if event is None or (event.type.startswith(TALK) and event.type != DELETE):
                self._talk(message, event)
            elif event.type.startswith(CHAT):
                self.not_kept[CHAT] += 1
                self._received(event)
            else:
                self._note(event, message.link)
                self._read(sheet, event, message.raw)

    @contextmanager
    def asking(self, uid: str, text: str, time_s: float, received: Callable[[], None]) -> Iterator[None]:
        """Send a text to a handheld, over the link it last spoke on, and call ``received`` once it says it has it.

        Raises
        ------
        twin.errors.UsageError
            If it was not heard of, or the text is empty or too long.
        """
        if uid not in self._links:
            raise UsageError(say("no handheld of this name was heard of since the engine started"))
        if not 0 < len(text) <= LONGEST_CHAT:
            raise UsageError(say("a text to a handheld has 1 to {longest} characters", longest=LONGEST_CHAT))
        (link, callsign), message = self._links[uid], uuid.uuid4().hex
        self._awaited[message] = received
        try:
            link.send(write_chat(uid, callsign, text, time_s, message))
            yield
        finally:
            del self._awaited[message]

    def _received(self, event: Event) -> None:
        """Tell who waits that a text was delivered (``b-t-f-d``) or read (``b-t-f-r``)."""
        told = self._awaited.get(event.receipt) if event.type.startswith(RECEIPTS) else None
        if told is not None:
            told()

    def _talk(self, message: Heard, event: Event | None) -> None:
        self.not_kept[event.type if event is not None and len(self.not_kept) < 100 else TALK] += 1
        if event is not None and event.type == PING:
            message.link.send(write_pong(time.time()))

    def _read(self, sheet: Sheet, event: Event, raw: bytes) -> None:
        key = fact_key(event.time_s, event.uid.encode(), f"{event.time_s:.3f}".encode(), event.type.encode())
        record = Record(key, event.uid, event.type, event.time_s, raw)
        if event.stale_s < event.start_s:
            sheet.refuse(record, "stale before start")
        elif event.type.startswith(ALARM):
            self._alarm(sheet, record, event)
        elif not event.type.startswith("a-") or not _has_place(event) or _was_placed(event):
            sheet.keep(record)
        else:
            self._show(sheet, record, event, self._table.kind(event.type))

    def _note(self, event: Event, link: Link) -> None:
        """Note where who carries a handheld is to be reached."""
        if event.type.startswith("a-"):
            self._links.pop(event.uid, None)
            self._links[event.uid] = link, event.callsign
            if len(self._links) > MOST_LINKS:
                self._links.popitem(last=False)

    def _show(self, sheet: Sheet, record: Record, event: Event, kind: str | None) -> None:
        if kind is None:
            sheet.refuse(record, "type not in the table of kinds")
        elif not kind:
            sheet.keep(record)
        else:
            sheet.tell(record, self._row(event, event.uid, kind))

    def _alarm(self, sheet: Sheet, record: Record, event: Event) -> None:
        """Note that somebody asks for help, or no longer does; what they report until then is shown as an alarm."""
        who = event.linked_uid or event.uid.removesuffix("-9-1-1")
        self._alarms.pop(who, None)
        if event.type != CANCELLED:
            self._alarms[who] = event.stale_s
            if len(self._alarms) > MOST_ALARMS:
                self._alarms.popitem(last=False)
        kind = self._table.kind(event.linked_type) if event.linked_type else None
        if kind and _has_place(event):
            sheet.tell(record, self._row(event, who, kind))
        else:
            sheet.keep(record)

    def _row(self, event: Event, uid: str, kind: str) -> Observation:
        course, speed = event.course_deg, event.speed_mps
        return Observation(
            id=entity_id(self._options.prefix, uid), kind=kind, time_s=event.time_s, label=event.callsign,
            state=self._state(event, uid), lon_deg=event.lon_deg, lat_deg=event.lat_deg,
            height_m=self._height_m(event) if kind == "drone" else 0.0,
            heading_deg=course if 0 <= course <= 360 else math.nan,
            speed_mps=speed if speed >= 0 else math.nan,
            accuracy_m=event.ce_m if event.ce_m > 0 else math.nan,
        )  # fmt: skip

    def _state(self, event: Event, uid: str) -> str:
        if self._alarms.get(uid, -math.inf) >= event.time_s:
            return "alarm"
        if math.isnan(event.speed_mps):
            return "unknown"
        return "moving" if event.speed_mps > MOVING_MPS else "stopped"

    def _height_m(self, event: Event) -> float:
        """Return the height above the ground: CoT tells that above the ellipsoid."""
        if self._ground is None or math.isnan(event.hae_m):
            return 0.0
        ground_m = self._ground(event.lon_deg, event.lat_deg)
        above_m = event.hae_m - self._options.geoid_m - ground_m
        return max(above_m, 0.0) if math.isfinite(above_m) else 0.0


def _has_place(event: Event) -> bool:
    """Tell whether there is a position; handhelds without a fix send 0, 0 with an unknown error."""
    if math.isnan(event.lon_deg) or math.isnan(event.lat_deg):
        return False
    return not (event.lon_deg == event.lat_deg == 0 and math.isnan(event.ce_m))


def _was_placed(event: Event) -> bool:
    """Tell whether a person put it on a map: no device said that it is there."""
    return event.how.startswith("h") and not event.user
