"""Scenarios from their files: ``<folder>/<board>/<id>.toml``, those that come with the program and the user's own.

A file that cannot be used is refused with its line and what was probably meant; the version before it stays on.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from data.forms import learn
from data.home import Home
from data.own_copy import shipped
from twin.city import tables
from twin.cql2.read import FilterError, no_such, read
from twin.errors import BadInputError, UsageError
from twin.live.kinds import CODE, KINDS
from twin.rules import scenario as words
from twin.rules.conditions import hours_of
from twin.rules.evaluate import filters_of
from twin.rules.ground import read_polygon
from twin.words import say

learn(words.Scenario)
FOLDER = "scenarios"
LARGEST = 64_000
MOST_STEPS = 20
REMEDY = "mend the file; until then the version before it counts"
_CLASSES: Mapping[str, type] = {
    "watch": words.Watch, "view": words.View, "area": words.Area, "route": words.Area, "to": words.Watch,
    "holds": words.Holds, "enters": words.Enters, "leaves": words.Leaves, "stays": words.Stays,
    "off_permit": words.OffPermit, "listed": words.Listed, "stands": words.Stands, "crowd": words.Crowd,
    "near": words.Near, "silent": words.Silent, "sequence": words.Sequence,
}  # fmt: skip
_AREA_WORDS: Mapping[str, Sequence[str]] = {
    "sites": tables.SITE_KINDS, "land": tables.LAND_KINDS, "water": tables.WATER_KINDS, "roads": tables.ROAD_CLASSES,
    "routes": ("bus", "patrol", "boat", "drone"),
}  # fmt: skip


@dataclass(frozen=True)
class Known:
    """What a file may name beside kinds and columns; None where anything is taken."""

    tell: frozenset[str] | None = None
    plans: frozenset[str] | None = None
    layers: frozenset[str] | None = None


class Folder:
    """Scenarios as they count, read again when asked.

    Parameters
    ----------
    folders : sequence of Path
        A scenario in a later one counts before one of the same id in an earlier one.
    """

    def __init__(self, folders: Sequence[Path], known: Known | None = None) -> None:
        self._folders, self.known = folders, known or Known()
        self.scenarios: dict[str, words.Loaded] = {}
        self.refused: dict[Path, BadInputError] = {}

    @classmethod
    def of(cls, home: Home, known: Known | None = None) -> Folder:
        """Return those of the program and of the user's data folder, read."""
        folder = cls((shipped(FOLDER), home.data / FOLDER), known)
        folder.read()
        return folder

    def read(self) -> None:
        """Read all files; what is refused stays as it was."""
        found: dict[str, words.Loaded] = {}
        self.refused = {}
        for path in self._files():
            try:
                found[path.stem] = load(path, self.known)
            except BadInputError as error:
                self.refused[path] = error
                before = self.scenarios.get(path.stem)
                if before is not None:
                    found[path.stem] = before
        self.scenarios = found

    def _files(self) -> Iterable[Path]:
        for folder in self._folders:
            for board in words.BOARDS:
                yield from sorted((folder / board).glob("*.toml"))


def load(path: Path, known: Known | None = None) -> words.Loaded:
    """Read one file.

    Raises
    ------
    twin.errors.BadInputError
        With the line, and what was probably meant.
    """
    raw = _bytes(path)
    try:
        text = raw.decode("utf-8")
        table = tomllib.loads(text)
    except UnicodeDecodeError:
        raise BadInputError(str(path), say("it is not UTF-8"), REMEDY) from None
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line (\d+)", str(error))
        raise BadInputError(
            str(path), say("not TOML: {error}", error=error), REMEDY, _line(place[1] if place else 1)
        ) from None
    checker = _Checker(path, text, known or Known())
    scenario = checker.converted(table)
    checker.check(scenario)
    return words.Loaded(path.stem, path.parent.name, version_of(scenario), scenario)


def version_of(scenario: words.Scenario) -> str:
    """Return the hash of what a file means: its order, its comments, and whether it is on, do not count."""
    meaning = msgspec.json.encode(msgspec.structs.replace(scenario, on=True), order="deterministic")
    return hashlib.blake2b(meaning, digest_size=6).hexdigest()


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except OSError as error:
        raise BadInputError(str(path), say("it cannot be read: {error}", error=error), REMEDY) from None
    if len(raw) > LARGEST:
        raise BadInputError(str(path), say("it is larger than {size} bytes", size=LARGEST), REMEDY)
    return raw


def _line(number: object) -> str:
    return say("line {number}", number=number)


class _Checker:
    """Says what is wrong with one file, and where."""

    def __init__(self, path: Path, text: str, known: Known) -> None:
        self._path, self._lines, self._known = path, text.splitlines(), known

    def converted(self, table: Mapping[str, object]) -> words.Scenario:
        try:
            return msgspec.convert(table, words.Scenario)
        except msgspec.ValidationError as error:
            raise self._not_of_the_form(table, str(error)) from None

    def _not_of_the_form(self, table: Mapping[str, object], told: str) -> BadInputError:
        unknown = re.search(r"unknown field `(\w+)`", told)
        missing = re.search(r"missing required field `(\w+)`", told)
        path = re.search(r"`\$([^`]*)`$", told)
        keys = re.findall(r"[A-Za-z_]\w*", path[1]) if path else []
        if unknown:
            meant = no_such(unknown[1], self._fields(table, keys))
            return self._error(meant, unknown[1])
        if missing:
            return self._error(say("{field} is missing", field=missing[1]), keys[-1] if keys else "")
        value = re.match(r"Invalid value '(\w+)'", told)
        if value:
            return self._error(
                no_such(value[1], [name for name, cls in _CLASSES.items() if issubclass(cls, words.Condition)]), "kind"
            )
        return self._error(say("{told}", told=told), keys[-1] if keys else "")

    def _fields(self, table: Mapping[str, object], keys: Sequence[str]) -> list[str]:
        owner: type = words.Scenario
        if keys and keys[-1] == "when" and isinstance(when := table.get("when"), Mapping):
            owner = _CLASSES[str(when["kind"])]
        elif keys:
            owner = _CLASSES.get(keys[-1], words.Scenario)
        return [field.encode_name for field in msgspec.structs.fields(owner)]

    def check(self, scenario: words.Scenario) -> None:
        if self._path.parent.name not in words.BOARDS:
            raise self._error(no_such(self._path.parent.name, words.BOARDS))
        self._form(scenario)
        self._names(scenario)
        for text in filters_of(scenario):
            self._filter(text)
        for name in ("area", "route"):
            if (area := getattr(scenario.when, name, None)) is not None:
                self._area(area)
        self._when(scenario.when)

    def _form(self, scenario: words.Scenario) -> None:
        wanted = ("view",) if scenario.form == "view" else ("watch", "when")
        for part in wanted:
            if getattr(scenario, part) is None:
                raise self._error(say("{form} needs a part [{part}]", form=scenario.form, part=part), "form")
        if scenario.form == "view" and scenario.when is not None:
            raise self._error(say("a view has no [when]: it opens, it does not fire"), "when")

    def _names(self, scenario: words.Scenario) -> None:
        for watch in (scenario.watch, getattr(scenario.when, "to", None)):
            if watch is not None:
                self._each(watch.kinds, list(CODE))
                self._each(watch.layers, sorted({kind.layer for kind in KINDS}))
        self._each(tuple(scenario.levels), words.STATES)
        if self._known.tell is not None:
            self._each(scenario.tell, sorted(self._known.tell))
        if self._known.plans is not None and scenario.plan:
            self._each((scenario.plan,), sorted(self._known.plans))
        if self._known.layers is not None and scenario.view is not None:
            self._each((*scenario.view.layers, *scenario.view.filters), sorted(self._known.layers))
        if scenario.view is not None:
            self._each(scenario.view.panels, words.PANELS)
        for text in (scenario.view.filters if scenario.view else {}).values():
            self._not_profiling(text)

    def _each(self, names: Iterable[str], known: Sequence[str]) -> None:
        for name in names:
            if name not in known:
                raise self._error(no_such(name, known), name)

    def _filter(self, text: str) -> None:
        self._not_profiling(text)
        try:
            read(text)
        except FilterError as error:
            first = self._find(text.strip().splitlines()[0] if text.strip() else "")
            raise BadInputError(
                str(self._path), error.sentence, REMEDY, _line(first + max(error.line, 1) - 1)
            ) from None

    def _not_profiling(self, text: str) -> None:
        bare = re.sub(r"'(?:[^']|'')*'", "", text).lower()
        for word in re.findall(r"\w+", bare):
            if found := profiled(word):
                raise self._error(say("nobody is watched for {word}: this column is refused", word=found), word)

    def _area(self, area: words.Area) -> None:
        if not area.named() and not area.polygon:
            raise self._error(
                say("a condition of no area: name sites, land, water, roads, routes, boundaries, fences or a polygon"),
                "area",
            )
        for table, names in area.named().items():
            if table in _AREA_WORDS:
                self._each(names, _AREA_WORDS[table])
        if (area.roads or area.routes) and not area.margin_m:
            raise self._error(say("roads and routes are lines: give margin_m"), "roads" if area.roads else "routes")
        if area.polygon:
            try:
                read_polygon(area.polygon)
            except UsageError as error:
                raise self._error(error.sentence, "polygon") from None

    def _when(self, when: words.Condition | None) -> None:
        if isinstance(when, words.Sequence) and not 2 <= len(when.steps) <= MOST_STEPS:
            raise self._error(say("a sequence has 2 to {most} steps", most=MOST_STEPS), "steps")
        if isinstance(when, words.OffPermit):
            if when.route is None and not when.hours:
                raise self._error(say("off_permit needs a route or hours"), "when")
            try:
                hours_of(when.hours)
            except ValueError:
                raise self._error(say("hours are written as '06:00-20:00'"), "hours") from None
        if isinstance(when, words.Crowd) and (when.area is None) is (when.cell_m == 0):
            raise self._error(say("a crowd is counted either in an area or in cells of cell_m"), "when")

    def _error(self, problem: str, word: str = "") -> BadInputError:
        place = _line(self._find(word)) if word else ""
        return BadInputError(str(self._path), problem, REMEDY, place)

    def _find(self, word: str) -> int:
        """Return the first line, from 1, that holds a word; 1 if none does."""
        whole = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")
        for number, line in enumerate(self._lines, 1):
            if whole.search(line.partition("#")[0]):
                return number
        return 1


def profiled(word: str) -> str:
    """Return which of the words that nobody is watched for a column's name holds; empty if none."""
    parts = re.split(r"_|(?<=[a-z])(?=[A-Z])", word)
    lowered = [part.lower() for part in parts]
    return next((bad for bad in words.PROFILED if bad in lowered or (not bad.isascii() and bad in word)), "")
