"""Reports as DOCX, by python-docx: the same report is the same bytes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime

import docx
from docx.document import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.table import _Cell
from docx.text.run import Run

from twin.fraud.report import Report, Sheet

LATIN, CHINESE = "Arial", "SimSun"
"""Every office program for Chinese has SimSun, or puts its own in its place."""
QUIET = RGBColor(0x55, 0x5F, 0x6A)
LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The time of each file in the archive: the first that a zip can tell."""


def docx_of(report: Report) -> bytes:
    """Return a report as DOCX."""
    document = docx.Document()
    _set_manner(document, report)
    title = document.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _run(title.add_run(report.title), 17, bold=True)
    number = document.add_paragraph()
    number.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _run(number.add_run(report.number), 9.5, quiet=True)
    for name, value in report.facts:
        line = document.add_paragraph()
        _run(line.add_run(f"{name}  "), quiet=True)
        _run(line.add_run(value))
    words = report.words
    heads = ("#", words["figure"], words["value"], words["rule"])
    rows = tuple((str(at), one.name, one.value, one.rule) for at, one in enumerate(report.figures, 1))
    _sheet(document, Sheet(words["figures"], heads, rows, frozenset({2}), (1, 8, 5, 5)))
    for sheet in report.sheets:
        _sheet(document, sheet)
    _sources(document, report)
    return _packed(document)


def _set_manner(document: Document, report: Report) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(18)
    _run(section.footer.paragraphs[0].add_run(report.foot), 7.5, quiet=True)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = LATIN, Pt(9.5)
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), CHINESE)
    normal.paragraph_format.space_after = Pt(2)
    properties, at = document.core_properties, datetime.fromtimestamp(report.as_of_s, UTC).replace(tzinfo=None)
    properties.title, properties.author = report.title, report.words["author"]
    properties.created = properties.modified = at
    properties.last_modified_by, properties.comments = report.words["author"], ""


def _heading(document: Document, words: str) -> None:
    line = document.add_paragraph()
    line.paragraph_format.space_before = Pt(10)
    line.paragraph_format.keep_with_next = True
    _run(line.add_run(words), 12, bold=True)


def _sheet(document: Document, sheet: Sheet) -> None:
    _heading(document, sheet.title)
    if sheet.note:
        _run(document.add_paragraph().add_run(sheet.note), 8.5, quiet=True)
    table = document.add_table(rows=0, cols=len(sheet.heads), style="Table Grid")
    _fill(table.add_row().cells, sheet.heads, sheet.right, quiet=True)
    for row in sheet.rows:
        _fill(table.add_row().cells, row, sheet.right)
    total = sum(sheet.weights) or len(sheet.heads)
    for number, column in enumerate(table.columns):
        column.width = Mm(174 * (sheet.weights[number] if sheet.weights else 1) / total)


def _fill(cells: Sequence[_Cell], words: Sequence[str], right: frozenset[int], *, quiet: bool = False) -> None:
    for number, (cell, text) in enumerate(zip(cells, words, strict=True)):
        line = cell.paragraphs[0]
        if number in right:
            line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        _run(line.add_run(text), 8, quiet=quiet)


def _sources(document: Document, report: Report) -> None:
    words = report.words
    _heading(document, words["sources"])
    _run(document.add_paragraph().add_run(words["sources_note"]), 8.5, quiet=True)
    for at, figure in enumerate(report.figures, 1):
        line = document.add_paragraph()
        _run(line.add_run(f"{at}  {figure.name}  {figure.value}"), 8, bold=True)
        for name, value in (("rule", figure.rule), ("query", figure.query), ("hash", figure.hash)):
            line.add_run().add_break()
            _run(line.add_run(f"{words[name]} "), 8, quiet=True)
            _run(line.add_run(value), 8)


def _run(run: Run, size: float = 9.5, *, bold: bool = False, quiet: bool = False) -> None:
    run.font.name, run.font.size, run.font.bold = LATIN, Pt(size), bold
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), CHINESE)
    if quiet:
        run.font.color.rgb = QUIET


def _packed(document: Document) -> bytes:
    """Return the document with the clock of this machine taken out of its archive."""
    written, packed = io.BytesIO(), io.BytesIO()
    document.save(written)
    with zipfile.ZipFile(written) as parts, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as fresh:
        for name in parts.namelist():
            info = zipfile.ZipInfo(name, LONG_AGO)
            info.compress_type, info.external_attr, info.create_system = zipfile.ZIP_DEFLATED, 0o600 << 16, 0
            fresh.writestr(info, parts.read(name))
    return packed.getvalue()
