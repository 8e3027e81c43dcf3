"""A feed that is read: a file or folder, a server that is asked, a broker that tells."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from data.connectors.mqtt.client import Client
from data.connectors.web import asking
from data.fraud_warning.decoder import Sheet, decode
from data.fraud_warning.options import Feed
from twin.errors import BadInputError
from twin.words import why

Clock = Callable[[], float]


def read_files(name: str, feed: Feed, clock: Clock) -> Sheet:
    """Read a feed's file, or all of its folder; what was read before is left out by the store.

    Raises
    ------
    twin.errors.BadInputError
    """
    path, whole = Path(feed.file), Sheet()
    try:
        for file in sorted(one for one in path.iterdir() if one.is_file()) if path.is_dir() else [path]:
            _add(whole, _decoded(name, feed, file.read_bytes(), clock()))
    except OSError as error:
        raise BadInputError(name, why(error), "look at its file in warning-feeds.toml") from None
    return whole


async def listen(name: str, feed: Feed, clock: Clock, keep: Callable[[Sheet], None]) -> None:
    """Read a feed until it is cancelled or breaks off; what a broker sent is acknowledged once it was kept.

    Raises
    ------
    OSError, twin.errors.ZhianError
        If it breaks off; it is for the caller to begin again.
    """
    if feed.http is not None:
        async for sheet in _asked(name, feed, clock):
            await asyncio.to_thread(keep, sheet)
    elif feed.mqtt is not None:
        async for delivery in Client(name, feed.mqtt, (feed.topic,), clock).deliveries():
            sheet = Sheet()
            for message in delivery.messages:
                _add(sheet, _decoded(name, feed, bytes(message.payload), clock()))
            try:
                await asyncio.to_thread(keep, sheet)
            except BaseException:
                delivery.give_up()
                raise
            delivery.settle()
    else:
        await asyncio.to_thread(keep, await asyncio.to_thread(read_files, name, feed, clock))


async def _asked(name: str, feed: Feed, clock: Clock) -> AsyncIterator[Sheet]:
    assert feed.http is not None  # noqa: S101 - told by listen
    async with asking(name, feed.http) as server:
        while True:
            yield decode(name, feed, (await server.get(feed.http.url)).body, clock())
            await asyncio.sleep(feed.http.every_s)


def _decoded(name: str, feed: Feed, raw: bytes, now_s: float) -> Sheet:
    """Read one message or file; one that cannot be read at all is refused as a whole: it gets no better."""
    try:
        return decode(name, feed, raw, now_s)
    except BadInputError as error:
        return Sheet(refused=[(0, error.sentence)])


def _add(whole: Sheet, part: Sheet) -> None:
    whole.told += part.told
    whole.refused += part.refused
