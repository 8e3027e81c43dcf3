"""What numbers about traffic read like, in the window and on the command line."""

from __future__ import annotations

import numpy as np

from app.texts import Texts
from twin.traffic.causes import Number

YES_NO = ("signal", "working_day")
HOURS = ("school_hour",)


def number_line(one: Number, texts: Texts) -> str:
    """Say one number, with a sign of which way it speaks: ＋ for the cause, － against it, ○ not known."""
    name = texts(f"traffic.number.{one.name}")
    if not np.isfinite(one.value):
        return f"○ {name} {texts('traffic.not_known')}"
    return f"{'＋' if one.speaks_for else '－'} {name} {_value(one, texts)}"


def _value(one: Number, texts: Texts) -> str:
    if one.name in YES_NO:
        return texts("traffic.yes" if one.value else "traffic.no")
    if one.name in HOURS:
        return f"{int(one.value):02d}:{round(60 * (one.value % 1)) % 60:02d}"
    if one.name.endswith("_m"):
        return f"{one.value:.0f} m"
    return f"{one.value:.0%}" if one.share else f"{one.value:.0f}"
