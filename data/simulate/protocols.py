"""Which protocols invented devices can speak: one module and one row each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from data.simulate import ais, cot, dji, gat1400, jt808, mavlink, mqtt
from data.simulate.fleet import Fleet, Simulation


@dataclass(frozen=True, slots=True)
class Spoken:
    """A protocol as ``zhian simulate --<name> <where>`` offers it.

    Parameters
    ----------
    where, help : str
        How an address is written, and what it is the address of.
    open : callable
        Given the fleet and the address; raises :class:`twin.errors.UsageError` for an address that is none.
    """

    where: str
    help: str
    open: Callable[[Fleet, str], Simulation]


PROTOCOLS: dict[str, Spoken] = {
    "ais": Spoken("URL", "the AIS listener that a receiver of boats speaks to (udp://, tcp://)", ais.open_simulation),
    "cot": Spoken("URL", "the CoT listener that officers' handhelds speak to (tcp://, udp://)", cot.open_simulation),
    "dji": Spoken("URL", "the MQTT broker that DJI docks and their aircraft publish at", dji.open_simulation),
    "gat1400": Spoken("URL", "the GA/T 1400 view library that gates post to", gat1400.open_simulation),
    "jt808": Spoken("HOST:PORT", "the JT/T 808 listener that terminals report to", jt808.open_simulation),
    "mavlink": Spoken("URL", "the MAVLink listener that drones speak to (udp://, tcp://)", mavlink.open_simulation),
    "mqtt": Spoken("URL", "the MQTT broker that vehicles and sensors publish at", mqtt.open_simulation),
}
