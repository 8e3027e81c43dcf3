"""What becomes of frames, without sockets: rows of vehicles, records of what tells a fact, a meter of losses."""

from __future__ import annotations

import math
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from pymavlink.dialects.v20 import ardupilotmega as dialect

from data.connectors.contract import Gap, Record
from data.connectors.ground import Ground
from data.connectors.listening import Heard
from data.connectors.mavlink import decoder
from data.connectors.mavlink.decoder import Battery, Clock, Heartbeat, MessageError, Position
from data.connectors.mavlink.frames import V1, V2, Frame, Splitter, checksum_holds, is_known, read_header
from data.connectors.mavlink.losses import Sequence as Counted
from data.connectors.mavlink.options import Options
from data.connectors.mavlink.signing import Signatures, key_of
from data.connectors.sheet import Sheet, entity_id, fact_key
from twin.live.observation import Observation

Key = TypeVar("Key")
Value = TypeVar("Value")
MOST_COMPONENTS = 4096
MOVING_MPS = 0.5
FRESH_S = 5.0
"""What one message told holds for others of the same vehicle so long."""
RESTARTED_S = 10.0
KIND_OF = {
    dialect.MAV_TYPE_GROUND_ROVER: "other", dialect.MAV_TYPE_SURFACE_BOAT: "boat", dialect.MAV_TYPE_SUBMARINE: "",
    dialect.MAV_TYPE_GCS: "", dialect.MAV_TYPE_ANTENNA_TRACKER: "",
}  # fmt: skip
"""What flies is of the kind in the options; an empty kind is not shown."""


@dataclass(slots=True)
class Craft:
    """What is known of one vehicle."""

    kind: str = ""
    pilot: int = -1
    armed: bool | None = None
    status: int = 0
    charge: int = 0
    boot_unix_s: float = math.nan
    boot_s: float = 0.0
    fused_s: float = -math.inf
    accuracy_m: float = math.nan
    accuracy_s: float = -math.inf


@dataclass(slots=True)
class Exchange:
    """Reads frames."""

    options: Options
    ground: Ground | None = None
    not_kept: Counter[str] = field(default_factory=Counter)
    """Messages that tell nothing of use here, by name: they are counted for losses and not kept."""
    _crafts: OrderedDict[int, Craft] = field(default_factory=OrderedDict)
    _counted: OrderedDict[tuple[int, int], Counted] = field(default_factory=OrderedDict)
    _signatures: Signatures = field(init=False)

    def __post_init__(self) -> None:
        key = key_of(self.options.secret) if self.options.secret else b""
        self._signatures = Signatures(key, self.options.signing == "required")

    def splitter(self) -> Splitter:
        """Return what cuts frames out."""
        return Splitter()

    def recall(self, labels: Mapping[str, str], gaps: Sequence[Gap]) -> None:
        """Know nothing of before: sequences go round too fast to be gone on with."""

    def read(self, sheet: Sheet, heard: Sequence[Heard]) -> None:
        """Write down what becomes of frames."""
        for message in heard:
            problem = _problem(message.raw)
            if problem:
                sheet.refuse(Record(b"", "", "", 0.0, message.raw), problem)
            else:
                self._read(sheet, read_header(message.raw), message)
        sheet.gaps += [counted.gap() for counted in self._counted.values() if counted.changed]

    def _read(self, sheet: Sheet, header: Frame, heard: Heard) -> None:
        device = f"{header.system}.{header.component}"
        counted = _newest(self._counted, (header.system, header.component), lambda: Counted(device))
        first_s, again = counted.first_heard(header.sequence, hash(heard.raw), heard.arrival_s)
        problem = "" if again else self._signatures.problem(header, heard.raw)
        if not problem and not again:
            counted.note(header.sequence, heard.arrival_s)
        if not problem and header.message not in decoder.READ:
            self.not_kept[_name(header.message)] += 1
            return
        key = fact_key(first_s, f"{first_s:.6f}".encode(), heard.raw)
        record = Record(key, device, _name(header.message), 0.0, heard.raw)
        try:
            if problem:
                raise MessageError(problem)
            message = decoder.read_message(heard.raw)
        except MessageError as error:
            sheet.refuse(record, str(error))
        else:
            self._take(sheet, record, header, message, heard.arrival_s)

    def _take(self, sheet: Sheet, record: Record, header: Frame, message: decoder.Message, arrival_s: float) -> None:
        craft = _newest(self._crafts, header.system, lambda: Craft(self._known_kind(header.system)))
        if isinstance(message, Position) and craft.pilot in (-1, header.component):
            self._locate(sheet, record, header.system, craft, message, arrival_s)
            return
        if isinstance(message, Heartbeat) and message.pilot:
            craft.pilot, craft.armed, craft.status = header.component, message.armed, message.status
            craft.kind = self._known_kind(header.system, message.vehicle)
        elif isinstance(message, Battery):
            craft.charge = message.charge or craft.charge
        elif isinstance(message, Clock) and message.unix_s:
            craft.boot_unix_s, craft.boot_s = message.unix_s - message.boot_s, message.boot_s
        sheet.keep(record)

    def _known_kind(self, system: int, vehicle: int = dialect.MAV_TYPE_GENERIC) -> str:
        known = self.options.vehicles.get(str(system))
        return known.kind if known is not None and known.kind else KIND_OF.get(vehicle, self.options.kind)

    def _locate(
        self, sheet: Sheet, record: Record, system: int, craft: Craft, position: Position, arrival_s: float
    ) -> None:
        """Tell where a vehicle is; what its receiver says only counts while it has no estimate of its own."""
        time_s = _time_s(craft, position, arrival_s)
        record = record._replace(source_s=time_s)
        if position.fused:
            craft.fused_s = arrival_s
        elif not math.isnan(position.accuracy_m):
            craft.accuracy_m, craft.accuracy_s = position.accuracy_m, arrival_s
        if not craft.kind or (not position.fused and arrival_s - craft.fused_s < FRESH_S):
            sheet.keep(record)
        else:
            sheet.tell(record, self._row(system, craft, position, time_s, arrival_s))

    def _row(self, system: int, craft: Craft, position: Position, time_s: float, arrival_s: float) -> Observation:
        known = self.options.vehicles.get(str(system))
        fresh = arrival_s - craft.accuracy_s < FRESH_S
        return Observation(
            id=known.id if known is not None and known.id else entity_id(self.options.prefix, str(system)),
            kind=craft.kind, time_s=time_s, lon_deg=position.lon_deg, lat_deg=position.lat_deg,
            label=known.label if known is not None else "", state=_state(craft, position.speed_mps),
            height_m=self._height_m(position) if craft.kind == "drone" else 0.0,
            heading_deg=position.heading_deg, speed_mps=position.speed_mps,
            accuracy_m=craft.accuracy_m if fresh else math.nan,
        )  # fmt: skip

    def _height_m(self, position: Position) -> float:
        """Return the height above the place it started from, or failing that above the ground."""
        if not math.isnan(position.home_m):
            return max(position.home_m, 0.0)
        if self.ground is None:
            return 0.0
        return max(position.sea_m - self.ground(position.lon_deg, position.lat_deg), 0.0)


def _problem(raw: bytes) -> str:
    """Return why some bytes are no frame; empty if they are one."""
    if raw[:1] not in (bytes([V1]), bytes([V2])) or len(raw) < 8 or (raw[0] == V2 and len(raw) < 12):
        return "no frame"
    if not is_known(raw):
        return "message unknown"
    return "" if checksum_holds(raw) else "checksum wrong"


def _name(message: int) -> str:
    return str(dialect.mavlink_map[message].msgname)


def _time_s(craft: Craft, position: Position, arrival_s: float) -> float:
    """Return when a position was taken: by the vehicle's clock where it knows the time, else when it came."""
    if not math.isnan(position.unix_s):
        return position.unix_s
    if position.boot_s < craft.boot_s - RESTARTED_S:
        craft.boot_unix_s = math.nan  # it was started again, and has not told the time since
    craft.boot_s = position.boot_s
    return arrival_s if math.isnan(craft.boot_unix_s) else craft.boot_unix_s + position.boot_s


def _state(craft: Craft, speed_mps: float) -> str:
    if craft.status in (dialect.MAV_STATE_CRITICAL, dialect.MAV_STATE_EMERGENCY):
        return "alarm"
    if craft.charge in (dialect.MAV_BATTERY_CHARGE_STATE_CRITICAL, dialect.MAV_BATTERY_CHARGE_STATE_EMERGENCY):
        return "alarm"
    if craft.charge in (dialect.MAV_BATTERY_CHARGE_STATE_FAILED, dialect.MAV_BATTERY_CHARGE_STATE_UNHEALTHY):
        return "fault"
    if craft.armed is False:
        return "stopped"
    if speed_mps > MOVING_MPS:
        return "moving"
    return "unknown" if craft.armed is None else "busy"


def _newest(known: OrderedDict[Key, Value], key: Key, make: Callable[[], Value]) -> Value:
    """Return what is known of a key, made now if it is new; what was not asked for longest goes first."""
    value = known.pop(key, None) or make()
    known[key] = value
    if len(known) > MOST_COMPONENTS:
        known.popitem(last=False)
    return value
