"""What stands in the field: a gate that tells plates and a terminal in a police car, both on a real engine."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Callable
from types import TracebackType

from data.connectors.contract import SourceSettings
from data.connectors.gat1400.client import GateClient
from data.connectors.gat1400.decoder import Device, Place
from data.connectors.gat1400.encoder import local_time
from data.connectors.jt808.client import TerminalClient
from data.home import Home
from data.sync.engine import Engine
from tests.services import HOST, free_port

GATE, PHONE = "33042100001190000001", "013912345678"


class Field:
    """Runs them on a thread of its own while a window is open; everything has ended when it is left."""

    def __init__(self, home: Home, twin: str, gate_lonlat: tuple[float, float]) -> None:
        self._port = free_port()
        lon_deg, lat_deg = gate_lonlat
        library = {"port": self._port, "users": {"gate": "opens"}, "kind": "car",
                   "devices": {GATE: {"lon_deg": lon_deg, "lat_deg": lat_deg}}}  # fmt: skip
        self._cars_port = free_port()
        cars = {"port": self._cars_port, "authentication": "open"}
        self._settings = [SourceSettings("gates", "gat1400", library), SourceSettings("cars", "jt808", cars)]
        self._home, self._twin = home, twin
        self.gate = GateClient(
            f"http://{HOST}:{self._port}",
            Device(GATE, "卡口", Place(lon_deg, lat_deg)),
            "gate",
            "opens",
            random.Random(1),
        )
        self.terminal = TerminalClient(PHONE, "浙F·I0001", random.Random(1))
        self.said: list[object] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._engine: Engine | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._live()), name="field")

    def __enter__(self) -> Field:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        loop, engine = self._loop, self._engine
        if loop is not None and engine is not None:
            loop.call_soon_threadsafe(engine.quit)
        self._thread.join(60.0)
        assert not self._thread.is_alive()

    def passes(self, plate: str) -> None:
        """Let a vehicle pass the gate, which tells it at once."""
        told = {"MotorVehicleID": "1", "PlateNo": plate, "PassTime": local_time(time.time()), "VehicleClass": "K33",
                "TollgateID": GATE}  # fmt: skip
        self._call(lambda: self.gate.report(told))

    def _call(self, what: Callable[[], None]) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(what)

    async def _live(self) -> None:
        engine = Engine(self._home, self._twin, self.said.append, self._settings)
        self._loop, self._engine = asyncio.get_running_loop(), engine
        clients = [
            asyncio.create_task(self.gate.run()), asyncio.create_task(self.terminal.run(HOST, self._cars_port))
        ]  # fmt: skip
        try:
            await engine.run()
        finally:
            for client in clients:
                client.cancel()
            await asyncio.gather(*clients, return_exceptions=True)
