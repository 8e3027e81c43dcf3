"""How sums of money are written on the fraud desk: whole fen in, words out."""

from __future__ import annotations

from decimal import Decimal

from app import formats


def sum_of(fen: int, language: str) -> str:
    """Write a sum where there is little room: ``142万``, in English ``1,420,000.00``."""
    return formats.yuan(Decimal(fen) / 100, language)


def exact(fen: int) -> str:
    """Write a sum to the fen: ``1,420,000.00``."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100:,}.{abs(fen) % 100:02d}"
