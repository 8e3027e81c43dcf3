"""The form of a notice: to whom, over what, from which template, on which legal basis."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QInputDialog,
    QPlainTextEdit,
    QWidget,
)

from app.desk import Desk
from app.texts import Texts
from app.widgets.parts import label, line
from twin.operations.records import NOTICES, Incident

TEMPLATES = ("notify", "doors", "move_vehicle", "suspended", "result")


class NoticeForm:
    """Asks for a notice and hands what was typed to ``send``; one at a time."""

    def __init__(self, desk: Desk, send: Callable[..., object]) -> None:
        self._desk, self._send = desk, send
        self.dialog: QDialog | None = None

    def ask(self, incident: Incident, template: str, basis: str, step: str = "") -> None:
        """Open the form, with what is known filled in."""
        self.close()
        texts = self._desk.look.texts
        self.dialog = _Form(texts, incident, template, basis, QApplication.activeWindow())
        form = self.dialog
        form.accepted.connect(lambda: self._send(about=incident.id, step=step, refused=lambda _: None, **form.told()))
        form.open()

    def close(self) -> None:
        """Put the form away."""
        if self.dialog is not None:
            self.dialog.close()
            self.dialog.deleteLater()
            self.dialog = None


class _Form(QDialog):
    def __init__(self, texts: Texts, incident: Incident, template: str, basis: str, parent: QWidget | None) -> None:
        super().__init__(parent)
        self._texts, self._incident = texts, incident
        self.setWindowTitle(texts("command.work.notice"))
        self.channel, self.template = QComboBox(), QComboBox()
        for channel in NOTICES:
            self.channel.addItem(texts(f"channel.{channel}"), channel)
        for name in TEMPLATES:
            self.template.addItem(texts(f"notice.{name}"), name)
        self.recipient, self.basis, self.words = line(200), line(400), QPlainTextEdit()
        self.basis.setText(basis)
        self.words.setFixedHeight(96)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.send = self.buttons.addButton(texts("notice.send"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.buttons.button(QDialogButtonBox.StandardButton.Cancel).setIcon(QIcon())
        layout = QFormLayout(self)
        about = label("quiet", wrap=True)
        about.setText(f"{incident.id} · {incident.title} · {incident.place}")
        layout.addRow(about)
        for name in ("channel", "recipient", "template", "words", "basis"):
            layout.addRow(texts(f"notice.field_{name}"), getattr(self, name))
            getattr(self, name).setAccessibleName(texts(f"notice.field_{name}"))
        layout.addRow(self.buttons)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.template.currentIndexChanged.connect(lambda _: self._write())
        for field in (self.recipient, self.basis):
            field.textChanged.connect(lambda _: self._check())
        self.words.textChanged.connect(self._check)
        self.template.setCurrentIndex(TEMPLATES.index(template))
        self._write()
        self.setMinimumWidth(480)

    def told(self) -> dict[str, str]:
        """Return what was typed."""
        return {
            "channel": self.channel.currentData(), "recipient": self.recipient.text().strip(),
            "template": self.template.currentData(), "text": self.words.toPlainText().strip(),
            "basis": self.basis.text().strip(),
        }  # fmt: skip

    def _write(self) -> None:
        one = self._incident
        self.words.setPlainText(
            self._texts(
                f"notice.text_{self.template.currentData()}", id=one.id, title=one.title, place=one.place or "—"
            )
        )
        self._check()

    def _check(self) -> None:
        self.send.setEnabled(all(self.told().values()))


def ask_title(texts: Texts, title: str, done: Callable[[str], object]) -> None:
    """Ask what a part of an incident is called."""
    dialog = QInputDialog(QApplication.activeWindow())
    dialog.setWindowTitle(texts("command.work.part"))
    dialog.setLabelText(texts("work.part_hint"))
    dialog.setTextValue(title)
    dialog.textValueSelected.connect(lambda text: done(text.strip()) if text.strip() else None)
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
