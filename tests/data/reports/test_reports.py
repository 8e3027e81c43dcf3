"""Reports are the same bytes when made again, and their Chinese can be read back."""

from __future__ import annotations

import io
from dataclasses import replace

import docx
import pypdf
import pytest

from data.reports.docx import docx_of
from data.reports.pdf import pdf_of
from twin.fraud.report import Figure, Report, Sheet, hash_of

WORDS = {
    "figures": "结论", "figure": "名称", "value": "数值", "rule": "规则", "query": "查询", "hash": "校验值",
    "sources": "数据出处", "sources_note": "可据此重算。", "page": "第", "author": "智安孪生",
}  # fmt: skip
HOSTILE = "#panic(1) $x$ *不加粗* <img> & \\ 镕祎堃"
REPORT = Report(
    "资金追查报告", "FZ20260922-0001", (("受害人", "张*"), ("简要案情", HOSTILE)),
    (Figure("尚在账户", "1,420,000.00 元", "先进先出", '{"roots":[[1,2]]}', hash_of([[1, "a"]])),),
    (Sheet("逐笔去向", ("时间", "金额/元"), tuple((f"09-22 08:{n % 60:02d}", f"{n:,}.00") for n in range(120)),
           frozenset({1}), (2, 1)),),
    WORDS, "导出：wang  用途：侦办", 1_790_035_200,
)  # fmt: skip


@pytest.mark.parametrize("make", [pdf_of, docx_of])
def test_a_report_made_again_is_the_same_to_the_byte(make: object, monkeypatch: pytest.MonkeyPatch) -> None:
    assert callable(make)
    first = make(REPORT)
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    assert make(REPORT) == first
    assert make(replace(REPORT, number="FZ20260922-0002")) != first


def test_the_pdf_is_read_back() -> None:
    read = pypdf.PdfReader(io.BytesIO(pdf_of(REPORT)))
    text = "".join(page.extract_text() for page in read.pages)
    for words in ("资金追查报告", "FZ20260922-0001", "1,420,000.00 元", "先进先出", '{"roots":[[1,2]]}', "119.00"):
        assert words in text
    for words in (HOSTILE, hash_of([[1, "a"]])):
        assert "".join(words.split()) in "".join(text.split())
    assert len(read.pages) > 1


def test_the_docx_is_read_back() -> None:
    read = docx.Document(io.BytesIO(docx_of(REPORT)))
    text = "\n".join(paragraph.text for paragraph in read.paragraphs)
    for words in ("资金追查报告", HOSTILE, hash_of([[1, "a"]]), "先进先出"):
        assert words in text
    assert [cell.text for cell in read.tables[1].rows[-1].cells] == ["09-22 08:59", "119.00"]
    assert read.sections[0].footer.paragraphs[0].text == REPORT.foot
    assert 'w:eastAsia="SimSun"' in read.paragraphs[0]._p.xml
