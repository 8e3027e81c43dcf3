"""What a step of a plan asks for, done from its button: cameras, units, agencies, notices, remarks; and parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import shapely

from app.commands import Call, Command
from app.desk import Desk
from app.features.feature import Entry
from app.map.events import Pick
from app.workbenches.operations.doors import DoorsForm
from app.workbenches.operations.notice import NoticeForm, ask_title
from app.workbenches.operations.orders import HAND_OVER, STEP, Orders
from app.workbenches.operations.parts import Parts
from app.workbenches.operations.reading import PROPOSE
from app.workbenches.operations.worklist import Worklist
from twin.access import Purpose
from twin.city.city import City
from twin.errors import UsageError
from twin.operations.deeds import AnswerStep, AskDoor, OpenIncident, SendNotice, Start
from twin.operations.doors import NO_DOOR, doors_near
from twin.operations.records import Incident, Step

ACT, CAMERAS, NOTICE, PART, DOOR = (f"work.{name}" for name in ("act", "cameras", "notice", "part", "door"))
CAMERA_M = 400.0
"""A camera farther off shows nothing of the place."""
NO_CAMERA = "no camera stands within 400 m of it"
NO_STEP = "this step is not of the incident in hand"


class Acting:
    """The commands behind the buttons of a plan.

    Parameters
    ----------
    remark : callable
        Puts the cursor where a remark is written.
    """

    def __init__(self, desk: Desk, work: Worklist, orders: Orders, parts: Parts, remark: Callable[[], None]) -> None:
        self._desk, self._work, self._orders, self._parts = desk, work, orders, parts
        self._remark = remark
        self.form = NoticeForm(desk, lambda **told: desk.run(NOTICE, **told))
        self.doors = DoorsForm(desk)

    def close(self) -> None:
        """Put the forms away."""
        self.form.close()
        self.doors.close()

    def entries(self) -> Iterator[Entry]:
        """Return the commands."""
        work = AnswerStep.permission
        yield Entry(Command(ACT, self._in_turn(ACT, self._act), work, in_palette=False))
        yield Entry(Command(CAMERAS, self._in_turn(CAMERAS, self._cameras), work, "Y"), "work", "video-camera")
        yield Entry(Command(NOTICE, self._in_turn(NOTICE, self._notice), SendNotice.permission), "work", "bell")
        yield Entry(Command(PART, self._in_turn(PART, self._part), OpenIncident.permission), "work", "git-fork")

        yield Entry(Command(DOOR, self._in_turn(DOOR, self._door), AskDoor.permission), "work", "lock-simple")

    def _in_turn(self, name: str, run: Callable[[Call], None]) -> Callable[[Call], None]:
        return lambda call: self._work.after(name, lambda: run(call))

    def _act(self, call: Call) -> None:
        """Do what a step asks for; what is done at once ticks the step as well."""
        step = self._step(str(call.arguments["step"]))
        acts: dict[str, Callable[[], object]] = {
            "send": lambda: self._desk.run(PROPOSE),
            "cameras": lambda: self._desk.run(CAMERAS, step=step.id),
            "doors": lambda: self._open_doors(step),
            "notify": lambda: self._open_form(step, "notify"),
            "hand_over": lambda: self._desk.run(HAND_OVER, agency=self._agency(step), step=step.id),
            "confirm": lambda: self._desk.run(STEP, step=step.id, state="done"),
        }
        acts.get(step.action, self._remark)()

    def _step(self, id_: str) -> Step:
        whole = self._work.held.whole
        found = next((step for step in whole.steps if step.id == id_), None) if whole is not None else None
        if found is None:
            raise UsageError(NO_STEP)
        return found

    def _agency(self, step: Step) -> str:
        plan = self._parts.plans.get(step.plan)
        return plan.step(step.step).agency if plan is not None else ""

    # Cameras

    def _cameras(self, call: Call) -> None:
        """Select the nearest camera, whose card opens with what is known of it; again for the next."""
        incident, city = self._orders.incident(), self._desk.live.city
        if city is None:
            raise UsageError(self._desk.look.texts("details.nothing"))
        near = cameras_near(city, incident)
        if not near:
            raise UsageError(NO_CAMERA)
        now = self._desk.selection.picks[0].key if self._desk.selection.picks else ""
        keys = [pick.key for pick in near]
        camera = near[(keys.index(now) + 1) % len(near) if now in keys else 0]
        self._desk.selection.select((camera,))
        purpose = call.purpose or Purpose(incident.title, incident.id)
        self._desk.run("camera.picture", about=camera.key, camera=camera.key, purpose=purpose)
        self._orders.tick(call)

    # Doors

    def _open_doors(self, step: Step) -> None:
        """List the doors around; where no door has a controller, who holds them is written to."""
        if not self._list_doors(step.id):
            self._open_form(step, "doors")

    def _list_doors(self, step: str) -> bool:
        incident, city = self._orders.incident(), self._desk.live.city
        near = doors_near(self._parts.doors(city), city, incident) if city is not None else []
        if near:
            self.doors.ask(incident, near, lambda door, wish: self._desk.run(
                DOOR, about=door.id, door=door.id, name=door.chinese, wish=wish, step=step))  # fmt: skip
        return bool(near)

    def _door(self, call: Call) -> None:
        """Ask for a door; without one the list is opened."""
        incident, told = self._orders.incident(), call.arguments
        if "door" not in told:
            if not self._list_doors(""):
                raise UsageError(NO_DOOR)
            return
        loaded = self._parts.scenarios.get(incident.scenario)
        basis = loaded.scenario.legal_basis if loaded is not None else ""
        deed = AskDoor(incident.id, str(told["door"]), str(told["name"]), str(told["wish"]), basis)
        self._work.do(call, DOOR, deed, then=lambda _: self._orders.tick(call))

    # Notices and parts

    def _open_form(self, step: Step, template: str) -> None:
        incident = self._orders.incident()
        loaded = self._parts.scenarios.get(incident.scenario)
        self.form.ask(incident, template, loaded.scenario.legal_basis if loaded is not None else "", step.id)

    def _notice(self, call: Call) -> None:
        """Write to who is concerned; without a text the form is opened."""
        incident, told = self._orders.incident(), call.arguments
        if "text" not in told:
            loaded = self._parts.scenarios.get(incident.scenario)
            self.form.ask(incident, "notify", loaded.scenario.legal_basis if loaded is not None else "")
            return
        names = ("channel", "recipient", "template", "text", "basis")
        deed = SendNotice(incident.id, *(str(told[name]) for name in names))
        self._work.do(call, NOTICE, deed, then=lambda _: self._orders.tick(call))

    def _part(self, call: Call) -> None:
        """Open an incident of its own that belongs to the one in hand."""
        whole, title = self._orders.incident(), str(call.arguments.get("title", ""))
        if not title:
            ask_title(self._desk.look.texts, whole.title, lambda text: self._desk.run(PART, title=text))
            return
        deed = OpenIncident(
            whole.scenario, whole.severity, Start(title, whole.form, levels=whole.levels), 0.0, whole.place,
            whole.district, whole.street, whole.lon_deg, whole.lat_deg, whole.id,
        )  # fmt: skip
        self._work.do(call, PART, deed)


def cameras_near(city: City, incident: Incident) -> list[Pick]:
    """Return the cameras around an incident, the nearest first."""
    devices = city.table("devices")
    cameras = devices[devices["kind"] == "camera"]
    at_m = shapely.get_coordinates(shapely.point_on_surface(cameras.geometry.to_numpy())) - np.asarray(
        city.frame.origin_m
    )
    east, north = city.frame.to_local(incident.lon_deg, incident.lat_deg)
    away_m = np.hypot(at_m[:, 0] - east, at_m[:, 1] - north)
    order = np.argsort(away_m, kind="stable")
    ids = cameras["id"].to_numpy()
    return [
        Pick("cameras", str(ids[row]), (float(at_m[row, 0]), float(at_m[row, 1]), 0.0))
        for row in order[:5].tolist()
        if away_m[row] <= CAMERA_M
    ]
