"""Records and hits for tests of the operations workbench."""

from __future__ import annotations

from twin.operations.deeds import Start
from twin.operations.plans import PlanStep
from twin.operations.records import Alert, Incident, Level
from twin.rules.hit import Hit, Limit, ListedEntry, Reading, Subject

LEVELS = (Level("confirmed", 60.0), Level("dispatched", 180.0), Level("on_scene", 480.0))
STEPS = (
    PlanStep("guard", "通知红警护医队", "Call the guards", "operator", 60.0, "send", "medical"),
    PlanStep("debrief", "复盘", "Debrief", "supervisor", 3600.0, "debrief"),
)
START = Start("失驾人员预警", "alarm", "hospital", STEPS, LEVELS)
PLATE = "浙F·8K2Q6"


def hit(number: int = 1, scenario: str = "suspended-driver", severity: int = 2, at_s: float = 1000.0,
        place: tuple[float, float] = (120.9, 30.83), area: str = "人民大道") -> Hit:  # fmt: skip
    """Return a hit of a vehicle on a list that is past its age."""
    entry = ListedEntry(
        "suspended_licences", PLATE, "驾驶证暂扣", "交警支队", "交警大队", 0.0, True, "道交法第九十九条"
    )
    return Hit(
        scenario, "9f3c2ab1d0", severity, at_s, at_s + 1.2, *place, (Subject(f"car-{number}", "car", PLATE, "plate"),),
        (Reading("speed_mps", 10.0, "m/s"), Reading("dwell_s", 730.0, "s")), (Limit("dwell_s", "<", 600.0, "s"),),
        area, (entry,),
    )  # fmt: skip


def alert(**fields: object) -> Alert:
    """Return an alert that is new."""
    values: dict[str, object] = {
        "id": "A1", "version": 1, "state": "new", "scenario": "suspended-driver", "rule_version": "9f", "severity": 2,
        "subject": "car-1", "subject_kind": "car", "group": "A1", "place": "人民大道", "district": "", "street": "",
        "lon_deg": 120.9, "lat_deg": 30.83, "first_s": 1000.0, "last_s": 1000.0, "hits": 1, "raised_s": 1001.0,
    }  # fmt: skip
    return Alert(**(values | fields))  # type: ignore[arg-type]  # fields of an alert


def incident(**fields: object) -> Incident:
    """Return an incident that was accepted after 40 s."""
    values: dict[str, object] = {
        "id": "I1", "version": 1, "state": "open", "scenario": "suspended-driver", "form": "alarm", "severity": 2,
        "title": "失驾人员预警", "place": "人民大道", "district": "", "street": "", "lon_deg": 120.9, "lat_deg": 30.83,
        "since_s": 1000.0, "opened_s": 1040.0, "opened_by": "wang", "owner": "wang", "levels": LEVELS,
    }  # fmt: skip
    return Incident(**(values | fields))  # type: ignore[arg-type]  # fields of an incident
