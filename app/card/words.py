"""The lines of a card in the operator's words."""

from __future__ import annotations

from app import formats
from app.look import Look
from app.widgets.popup import Answer
from twin.access import mask_name, mask_plate
from twin.card.day import Day, Moment
from twin.card.parts import Line

ICONS = {
    "cameras": "video-camera", "signals": "cpu", "sensors": "gauge", "vehicles": "car", "people": "user",
    "drones": "navigation-arrow", "sites": "buildings", "buildings": "buildings", "roads": "path",
    "boundaries": "polygon", "devices": "cpu",
}  # fmt: skip
SECTIONS = {
    "sites": "site_kind", "buildings": "use", "devices": "device_kind", "cameras": "device_kind",
    "signals": "device_kind", "sensors": "device_kind", "roads": "road_class",
    "vehicles": "kind", "people": "kind", "drones": "kind",
}  # fmt: skip
MASKED = {"vehicles": mask_plate, "people": mask_name}


def write_line(line: Line, look: Look, unmask: bool) -> Answer:
    """Return a line as a title and a note at its right."""
    texts, language = look.texts, look.language
    kind = word_of(line, look)
    name = (line.name_en or line.name) if language == "en" else line.name
    if line.state == "alert":
        notes = [texts("card.severity", severity=line.severity), formats.distance(line.distance_m)]
        return Answer(name, " · ".join(notes), "warning-octagon", line)
    if not unmask and line.layer in MASKED:
        name = MASKED[line.layer](name)
    if not line.key:
        return Answer(kind or texts(f"layer.{line.layer}"), formats.count(line.count), _icon(line), None)
    notes = [kind] if name and kind and line.layer in ("sites", "buildings", "vehicles", "people", "drones") else []
    if line.state in ("alarm", "fault"):
        notes.append(texts(f"state.{line.state}"))
    if line.seconds == line.seconds:
        notes.append(formats.age(line.seconds, language))
    if line.distance_m == line.distance_m and line.layer != "boundaries":
        notes.append(formats.distance(line.distance_m))
    return Answer(name or kind or line.key, " · ".join(notes), _icon(line), line)


def word_of(line: Line, look: Look) -> str:
    """Return the kind of what a line is about."""
    key = f"{SECTIONS.get(line.layer, '')}.{line.kind}"
    return look.texts(key) if key in look.texts else ""


def write_moment(moment: Moment, look: Look) -> Answer:
    """Return a moment of a day."""
    texts, language = look.texts, look.language
    title = f"{formats.clock(moment.begin_s)[:5]}  {texts(f'card.moment_{moment.what}')}"
    if moment.what == "hour":
        return Answer(title, texts("card.came_by", count=formats.count(moment.count)), "clock", moment)
    note = formats.age(moment.end_s - moment.begin_s, language) if moment.what == "stop" else ""
    return Answer(title, note, "clock", moment)


def write_day(day: Day, look: Look) -> str:
    """Return what stands beside the title of the day."""
    return formats.distance(day.metres) if day.metres == day.metres and day.metres >= 1.0 else ""


def _icon(line: Line) -> str:
    return ICONS.get(line.layer, "map-pin")
