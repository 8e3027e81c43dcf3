"""Asks a SensorThings server: pages of observations since a time, and its Datastreams."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from urllib.parse import urlencode

from data.connectors.sensorthings.decoder import FaultyPageError, Page, read_page
from data.connectors.sensorthings.options import Options
from data.connectors.web import Server
from twin.words import say

STREAM = "Thing/Locations,ObservedProperty"
OBSERVATION = "Datastream/Thing/Locations,Datastream/ObservedProperty,FeatureOfInterest"
MOST_PAGES = 100_000


class Questions:
    """The questions that this source asks."""

    def __init__(self, server: Server, options: Options) -> None:
        self._server, self._options = server, options
        self._root = options.url.rstrip("/")

    def observations(self, since_s: float) -> AsyncIterator[Page]:
        """Yield observations from a time on, oldest first as far as the server keeps that."""
        since = datetime.fromtimestamp(since_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        condition = f"phenomenonTime ge {since}"
        if self._options.filter:
            condition = f"{condition} and ({self._options.filter})"
        return self._pages(
            "Observations",
            {"$filter": condition, "$orderby": "phenomenonTime asc", "$expand": OBSERVATION},
        )

    def streams(self) -> AsyncIterator[Page]:
        """Yield all Datastreams with their Things."""
        return self._pages("Datastreams", {"$expand": STREAM})

    async def _pages(self, collection: str, query: dict[str, str]) -> AsyncIterator[Page]:
        """Follow the links from page to page.

        Raises
        ------
        OSError
            If a page does not come whole, leads elsewhere, or leads back to one that was read.
        """
        address = f"{self._root}/{collection}?{urlencode({**query, '$top': str(self._options.page)})}"
        read = {address}
        while True:
            page = await self._page(address)
            yield page
            if not page.next_link:
                return
            address = self._server.within(page.next_link)
            if address in read or len(read) > MOST_PAGES:
                raise ConnectionError(say("the server's pages go round in a circle"))
            read.add(address)

    async def _page(self, address: str) -> Page:
        answer = await self._server.get(address)
        try:
            return read_page(answer.body)
        except FaultyPageError:
            raise ConnectionError(say("the server's answer is no list of entities, or was cut short")) from None
