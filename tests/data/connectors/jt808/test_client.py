"""A terminal outlives its connections."""

from __future__ import annotations

import asyncio
import random

import pytest

from data.connectors.jt808.client import TerminalClient


def test_a_terminal_comes_again_after_its_connection_was_reset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.connectors.jt808.client.RECONNECT_S", (0.01, 0.02))
    came: list[int] = []

    async def run() -> None:
        enough = asyncio.Event()

        async def reset(*_: object) -> None:
            came.append(1)
            if len(came) == 3:
                enough.set()
            raise ConnectionResetError

        monkeypatch.setattr(TerminalClient, "_listen", reset)
        server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        driving = asyncio.create_task(
            TerminalClient("13912345678", "浙F·I0001", random.Random(1)).run("127.0.0.1", port)
        )
        ended = asyncio.create_task(enough.wait())
        await asyncio.wait([driving, ended], timeout=20, return_when=asyncio.FIRST_COMPLETED)
        assert enough.is_set()
        driving.cancel()
        await asyncio.wait([driving])
        assert driving.cancelled()
        server.close()

    asyncio.run(run())
