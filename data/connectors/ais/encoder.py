"""Writes what a vessel says, by pyais; for simulations and tests."""

from __future__ import annotations

from pyais.encode import DATA_DICT, encode_dict

from data.connectors.ais.decoder import KNOT_MPS


def write_position(
    mmsi: int, lon_deg: float, lat_deg: float, speed_mps: float, course_deg: float, second: int, class_b: bool = False
) -> list[bytes]:
    """Return the sentences of a position report, of a ship or of a small boat (class B)."""
    told: DATA_DICT = {
        "type": 18 if class_b else 1, "mmsi": mmsi, "lon": lon_deg, "lat": lat_deg, "speed": speed_mps / KNOT_MPS,
        "course": course_deg, "heading": int(course_deg) % 360, "second": second, "status": 0, "accuracy": 1,
    }  # fmt: skip
    return _sentences(told)


def write_name(mmsi: int, name: str) -> list[bytes]:
    """Return the two sentences with which a ship tells its name."""
    return _sentences({"type": 5, "mmsi": mmsi, "shipname": name, "ship_type": 70})


def write_tag(received_s: float, sentence: bytes) -> bytes:
    """Return a sentence with the time of its reception in a tag block."""
    told = f"c:{int(received_s)}"
    checksum = 0
    for byte in told.encode():
        checksum ^= byte
    return f"\\{told}*{checksum:02X}\\".encode() + sentence


def _sentences(told: DATA_DICT) -> list[bytes]:
    return [line.encode() for line in encode_dict(told, talker_id="AI", sentence_type="VDM", seq_id=1)]
