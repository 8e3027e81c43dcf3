"""A scenario: what is watched, when it fires, and all that the law and the work want to know of it. One file each.

These are the words of the files in ``resources/scenarios/<board>/``; :mod:`twin.rules.conditions` gives them a meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

BOARDS = ("basic", "security", "governance", "service")
"""基础应用, 治安管理, 协同治理, 为民服务: the folders of the files."""
STATES = ("confirmed", "dispatched", "on_scene", "resolved")
"""States that a service level can be set on, as in :mod:`twin.operations.records`."""
PANELS = ("layers", "details", "events", "queue", "incident", "tasks", "duty", "outcomes", "networks")
"""Panels of the window that a view may open."""
PROFILED = (
    "ethnic", "ethnicity", "nation", "nationality", "race", "religion", "faith", "belief", "politic", "political",
    "party", "health", "disease", "disability", "民族", "种族", "宗教", "信仰", "政治", "党派", "健康", "疾病", "病史",
)  # fmt: skip
"""Words that no column of a condition or of a list may hold: nobody is watched for these."""

Text = Annotated[str, Meta(min_length=1, max_length=400)]
Words = tuple[Text, ...]
Seconds = Annotated[float, Meta(gt=0, le=31 * 86400)]
Metres = Annotated[float, Meta(ge=0, le=50_000)]


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Area(_Part, frozen=True):
    """Where: kinds of sites, land, water, roads or routes of the city, boundaries and fences by name, or a polygon.

    Parameters
    ----------
    polygon : str
        WKT in longitude and latitude.
    margin_m : float
        How far beyond its edge it reaches; lines and points need one.
    """

    sites: Words = ()
    land: Words = ()
    water: Words = ()
    roads: Words = ()
    routes: Words = ()
    boundaries: Words = ()
    fences: Words = ()
    polygon: str = ""
    margin_m: Metres = 0.0

    def named(self) -> Mapping[str, Words]:
        """Return what it names, by table."""
        tables = ("sites", "land", "water", "roads", "routes", "boundaries", "fences")
        return {name: getattr(self, name) for name in tables if getattr(self, name)}


class Watch(_Part, frozen=True):
    """Whom: kinds of entity, or all kinds of a layer, and of these the rows for which a filter holds.

    Rows for which it does not are not seen at all, live and over history.
    """

    kinds: Words = ()
    layers: Words = ()
    where: str = ""


class Holds(_Part, frozen=True, tag="holds", tag_field="kind"):
    """A filter begins to hold, for some time if asked; it ends when ``until`` holds (hysteresis), else with itself."""

    holds: Text
    until: str = ""
    for_s: Annotated[float, Meta(ge=0, le=86400)] = 0.0
    area: Area | None = None


class Enters(_Part, frozen=True, tag="enters", tag_field="kind"):
    """Comes into an area from outside."""

    area: Area


class Leaves(_Part, frozen=True, tag="leaves", tag_field="kind"):
    """Goes out of an area from inside."""

    area: Area


class Stays(_Part, frozen=True, tag="stays", tag_field="kind"):
    """Is in an area for longer than a time."""

    area: Area
    for_s: Seconds


class OffPermit(_Part, frozen=True, tag="off_permit", tag_field="kind"):
    """Moves off its permitted route, or outside the permitted hours (``06:00-20:00``, local)."""

    route: Area | None = None
    hours: Words = ()
    moving_mps: Annotated[float, Meta(ge=0, le=100)] = 1.0
    for_s: Annotated[float, Meta(ge=0, le=86400)] = 0.0


class Listed(_Part, frozen=True, tag="listed", tag_field="kind"):
    """Is on a reference list, or with ``missing`` is not on it; known by a plate, a card or a device."""

    list: Text
    by: Literal["plate", "card", "device"]
    missing: bool = False
    holds: str = ""
    area: Area | None = None


class Stands(_Part, frozen=True, tag="stands", tag_field="kind"):
    """Stands for longer than a time: does not get farther than ``within_m`` from where it stopped.

    With ``queue`` it is not told while so many other vehicles stand around it: it waits, as at a light or in a jam.
    """

    for_s: Seconds
    within_m: Annotated[float, Meta(gt=0, le=500)] = 15.0
    queue: Annotated[int, Meta(ge=0, le=100)] = 0
    area: Area | None = None


class Crowd(_Part, frozen=True, tag="crowd", tag_field="kind"):
    """More than ``most`` in one place: in one of the areas, or without any in one cell of ``cell_m``."""

    most: Annotated[int, Meta(ge=1, le=100_000)]
    area: Area | None = None
    cell_m: Annotated[float, Meta(ge=0, le=5000)] = 0.0
    fresh_s: Seconds = 120.0


class Near(_Part, frozen=True, tag="near", tag_field="kind"):
    """Comes nearer than ``within_m`` to one of another kind."""

    to: Watch
    within_m: Annotated[float, Meta(gt=0, le=5000)]
    fresh_s: Seconds = 60.0


class Silent(_Part, frozen=True, tag="silent", tag_field="kind"):
    """A device that spoke says nothing for longer than a time."""

    for_s: Seconds


class Sequence(_Part, frozen=True, tag="sequence", tag_field="kind"):
    """Filters hold one after the other for one entity, from the first to the last within a time."""

    steps: Words
    within_s: Seconds
    area: Area | None = None


Condition = Holds | Enters | Leaves | Stays | OffPermit | Listed | Stands | Crowd | Near | Silent | Sequence


class View(_Part, frozen=True):
    """What a scenario of the form ``view`` opens with: layers, a filter for each that has one, panels."""

    layers: Words
    filters: dict[str, str] = {}
    panels: Words = ()


class Scenario(_Part, frozen=True):
    """One file.

    Parameters
    ----------
    chinese, english : str
        Its name.
    about_chinese, about_english : str
        What it is for, in a sentence.
    form : str
        ``alarm`` ends closed, ``view`` opens on live data, ``queue``: each entry ends served.
    severity : int
        1 danger to life and limb … 4 good to know.
    tell : tuple of str
        Roles and agencies.
    plan : str
        Id of the plan that starts.
    levels : mapping of str to float
        Of :data:`STATES`, within how many seconds of the first observation.
    retention_days : int
        How long its hits are kept.
    quiet_s : float
        An entity that set it off does so again after so long at the earliest.
    thin : str
        What it cannot do yet, in Chinese; empty if nothing is missing.
    on : bool
        Whether it runs.
    """

    chinese: Text
    english: Text
    about_chinese: Text
    about_english: Text
    form: Literal["alarm", "view", "queue"]
    severity: Annotated[int, Meta(ge=1, le=4)]
    tell: Annotated[Words, Meta(min_length=1)]
    legal_basis: Text
    purpose: Text
    retention_days: Annotated[int, Meta(ge=1, le=3650)]
    watch: Watch | None = None
    when: Condition | None = None
    view: View | None = None
    plan: str = ""
    levels: dict[str, Seconds] = {}
    quiet_s: Annotated[float, Meta(ge=0, le=7 * 86400)] = 600.0
    thin: str = ""
    on: bool = True


class Loaded(msgspec.Struct, frozen=True):
    """A scenario with its id (the file's name), its board (the folder's) and the hash of what the file means."""

    id: str
    board: str
    version: str
    scenario: Scenario
