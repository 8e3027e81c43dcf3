"""Cursor-on-Target as a source: handhelds connect or send datagrams, or a TAK server is connected to."""

from __future__ import annotations

import asyncio
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

RECEIPT_S = 5.0


class Handhelds(Listening):
    """A running listener that can show a text on a handheld."""

    def __init__(self, name: str, options: Options, exchange: Exchange) -> None:
        super().__init__(name, options, exchange, report_of(options, "CoT"))
        self._handhelds = exchange

    async def tell(self, device: str, text: str, *, emergency: bool) -> Answer:
        """Show a text on a handheld and wait a little for its receipt, which not every program sends.

        Raises
        ------
        twin.errors.UsageError
            If it was not heard of.
        """
        received = asyncio.Event()
        with self._handhelds.asking(device, text, time.time(), received.set):
            try:
                async with asyncio.timeout(RECEIPT_S):
                    await received.wait()
            except TimeoutError:
                return Answer(True, said("sent; the handheld has not said that it has it"))
        return Answer(True, said("the handheld has it"), received=True)


def open_source(settings: SourceSettings, city: City) -> Handhelds:
    """Make the source; it listens or connects once its batches are asked for."""
    options = read_options(settings)
    return Handhelds(settings.name, options, Exchange(options, ground_of(city)))


def read_again(settings: SourceSettings, device: str, message: str, raw: bytes) -> Parcel:
    """Read an event as it was kept; heights above the ground need the city, and stay away."""
    return read_alone(Exchange(read_options(settings)), raw, time.time(), Nobody())
