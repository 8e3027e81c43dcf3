"""What a user chose: built-in defaults, overlaid by the machine's policy, the user's own file, and what is locked.

A file that cannot be read is kept aside as ``settings.json.bad-<time>`` and the defaults are used; fields of a newer
program are kept as they are.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from data.policy import Policy, machine_policy
from twin.errors import NotAllowedError
from twin.words import say

NAME = "settings.json"
LAYOUT_VERSION = 1
Opacity = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]


class LayerChoice(msgspec.Struct, frozen=True):
    """What a user chose for one layer; as :class:`layers.layer.LayerState`."""

    visible: bool = True
    opacity: Opacity = 1.0
    where: str = ""
    symbol: str = ""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of the window.

    ``layouts`` holds Qt's own state of the docks for each workspace, in base 64, valid for one ``layout_version``;
    ``daylight`` lights the map as the sun stands, not as the theme has it; ``clusters`` shows a crowd seen from far as
    bubbles with counts; ``hints_seen`` is the version of the hints that was read, ``second_map`` where the second map's
    window stood.
    """

    theme: Literal["dark", "light"] = "dark"
    language: Literal["", "zh", "en"] = ""
    workspace: str = "watch"
    layout_version: int = LAYOUT_VERSION
    layouts: dict[str, str] = {}
    geometry: str = ""
    layers: dict[str, LayerChoice] = {}
    layer_order: list[str] = []
    purpose_minutes: Annotated[int, msgspec.Meta(ge=1, le=480)] = 30
    lock_minutes: Annotated[int, msgspec.Meta(ge=1, le=30)] = 10
    reduced_motion: bool = False
    daylight: bool = False
    quality: Literal["", "software", "integrated", "discrete"] = ""
    """How much the map draws; empty for what the machine's OpenGL is good for."""
    clusters: bool = True
    trails: bool = True
    trail_kinds: list[str] = []
    trail_minutes: Annotated[float, msgspec.Meta(ge=1, le=10)] = 5.0
    trail_by_speed: bool = False
    hints_seen: int = 0
    second_map: str = ""


LOCKABLE = frozenset(Settings.__struct_fields__) - {
    "layout_version", "layouts", "geometry", "layers", "layer_order", "hints_seen", "second_map", "workspace",
}  # fmt: skip
"""What an administrator may lock; the rest is how a window was left."""


class SettingsFile:
    """The user's settings on disk; ``problem`` says what was wrong with the files that were found, if anything.

    Without a ``path`` nothing is read and nothing kept: the window begins as on the first day.
    """

    def __init__(self, path: Path | None, policy: Policy = Policy()) -> None:  # noqa: B008 - it cannot change
        self.path = path
        self._own: dict[str, Any] = {}
        self.problem, self._set, self.locked = policy.problem, policy.settings, frozenset(policy.locked)
        self._check_policy()
        self.values = self._read()

    @classmethod
    def in_folder(cls, folder: Path) -> SettingsFile:
        """Open the settings kept in a folder, under the machine's policy."""
        return cls(folder / NAME, machine_policy())

    @classmethod
    def of_nobody(cls) -> SettingsFile:
        """Return settings as on the first day, which are not kept."""
        return cls(None, machine_policy())

    def change(self, **fields: Any) -> Settings:
        """Keep new values, on disk before this returns.

        Raises
        ------
        twin.errors.NotAllowedError
            If the machine's administrator has locked one.
        """
        for name, value in fields.items():
            if name in self.locked and value != getattr(self.values, name):
                raise NotAllowedError(say("{name} is set for this machine by its administrator", name=name))
        self.values = msgspec.structs.replace(self.values, **fields)
        self._own |= {name: msgspec.to_builtins(getattr(self.values, name)) for name in ("layout_version", *fields)}
        if self.path is not None:
            fresh = self.path.with_suffix(".new")
            fresh.write_text(json.dumps(self._own, ensure_ascii=False, indent=1), "utf-8")
            fresh.replace(self.path)
        return self.values

    def overlay(self, **fields: Any) -> None:
        """Use other values for this run, without keeping them; what is locked stays."""
        wished = {name: value for name, value in fields.items() if name not in self.locked}
        self.values = msgspec.structs.replace(self.values, **wished)

    def reset(self) -> Path | None:
        """Begin as on the first day from now on; return where the settings that were kept are now, if there were."""
        aside = self._move_aside("before") if self.path is not None and self.path.exists() else None
        self._own = {}
        self.values = msgspec.convert(self._set, Settings)
        return aside

    def _check_policy(self) -> None:
        wrong = sorted((self.locked | set(self._set)) - LOCKABLE)
        try:
            if wrong:
                raise msgspec.ValidationError(say("{names} cannot be set for a machine", names=", ".join(wrong)))
            msgspec.convert(self._set, Settings)
        except msgspec.ValidationError as error:
            self.problem = say("policy.toml: {reason}", reason=error.args[0])
            self._set, self.locked = {}, frozenset()

    def _read(self) -> Settings:
        if self.path is None or not self.path.exists():
            return msgspec.convert(self._set, Settings)
        try:
            raw = msgspec.json.decode(self.path.read_bytes(), type=dict[str, Any])
            values = msgspec.convert(self._set | raw | self._locked_values(), Settings)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            self.problem = say("{file}: {reason}", file=self._move_aside("bad").name, reason=error)
            return msgspec.convert(self._set, Settings)
        self._own = raw
        if values.layout_version != LAYOUT_VERSION:
            values = msgspec.structs.replace(values, layouts={}, layout_version=LAYOUT_VERSION)
            self._own = raw | {"layouts": {}}
        return values

    def _locked_values(self) -> dict[str, Any]:
        """Return what counts whatever the user's file says: what is set, else the program's own."""
        own = msgspec.to_builtins(Settings())
        return {name: self._set.get(name, own[name]) for name in self.locked}

    def _move_aside(self, why: str) -> Path:
        assert self.path is not None  # noqa: S101 - there is a file
        aside = self.path.with_name(f"{NAME}.{why}-{time.strftime('%Y%m%dT%H%M%S')}")
        self.path.replace(aside)
        return aside
