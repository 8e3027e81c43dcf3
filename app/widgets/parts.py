"""Small widgets with the names the style sheet knows them by."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLineEdit, QToolButton, QWidget

Part = TypeVar("Part", bound=QWidget)


def named(widget: Part, name: str) -> Part:
    """Give a widget the name its style goes by."""
    widget.setObjectName(name)
    return widget


def label(style: str = "", *, wrap: bool = False, rich: bool = False, side: Qt.AlignmentFlag | None = None) -> QLabel:
    """Return an empty label; plain text unless ``rich``."""
    made = named(QLabel(), style)
    made.setWordWrap(wrap)
    made.setTextFormat(Qt.TextFormat.RichText if rich else Qt.TextFormat.PlainText)
    if side is not None:
        made.setAlignment(side | Qt.AlignmentFlag.AlignVCenter)
    return made


def line(longest: int = 4000, *, clear: bool = False) -> QLineEdit:
    """Return an empty line to type in."""
    made = QLineEdit()
    made.setMaxLength(longest)
    made.setClearButtonEnabled(clear)
    return made


def tool(style: str = "", *, checkable: bool = False, checked: bool = False) -> QToolButton:
    """Return a tool button."""
    made = named(QToolButton(), style)
    made.setCheckable(checkable)
    made.setChecked(checked)
    return made


def make_ready(hidden: QWidget) -> None:
    """Dress a widget and all in it before it is first shown: doing it then takes a turn of the window."""
    for widget in (hidden, *hidden.findChildren(QWidget)):
        widget.ensurePolished()
