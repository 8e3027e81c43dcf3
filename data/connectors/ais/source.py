"""AIS as a source: a receiver over UDP or TCP, or files of sentences that play."""

from __future__ import annotations

import time

from data.connectors.ais.exchange import Exchange
from data.connectors.ais.options import read_options
from data.connectors.ais.recorded import read_sentences
from data.connectors.contract import Connector, Parcel, SourceSettings
from data.connectors.datagrams import Nobody
from data.connectors.links import report_of
from data.connectors.listening import Listening, read_alone
from data.connectors.recorded_track.columns import Options as Playing
from data.connectors.recorded_track.recording import joined
from data.connectors.recorded_track.source import RecordedTrack
from twin.city.city import City


def open_source(settings: SourceSettings, city: City) -> Connector:
    """Make the source: files if `paths` names some, else it listens or connects once its batches are asked for."""
    options = read_options(settings)
    if options.paths:
        recording = joined([read_sentences(path, options) for path in options.paths])
        playing = Playing(
            options.paths, speed=options.speed, loop=options.loop, paused=options.paused, stay=options.stay
        )
        return RecordedTrack(settings.name, recording, playing)
    return Listening(settings.name, options, Exchange(options), report_of(options, "AIS"))


def read_again(settings: SourceSettings, device: str, message: str, raw: bytes) -> Parcel:
    """Read the sentences of a message as they were kept."""
    return read_alone(Exchange(read_options(settings)), raw, time.time(), Nobody())
