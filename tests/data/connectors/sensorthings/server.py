"""A small SensorThings server for tests, by the text of OGC 18-088, with faults on request."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

HOST = "127.0.0.1"
_SINCE = re.compile(r"phenomenonTime ge (\S+)")
Entity = dict[str, Any]


def iso(time_s: float) -> str:
    return datetime.fromtimestamp(time_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def stream(number: int, measured: str = "PM2.5", symbol: str = "ug/m3", place: object = (120.92, 30.84)) -> Entity:
    """Return a Datastream with what it is usually expanded with (8.2.1 to 8.2.5)."""
    location = {"type": "Point", "coordinates": place}
    return {
        "@iot.id": number,
        "@iot.selfLink": f"http://example.org/v1.1/Datastreams({number})",
        "name": f"datastream {number}",
        "description": "invented",
        "observationType": "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
        "unitOfMeasurement": {"name": "as told", "symbol": symbol, "definition": "http://example.org/units"},
        "ObservedProperty": {"@iot.id": 1, "name": measured, "definition": f"http://example.org/{measured}"},
        "Thing": {
            "@iot.id": number,
            "name": f"站 {number}",
            "Locations": [{"@iot.id": 1, "encodingType": "application/geo+json", "location": location}],
        },
    }


def observation(number: int, time_s: float, result: object = 40.0, **changes: object) -> Entity:
    """Return an Observation, expanded (8.2.6)."""
    return {
        "@iot.id": number,
        "@iot.selfLink": f"http://example.org/v1.1/Observations({number})",
        "phenomenonTime": iso(time_s),
        "resultTime": None,
        "result": result,
        "Datastream": stream(number % 3 + 1),
        **changes,
    }


class SensorThingsServer:
    """Answers for its ``observations`` and ``streams``; each of ``faults`` spoils one answer."""

    def __init__(self) -> None:
        self.observations: list[Entity] = []
        self.streams: list[Entity] = [stream(n) for n in (1, 2, 3)]
        self.faults: list[str] = []
        self.asked: list[str] = []
        self.ordered = True
        self.port = 0
        self._free = asyncio.Event()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}/v1.1"

    def since(self) -> list[str]:
        """Return from when on observations were asked for, first pages alone."""
        return [found[1] for query in self.asked if "$skip" not in query and (found := _SINCE.search(query))]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[SensorThingsServer]:
        application = web.Application()
        application.router.add_get("/v1.1/{collection}", self._answer)
        runner = web.AppRunner(application, handle_signals=False, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, HOST, 0)
        await site.start()
        self.port = runner.addresses[0][1]
        try:
            yield self
        finally:
            self._free.set()
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.query.get("$filter", "") + (" $skip" if "$skip" in request.query else ""))
        fault = self.faults.pop(0) if self.faults else ""
        if fault.isdecimal():
            return web.Response(status=int(fault))
        if fault == "html":
            return web.Response(text="<html>please sign in</html>", content_type="text/html")
        if fault == "silence":
            await self._free.wait()
        page = self._page(request, fault)
        if fault == "torn":
            response = web.StreamResponse(headers={"Content-Length": "100000"})
            await response.prepare(request)
            await response.write(b'{"value": [{"@iot.id": 1, "resu')
            assert request.transport is not None
            request.transport.close()
            return response
        return web.json_response(page)

    def _page(self, request: web.Request, fault: str) -> Entity:
        collection, query = request.match_info["collection"], request.query
        skip, top = int(query.get("$skip", 0)), int(query["$top"])
        entities = self.streams if collection == "Datastreams" else self._since(query.get("$filter", ""))
        page: Entity = {"value": entities[skip : skip + top]}
        if fault == "twice":
            page["value"] = page["value"] * 2
        following = f"{self.url}/{collection}?" + "&".join(f"{k}={v}" for k, v in query.items() if k != "$skip")
        if fault == "circle":
            page["@iot.nextLink"] = str(request.url)
        elif fault == "elsewhere":
            page["@iot.nextLink"] = "http://example.org/v1.1/Observations?$skip=5"
        elif skip + top < len(entities):
            page["@iot.nextLink"] = f"{following}&$skip={skip + top}"
        return page

    def _since(self, condition: str) -> list[Entity]:
        found = _SINCE.search(condition)
        since = found[1] if found is not None else ""
        fits = [entity for entity in self.observations if str(entity["phenomenonTime"]) >= since]
        return sorted(fits, key=lambda entity: str(entity["phenomenonTime"])) if self.ordered else fits
