"""How figures are written: ages, times, distances, sums, in the language of the moment."""

from __future__ import annotations

import math
from datetime import datetime, timedelta, timezone
from decimal import Decimal

LOCAL = timezone(timedelta(hours=8), "Asia/Shanghai")  # China keeps one time and no summer time since 1992
_UNITS = {"zh": ("秒", "分", "小时", "天"), "en": ("s", "min", "h", "d")}


def local_time(at_s: float) -> datetime:
    """Return an instant as local time."""
    return datetime.fromtimestamp(at_s, LOCAL)


def clock(at_s: float) -> str:
    """Write a local time of day: ``08:15:03``."""
    return local_time(at_s).strftime("%H:%M:%S")


def day(at_s: float) -> str:
    """Return the local day as ``11-22``."""
    return local_time(at_s).strftime("%m-%d")


def age(seconds: float, language: str) -> str:
    """Write how old something is: ``4 s``, ``3 min``, ``2 h``; a dash where it never was."""
    if not math.isfinite(seconds) or seconds > 3.15e9:
        return "—"
    second, minute, hour, day = _UNITS[language]
    seconds = max(seconds, 0.0)
    if seconds < 9.95:
        return f"{seconds:.1f} {second}"
    for limit, size, unit in ((100, 1, second), (5400, 60, minute), (129_600, 3600, hour)):
        if seconds < limit:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds / 86400:.0f} {day}"


def distance(metres: float) -> str:
    """Write a distance with two significant figures: ``340 m``, ``1.2 km``."""
    if metres < 10:
        return f"{metres:.1f} m"
    step = 10 ** (math.floor(math.log10(metres)) - 1)
    rounded = round(metres / step) * step
    if rounded < 1000:
        return f"{rounded:.0f} m"
    return f"{rounded / 1000:.1f} km" if rounded < 10_000 else f"{rounded / 1000:.0f} km"


def count(number: float) -> str:
    """Write a count with its thousands set apart: ``18,240``."""
    return f"{number:,.0f}"


def yuan(amount: Decimal, language: str) -> str:
    """Write a sum of money; in Chinese in 万 and 亿 from ten thousand on."""
    if language == "zh" and amount >= 10_000:
        size, unit = (Decimal(10) ** 8, "亿") if amount >= 10**8 else (Decimal(10_000), "万")
        return f"{(amount / size).quantize(Decimal('0.01')).normalize():f}{unit}"
    return f"{amount:,.2f}"


def coordinates(lon_deg: float, lat_deg: float) -> str:
    """Write a place to about a metre: ``120.92013, 30.83044``."""
    return f"{lon_deg:.5f}, {lat_deg:.5f}"


def bearing(degrees: float, language: str) -> str:
    """Write a heading in words and degrees: ``东北 45°``."""
    names = {"zh": "北 东北 东 东南 南 西南 西 西北", "en": "N NE E SE S SW W NW"}[language].split()
    return f"{names[round(degrees / 45) % 8]} {degrees % 360:.0f}°"
