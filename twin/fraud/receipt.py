"""Receipts as they are pasted: what a bank's slip, a screen or a payment firm's page tells of a payment.

A receipt is words that name a field, each followed by its value. Nothing is guessed in silence: what is odd is a doubt
of the payment, in one of these words: ``account_short``, ``account_long``, ``account_check`` (its check digit is
wrong), ``account_masked``, ``no_account``, ``bank_unknown``, ``no_amount``, ``amounts_differ`` (figures and words),
``no_time``, ``day_only``; and as it is entered ``in_the_future``, ``long_ago``.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from twin.errors import BadInputError
from twin.fraud.account import account_id
from twin.fraud.amounts import amount_fen
from twin.fraud.clocks import CHINA
from twin.fraud.deeds import NewPayment, Sourced
from twin.words import say

MOST_CHARACTERS = 200_000
UNKNOWN = "UNKNOWN"
CARD_DIGITS = (16, 19)

_WORDS: dict[str, str] = {
    "words": "大写金额|金额大写|金额\\(大写\\)",
    "amount": "转账金额|交易金额|付款金额|汇款金额|支付金额|转出金额|金额\\(小写\\)|小写金额|金额|[Aa]mount",
    "to_account": "(?:收款人?方?|对方|转入|入账)(?:银行)?(?:账号|账户|帐号|帐户|卡号)|[Pp]ayee account",
    "to_bank": "(?:收款人?方?|对方|转入)(?:开户|账户)?(?:银行名称|银行|行名|行)|收款机构|[Pp]ayee bank",
    "to_holder": "(?:收款人?方?|对方)(?:户名|姓名|名称|全称|账户名)|收款人|收款方|商户全称|商户名称|[Pp]ayee(?: name)?",
    "from_account": "(?:付款人?方?|汇款人?|转出|本方|扣款)(?:银行)?(?:账号|账户|帐号|帐户|卡号)|[Pp]ayer account",
    "from_bank": "(?:付款人?方?|汇款|本方)(?:开户|账户)?(?:银行名称|银行|行名|行)|付款方式|支付方式|[Pp]ayer bank",
    "from_holder": "(?:付款人?方?|汇款人?|本方)(?:户名|姓名|名称|全称|账户名)|付款人|付款方|汇款人|[Pp]ayer(?: name)?",
    "time": "(?:转账|交易|付款|支付|汇款|到账|记账|创建|受理)(?:日期|时间)|日期|时间|[Tt]ime|[Dd]ate",
    "reference": "交易流水号?|电子回单号码?|回单编?号码?|交易单?号|转账单号|商户单号|流水号|凭证号|订单号|[Rr]eference",
}
_LABEL = re.compile(
    r"(?:^|(?<=[\s,，;；|。/]))(?:"
    + "|".join(f"(?P<{name}>{words})" for name, words in _WORDS.items())
    + r")[ \t]*(?:[:：]|(?=\s)|$)[ \t]*",
    re.MULTILINE,
)
_TIME = re.compile(
    r"(?<!\d)(?:(?P<year>20\d\d)\s?[-/.年]?\s?)?(?P<month>0?[1-9]|1[0-2])\s?[-/.月]\s?(?P<day>[0-3]?\d)(?!\d)日?"
    r"(?:[T\s]*(?P<half>上午|下午|晚上)?\s*(?P<hour>[0-2]?\d)[:时](?P<minute>[0-5]\d)(?:[:分](?P<second>[0-5]\d))?)?"
)
_PACKED = re.compile(r"(20\d\d)(\d\d)(\d\d)(?:\s?(\d\d):?(\d\d):?(\d\d))?(?!\d)")


@dataclass(frozen=True, slots=True)
class BankName:
    """A bank by its names, and how its card numbers begin and how long they are; empty where that is not known."""

    code: str
    chinese: str
    english: str
    names: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    lengths: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Found:
    """A value, as it stands, and its line, counted from 1."""

    text: str
    line: int


def payments_in(text: str, banks: Sequence[BankName], now_s: float) -> tuple[NewPayment, ...]:
    """Return the payments that pasted receipts tell of, one for each receipt.

    Parameters
    ----------
    text : str
        One or more receipts; digits and signs may be full-width.
    banks : sequence of BankName
    now_s : float
        By which a date without a year is understood.

    Raises
    ------
    twin.errors.BadInputError
        If it is far longer than receipts are.
    """
    if len(text) > MOST_CHARACTERS:
        raise BadInputError(
            say("receipt"), say("it has {length} characters", length=len(text)), say("paste the receipts alone")
        )
    plain = narrow(text)
    mark = hashlib.sha256(plain.encode("utf-8", "replace")).hexdigest()[:16]
    return tuple(_payment(fields, banks, mark, now_s) for fields in _receipts(plain))


def narrow(text: str) -> str:
    """Return full-width letters, digits and signs as plain ones, each in its place."""
    return "".join(one if len(one := unicodedata.normalize("NFKC", letter)) == 1 else letter for letter in text)


def _receipts(text: str) -> Iterator[dict[str, _Found]]:
    """Yield the fields of each receipt: another begins where a field comes again with another value."""
    fields: dict[str, _Found] = {}
    for name, found in _values(text):
        if name in fields and fields[name].text != found.text and _tells(fields):
            yield fields
            fields = {}
        fields.setdefault(name, found)
    if _tells(fields):
        yield fields


def _tells(fields: dict[str, _Found]) -> bool:
    return bool(fields.keys() & {"amount", "words"}) and bool(fields.keys() & {"to_account", "to_holder", "reference"})


def _values(text: str) -> Iterator[tuple[str, _Found]]:
    labels = list(_LABEL.finditer(text))
    ends = [*(label.start() for label in labels), len(text)][1:]
    line, counted = 1, 0
    for label, end in zip(labels, ends, strict=True):
        value = text[label.end() : end].strip(" \t|,;，；。").split("\n")
        told = next((part.strip(" \t\r|,;，；。") for part in value if part.strip()), "")
        line, counted = line + text.count("\n", counted, label.start()), label.start()
        if told and label.lastgroup:
            yield label.lastgroup, _Found(told, line)


def _payment(fields: dict[str, _Found], banks: Sequence[BankName], mark: str, now_s: float) -> NewPayment:
    doubts: list[str] = []
    to_account = _account(fields, "to", banks, doubts.append)
    from_account = _account(fields, "from", banks, lambda _: None)
    told = {
        "to_account": to_account, "to_holder": _text(fields, "to_holder"), "from_account": from_account,
        "from_holder": _text(fields, "from_holder"), "bank_reference": _text(fields, "reference").split(" ")[0],
    }  # fmt: skip
    amount = _amount(fields, doubts.append)
    paid_at_s = _time(_text(fields, "time"), now_s, doubts.append)
    where = {
        "to_account": "to_account", "to_holder": "to_holder", "from_account": "from_account",
        "from_holder": "from_holder", "bank_reference": "reference", "paid_at_s": "time",
        "amount_fen": "amount" if "amount" in fields else "words",
    }  # fmt: skip
    sources = tuple(
        Sourced(field, "receipt", f"{mark}:{fields[name].line}") for field, name in where.items() if name in fields
    )
    return NewPayment(
        amount_fen=amount, paid_at_s=paid_at_s, receipt=mark, doubts=tuple(doubts), sources=sources, **told
    )


def _text(fields: dict[str, _Found], name: str) -> str:
    return fields[name].text if name in fields else ""


def _account(fields: dict[str, _Found], side: str, banks: Sequence[BankName], doubt: Callable[[str], None]) -> str:
    told = _text(fields, f"{side}_account")
    number = re.sub(r"[\s\-]", "", re.split(r"[(\[（]", told)[0]) if re.search(r"\d", told) else told
    if not number:
        doubt("no_account")
        return ""
    bank = _bank_named(f"{_text(fields, f'{side}_bank')} {told}", banks) or _bank_of(number, banks)
    if bank is None:
        doubt("bank_unknown")
    for word in _odd(number, bank):
        doubt(word)
    return account_id(bank.code if bank else UNKNOWN, number)


def _bank_named(text: str, banks: Sequence[BankName]) -> BankName | None:
    """Return the bank whose longest name is in a text: 中国银行 is in no 中国工商银行."""
    named = [
        (len(name), bank) for bank in banks for name in (bank.chinese, bank.english, bank.code, *bank.names)
        if name.lower() in text.lower()
    ]  # fmt: skip
    return max(named, key=lambda one: one[0])[1] if named else None


def _bank_of(number: str, banks: Sequence[BankName]) -> BankName | None:
    known = [(len(prefix), bank) for bank in banks for prefix in bank.prefixes if number.startswith(prefix)]
    return max(known, key=lambda one: one[0])[1] if known else None


def _odd(number: str, bank: BankName | None) -> Iterator[str]:
    if "*" in number:
        yield "account_masked"
        return
    if not number.isdecimal():
        return
    is_card = bank is not None and any(number.startswith(prefix) for prefix in bank.prefixes)
    lengths = bank.lengths if bank is not None and is_card else CARD_DIGITS if number.startswith("62") else ()
    if lengths and len(number) not in lengths:
        yield "account_short" if len(number) < max(lengths) else "account_long"
    elif lengths and not passes_check(number):
        yield "account_check"
    elif not lengths and len(number) < 9:
        yield "account_short"


def passes_check(number: str) -> bool:
    """Tell whether a card number ends in its check digit (ISO/IEC 7812-1, Luhn)."""
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number))]
    return sum(one - 9 * (one > 9) for one in doubled) % 10 == 0


def _amount(fields: dict[str, _Found], doubt: Callable[[str], None]) -> int:
    told = [fen for name in ("amount", "words") if (fen := amount_fen(_text(fields, name))) is not None]
    if not told or not told[0]:
        doubt("no_amount")
        return 0
    if len(set(told)) > 1:
        doubt("amounts_differ")
    return told[0]


def _time(text: str, now_s: float, doubt: Callable[[str], None]) -> float:
    """Return a local time of China in seconds since 1970-01-01 UTC; 0 if there is none."""
    try:
        at, day_only = _read_time(text, datetime.fromtimestamp(now_s, CHINA))
    except ValueError:
        doubt("no_time")
        return 0.0
    if day_only:
        doubt("day_only")
    return at.timestamp()


def _read_time(text: str, now: datetime) -> tuple[datetime, bool]:
    if packed := _PACKED.search(text):
        year, month, day, hour, minute, second = (int(part) for part in packed.groups(default="0"))
        return datetime(year, month, day, hour, minute, second, tzinfo=CHINA), packed[4] is None
    found = _TIME.search(text)
    if found is None:
        raise ValueError(text)
    part = {name: int(value) for name, value in found.groupdict().items() if value and name != "half"}
    hour = part.get("hour", 0)
    if found["half"] in ("下午", "晚上") and hour < 12:
        hour += 12
    at = datetime(
        part.get("year", now.year), part["month"], part["day"], hour, part.get("minute", 0), part.get("second", 0),
        tzinfo=CHINA,
    )  # fmt: skip
    if "year" not in part and at > now:
        at = at.replace(year=now.year - 1)
    return at, found["hour"] is None
