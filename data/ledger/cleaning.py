"""Columns of text as transfers: what can be read is taken, what cannot is told with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.fraud.tracing.legs import IntArray

Text = pd.Series  # of str
FORMATS = (
    "%Y-%m-%d %H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%Y%m%d%H%M%S",
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y-%m-%dT%H:%M:%S",
    "%Y%m%d %H%M%S",
    "%Y%m%d %H:%M:%S",
    "%Y-%m-%d-%H.%M.%S.%f",
    "%Y年%m月%d日 %H时%M分%S秒",
    "%Y年%m月%d日 %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M",
)
IN, OUT = (
    ("in", "进", "贷", "收", "收入", "c", "cr", "0", "入", "转入"),
    ("out", "出", "借", "付", "支", "支出", "d", "dr", "1", "转出"),
)
MOST_YUAN = 1e11
EARLIEST_S = 631_152_000  # 1990
DAY_S = 86_400
AMLSIM_BEGIN_S = 1_577_836_800  # 2020, as good as any: AMLSim names no year
BEIJING_S = 8 * 3600
LONGEST_ACCOUNT = 80
REASONS = (
    "columns",
    "quotes",
    "bytes",
    "account",
    "spreadsheet",
    "amount",
    "time",
    "future",
    "direction",
    "itself",
    "long",
)


@dataclass(frozen=True, slots=True)
class Rules:
    """How a file is to be read: the bank of accounts that name none, the hours of its clock, and what time it is."""

    bank: str
    now_s: float
    ahead_of_utc_s: int = BEIJING_S
    in_days: bool = False


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Transfers as columns, with the places of those that could not be read and why; ``rounded`` had parts of a fen."""

    table: pd.DataFrame
    broken: Mapping[int, str]
    rounded: int


def clean(fields: Mapping[str, Sequence[str]], rules: Rules) -> Cleaned:
    """Read columns of text.

    Parameters
    ----------
    fields : mapping
        By the names of :data:`data.ledger.columns.NAMES`, all of one length.

    Returns
    -------
    Cleaned
        Its table has source, target, time_s, amount_fen, serial, channel, note, after_fen and ``at``, the place.
    """
    text = {name: _trimmed(values) for name, values in fields.items()}
    count = len(next(iter(text.values())))
    why = np.full(count, "", object)
    amount, rounded = _fen(text["amount"], why)
    time_s = _seconds(text, rules, why)
    source, target = _ends(text, rules, why)
    _mark(why, (source == target).to_numpy(), "itself")
    good = np.flatnonzero(why == "")
    empty = pd.Series([""] * count)
    table = pd.DataFrame({
        "source": source, "target": target, "time_s": time_s, "amount_fen": amount,
        **{name: text.get(name, empty) for name in ("serial", "channel", "note")}, "after_fen": _after(text, count),
        "at": np.arange(count),
    }).iloc[good]  # fmt: skip
    broken = {int(place): str(why[place]) for place in np.flatnonzero(why != "")}
    return Cleaned(table.reset_index(drop=True), broken, int(rounded[good].sum()))


def _mark(why: NDArray[np.object_], bad: NDArray[np.bool_], reason: str) -> None:
    why[bad & (why == "")] = reason


def _trimmed(values: Sequence[str]) -> Text[str]:
    """Return text without the quotes, tabs and signs that spreadsheets put around numbers; full width as half."""
    text = pd.Series(values, dtype=object)
    wide = [at for at, value in enumerate(values) if not value.isascii()]
    if wide:
        text.iloc[wide] = text.iloc[wide].str.normalize("NFKC")
    return text.str.strip(" \t\r\n=\"'`")


def _fen(text: Text[str], why: NDArray[np.object_]) -> tuple[IntArray, NDArray[np.bool_]]:
    number = text.str.replace(r"[,¥\s]|元$|人民币|^\+|^RMB|^CNY", "", regex=True)
    sound = np.array(number.str.fullmatch(r"\d{1,15}(\.\d*)?"), bool)
    yuan = pd.to_numeric(number.where(sound), errors="coerce").to_numpy(np.float64)
    with np.errstate(invalid="ignore"):
        fen = np.rint(yuan * 100)
        sound &= (fen > 0) & (yuan <= MOST_YUAN)
        rounded = np.abs(yuan * 100 - fen) > 1e-3
    _mark(why, ~sound, "amount")
    return np.where(sound, fen, 0).astype(np.int64), rounded & sound


def _after(text: Mapping[str, Text[str]], count: int) -> pd.Series[int]:
    """Return the balance that the bank told, where it did."""
    if "after" not in text:
        return pd.Series([pd.NA] * count, dtype="Int64")
    yuan = pd.to_numeric(text["after"].str.replace(r"[,¥\s]|元$", "", regex=True), errors="coerce")
    return (yuan.where(yuan.abs() <= MOST_YUAN * 10) * 100).round().astype("Int64")


def _seconds(text: Mapping[str, Text[str]], rules: Rules, why: NDArray[np.object_]) -> IntArray:
    if "time" in text and "date" in text:
        alone = ~text["time"].str.contains(r"\d{4}", regex=True)
        told = text["time"].where(~alone, text["date"] + " " + text["time"])
    else:
        told = text["time"] if "time" in text else text["date"] + " 00:00:00"
    if rules.in_days:
        days = pd.to_numeric(told, errors="coerce").to_numpy(np.float64)
        seconds = AMLSIM_BEGIN_S + days * DAY_S
    else:
        seconds = _parsed(told, rules.ahead_of_utc_s)
    _mark(why, ~np.isfinite(seconds) | (seconds < EARLIEST_S), "time")
    _mark(why, seconds > rules.now_s + DAY_S, "future")
    return np.where(np.isfinite(seconds), seconds, 0).astype(np.int64)


def _parsed(told: Text[str], ahead_s: int) -> NDArray[np.float64]:
    """Try one way of writing times after the other; most files know only one."""
    seconds = np.full(len(told), np.nan)
    zoned = told.str.fullmatch(r".*T.*(Z|[+-]\d\d:?\d\d)").to_numpy(bool)
    if zoned.any():
        when = pd.to_datetime(told[zoned], format="ISO8601", errors="coerce", utc=True)
        seconds[zoned] = _since_1970(when.dt.tz_localize(None))
    for form in FORMATS:
        left = np.flatnonzero(np.isnan(seconds) & ~zoned)
        if not len(left):
            break
        when = pd.to_datetime(told.iloc[left], format=form, errors="coerce")
        seconds[left] = _since_1970(when) - ahead_s
    return seconds


def _since_1970(when: pd.Series[pd.Timestamp]) -> NDArray[np.float64]:
    told = when.to_numpy("datetime64[s]")
    return np.where(np.isnat(told), np.nan, told.astype(np.int64).astype(np.float64))


def _ends(text: Mapping[str, Text[str]], rules: Rules, why: NDArray[np.object_]) -> tuple[Text[str], Text[str]]:
    if "own" not in text:
        return _account(text, "source", rules, why), _account(text, "target", rules, why)
    own, other = _account(text, "own", rules, why), _account(text, "other", rules, why)
    direction = text["direction"].str.lower()
    out = direction.isin(OUT)
    _mark(why, ~(out | direction.isin(IN)).to_numpy(), "direction")
    return own.where(out, other), other.where(out, own)


def _account(text: Mapping[str, Text[str]], name: str, rules: Rules, why: NDArray[np.object_]) -> Text[str]:
    number = text[name].str.replace(r"[\s\-]", "", regex=True)
    _mark(why, number.str.fullmatch(r"\d(\.\d+)?[eE]\+?\d+").to_numpy(bool), "spreadsheet")
    length = number.str.len()
    unsound = (length == 0) | (length > LONGEST_ACCOUNT) | number.str.contains(r"[\x00-\x1f\x7f\ufffd]", regex=True)
    _mark(why, unsound.to_numpy(bool), "account")
    bank = text.get(f"{name}_bank")
    named = number.str.contains(":", regex=False)
    if bank is None:
        return number.where(named, rules.bank + ":" + number)
    return number.where(named, bank.where(bank != "", rules.bank) + ":" + number)
