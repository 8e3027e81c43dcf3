"""Messages of the quarantine, read again: by a better decoder, with better settings, or mended by hand."""

from __future__ import annotations

import time

from data.connectors.registry import read_again
from data.home import Home
from data.store.twin_folder import open_city, read_manifest
from data.sync.entries import entry_of
from data.sync.gate import Gate
from data.sync.journal import journal_path
from data.sync.ledger import Ledger
from data.sync.settings import sources_of
from data.sync.zones import zones_of
from twin.errors import BadInputError
from twin.words import said, say


def replay(home: Home, twin: str, number: int, mended: bytes | None = None) -> int:
    """Take a message out of quarantine and return how many new records it gave.

    What it says is kept under the time at which it came. The live table is not touched: it shows what is newest.

    Raises
    ------
    twin.errors.BadInputError
        If it still does not hold; it stays where it is.
    """
    ledger = Ledger(journal_path(home, twin))
    held = ledger.held(number)
    sources = {settings.name: settings for settings in sources_of(home, twin, read_manifest(home.twin(twin)).invented)}
    if held.source not in sources:
        raise BadInputError(held.source, "there is no source of this name any more", "set it up again in sources.toml")
    settings = sources[held.source]
    parcel = read_again(settings, held.device, held.message, held.raw if mended is None else mended)
    gate = Gate(open_city(home.twin(twin), ()), zones_of(home).networks)
    passed = gate.check(parcel.rows, time.time(), settings)
    entry = entry_of(settings, parcel, passed, gate.border(settings))
    if entry.refused or not entry.records:
        why = said(entry.refused[0][1] if entry.refused else "it tells nothing")
        raise BadInputError(
            say("message {number}", number=number),
            say("it still does not hold: {reason}", reason=why),
            "give mended bytes with --raw",
        )
    return ledger.take_back(number, entry.records, entry.rows, time.time())
