"""Writes what a vehicle says, by pymavlink; for simulations and tests."""

from __future__ import annotations

import hashlib

from pymavlink.dialects.v20 import ardupilotmega as dialect

from data.connectors.mavlink.frames import SIGNED


class Voice:
    """One component of a vehicle.

    Parameters
    ----------
    key : bytes
        Signs what it says; empty: it does not sign.
    """

    def __init__(self, system: int, component: int = 1, version: int = 2, key: bytes = b"") -> None:
        self._mav = dialect.MAVLink(None, system, component)
        self._version, self._key, self._signed = version, key, 0

    def heartbeat(self, armed: bool = True, status: int = dialect.MAV_STATE_ACTIVE) -> bytes:
        """Say that it is there: a quadrotor."""
        mode = dialect.MAV_MODE_FLAG_SAFETY_ARMED if armed else 0
        kind, pilot = dialect.MAV_TYPE_QUADROTOR, dialect.MAV_AUTOPILOT_ARDUPILOTMEGA
        return self._write(self._mav.heartbeat_encode(kind, pilot, mode, 0, status))

    def system_time(self, unix_s: float, boot_s: float) -> bytes:
        """Say what time it is."""
        return self._write(self._mav.system_time_encode(int(unix_s * 1e6), int(boot_s * 1e3)))

    def position(
        self, boot_s: float, lon_deg: float, lat_deg: float, home_m: float, heading_deg: float, north_mps: float,
        east_mps: float,
    ) -> bytes:  # fmt: skip
        """Say where it is, by its own estimate."""
        return self._write(
            self._mav.global_position_int_encode(
                int(boot_s * 1e3), round(lat_deg * 1e7), round(lon_deg * 1e7), int((home_m + 5) * 1e3),
                int(home_m * 1e3), int(north_mps * 100), int(east_mps * 100), 0, int(heading_deg * 100) % 36000,
            )
        )  # fmt: skip

    def gps(self, time_us: int, lon_deg: float, lat_deg: float, fix: int = 3, accuracy_m: float = 1.5) -> bytes:
        """Say what its receiver says."""
        return self._write(
            self._mav.gps_raw_int_encode(
                time_us, fix, round(lat_deg * 1e7), round(lon_deg * 1e7), 105_000, 80, 120, 420, 9000, 12,
                h_acc=int(accuracy_m * 1e3),
            )
        )  # fmt: skip

    def battery(self, percent: int, charge: int) -> bytes:
        """Say how much is left."""
        cells = [4000, *[65535] * 9]
        return self._write(self._mav.battery_status_encode(0, 0, 0, 2500, cells, 100, 10, 10, percent, 0, charge))

    def attitude(self) -> bytes:
        """Say something that is of no use here."""
        return self._write(self._mav.attitude_encode(1000, 0.1, 0.2, 0.3, 0.0, 0.0, 0.0))

    def _write(self, message: dialect.MAVLink_message) -> bytes:
        frame = bytes(message.pack(self._mav, force_mavlink1=self._version == 1))
        self._mav.seq = (self._mav.seq + 1) % 256
        return self._sign(frame) if self._key else frame

    def _sign(self, frame: bytes) -> bytes:
        """Set the flag, make the checksum anew, and sign."""
        flagged = bytearray(frame[:-2])
        flagged[2] |= SIGNED
        number = int.from_bytes(frame[7:10], "little")
        crc = dialect.x25crc(bytes(flagged[1:]) + bytes([dialect.mavlink_map[number].crc_extra])).crc
        self._signed += 1
        body = bytes(flagged) + int(crc).to_bytes(2, "little") + b"\0" + self._signed.to_bytes(6, "little")
        return body + hashlib.sha256(self._key + body).digest()[:6]
