from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from data.signals import centre, objects
from data.signals.controller import FACTORY as FIRST
from data.signals.controller import Controller
from data.signals.frames import QUERY, SET, SET_ERROR, SET_REPLY, Frame, FrameError, Item, Splitter, decode, encode
from data.signals.server import Server
from data.signals.spelled import spelled, spelled_capture
from tests.data.signals.made import FACTORY, JUNCTION, NEW, NOW_S, line
from tests.twin.signals.made import LEFTS, MAIN
from twin.errors import BadInputError, IntegrityError, MissingPieceError
from twin.signals.timetable import Slot, Timetable
from twin.signals.watch import Duty, Seen, astray

PAGE = Path(__file__).parents[3] / "docs" / "gbt20999-exchange.md"


@pytest.mark.parametrize("udp", [False, True])
def test_a_plan_is_sent_read_back_run_and_taken_back(udp: bool) -> None:
    controller = Controller(JUNCTION, FACTORY, slow_s=100.0)

    async def released() -> None:
        async with line(controller, udp=udp) as (_, wire):
            before, after = await centre.release(wire, JUNCTION, NEW, NOW_S)
            assert (before, after) == (FIRST, 2)
            assert controller.plan == NEW
            told = await centre.standing(wire, JUNCTION.id)
            row = NEW.stage_at(NOW_S)[0]
            assert (told.plan, told.stage, told.clock_s) == (2, objects.stage_number(2, row), NOW_S)
            await centre.run(wire, JUNCTION.id, before)
            assert controller.plan == FACTORY
            assert await centre.release(wire, JUNCTION, NEW, NOW_S) == (FIRST, 2)

    asyncio.run(released())


def test_a_controller_refuses_conflicting_greens_and_keeps_what_it_runs() -> None:
    controller = Controller(JUNCTION, FACTORY)
    bad = replace(NEW, stages=(replace(NEW.stages[0], greens=MAIN | LEFTS | {"north.left"}), *NEW.stages[1:]))

    async def refused() -> None:
        async with line(controller) as (_, wire):
            with pytest.raises(BadInputError):
                await centre.release(wire, JUNCTION, bad, NOW_S)

    asyncio.run(refused())
    assert (controller.plan, controller.running) == (FACTORY, FIRST)


def test_a_plan_that_was_changed_on_the_way_does_not_run() -> None:
    class Forgetful(Controller):
        def _take(self, item: Item, now_s: float) -> None:
            super()._take(replace(item, value=b"\0\0") if item.key == objects.PLAN_OFFSET + 2 else item, now_s)

    controller = Forgetful(JUNCTION, FACTORY)

    async def noticed() -> None:
        async with line(controller) as (_, wire):
            with pytest.raises(IntegrityError):
                await centre.release(wire, JUNCTION, NEW, NOW_S)

    asyncio.run(noticed())
    assert controller.running == FIRST


def test_a_controller_that_does_not_do_what_it_confirmed_is_found() -> None:
    controller = Controller(JUNCTION, FACTORY, stubborn=True)

    async def confirmed() -> int:
        async with line(controller) as (_, wire):
            await centre.release(wire, JUNCTION, NEW, NOW_S)
            return (await centre.standing(wire, JUNCTION.id)).plan

    runs = asyncio.run(confirmed())
    duty = Duty(2, NEW, NOW_S)
    wrong = astray(duty, Seen(NOW_S + 20, runs, 0, NOW_S + 20), NOW_S + 20)
    assert wrong is not None
    assert "confirmed plan 2 and runs plan 1" in wrong


def test_silence_a_wrong_clock_and_a_stage_out_of_step_are_told_and_nothing_else() -> None:
    duty, now = Duty(2, NEW, NOW_S), NOW_S + 60.0
    row, into = NEW.stage_at(now)
    right = Seen(now, 2, row, now)
    assert astray(duty, right, now) is None
    assert astray(duty, None, NOW_S + 5.0) is None
    assert "nothing" in str(astray(duty, right, now + 31.0))
    assert "clock" in str(astray(duty, replace(right, clock_s=now - 9.0), now))
    middle = now - into + NEW.stages[row].green_s / 2 + 8 * NEW.cycle_s
    other = replace(right, at_s=middle, clock_s=middle, stage=(row + 1) % 3)
    assert "out of step" in str(astray(duty, other, middle))
    assert astray(replace(duty, since_s=middle - 4 * NEW.cycle_s), other, middle) is None  # it may still come into step


def test_who_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(centre, "ANSWER_S", 0.02)

    async def asked() -> None:
        async with line(Controller(JUNCTION, FACTORY)) as (_, wire):
            with pytest.raises(MissingPieceError, match="77"):
                await centre.standing(wire, 77)

    asyncio.run(asked())


def test_a_fault_is_reported_once() -> None:
    controller = Controller(JUNCTION, FACTORY)
    heard: list[Frame] = []

    async def reported() -> None:
        came = asyncio.Event()

        def told(frame: Frame) -> None:
            heard.append(frame)
            came.set()

        async with line(controller, told) as (server, wire):
            await centre.standing(wire, JUNCTION.id)
            controller.fail(0x20, NOW_S)
            server.report_now()
            server.report_now()
            async with asyncio.timeout(60):
                await came.wait()
            await centre.standing(wire, JUNCTION.id)

    asyncio.run(reported())
    assert [centre.fault_in(frame) for frame in heard] == [objects.Fault(1, 0x20, NOW_S)]


def record() -> str:
    """Return a plan's download, a clock that is set and a fault, as they go over TCP: a line a write, in hex."""
    lines: list[str] = []
    controller = Controller(JUNCTION, FACTORY, slow_s=40.0)

    async def recorded() -> None:
        def keep(raw: bytes, came: bool) -> None:
            lines.append(f"{'>' if came else '<'} {raw.hex()}")

        async with line(controller, recorded=keep) as (server, wire):
            await centre.release(wire, JUNCTION, NEW, NOW_S)
            controller.fail(0x50, NOW_S)
            server.report_now()

    asyncio.run(recorded())
    return "\n".join(lines)


def captured() -> str:
    """Return the exchange that the page shows, with its words."""
    return PAGE.read_text("utf-8").split("```\n")[1]


def test_the_exchange_is_as_the_page_shows_it() -> None:
    assert "\n".join(spelled_capture(record())) == captured()


@pytest.mark.parametrize("line", ["? 7e7d", "> 7e0", "> 7e007d", "> hello"])
def test_what_is_no_capture_is_refused_with_its_line(line: str) -> None:
    with pytest.raises(FrameError, match="line 2"):
        list(spelled_capture(f"# a capture\n{line}"))


def test_a_value_that_is_none_is_shown_as_it_came() -> None:
    frame = Frame(
        SET, 1, (Item(objects.UTC_TIME, b"\0" * 7), Item(0x01010101, b"\x05"), Item(objects.PLAN_TIMES, b"\1"))
    )
    assert [line.split(" ", 3)[3] for line in list(spelled(frame))[1:]] == [
        "clock: 00000000000000", "unknown object 1: 05", "times of the stages of plan: 01"
    ]  # fmt: skip


def test_a_captured_exchange_is_answered_the_same_again() -> None:
    controller = Controller(JUNCTION, FACTORY, slow_s=40.0)
    server = Server({JUNCTION.id: controller}, lambda: NOW_S)
    splitter, answers, meant = Splitter(), [], []
    for row in captured().splitlines():
        if not row or row.startswith("#"):
            continue
        raw = bytes.fromhex(row[2:])
        if row[0] == ">":
            answers += [server.answer(plain) for plain in splitter.feed(raw)]
        else:
            meant.append(raw)
    assert [encode(answer) for answer in answers if answer] == meant[:-1]
    (report,) = Splitter().feed(meant[-1])
    assert objects.fault_of(decode(report).items) == objects.Fault(1, 0x50, NOW_S)


@pytest.mark.parametrize(
    ("item", "code"),
    [
        (Item(objects.PLAN_NOW, b"\2"), objects.READ_ONLY),
        (Item(0x01010000, b"x"), objects.NOT_THERE),
        (Item(objects.PLAN_CYCLE + 2, b"\0"), objects.WRONG_LENGTH),
        (Item(objects.ASSIGN_PLAN, b"\7"), objects.BAD_VALUE),
        (Item(objects.UTC_TIME, b"\0" * 7), objects.BAD_VALUE),
    ],
)
def test_a_setting_that_cannot_be_is_refused_whole(item: Item, code: int) -> None:
    controller = Controller(JUNCTION, FACTORY)
    held = dict(controller.held)
    answer = controller.answer(Frame(SET, 1, (Item(objects.PLAN_CYCLE + 3, b"\0\0\0\x46"), item)), NOW_S)
    assert answer is not None
    assert (answer.kind, answer.items[-1].value) == (SET_ERROR, bytes([code]))
    assert controller.held == held


def test_what_runs_cannot_be_changed_into_what_must_not_run() -> None:
    controller = Controller(JUNCTION, FACTORY)
    day = Timetable((Slot(0.0, "night", FACTORY), Slot(25_200.0, "day", NEW)))

    def told(*items: Item) -> int:
        answer = controller.answer(Frame(SET, 1, items), NOW_S)
        assert answer is not None
        return answer.kind

    every = (1 << len(JUNCTION.movements)) - 1
    conflicting = Item(objects.STAGE_PHASES + objects.stage_number(FIRST, 0), every.to_bytes(8, "big"))
    assert told(conflicting) == SET_ERROR
    for number, slot in enumerate(day.slots, start=4):
        assert told(*objects.plan_items(JUNCTION, slot.plan, number)) == SET_REPLY
    assert told(*objects.day_items(JUNCTION, day, 1), Item(objects.SCHEDULE_DAY + 1, b"\1")) == SET_REPLY
    assert told(Item(objects.ASSIGN_MODE, bytes([objects.LOCAL_COORDINATED]))) == SET_REPLY
    assert told(Item(objects.DAY_PLANS + 1, bytes([9] + [0] * 47))) == SET_ERROR  # there is no plan 9
    assert told(Item(objects.STAGE_PHASES + objects.stage_number(4, 0), every.to_bytes(8, "big"))) == SET_ERROR
    assert told(Item(objects.ASSIGN_PLAN, b"\5"), Item(objects.PLAN_CYCLE + 5, bytes(4))) == SET_ERROR
    assert (controller.mode, controller.running) == (objects.LOCAL_COORDINATED, 5)
    assert controller.plan == NEW


def test_a_plan_that_does_not_fit_is_not_sent() -> None:
    with pytest.raises(BadInputError, match="whole seconds"):
        objects.plan_items(JUNCTION, replace(NEW, offset_s=0.5), 2)
    uneven = replace(NEW, stages=(replace(NEW.stages[0], amber_s=4.0), *NEW.stages[1:]))
    with pytest.raises(BadInputError, match="one amber"):
        objects.plan_items(JUNCTION, uneven, 2)


def test_a_plan_that_is_not_whole_is_none() -> None:
    with pytest.raises(FrameError):
        objects.plan_from(JUNCTION, {}, 2)
    assert Controller(JUNCTION, FACTORY).answer(Frame(QUERY, 1, (Item(0x09020309),)), NOW_S) is not None
