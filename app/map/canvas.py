"""The widget that holds GL: one VTK render for each paint, and a painter on top of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import shiboken6
from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QDropEvent, QPainter, QResizeEvent, QWheelEvent
from PySide6.QtOpenGL import QOpenGLPaintDevice
from PySide6.QtWidgets import QWidget
from pyvistaqt import QtInteractor


class Canvas(QtInteractor):
    """Draws when Qt asks it to, and leaves mouse and keys to the map.

    Parameters
    ----------
    before, after : callable
        Called before the VTK render, and with a painter once it is on the widget.
    """

    def __init__(
        self, parent: QWidget, before: Callable[[], None], after: Callable[[QPainter], None], done: Callable[[], None]
    ) -> None:
        super().__init__(parent, auto_update=False, multi_samples=0, lighting="none", off_screen=False)
        self.setAcceptDrops(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self._before, self._after, self._done = before, after, done
        self.renders = 0
        self.due = False
        """Whether it was asked to be drawn and has not been yet."""
        self._window = self.GetRenderWindow()  # type: ignore[no-untyped-call]
        self._count_tag = self._window.AddObserver("EndEvent", self._count)
        self.iren.interactor.SetInteractorStyle(None)
        # pyvista lays a theme of its own under everything.
        self.renderer.SetGradientBackground(False)
        self._open, self._resizing = True, False

    @property
    def gl_name(self) -> str:
        """What OpenGL calls its renderer; empty before the first frame."""
        told = str(self._window.ReportCapabilities())
        lines = [line for line in told.splitlines() if line.startswith("OpenGL renderer string")]
        return lines[0].partition(":")[2].strip() if lines else ""

    def smooth(self, samples: int) -> None:
        """Take so many samples a pixel from the next frame on."""
        if self._window.GetMultiSamples() != samples:
            self._window.SetMultiSamples(samples)

    def _count(self, _window: Any, _event: str) -> None:
        self.renders += 1

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Take a new size, and draw when the window is drawn: Qt would draw here and now, and then once more."""
        self._resizing = True
        super().resizeEvent(event)
        self._resizing = False
        self.update()

    def update(self) -> None:  # type: ignore[override]  # Qt's other forms, for a part of it, are not used
        """Ask to be drawn."""
        self.due = True
        super().update()

    def paintGL(self) -> None:
        """Draw the scene once, then the words over it; nothing while hidden or closed."""
        self.due = False
        if not self._open or self._resizing or not self.isVisible():
            return
        self._before()
        super().paintGL()  # type: ignore[no-untyped-call]
        # A painter on the widget itself is lost when a whole window is grabbed; this one paints where GL paints.
        self.makeCurrent()
        ratio = self.devicePixelRatioF()
        target = QOpenGLPaintDevice(QSize(round(self.width() * ratio), round(self.height() * ratio)))
        target.setDevicePixelRatio(ratio)
        painter = QPainter(target)
        try:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
            self._after(painter)
        finally:
            painter.end()
        self._done()

    # The map reads mouse and keys itself: what it does not take goes on to the parent.
    def mousePressEvent(self, event: QEvent) -> None:
        """Leave to the map."""
        event.ignore()

    mouseReleaseEvent = mouseMoveEvent = mouseDoubleClickEvent = mousePressEvent  # noqa: N815
    keyPressEvent = keyReleaseEvent = enterEvent = leaveEvent = mousePressEvent  # noqa: N815

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave to the map."""
        event.ignore()

    def dropEvent(self, event: QDropEvent) -> None:
        """Leave to the window."""
        event.ignore()

    def finish(self) -> None:
        """Let go of VTK."""
        if self._open:
            self._open = False
            self._window.RemoveObserver(self._count_tag)
            self.close()
            del self._before, self._after, self._done, self._window
            # Now, while its GL context is there: the garbage collector would end Qt and Python in the wrong order.
            shiboken6.delete(self)
