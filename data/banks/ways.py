"""Which bank is reached which way: ``banks.toml`` in the user's data folder, as ``docs/bank-adapter.md`` shows it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping

import msgspec

from data.banks.http import TIME_OUT_S, HttpBank
from data.banks.iso20022 import Iso20022Bank
from data.forms import learn
from data.home import Home
from data.signing.keys import own_key
from twin.errors import BadInputError
from twin.fraud.account import bank_and_number
from twin.fraud.bank import Bank
from twin.words import said, say

FILE, KEY = "banks.toml", "banks"
EVERY = "*"
REMEDY = "mend the file as docs/bank-adapter.md shows it"


class _Way(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    adapter: str
    address: str
    banks: tuple[str, ...]
    time_out_s: float = TIME_OUT_S
    bic: str = ""


class _Ways(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    way: tuple[_Way, ...] = ()


learn(_Ways)


class Ways:
    """The ways to banks, by the bank's code; ``*`` is for those that no other names."""

    def __init__(self, by_bank: Mapping[str, Bank]) -> None:
        self.by_bank = dict(by_bank)

    def to(self, account: str) -> Bank | None:
        """Return the way to an account's bank, None if there is none."""
        bank, _ = bank_and_number(account)
        return self.by_bank.get(bank) or self.by_bank.get(EVERY)

    def why_not(self, account: str, verb: str) -> str:
        """Return why a verb cannot be asked of an account's bank; empty if it can."""
        bank, _ = bank_and_number(account)
        way = self.to(account)
        if way is None:
            return say("no way to the bank {bank} is set: name it in banks.toml", bank=bank)
        if verb not in way.can:
            return say("{way} cannot {verb}", way=way.name, verb=said(verb))
        return ""


def ways_of(home: Home) -> Ways:
    """Return the ways of an installation; none without a file.

    Raises
    ------
    twin.errors.BadInputError
        If the file cannot be read.
    """
    path = home.data / FILE
    try:
        told = msgspec.convert(tomllib.loads(path.read_text("utf-8")), _Ways)
    except FileNotFoundError:
        return Ways({})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise BadInputError(str(path), said(str(error)), REMEDY) from None
    return Ways({bank: _bank(way, home) for way in told.way for bank in way.banks})


def _bank(way: _Way, home: Home) -> Bank:
    if way.adapter == "http":
        return HttpBank(way.name, way.address, own_key(home, KEY), way.time_out_s)
    if way.adapter == "iso20022":
        return Iso20022Bank(way.name, home.data / way.address, way.bic)
    problem = say("there is no adapter {adapter}: http or iso20022", adapter=way.adapter)
    raise BadInputError(str(home.data / FILE), problem, REMEDY)
