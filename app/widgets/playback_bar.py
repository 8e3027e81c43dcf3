"""The bar under the map while a recording plays: what, when, how fast, and back to now."""

from __future__ import annotations

import time

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSlider, QStyle, QStyleOptionSlider, QWidget

from app import formats
from app.look import Look
from app.widgets.parts import label, tool
from twin.world import Playback

SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 100.0, 300.0, 1000.0)
STEPS = 1000
SETTLED_S = 0.7
"""So long after a seek the bar waits for the engine to be there."""


class Progress(QSlider):
    """A slider that goes where it is pressed."""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Put the handle under the pointer, then let it be dragged."""
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        part = QStyle.SubControl.SC_SliderHandle
        handle = self.style().subControlRect(QStyle.ComplexControl.CC_Slider, option, part, self)
        if event.button() == Qt.MouseButton.LeftButton and not handle.contains(event.position().toPoint()):
            span = max(self.width() - handle.width(), 1)
            self.setSliderPosition(
                QStyle.sliderValueFromPosition(0, STEPS, round(event.position().x() - handle.width() / 2), span)
            )
        super().mousePressEvent(event)


class PlaybackBar(QWidget):
    """Shows a :class:`twin.world.Playback` and tells what is asked of it."""

    steered = Signal(str, float)
    """``pause``, ``resume``, ``stop``, ``speed`` or ``seek``, and its value."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("playbackBar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._look = look
        self._playback: Playback | None = None
        self._held_until = 0.0
        self.notice, self.title = label("replayNotice"), label("quiet")
        self.clock, self.left = label("replayClock"), label("quiet")
        self.play, self.stop = tool(), tool()
        self.slider = Progress(Qt.Orientation.Horizontal)
        self.slider.setRange(0, STEPS)
        self.slider.setPageStep(STEPS // 20)
        self.slider.setSingleStep(STEPS // 100)
        self.speed = QComboBox()
        for speed in SPEEDS:
            self.speed.addItem(f"{speed:g}×", speed)
        self._seek = QTimer(self)
        self._seek.setSingleShot(True)
        self._seek.setInterval(200)
        self._lay_out()
        self._wire()

    def _lay_out(self) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 0, 8, 0)
        layout.setSpacing(10)
        for widget in (self.notice, self.title, self.play, self.clock):
            layout.addWidget(widget)
        layout.addWidget(self.slider, 1)
        layout.addWidget(self.left)
        layout.addWidget(self.speed)
        layout.addWidget(self.stop)
        self.stop.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)

    def _wire(self) -> None:
        self.play.clicked.connect(self._on_play)
        self.stop.clicked.connect(lambda: self.steered.emit("stop", 0.0))
        self.speed.activated.connect(lambda row: self.steered.emit("speed", float(self.speed.itemData(row))))
        self.slider.sliderMoved.connect(lambda _step: self._show_times(self._wanted_s()))
        self.slider.actionTriggered.connect(self._on_action)
        self.slider.sliderReleased.connect(self._on_seek)
        self._seek.timeout.connect(self._on_seek)
        self._look.language_changed.connect(self.retranslate)
        self._look.theme_changed.connect(self.retranslate)
        self.retranslate()

    def set_name(self, name: str) -> None:
        """Say what plays."""
        if name != self.title.text():
            self.title.setText(name)
            self.title.setToolTip(name)

    def set_playback(self, playback: Playback | None) -> None:
        """Show where it stands; None where nothing plays."""
        paused = self._playback is None or self._playback.paused
        self._playback = playback
        if playback is None:
            return
        if paused != playback.paused or self.play.icon().isNull():
            self._dress_play()
        row = self._row_of(playback.speed)
        if row != self.speed.currentIndex() and not self.speed.view().isVisible():
            self.speed.setCurrentIndex(row)
        if self.slider.isSliderDown() or self._seek.isActive() or time.monotonic() < self._held_until:
            return
        span_s = max(playback.end_s - playback.begin_s, 1e-3)
        self.slider.setSliderPosition(round(STEPS * (playback.clock_s - playback.begin_s) / span_s))
        self._show_times(playback.clock_s)

    def _show_times(self, at_s: float) -> None:
        if self._playback is None:
            return
        self.clock.setText(f"{formats.local_time(at_s):%Y-%m-%d %H:%M:%S}")
        self.left.setText(f"−{_span(self._playback.end_s - at_s)}")

    def _wanted_s(self) -> float:
        assert self._playback is not None  # noqa: S101 - the bar is only there while something plays
        play = self._playback
        return play.begin_s + (play.end_s - play.begin_s) * self.slider.sliderPosition() / STEPS

    def _on_action(self, action: int) -> None:
        """Wind after the last of several keys; dragging, and being moved by the recording itself, is no key."""
        if action != QSlider.SliderAction.SliderMove.value:
            self._seek.start()

    def _on_seek(self) -> None:
        self._seek.stop()
        if self._playback is not None:
            self._held_until = time.monotonic() + SETTLED_S
            self._show_times(self._wanted_s())
            self.steered.emit("seek", self._wanted_s())

    def _on_play(self) -> None:
        if self._playback is not None:
            self.steered.emit("resume" if self._playback.paused else "pause", 0.0)

    def _dress_play(self) -> None:
        order = "pause" if self._playback is not None and not self._playback.paused else "resume"
        self.play.setIcon(self._look.icon("pause" if order == "pause" else "play", "text"))
        self.play.setToolTip(self._look.texts(f"command.recording.{order}"))
        self.play.setAccessibleName(self._look.texts(f"command.recording.{order}"))

    def _row_of(self, speed: float) -> int:
        """Return the row of a speed; one that was asked for elsewhere gets a row in its place."""
        row = self.speed.findData(speed)
        if row < 0:
            row = sum(float(self.speed.itemData(other)) < speed for other in range(self.speed.count()))
            self.speed.insertItem(row, f"{speed:g}×", speed)
        return row

    def retranslate(self, *_: object) -> None:
        """Write everything in the language of the moment."""
        texts = self._look.texts
        self.notice.setText(f"◆ {texts('app.replay')}")
        self.stop.setIcon(self._look.icon("x", "text"))
        self.stop.setText(texts("replay.back"))
        self.stop.setToolTip(texts("command.recording.stop"))
        self.slider.setAccessibleName(texts("replay.progress"))
        self.slider.setToolTip(texts("replay.progress"))
        self.speed.setAccessibleName(texts("command.recording.speed"))
        self.speed.setToolTip(texts("command.recording.speed"))
        self._dress_play()


def _span(seconds: float) -> str:
    """Write what is left: ``4:05`` or ``1:04:05``."""
    minutes, second = divmod(round(max(seconds, 0.0)), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
