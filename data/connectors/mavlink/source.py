"""MAVLink as a source: drones over UDP or TCP, or telemetry logs that play."""

from __future__ import annotations

import time

from data.connectors.contract import Connector, Parcel, SourceSettings
from data.connectors.datagrams import Nobody
from data.connectors.ground import ground_of
from data.connectors.links import report_of
from data.connectors.listening import Listening, read_alone
from data.connectors.mavlink.exchange import Exchange
from data.connectors.mavlink.options import read_options
from data.connectors.mavlink.telemetry_log import read_log
from data.connectors.recorded_track.columns import Options as Playing
from data.connectors.recorded_track.recording import joined
from data.connectors.recorded_track.source import RecordedTrack
from twin.city.city import City
from twin.words import say


def open_source(settings: SourceSettings, city: City) -> Connector:
    """Make the source: logs if `paths` names some, else it listens or connects once its batches are asked for."""
    options, ground = read_options(settings), ground_of(city)
    if options.paths:
        recording = joined([read_log(path, options, ground) for path in options.paths])
        playing = Playing(
            options.paths, speed=options.speed, loop=options.loop, paused=options.paused, stay=options.stay
        )
        return RecordedTrack(settings.name, recording, playing)
    lines = report_of(options, "MAVLink")
    if options.signing == "accepted":
        lines += (say("MAVLink frames without a signature are accepted: whoever reaches this address is believed"),)
    return Listening(settings.name, options, Exchange(options, ground), lines)


def read_again(settings: SourceSettings, device: str, message: str, raw: bytes) -> Parcel:
    """Read a frame as it was kept, by its arrival now: its vehicle's clock is told by other frames."""
    return read_alone(Exchange(read_options(settings)), raw, time.time(), Nobody())
