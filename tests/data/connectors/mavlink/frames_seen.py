"""Single frames from public sources, with what they are known to say."""

from __future__ import annotations

# The heartbeat of a MAVLink 2 parser's tests on GitHub (`test_heartbeat_raw`): a rover with ArduPilot, critical.
ROVER = bytes.fromhex("fd090000cf0101000000040000000a030105037950")
# A comment in a decoder on GitHub ("FD 1C 00 00 0A 42 4D 21 …"): system 66, component 77, 123.456 s after its start.
POSITION = bytes.fromhex("FD1C00000A424D21000040E2010024D26F0D80DB0544A086010088130000" + "2C0138FF00002823B440")
