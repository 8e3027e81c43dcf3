"""Cursor-on-Target as a source: handhelds connect or send datagrams, or a TAK server is connected to."""

from __future__ import annotations

import time

from data.connectors.contract import Parcel, SourceSettings
from data.connectors.cot.exchange import Exchange
from data.connectors.cot.options import read_options
from data.connectors.datagrams import Nobody
from data.connectors.ground import ground_of
from data.connectors.links import report_of
from data.connectors.listening import Listening, read_alone
from twin.city.city import City


def open_source(settings: SourceSettings, city: City) -> Listening:
    """Make the source; it listens or connects once its batches are asked for."""
    options = read_options(settings)
    return Listening(settings.name, options, Exchange(options, ground_of(city)), report_of(options, "CoT"))


def read_again(settings: SourceSettings, device: str, message: str, raw: bytes) -> Parcel:
    """Read an event as it was kept; heights above the ground need the city, and stay away."""
    return read_alone(Exchange(read_options(settings)), raw, time.time(), Nobody())
