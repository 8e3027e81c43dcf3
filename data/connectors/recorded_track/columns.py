"""From columns of text or numbers to observations: which column is what, and what its values mean."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pandas as pd

from data.connectors.recorded_track.recording import Problem, Recording
from twin.errors import BadInputError
from twin.geo import BoolArray, FloatArray
from twin.live.kinds import CODE, kind_code
from twin.live.observation import OBSERVATION_DTYPE, clip_utf8
from twin.words import said, say

NAMES: dict[str, tuple[str, ...]] = {
    "time": (
        "time", "times", "timestamp", "datetime", "time_s", "utc", "gps_time", "gpstime", "loc_time", "locatetime",
        "date_time", "recorded_at", "时间", "定位时间", "gps时间", "采集时间", "上报时间", "记录时间", "时间戳",
    ),
    "lon": ("lon", "lng", "long", "longitude", "lon_deg", "经度", "经度坐标"),
    "lat": ("lat", "latitude", "lat_deg", "纬度", "纬度坐标"),
    "id": (
        "id", "entity", "entity_id", "vehicle_id", "vehicleid", "device_id", "deviceid", "terminal", "imei", "mmsi",
        "sim", "终端号", "终端编号", "设备号", "设备编号", "编号",
    ),
    "label": (
        "label", "plate", "plate_no", "license_plate", "callsign", "call_sign", "name", "车牌", "车牌号", "车牌号码",
        "呼号", "名称",
    ),
    "kind": ("kind", "type", "vehicle_type", "类型", "车辆类型"),
    "speed_mps": ("speed_mps",),
    "speed_kmh": ("speed_kmh", "speed", "速度", "车速", "gps速度"),
    "heading": ("heading", "heading_deg", "course", "cog", "bearing", "direction", "方向", "方向角", "航向", "方位角"),
    "height": ("height_m", "height", "高度", "相对高度"),
}  # fmt: skip
NEEDED = ("time", "lon", "lat")
KIND_WORDS = {
    "轿车": "car", "小汽车": "car", "出租车": "taxi", "公交车": "bus", "渣土车": "dump_truck",
    "危化品车": "hazmat_truck",
    "警车": "police_car", "救护车": "ambulance", "消防车": "fire_engine", "无人机": "drone", "船": "boat",
}  # fmt: skip
ZONE = re.compile(r"(?:Z|[+-]\d{2}:?\d{2})$", re.IGNORECASE)
WRITTEN = (
    (r"[年月/]", "-"),
    (r"日\s*|\s+", " "),
    (r"^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})$", r"\1-\2-\3T\4:\5:\6"),
    (r"-(\d)(?=[-\sT])", r"-0\1"),
    (r"\s+(?=[+-]\d\d)", ""),
)
"""How times are written here, and how ISO 8601 writes them."""
COMPACT = re.compile(r"(?:19|20)\d{12}")


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Options of a recorded track.

    Parameters
    ----------
    paths : tuple of str
        The files; played together on one clock.
    columns : mapping
        Role to column name where the names do not tell: ``time``, ``lon``, ``lat``, ``id``, ``label``, ``kind``,
        ``speed_mps``, ``speed_kmh``, ``heading``, ``height``.
    zone : str
        Of times without one: ``Asia/Shanghai`` or ``+08:00``.
    kind : str
        Of entities whose kind is not told.
    stay : bool
        At the end wait to be wound or resumed; else the source ends.
    here : bool
        Move the recording into this twin, for a demonstration.
    """

    paths: tuple[str, ...]
    speed: float = 1.0
    loop: bool = False
    paused: bool = False
    stay: bool = True
    columns: Mapping[str, str] = {}
    zone: str = ""
    kind: str = "car"
    here: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Columns by name with one value a row, and where each row stands in the file."""

    subject: str
    columns: Mapping[str, Sequence[Any]]
    places: Sequence[str]


def recording_of(table: Table, options: Options) -> Recording:
    """Turn a table into a recording; rows that cannot be used are listed.

    Raises
    ------
    twin.errors.BadInputError
        If a needed column is missing, times lack a zone and none was stated, or no row can be used.
    """
    role = _roles(table, options)
    lon, lat = (_numbers(table.columns[role[name]]) for name in ("lon", "lat"))
    time_s, notes = _times(table.columns[role["time"]], table.subject, options.zone)
    bad = (
        ("its time cannot be read", np.isnan(time_s)),
        ("its position is no number", np.isnan(lon) | np.isnan(lat)),
        ("its position is off the earth", (np.abs(lon) > 180) | (np.abs(lat) > 90)),
    )
    good, problems = _sort_out(bad, table.places)
    if not good.any():
        first = problems[0] if problems else Problem("", "the file has no rows")
        raise BadInputError(
            table.subject,
            say("no row can be used: {reason}", reason=said(first.reason)),
            "check its columns",
            first.place,
        )
    rows = np.zeros(int(np.count_nonzero(good)), OBSERVATION_DTYPE)
    for field in ("heading_deg", "speed_mps", "value", "accuracy_m"):
        rows[field] = np.nan
    rows["time_s"], rows["lon_deg"], rows["lat_deg"] = time_s[good], lon[good], lat[good]
    rows["id"], rows["label"] = _names(table, role, good)
    rows["kind"] = _kinds(table, role, good, options.kind)
    for name, field, factor in (
        ("speed_kmh", "speed_mps", 1 / 3.6),
        ("speed_mps", "speed_mps", 1.0),
        ("heading", "heading_deg", 1.0),
    ):
        if name in role:
            rows[field] = _numbers(table.columns[role[name]])[good] * factor
    if "height" in role:
        drone = rows["kind"] == CODE["drone"]
        rows["height_m"] = np.where(drone, np.nan_to_num(_numbers(table.columns[role["height"]])[good]), 0.0)
    return Recording(rows, problems, notes)


def _roles(table: Table, options: Options) -> dict[str, str]:
    plain = {_plain(name): name for name in reversed(list(table.columns))}
    role: dict[str, str] = {}
    for name, known in NAMES.items():
        if name in options.columns:
            if options.columns[name] not in table.columns:
                raise BadInputError(
                    table.subject, say("there is no column {column!r}", column=options.columns[name]), _has(table)
                )
            role[name] = options.columns[name]
        else:
            found = next((plain[word] for word in known if word in plain), None)
            if found is not None:
                role[name] = found
    missing = [name for name in NEEDED if name not in role]
    if missing:
        raise BadInputError(
            table.subject, say("no column for {missing} was found", missing=", ".join(missing)), _has(table)
        )
    return role


def _plain(name: str) -> str:
    """Return a header without unit and decoration: ``定位时间（北京）`` becomes ``定位时间``."""
    return re.sub(r"[\(（\[].*", "", name.strip().lower()).strip().replace(" ", "_").replace("-", "_")


def _has(table: Table) -> str:
    listed = ", ".join(table.columns)
    return say("it has the columns {columns}; name the right one with --column ROLE=NAME", columns=listed)


def _numbers(values: Sequence[Any]) -> FloatArray:
    numbers = pd.to_numeric(pd.Series(values, dtype=object), errors="coerce").to_numpy(
        dtype=np.float64, na_value=np.nan
    )
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _sort_out(bad: Sequence[tuple[str, BoolArray]], places: Sequence[str]) -> tuple[BoolArray, tuple[Problem, ...]]:
    reason = np.full(len(places), -1)
    for code, (_, where) in enumerate(bad):
        reason[(reason < 0) & where] = code
    left_out = np.flatnonzero(reason >= 0).tolist()
    return reason < 0, tuple(Problem(places[row], bad[reason[row]][0]) for row in left_out)


def _names(table: Table, role: Mapping[str, str], good: BoolArray) -> tuple[list[bytes], list[bytes]]:
    """Return ids and labels. A plate is a label, never an id: an id made from one is its digest."""
    count = int(np.count_nonzero(good))
    labels = _texts(table, role, "label", good) or [""] * count
    ids = _texts(table, role, "id", good)
    if ids is None:
        stem = re.split(r"[\\/]", table.subject)[-1]
        ids = [f"track-{_digest(label or stem)}" for label in labels]
        labels = [label or stem for label in labels]
    return [_key(text) for text in ids], [clip_utf8(text, 48) for text in labels]


def _texts(table: Table, role: Mapping[str, str], name: str, good: BoolArray) -> list[str] | None:
    if name not in role:
        return None
    values = table.columns[role[name]]
    return ["" if values[row] is None else str(values[row]).strip() for row in np.flatnonzero(good).tolist()]


def _key(text: str) -> bytes:
    raw = text.encode()
    return raw if 0 < len(raw) <= 32 else f"track-{_digest(text)}".encode()


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def _kinds(table: Table, role: Mapping[str, str], good: BoolArray, fallback: str) -> list[int]:
    words = _texts(table, role, "kind", good)
    if words is None:
        return [kind_code(fallback)] * int(np.count_nonzero(good))
    return [kind_code(KIND_WORDS.get(word, word or fallback)) for word in words]


def _times(values: Sequence[Any], subject: str, zone: str) -> tuple[FloatArray, tuple[str, ...]]:
    """Read times as seconds since 1970: epoch seconds to nanoseconds by their size, ISO 8601, or 14 digits."""
    series = pd.Series(values)
    if isinstance(series.dtype, pd.DatetimeTZDtype):
        return _seconds(series), ()
    if pd.api.types.is_datetime64_dtype(series.dtype):
        return _seconds(series.dt.tz_localize(_zone(subject, zone), ambiguous="NaT", nonexistent="NaT")), ()
    text = series.astype("string").fillna("").str.strip()
    compact = text.str.fullmatch(COMPACT.pattern).to_numpy(dtype=bool)
    numbers = _numbers(text.tolist())
    written = np.isnan(numbers) | compact
    result = _epoch(np.where(written, np.nan, numbers))
    if written.any():
        result[written] = _written(text[written], subject, zone)
    return result, ()


def _epoch(numbers: FloatArray) -> FloatArray:
    size = np.abs(numbers)
    factor = np.where(size > 1e17, 1e9, np.where(size > 1e14, 1e6, np.where(size > 1e11, 1e3, 1.0)))
    return np.asarray(numbers / factor, np.float64)


def _written(text: pd.Series[str], subject: str, zone: str) -> FloatArray:
    plain = text
    for pattern, instead in WRITTEN:
        plain = plain.str.replace(pattern, instead, regex=True)
    zoned = plain.str.contains(ZONE.pattern, case=False, regex=True).to_numpy(dtype=bool)
    result = np.full(len(text), np.nan)
    if zoned.any():
        result[zoned] = _seconds(pd.to_datetime(plain[zoned], format="ISO8601", utc=True, errors="coerce"))
    local = pd.to_datetime(plain[~zoned], format="ISO8601", errors="coerce")
    if local.notna().any():
        there = _zone(subject, zone)
        result[~zoned] = _seconds(local.dt.tz_localize(there, ambiguous="NaT", nonexistent="NaT"))
    return result


def _seconds(moments: Any) -> FloatArray:
    since = (pd.Series(moments) - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(seconds=1)
    return np.asarray(since.to_numpy(dtype=np.float64, na_value=np.nan), np.float64)


def _zone(subject: str, zone: str) -> tzinfo:
    if not zone:
        remedy = "state the zone they are in, as --zone Asia/Shanghai or --zone +08:00"
        raise BadInputError(subject, "its times have no zone", remedy)
    offset = re.fullmatch(r"([+-])(\d{2}):?(\d{2})", zone)
    if offset:
        ahead = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        return timezone(ahead if offset[1] == "+" else -ahead)
    try:
        return ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise BadInputError(zone, "there is no such time zone", "give one as Asia/Shanghai or +08:00") from None
