"""The bar under the map, one for all that is not now: the history by days, and a recording that plays.

It says what is shown and tells what is asked. While a recording plays, a button beside its name changes between it and
the history; the map shows what the bar is about.
"""

from __future__ import annotations

import time

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSlider, QWidget

from app import formats
from app.look import Look
from app.look_back import Recorded, Stand
from app.widgets.day_picker import DayPicker, day_of
from app.widgets.parts import label, tool
from app.widgets.speed_box import SpeedBox
from app.widgets.time_strip import DAY_S, TimeStrip
from twin.world import Playback

AGAIN_MS = 1000
DAY_EVERY = 15
"""What is recorded of a day that is not over is asked for each so many seconds."""
KEYS_MS = 200
SETTLED_S = 0.7
"""So long after a recording was wound the bar waits for the engine to be there."""
ORDERS = {
    "history": {"look": "history.look", "play": "history.play", "pause": "history.pause", "speed": "history.speed",
                "now": "history.now"},
    "recording": {"look": "recording.seek", "play": "recording.resume", "pause": "recording.pause",
                  "speed": "recording.speed", "now": "recording.stop"},
}  # fmt: skip
"""What the same button asks for, of the history and of a recording."""


class TimeBar(QWidget):
    """Shows where the look back or the recording stands, and tells what is asked of it."""

    steered = Signal(str, float)
    """Id of a command and its value."""
    dragged = Signal(float)
    """The time of the history that the handle is over, while it is dragged."""
    day_wanted = Signal(float)
    """When the day begins of which the bar wants to know what is recorded."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("timeBar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._look = look
        self._stand: Stand | None = None
        self._playback: Playback | None = None
        self._recorded: Recorded | None = None
        self._speed, self._day_s = 1.0, day_of(time.time())
        self._ticks, self._held_until = 0, 0.0
        self.notice, self.clock = label("timeNotice"), label("timeClock")
        self.title, self.left = label("quiet"), label("quiet")
        self.recording = tool("timeRecording", checkable=True)
        self.back, self.play, self.now = tool(), tool(), tool()
        self.earlier, self.later = tool(), tool()
        self.day, self.strip, self.speed = DayPicker(look), TimeStrip(look), SpeedBox()
        self._keys = QTimer(self, singleShot=True, interval=KEYS_MS)
        self._second = QTimer(self, interval=AGAIN_MS)
        self._lay_out()
        self._wire()

    def _lay_out(self) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 0, 8, 0)
        layout.setSpacing(8)
        before: tuple[QWidget, ...] = (
            self.notice,
            self.recording,
            self.title,
            self.day,
            self.back,
            self.play,
            self.clock,
        )
        behind: tuple[QWidget, ...] = (self.left, self.earlier, self.later, self.speed, self.now)
        for widget in before:
            layout.addWidget(widget)
        layout.addWidget(self.strip, 1)
        for widget in behind:
            layout.addWidget(widget)
        self.now.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.recording.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)

    def _wire(self) -> None:
        self.day.chosen.connect(self._show_day)
        self.play.clicked.connect(lambda: self._order("pause" if self._way() > 0 else "play"))
        self.back.clicked.connect(
            lambda: self.steered.emit("history.pause" if self._way() < 0 else "history.play_back", 0.0)
        )
        self.earlier.clicked.connect(lambda: self.steered.emit("history.previous_event", 0.0))
        self.later.clicked.connect(lambda: self.steered.emit("history.next_event", 0.0))
        self.now.clicked.connect(lambda: self._order("now"))
        self.recording.toggled.connect(lambda _on: self._on_turned())
        self.speed.activated.connect(lambda row: self._on_speed(float(self.speed.itemData(row))))
        self.strip.sliderPressed.connect(self._on_pressed)
        self.strip.sliderMoved.connect(lambda _step: self._on_dragged())
        self.strip.sliderReleased.connect(self._look_there)
        self.strip.actionTriggered.connect(self._on_key)
        self._keys.timeout.connect(self._look_there)
        self._second.timeout.connect(self._on_second)
        self._look.language_changed.connect(self.retranslate)
        self._look.theme_changed.connect(self.retranslate)
        self.retranslate()

    @property
    def about(self) -> str:
        """``recording`` or ``history``: what the bar is about."""
        return "recording" if self._playback is not None and self.recording.isChecked() else "history"

    def set_stand(self, stand: Stand | None) -> None:
        """Show where the look back stands; None while the map shows now."""
        self._stand = stand
        if self._playback is not None:
            self.recording.setChecked(stand is None)
        if stand is not None:
            self._speed = abs(stand.speed)
            if not self._is_held() and not self._day_s <= stand.at_s < self._day_s + DAY_S:
                self._show_day(day_of(stand.at_s))
        self._dress()

    def set_playback(self, playback: Playback | None, name: str = "") -> None:
        """Show where a recording stands; None where none plays. One that begins is what the bar is about."""
        begins = playback is not None and self._playback is None
        self._playback = playback
        if name != self.title.text():
            self.title.setText(name)
            self.title.setToolTip(name)
        if begins:
            with QSignalBlocker(self.recording):  # all is dressed below
                self.recording.setChecked(True)
        self._dress()

    def set_recorded(self, recorded: Recorded) -> None:
        """Show what is recorded of the day that was asked for."""
        self._recorded = recorded
        self.day.set_hours(recorded.hours)
        self._dress()

    def forget(self) -> None:
        """Begin anew with a twin of which nothing is known yet."""
        self._recorded = None
        self._show_day(day_of(time.time()))

    def showEvent(self, event: QShowEvent) -> None:
        """Follow the clock while it can be seen."""
        super().showEvent(event)
        self._second.start()
        self._on_second()

    def _on_second(self) -> None:
        if not self.isVisible():
            self._second.stop()
            return
        today_s = day_of(time.time())
        if self._stand is None and self._day_s == today_s - DAY_S and self.strip.value() >= DAY_S - 2:
            self._show_day(today_s)  # midnight
        elif self._ticks % DAY_EVERY == 0 and self._day_s in (today_s, today_s - DAY_S):
            self.day_wanted.emit(self._day_s)
        self._ticks += 1
        self._dress()

    def _show_day(self, begin_s: float) -> None:
        self._day_s = begin_s
        self.day_wanted.emit(begin_s)
        self._dress()

    def _order(self, what: str, value: float = 0.0) -> None:
        self.steered.emit(ORDERS[self.about][what], value)

    def _way(self) -> int:
        """Return 1 while time goes on, -1 while it runs back, 0 while it stands still or is now."""
        if self.about == "recording":
            return 0 if self._playback is None or self._playback.paused else 1
        if self._stand is None or not self._stand.playing:
            return 0
        return 1 if self._stand.speed > 0 else -1

    def _is_held(self) -> bool:
        """Tell whether the handle is where the operator has put it, and not where time stands."""
        return self.strip.isSliderDown() or self._keys.isActive() or time.monotonic() < self._held_until

    def _on_turned(self) -> None:
        """Go over to the history, to the end of what is recorded, or back to the recording."""
        if self.recording.isChecked() and self._stand is not None:
            self.steered.emit("history.now", 0.0)
        elif not self.recording.isChecked() and self._stand is None and self._playback is not None:
            self.steered.emit("history.look", time.time())
        self._dress()

    def _on_speed(self, speed: float) -> None:
        self._speed = speed
        self._order("speed", speed)

    def _on_pressed(self) -> None:
        if self.about == "history":
            self._look_there()

    def _on_dragged(self) -> None:
        self._show_clock(self.strip.at_s)
        if self.about == "history":
            self.dragged.emit(self.strip.at_s)

    def _on_key(self, action: int) -> None:
        """Look after the last of several keys; dragging is no key."""
        if action != QSlider.SliderAction.SliderMove.value:
            self._keys.start()

    def _look_there(self) -> None:
        if self.about == "recording":
            self._held_until = time.monotonic() + SETTLED_S
            self._show_clock(self.strip.at_s)
        self._order("look", self.strip.at_s)

    def _dress(self) -> None:
        """Bring everything in line with what is shown."""
        recording = self.about == "recording"
        for words in (self.title, self.left):
            words.setVisible(recording)
        for control in (self.day, self.back, self.earlier, self.later):
            control.setVisible(not recording)
        self.recording.setVisible(self._playback is not None)
        self.recording.setEnabled(self._recorded is not None and self._recorded.span_s is not None)
        if recording:
            self._dress_recording()
        else:
            self._dress_history()
        self._dress_way()

    def _dress_recording(self) -> None:
        play = self._playback
        assert play is not None  # noqa: S101 - the bar is about it
        self.strip.set_stretch(play.begin_s, play.end_s)
        self.strip.set_now(None, is_now=False)
        self.strip.setEnabled(True)
        self._say("past", self._look.texts("timebar.recording"))
        self.speed.setEnabled(True)
        self.speed.show_speed(play.speed)
        self.now.setEnabled(True)
        self.play.setEnabled(True)
        if not self._is_held():
            self._put_handle(play.clock_s)
            self._show_clock(play.clock_s)

    def _dress_history(self) -> None:
        now_s, is_now = time.time(), self._stand is None
        known = self._recorded is not None and self._recorded.span_s is not None
        self.strip.set_stretch(self._day_s, self._day_s + DAY_S)
        if self._recorded is not None and self._recorded.begin_s == self._day_s:
            self.strip.set_recorded(self._recorded.counts, self._recorded.happenings)
        self.strip.set_now(now_s, is_now=is_now)
        self.strip.setEnabled(known)
        at_s = now_s if self._stand is None else self._stand.at_s
        if not self._is_held() and self._day_s <= at_s < self._day_s + DAY_S:
            self._put_handle(at_s)
        words = "now" if self._stand is None else "reading" if self._stand.reading else "past"
        mode = "past" if not is_now else "now" if known else "nothing"
        self._say(mode, self._look.texts(f"timebar.{words if known or not is_now else 'nothing'}"))
        if not self.strip.isSliderDown():
            self._show_clock(at_s)
        self.day.set_day(self._day_s, now_s)
        self.speed.show_speed(self._speed)
        for widget in (self.speed, self.earlier, self.later):
            widget.setEnabled(known)
        for button in (self.now, self.play, self.back):
            button.setEnabled(not is_now)

    def _put_handle(self, at_s: float) -> None:
        with QSignalBlocker(self.strip):
            self.strip.set_at(at_s)
        self.strip.update()

    def _say(self, mode: str, words: str) -> None:
        self.notice.setText(words)
        for widget in (self.notice, self.clock):
            if mode != widget.property("mode"):
                widget.setProperty("mode", mode)
                widget.style().polish(widget)

    def _dress_way(self) -> None:
        """Let the two buttons that make time go show what they would do."""
        way = self._way()
        for button, going, icon, order in (
            (self.play, way > 0, "play", ORDERS[self.about]["play"]),
            (self.back, way < 0, "rewind", "history.play_back"),
        ):
            command = ORDERS[self.about]["pause"] if going else order
            if command != button.property("order"):
                button.setProperty("order", command)
                button.setIcon(self._look.icon("pause" if going else icon, "text"))
                button.setToolTip(self._look.texts(f"command.{command}"))
                button.setAccessibleName(self._look.texts(f"command.{command}"))

    def _show_clock(self, at_s: float) -> None:
        if self.about == "recording" and self._playback is not None:
            self.clock.setText(f"{formats.local_time(at_s):%Y-%m-%d %H:%M:%S}")
            self.left.setText(f"−{_span(self._playback.end_s - at_s)}")
        else:
            self.clock.setText(formats.clock(at_s))

    def retranslate(self, *_: object) -> None:
        """Write everything in the language of the moment."""
        texts = self._look.texts
        self.day.retranslate()
        for button, icon, key in (
            (self.earlier, "skip-back", "command.history.previous_event"),
            (self.later, "skip-forward", "command.history.next_event"),
            (self.now, "clock-clockwise", "command.history.now"),
            (self.recording, "film-strip", "timebar.turn"),
        ):
            button.setIcon(self._look.icon(icon, "text"))
            button.setToolTip(texts(key))
            button.setAccessibleName(texts(key))
        self.now.setText(texts("timebar.back"))
        self.strip.setAccessibleName(texts("timebar.strip"))
        self.speed.setAccessibleName(texts("timebar.speed"))
        self.speed.setToolTip(texts("timebar.speed"))
        for button in (self.play, self.back):
            button.setProperty("order", "")
        self._dress()


def _span(seconds: float) -> str:
    """Write what is left: ``4:05`` or ``1:04:05``."""
    minutes, second = divmod(round(max(seconds, 0.0)), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
