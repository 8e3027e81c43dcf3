"""``zhian import``: take files of real places together as one twin."""

from __future__ import annotations

import argparse
import json
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from app.commands import Call, Command
from app.making import Progress, Teller, prepare_scene
from app.session import Session
from app.texts import Texts
from data.home import Home
from data.importers.assemble import READ, ImportRequest, import_files
from data.importers.report import FileReport, ImportReport, Watch
from data.importers.vector import Columns
from data.store.twin_folder import open_city
from twin.errors import UsageError
from twin.words import say

KIND_TEXTS = {
    "buildings": "use", "roads": "road_class", "sites": "site_kind", "places": "place_kind", "water": "water_kind",
    "land": "land_kind", "boundaries": "place_kind", "surfaces": "import.surface",
}  # fmt: skip
"""Where the words for the kinds of each table are."""
IMPORTED = 0.7
"""Share of the whole when the twin is on disk; the rest prepares the 3D scene."""


def add_parser(verbs: Any) -> None:
    """Add ``zhian import``."""
    parser = verbs.add_parser(
        "import", help="make a twin of CityJSON, OSM, vector and raster files", epilog=f"Reads {READ}"
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="taken together as one twin")
    parser.add_argument("--name", required=True, help="of the twin")
    parser.add_argument("--crs", default="", help="of the twin if in metres, and of files that declare none: EPSG:4549")
    parser.add_argument("--height-column", default="", metavar="C", help="heights in metres; default: by its name")
    parser.add_argument("--levels-column", default="", metavar="C", help="numbers of floors; default: by its name")
    parser.add_argument("--encoding", default="", metavar="E", help="of attributes, as GB18030; default: as declared")
    parser.add_argument("--bands", default="", metavar="R,G,B", help="of an orthophoto, as 3,2,1")
    parser.add_argument("--replace", action="store_true", help="put it in the place of a twin of this name")
    parser.add_argument("--report", default="", metavar="FILE", help="write the whole report there too, as JSON")
    parser.set_defaults(run=_run)


def commands(session: Session) -> tuple[Command, ...]:
    """Return the commands of this verb."""
    return (
        Command("twin.import", lambda call: make_twin(session.home, call), permission="twin.write", in_palette=False),
    )


def make_twin(home: Home, call: Call) -> ImportReport:
    """Import the files of ``call.arguments["request"]``, keep the report, and make the twin current."""
    request = cast(ImportRequest, call.arguments["request"])
    progress = cast(Progress, call.arguments["progress"])
    cancelled = cast(Callable[[], bool], call.arguments.get("cancelled", lambda: False))
    folder = home.twin(request.name)
    if folder.exists() and not call.arguments["replace"]:
        raise UsageError(
            say("there is a twin named {name} already: give another --name, or --replace", name=request.name)
        )

    def first_part(share: float, stage: str) -> None:
        if stage != "done":
            progress(share * IMPORTED, stage)

    report = import_files(request, folder, Watch(first_part, cancelled))
    _write(report, report_path(home, request.name))
    home.set_current(request.name)
    prepare_scene(
        open_city(folder), home, request.name, lambda share, _: progress(IMPORTED + share * (1 - IMPORTED), "scene")
    )
    progress(1.0, "done")
    return report


def report_path(home: Home, name: str) -> Path:
    """Return where the report of a twin's import is kept."""
    return home.state / "imports" / f"{name}.json"


def _write(report: ImportReport, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(json.dumps(report.as_dict(), ensure_ascii=False, indent=1), "utf-8")
    fresh.replace(path)


def _run(arguments: argparse.Namespace, session: Session) -> int:
    # A window that ends this child by SIGTERM gets the same clean stop as Ctrl+C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    request = ImportRequest(
        arguments.name,
        tuple(arguments.files),
        arguments.crs,
        Columns(arguments.height_column, arguments.levels_column),
        arguments.encoding,
        _bands(arguments.bands),
    )
    started = time.monotonic()
    report = session.commands.run(
        "twin.import",
        about=arguments.name,
        request=request,
        replace=arguments.replace,
        progress=Teller(session, "import.stage"),
    )
    if arguments.report:
        _write(report, Path(arguments.report))
    if session.as_json:
        seconds = round(time.monotonic() - started, 2)
        print(json.dumps({"done": arguments.name, **report.as_dict(), "seconds": seconds}, ensure_ascii=False))
    else:
        print("\n".join(_summary(report, session)))
    return 0


def _bands(text: str) -> tuple[int, ...]:
    if not text:
        return ()
    try:
        bands = tuple(int(part) for part in text.split(","))
    except ValueError:
        bands = ()
    if len(bands) != 3 or min(bands) < 1:
        raise UsageError(say("--bands takes three numbers from 1, as 3,2,1, not {text!r}", text=text))
    return bands


def _summary(report: ImportReport, session: Session) -> list[str]:
    texts = session.texts
    lines = [texts("import.made", name=report.name, crs=report.crs.split("[")[0])]
    for name, count in report.tables.items():
        kinds = ", ".join(f"{_kind_title(name, kind, texts)} {n:,}" for kind, n in report.kinds.get(name, {}).items())
        lines.append(f"{count:>10,}  {texts(f'county.table.{name}')}" + (f"  ({kinds})" if kinds else ""))
    if report.terrain_cells != (0, 0):
        lines.append(texts("import.terrain", rows=report.terrain_cells[0], columns=report.terrain_cells[1]))
    if report.imagery_px != (0, 0):
        lines.append(texts("import.imagery", width=report.imagery_px[0], height=report.imagery_px[1]))
    for file in report.files:
        lines.extend(_file_lines(file, session))
    lines.append(texts("import.report", path=report_path(session.home, report.name)))
    return lines


def _kind_title(table: str, kind: str, texts: Texts) -> str:
    key = f"{KIND_TEXTS.get(table, table)}.{kind}"
    return texts(key) if key in texts else kind


def _file_lines(file: FileReport, session: Session) -> list[str]:
    texts = session.texts
    counts = (f"{_count_title(name, session)} {count:,}" for name, count in sorted(file.counts.items()))
    lines = [f"{Path(file.file).name} · {texts(f'import.format.{_key(file.format)}')}: {', '.join(counts)}"]
    lines.extend(f"  {texts(f'import.note.{note.what}', value=note.value)}" for note in file.notes)
    for reason, count in sorted(file.fault_counts.items()):
        first = next((f"{f.place} {f.detail}".strip() for f in file.faults if f.reason == reason), "")
        title = texts(f"import.fault.{reason}")
        lines.append(f"  {count:,} × {title}" + (texts("import.first", place=first) if first else ""))
    return lines


def _key(name: str) -> str:
    return name.lower().replace(" ", "_")


def _count_title(name: str, session: Session) -> str:
    """Return the words for a count; what stands behind a dot is a type of the file's own, as ``Road``."""
    what, _, own = name.partition(".")
    return session.texts(f"import.count.{what}") + (f" {own}" if own else "")
