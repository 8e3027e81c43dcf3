"""The auditor reads, asks and verifies in the real window, and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from app.features.auditor import Auditor
from app.main_window import MainWindow
from data.audit.desk import open_audit
from data.audit.notary import take_checkpoints
from data.audit.trails import desk_file
from tests.app.conftest import home_at, let_go, make_window, shared_home, until
from tests.data.audit.trails import tamper
from twin.access import Actor, AuditEntry, Decision, Purpose, Resource
from twin.city.city import City

AUDITOR = Actor("sun", "孙审计", frozenset({"auditor"}))


@pytest.fixture
def window(qapp: QApplication, tmp_path: Path, made_home: Path, small_city: City) -> Iterator[MainWindow]:
    """A window of an auditor, over a trail in which ``li`` looked up thirty people at once, and one was refused."""
    root = shared_home(tmp_path, made_home)
    home = home_at(root)
    with open_audit(desk_file(home)) as trail:
        for i in range(30):
            trail.write(AuditEntry("li", "entity.find", Resource("map.find_entity", f"small/officer {i}", True),
                                   Purpose("核查", "J-1"), Decision(True, "purpose stated", True)))  # fmt: skip
        trail.write(AuditEntry("wang", "case.open", Resource("fraud.open_case", "7"), None, Decision(False, "no role")))
    take_checkpoints(home, 0.0, at_once=True)
    made = make_window(root, small_city, AUDITOR)
    yield made
    let_go(made)


def test_an_auditor_reads_asks_and_verifies(window: MainWindow) -> None:
    panel = next(feature for feature in window.features if isinstance(feature, Auditor)).panel
    window.acts.run("auditor.open")
    until(lambda: panel.table.shown_rows() == 31)
    assert panel.isVisible()
    assert "未设见证" in panel.state.text()
    panel.refused.click()
    until(lambda: panel.table.shown_rows() == 1)
    panel.choose(panel.table.rows.keys[0])
    assert "case.open" in panel.detail.text()
    panel.refused.click()
    panel.lines["who"].setText("LI")
    panel.lines["who"].textEdited.emit("LI")
    until(lambda: panel.table.shown_rows() == 30)
    panel.lines["who"].setText("")
    panel.choose_sign(panel.signs.rows.keys[0])
    until(lambda: panel.table.shown_rows() == 30)
    assert panel.lines["who"].text() == "li"
    assert "30" in str(panel.signs.rows.index(0, 2).data())
    panel.verify.click()
    until(lambda: "校验通过" in panel.result.text())
    tamper(desk_file(window.desk.session.home), "UPDATE audit_entry SET body = replace(body, 'li', 'me') WHERE seq = 5")
    panel.verify.click()
    until(lambda: "第 5 条被改动" in panel.result.text())
    window.look.set_language("en")
    assert "entry 5: it was changed" in panel.result.text()
