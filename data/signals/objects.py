"""The data items of GB/T 20999-2017 that we use, as numbers, and a plan as such items.

Movements are phases, numbered from 1 in the order of the junction; stages are numbered from 1, plan after plan.
The time of a stage is its green and the intergreen after it: a guess, see the README.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from data.signals.frames import FrameError, Item
from twin.errors import BadInputError
from twin.signals.plan import Junction, Plan, Stage
from twin.signals.timetable import DAY_S, Timetable
from twin.words import say

PHASE_MIN_GREEN, PHASE_AMBER_S, PHASE_RED_S = 0x04021B00, 0x04020400, 0x04020600
STAGE_PHASES = 0x06020200
PLAN_CYCLE, PLAN_OFFSET = 0x09020300, 0x09020500
PLAN_STAGES, PLAN_TIMES, PLAN_KINDS = 0x09020600, 0x09020700, 0x09020800
DAY_STARTS, DAY_PLANS, SCHEDULE_DAY = 0x0B020200, 0x0B020300, 0x0C020600
UTC_TIME, DOOR = 0x0D010A00, 0x0D010300
MODE, PLAN_NOW, STAGE_NOW = 0x0D020200, 0x0D020300, 0x0D020400
FAULT_NUMBER, FAULT_KIND, FAULT_TIME, FAULT_ACTION = 0x10020100, 0x10020200, 0x10020300, 0x10020400
ASSIGN_PLAN, ASSIGN_MODE = 0x11030000, 0x11040000
BAD_VALUE, WRONG_LENGTH, READ_ONLY, NOT_THERE = 0x10, 0x11, 0x20, 0x30
CENTRE_COORDINATED, LOCAL_FIXED, LOCAL_COORDINATED = 0x13, 0x21, 0x23
STAGE_FIXED = 0x10
MOST_STAGES, MOST_PHASES, MOST_PLANS = 16, 64, 15
MOST_SLOTS, NOTHING = 48, 0
DAY_FIRST, DAY_COUNT = {1: 4, 2: 10}, 6
"""A day's plans are numbered from here on: two tables, so that one can be written while the other runs."""
FAULTS: Mapping[int, str] = {
    0x10: "green conflict", 0x11: "green and red together", 0x20: "red light", 0x21: "yellow light",
    0x22: "green light", 0x30: "communication", 0x40: "self-test", 0x41: "detector", 0x42: "relay", 0x43: "memory",
    0x44: "clock", 0x45: "main board", 0x46: "phase board", 0x47: "detector board", 0x50: "configuration",
    0x70: "no answer",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault as a controller reports it; ``kind`` is a key of :data:`FAULTS`."""

    number: int
    kind: int
    at_s: float
    action: int = 0


def time_bytes(at_s: float) -> bytes:
    """Return seconds since 1970 as year (two bytes), month, day, hour, minute, second, UTC."""
    at = datetime.fromtimestamp(at_s, UTC)
    return struct.pack(">HBBBBB", at.year, at.month, at.day, at.hour, at.minute, at.second)


def time_of(value: bytes) -> float:
    """Undo :func:`time_bytes`.

    Raises
    ------
    FrameError
        If it is no time.
    """
    try:
        year, month, day, hour, minute, second = struct.unpack(">HBBBBB", value)
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()
    except (struct.error, ValueError, OverflowError) as error:
        raise FrameError("no time") from error


def plan_items(junction: Junction, plan: Plan, number: int) -> tuple[Item, ...]:
    """Return what has to be set for a controller to hold a plan as its number ``number``.

    Raises
    ------
    BadInputError
        If the plan does not fit: times that are no whole seconds, ambers that differ, too many stages or movements.
    """
    _fits(junction, plan)
    names = [movement.name for movement in junction.movements]
    count, rest = len(plan.stages), MOST_STAGES - len(plan.stages)
    order = [stage_number(number, row) for row in range(count)]
    stages = [
        Item(STAGE_PHASES + key, sum(1 << names.index(name) for name in stage.greens).to_bytes(8, "big"))
        for key, stage in zip(order, plan.stages, strict=True)
    ]
    times = struct.pack(f">{MOST_STAGES}H", *(int(stage.long_s) for stage in plan.stages), *[0] * rest)
    return (
        *stages,
        Item(PLAN_CYCLE + number, int(plan.cycle_s).to_bytes(4, "big")),
        Item(PLAN_OFFSET + number, int(plan.offset_s).to_bytes(2, "big")),
        Item(PLAN_STAGES + number, bytes([*order, *[0] * rest])),
        Item(PLAN_TIMES + number, times),
        Item(PLAN_KINDS + number, bytes([STAGE_FIXED] * count + [0] * rest)),
    )  # fmt: skip


def stage_number(number: int, row: int) -> int:
    """Return the number of a plan's stage: each plan has its own, and a new one leaves those before as they were."""
    return MOST_STAGES * (number - 1) + row + 1


def phase_items(junction: Junction, plan: Plan) -> tuple[Item, ...]:
    """Return the ambers and all-reds that a plan counts on; they belong to the installation and are not set with it."""
    first = plan.stages[0]
    values = ((PHASE_AMBER_S, first.amber_s), (PHASE_RED_S, first.all_red_s))
    rows = range(1, len(junction.movements) + 1)
    return tuple(Item(key + row, bytes([int(value)])) for key, value in values for row in rows)


def _fits(junction: Junction, plan: Plan) -> None:
    numbers = [plan.cycle_s, plan.offset_s]
    numbers += [value for stage in plan.stages for value in (stage.green_s, stage.amber_s, stage.all_red_s)]
    if any(value != int(value) for value in numbers):
        raise BadInputError(junction.name, "the controller holds whole seconds", "round the plan")
    if len({(stage.amber_s, stage.all_red_s) for stage in plan.stages}) > 1:
        raise BadInputError(
            junction.name, "the controller holds one amber and one all-red for all stages", "make them the same"
        )
    if len(plan.stages) > MOST_STAGES or len(junction.movements) > MOST_PHASES:
        raise BadInputError(
            junction.name,
            say("the controller holds {stages} stages and {phases} movements", stages=MOST_STAGES, phases=MOST_PHASES),
            "use fewer",
        )


def day_numbers(running: int) -> tuple[int, int]:
    """Return the number of the day table that does not run, and of its first plan."""
    table = 2 if DAY_FIRST[1] <= running < DAY_FIRST[2] else 1
    return table, DAY_FIRST[table]


def day_items(junction: Junction, day: Timetable, table: int) -> tuple[Item, ...]:
    """Return the table of a day: when each of its plans begins, to the minute.

    Raises
    ------
    BadInputError
        If it has too many plans, or one begins within a minute.
    """
    starts = [slot.from_s for slot in day.slots]
    if len(starts) > DAY_COUNT or any(at % 60 for at in starts):
        raise BadInputError(
            junction.name, say("the controller holds {count} plans a day, from whole minutes on", count=DAY_COUNT),
            "use fewer, and round their times",
        )  # fmt: skip
    rest = MOST_SLOTS - len(starts)
    times = b"".join(bytes([int(at // 3600), int(at % 3600 // 60)]) for at in starts)
    numbers = range(DAY_FIRST[table], DAY_FIRST[table] + len(starts))
    return Item(DAY_STARTS + table, times + bytes(2 * rest)), Item(DAY_PLANS + table, bytes([*numbers, *[0] * rest]))


def day_from(held: Mapping[int, bytes], table: int) -> tuple[tuple[float, int], ...]:
    """Return from when on, seconds after midnight, a table runs which plan.

    Raises
    ------
    FrameError
        If there is no such table, or it is no table.
    """
    try:
        numbers, times = held[DAY_PLANS + table], held[DAY_STARTS + table]
    except KeyError as error:
        raise FrameError("no day plan") from error
    found = [
        (3600.0 * times[2 * row] + 60.0 * times[2 * row + 1], number) for row, number in enumerate(numbers) if number
    ]
    if not found or [at for at, _ in found] != sorted({at for at, _ in found}) or found[-1][0] >= DAY_S:
        raise FrameError("day plan out of order")
    return tuple(found)


def plan_from(junction: Junction, held: Mapping[int, bytes], number: int) -> Plan:
    """Return the plan that a controller holds under a number.

    Raises
    ------
    FrameError
        If something of it is missing, or names a stage or movement that is not there.
    """
    try:
        order = [stage for stage in held[PLAN_STAGES + number] if stage]
        times = struct.unpack(f">{MOST_STAGES}H", held[PLAN_TIMES + number])
        stages = tuple(_stage(junction, held, stage, long) for stage, long in zip(order, times, strict=False))
        cycle = int.from_bytes(held[PLAN_CYCLE + number], "big")
        return Plan(junction.id, float(cycle), float(int.from_bytes(held[PLAN_OFFSET + number], "big")), stages)
    except (KeyError, IndexError, struct.error) as error:
        raise FrameError("plan incomplete") from error


def _stage(junction: Junction, held: Mapping[int, bytes], number: int, long_s: int) -> Stage:
    bits = int.from_bytes(held[STAGE_PHASES + number], "big")
    names = frozenset(junction.movements[row].name for row in _bits(bits))
    amber, red = held[PHASE_AMBER_S + 1][0], held[PHASE_RED_S + 1][0]
    return Stage(names, float(long_s - amber - red), float(amber), float(red))


def _bits(value: int) -> Iterator[int]:
    return (row for row in range(value.bit_length()) if value >> row & 1)


def fault_items(fault: Fault) -> tuple[Item, ...]:
    """Return a fault as a controller reports it by itself."""
    return (
        Item(FAULT_NUMBER, fault.number.to_bytes(4, "big")), Item(FAULT_KIND, bytes([fault.kind])),
        Item(FAULT_TIME, time_bytes(fault.at_s)), Item(FAULT_ACTION, bytes([fault.action])),
    )  # fmt: skip


def fault_of(items: Sequence[Item]) -> Fault | None:
    """Return the fault that a report tells of; None where it tells of something else.

    Raises
    ------
    FrameError
        If it is not whole.
    """
    told = {item.key & 0xFFFFFF00: item.value for item in items}
    if FAULT_KIND not in told:
        return None
    if len(told[FAULT_KIND]) != 1 or FAULT_TIME not in told:
        raise FrameError("fault incomplete")
    number, action = told.get(FAULT_NUMBER, b"\0"), told.get(FAULT_ACTION, b"\0")
    return Fault(
        int.from_bytes(number[:4], "big"), told[FAULT_KIND][0], time_of(told[FAULT_TIME]), (action or b"\0")[0]
    )
