"""CityJSON in the eyes of cjio, for comparison.

cjio makes the json module write six digits from the moment it is imported, so it gets a process of its own: else
every coordinate system written later in the same process is a slightly different one.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

_SCRIPT = """
import json, sys
from cjio import cityjson
with open(sys.argv[1], encoding="utf-8") as file:
    model = cityjson.reader(file)
told = {"version": model.get_version(), "epsg": model.get_epsg(), "title": model.j.get("metadata", {}).get("title", "")}
told["first_level"] = model.number_city_objects_level1()
model.decompress()
print(json.dumps({**told, "objects": model.j["CityObjects"], "corners": model.j["vertices"]}, ensure_ascii=False))
"""


def read_by_cjio(path: Path) -> dict[str, Any]:
    """Return version, EPSG code, title, number of first-level objects, the objects and their corners in metres."""
    command = [sys.executable, "-X", "utf8", "-c", _SCRIPT, str(path)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, encoding="utf-8")
    return dict(json.loads(answer.stdout))
