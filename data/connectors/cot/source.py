"""Cursor-on-Target as a source: handhelds connect or send datagrams, or a TAK server is connected to."""

from __future__ import annotations

import time

from data.connectors.contract import Answer, Parcel, SourceSettings
from data.connectors.cot.exchange import Exchange
from data.connectors.cot.options import Options, read_options
from data.connectors.datagrams import Nobody
from data.connectors.ground import ground_of
from data.connectors.links import report_of
from data.connectors.listening import Listening, read_alone
from twin.city.city import City
from twin.words import said


class Handhelds(Listening):
    """A running listener that can show a text on a handheld."""

    def __init__(self, name: str, options: Options, exchange: Exchange) -> None:
        super().__init__(name, options, exchange, report_of(options, "CoT"))
        self._handhelds = exchange

    async def tell(self, device: str, text: str, *, emergency: bool) -> Answer:
        """Show a text on a handheld; CoT has no answer of the device, only of its user, in words.

        Raises
        ------
        twin.errors.UsageError
            If it was not heard of.
        """
        self._handhelds.ask(device, text, time.time())
        return Answer(True, said("sent; a handheld does not answer by itself"))


def open_source(settings: SourceSettings, city: City) -> Handhelds:
    """Make the source; it listens or connects once its batches are asked for."""
    options = read_options(settings)
    return Handhelds(settings.name, options, Exchange(options, ground_of(city)))


def read_again(settings: SourceSettings, device: str, message: str, raw: bytes) -> Parcel:
    """Read an event as it was kept; heights above the ground need the city, and stay away."""
    return read_alone(Exchange(read_options(settings)), raw, time.time(), Nobody())
