"""What devices say as it goes over their own wires, read back by the connectors: bytes in between, no sockets."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from itertools import groupby

import numpy as np

from data.connectors.ais.encoder import write_position as write_boat
from data.connectors.ais.exchange import Exchange as Receiver
from data.connectors.ais.options import read_options as ais_options
from data.connectors.contract import SourceSettings
from data.connectors.datagrams import Nobody
from data.connectors.dji.exchange import Exchange as Docks
from data.connectors.dji.options import read_options as dji_options
from data.connectors.gat1400.exchange import Exchange as Library
from data.connectors.gat1400.options import Gate
from data.connectors.gat1400.options import Options as LibraryOptions
from data.connectors.jt808.decoder import EMERGENCY, FIXED, Position
from data.connectors.jt808.encoder import write_position
from data.connectors.jt808.exchange import Exchange as Platform
from data.connectors.jt808.frames import Splitter
from data.connectors.jt808.options import Options as PlatformOptions
from data.connectors.jt808.options import Terminal
from data.connectors.listening import Heard
from data.connectors.mqtt.decoder import Decoder
from data.connectors.mqtt.options import read_options as mqtt_options
from data.connectors.mqtt.packets import Message
from data.connectors.sheet import Sheet
from twin.live.kinds import CODE, KINDS
from twin.live.observation import Observation, ObservationArray

TOPIC = {"topic": "zhian/{kind}/{id}", "fields": {"label": "label", "state": "state"}, "units": {"time": "ms"}}


def over_mqtt(told: Sequence[Observation]) -> ObservationArray:
    """Sensors, buttons, readers, camera analytics, desks and cover sensors, as plain JSON."""
    decoder = Decoder(
        mqtt_options(SourceSettings("things", "mqtt", {"url": "mqtt://localhost", "topics": [TOPIC]})), {}
    )
    messages = []
    for number, one in enumerate(told):
        body = {
            "time": round(one.time_s * 1000), "lon": one.lon_deg, "lat": one.lat_deg, "label": one.label,
            "state": one.state, "value": one.value, "speed": one.speed_mps,
        }  # fmt: skip
        known = {key: value for key, value in body.items() if value == value and value != ""}
        if KINDS[CODE[one.kind]].quantity:  # who measures always tells a figure
            known.setdefault("value", 20.0)
        raw = json.dumps(known, ensure_ascii=False).encode()
        messages.append(Message(f"zhian/{one.kind}/{one.id}", raw, number + 1, False, one.time_s))
    sheet = decoder.read(messages)
    assert not sheet.refused
    return sheet.array()


def over_gat1400(told: Sequence[Observation]) -> ObservationArray:
    """Plates that a gate's camera read."""
    gates = {f"gate-{n}": Gate(one.lon_deg, one.lat_deg) for n, one in enumerate(told)}
    library = Library("gates", LibraryOptions(authentication="open", devices=gates), b"k" * 32, time.time)
    for number, one in enumerate(told):
        at = time.strftime("%Y%m%d%H%M%S", time.gmtime(one.time_s + 8 * 3600))
        passed = {
            "MotorVehicleID": f"{number}-{at}", "DeviceID": f"gate-{number}", "PlateNo": one.label, "PassTime": at,
            "VehicleClass": "K33",
        }  # fmt: skip
        body = {"MotorVehicleListObject": {"MotorVehicleObject": [passed]}}
        library.put(library.passes("gate", json.dumps(body, ensure_ascii=False).encode()), lambda _: None)
    parcel = library.parcel()
    assert parcel is not None
    assert not parcel.refused
    return parcel.rows


def over_jt808(told: Sequence[Observation]) -> ObservationArray:
    """Positions of vehicles' terminals."""
    phones = {one.id: f"1390000{number:04d}" for number, one in enumerate(told)}
    kinds = {phones[one.id]: Terminal(one.kind, one.label, one.id) for one in told}
    platform = Platform(PlatformOptions(authentication="open", terminals=kinds), time.time, time.monotonic)
    for serial, one in enumerate(told):
        kmh = 0.0 if one.speed_mps != one.speed_mps else one.speed_mps * 3.6
        alarm = EMERGENCY if one.state == "alarm" else 0
        position = Position(alarm, FIXED, one.lon_deg, one.lat_deg, 0, kmh, 0, one.time_s)
        platform.hear(Nobody(), Splitter().feed(write_position(phones[one.id].zfill(12), serial, position)))
    parcel = platform.parcel()
    assert parcel is not None
    assert not parcel.refused
    return parcel.rows


def over_ais(told: Sequence[Observation]) -> ObservationArray:
    """Boats as a receiver hears them."""
    sheet = Sheet()
    receiver = Receiver(ais_options(SourceSettings("ais", "ais", {})), lambda: told[-1].time_s)
    for one in told:
        lines = write_boat(412_990_001, one.lon_deg, one.lat_deg, one.speed_mps, 0.0, int(one.time_s) % 60)
        receiver.read(sheet, [Heard(Nobody(), line, one.time_s) for line in lines])
    return _rows(sheet, told)


def over_dji(told: Sequence[Observation]) -> ObservationArray:
    """Drones of a dock."""
    sheet = Sheet()
    docks = Docks(dji_options(SourceSettings("docks", "dji", {})), lambda: told[-1].time_s)
    for number, one in enumerate(told):
        said = {
            "longitude": one.lon_deg, "latitude": one.lat_deg, "elevation": one.height_m, "mode_code": 5,
            "horizontal_speed": 5.0, "attitude_head": 0.0, "position_state": {"is_fixed": 2, "gps_number": 20},
        }  # fmt: skip
        body = {"tid": str(number), "bid": one.id, "timestamp": round(one.time_s * 1000), "gateway": "d", "data": said}
        docks.read(
            sheet, [Message(f"thing/product/{one.id}/osd", json.dumps(body).encode(), number, False, one.time_s)]
        )
    return _rows(sheet, told)


def _rows(sheet: Sheet, told: Sequence[Observation]) -> ObservationArray:
    parcel = sheet.parcel(told[-1].time_s)
    assert parcel is not None
    assert not parcel.refused
    return parcel.rows


Wire = Callable[[Sequence[Observation]], ObservationArray]


def wire_of(one: Observation) -> Wire:
    """Return how one is told: a plate by a gate, a boat, a drone and a terminal by their own, the rest over MQTT."""
    if one.label.startswith("浙"):
        return over_gat1400
    if one.kind in ("car", "taxi", "bus", "hazmat_truck"):
        return over_jt808
    return {"boat": over_ais, "drone": over_dji}.get(one.kind, over_mqtt)


def received(told: Sequence[Observation]) -> ObservationArray:
    """Say all over their wires and return what the connectors made of it."""
    return np.concatenate([wire(list(some)) for wire, some in groupby(told, wire_of)])
