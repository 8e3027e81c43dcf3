"""What a user chose: built-in defaults, overlaid by the user's own file.

A file that cannot be read is kept aside as ``settings.json.bad-<time>`` and the defaults are used; fields of a newer
program are kept as they are.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

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


class SettingsFile:
    """The user's settings on disk; ``problem`` says what was wrong with the file that was found, if anything."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problem: str = ""
        self._unknown: dict[str, Any] = {}
        self.values = self._kept = self._read()

    @classmethod
    def in_folder(cls, folder: Path) -> SettingsFile:
        """Open the settings kept in a folder."""
        return cls(folder / NAME)

    def change(self, **fields: Any) -> Settings:
        """Keep new values, on disk before this returns."""
        self._kept = msgspec.structs.replace(self._kept, **fields)
        self.values = msgspec.structs.replace(self.values, **fields)
        fresh = self.path.with_suffix(".new")
        everything = self._unknown | msgspec.to_builtins(self._kept)
        fresh.write_text(json.dumps(everything, ensure_ascii=False, indent=1), "utf-8")
        fresh.replace(self.path)
        return self.values

    def overlay(self, **fields: Any) -> None:
        """Use other values for this run, without keeping them."""
        self.values = msgspec.structs.replace(self.values, **fields)

    def _read(self) -> Settings:
        if not self.path.exists():
            return Settings()
        try:
            raw = msgspec.json.decode(self.path.read_bytes(), type=dict[str, Any])
            values = msgspec.convert(raw, Settings)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            return self._set_aside(error)
        self._unknown = {name: value for name, value in raw.items() if name not in Settings.__struct_fields__}
        if values.layout_version != LAYOUT_VERSION:
            values = msgspec.structs.replace(values, layouts={}, layout_version=LAYOUT_VERSION)
        return values

    def _set_aside(self, error: Exception) -> Settings:
        aside = self.path.with_name(f"{NAME}.bad-{time.strftime('%Y%m%dT%H%M%S')}")
        self.path.replace(aside)
        self.problem = say("{file}: {reason}", file=aside.name, reason=error)
        return Settings()
