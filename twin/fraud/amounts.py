"""Sums of money as people and banks write them, in fen."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

DIGITS = {sign: value for value, signs in enumerate(
    ("零〇", "壹一", "贰二两", "叁三", "肆四", "伍五", "陆六", "柒七", "捌八", "玖九")) for sign in signs}  # fmt: skip
TENS = {"拾": 10, "十": 10, "佰": 100, "百": 100, "仟": 1000, "千": 1000}
MOST_FEN = 10**14
_FIGURES = re.compile(r"[-+]?\s?(\d{1,3}(?:[,，]\d{3})+|\d+)(\.\d+)?\s*(亿|万)?")
_SCALE = {"万": 10_000, "亿": 100_000_000}


def amount_fen(text: str) -> int | None:
    """Return a sum in fen: ``¥1,900,000.00``, ``190万``, ``壹佰玖拾万元整``; of one that goes out its size.

    Returns
    -------
    int or None
        None if it is no sum, has parts of a fen, or is beyond a trillion yuan.
    """
    found = _FIGURES.search(text)
    if found is None:
        return _in_words(text)
    try:
        yuan = Decimal(re.sub("[,，]", "", found[1]) + (found[2] or "")) * _SCALE.get(found[3] or "", 1)
    except InvalidOperation:
        return None
    fen = yuan * 100
    return int(fen) if fen == fen.to_integral_value() and fen <= MOST_FEN else None


def _in_words(text: str) -> int | None:
    """Return a sum as cheques write it."""
    words = re.sub("人民币|[整正￥¥:：\\s]", "", text)
    yuan, has, cents = words.replace("圆", "元").partition("元")
    if not has or not (value := _number(yuan)):
        return None
    fen, pending = value * 100, 0
    for sign in cents:
        if sign in DIGITS:
            pending = DIGITS[sign]
        elif sign in "角分":
            fen, pending = fen + pending * (10 if sign == "角" else 1), 0
        else:
            return None
    return fen if fen <= MOST_FEN else None


def _number(words: str) -> int | None:
    """Return a whole number in Chinese words."""
    total = section = digit = 0
    for sign in words:
        if sign in DIGITS:
            digit = DIGITS[sign]
        elif sign in TENS:
            section, digit = section + (digit or 1) * TENS[sign], 0
        elif sign in _SCALE:
            total, section, digit = (total + section + digit) * _SCALE[sign], 0, 0
        else:
            return None
    return total + section + digit
