"""``zhian simulate bank``: invented banks behind one address, that answer slowly, twice, otherwise or never."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
import time
from typing import Any

from app.commands import Call, Command
from app.session import Session
from data.signing.keys import public_key
from data.simulate.fraud import cashier
from data.simulate.fraud.bank_server import BankServer, key_ring
from data.simulate.fraud.books import Books, World
from data.simulate.fraud.moods import read_moods
from twin.errors import UsageError
from twin.words import say

PORT = 8710


def add_parser(actions: Any) -> None:
    """Add it below ``zhian simulate``."""
    parser = actions.add_parser("bank", help="play banks that get stops and freezes over HTTP")
    parser.add_argument("--port", type=int, default=PORT, metavar="N", help="where it listens (default 8710)")
    parser.add_argument(
        "--moods", default="", metavar="LIST",
        help="shares of attempts, latency in seconds: silent=0.2,lost=0.1,unready=0.1,twice=0.01,other=0.01,latency=1",
    )  # fmt: skip
    parser.add_argument(
        "--accounts", default="", metavar="LIST",
        help="shares of accounts: mismatched=0.05,earlier=0.1,partial=0.1",
    )  # fmt: skip
    parser.add_argument(
        "--key", action="append", default=[], metavar="BASE64", help="only letters signed by this key count"
    )
    parser.add_argument(
        "--cashier", type=float, metavar="MINUTES", help="tell the cashier's case, paid so many minutes ago"
    )
    parser.add_argument(
        "--seed", type=int, default=1, help="the same seed gives the same accounts and moods (default 1)"
    )
    parser.add_argument("--seconds", type=float, default=0.0, metavar="S", help="for how long (default: until stopped)")
    parser.set_defaults(run=_bank)


def commands(session: Session) -> tuple[Command, ...]:
    """Return the command of this verb."""

    def play(call: Call) -> dict[str, object]:
        server: BankServer = call.arguments["server"]
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(_play(server, call.arguments["port"], call.arguments["seconds"]))
        return {"done": len(server.teller.done), **server.tally}

    return (Command("simulation.bank", play, "simulation.run", in_palette=False),)


async def _play(server: BankServer, port: int, seconds: float) -> None:
    await server.open(port)
    print(json.dumps({"address": f"http://127.0.0.1:{server.port}"}), file=sys.stderr, flush=True)
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds or None):
                await asyncio.Event().wait()
    finally:
        await server.close()


def _bank(arguments: argparse.Namespace, session: Session) -> int:
    server = _server(arguments)
    told: dict[str, int] = session.commands.run(
        "simulation.bank", about=str(arguments.port), server=server, port=arguments.port, seconds=arguments.seconds
    )
    print(json.dumps(told) if session.as_json else _words(told, session))
    return 0


def _words(told: dict[str, int], session: Session) -> str:
    return session.texts("simulate.bank", done=told["done"], attempts=told.get("attempts", 0))


def _server(arguments: argparse.Namespace) -> BankServer:
    try:
        moods = read_moods(arguments.moods)
    except ValueError as error:
        raise UsageError(say("--moods {part}: write a known mood and a share of 0 to 1", part=str(error))) from None
    try:
        keys = key_ring([public_key(text) for text in arguments.key])
    except ValueError:
        raise UsageError(say("--key is no public key: `zhian fraud bank key` prints the desk's")) from None
    mismatched, earlier, partial = _shares(arguments.accounts)
    books = Books(World(arguments.seed, mismatched=mismatched, earlier=earlier, partial=partial))
    if arguments.cashier is not None:
        cashier.tell(books, time.time() - 60 * arguments.cashier)
    return BankServer(books, moods, arguments.seed, keys)


def _shares(text: str) -> tuple[float, float, float]:
    shares = dict.fromkeys(("mismatched", "earlier", "partial"), 0.0)
    for part in filter(None, text.split(",")):
        name, _, value = part.partition("=")
        try:
            share = float(value)
        except ValueError:
            share = -1.0
        if name not in shares or not 0 <= share <= 1:
            raise UsageError(
                say("--accounts {part}: there are mismatched, earlier, partial; shares are 0 to 1", part=part)
            )
        shares[name] = share
    return shares["mismatched"], shares["earlier"], shares["partial"]
