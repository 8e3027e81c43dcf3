"""The one sound of the window: two soft tones when something severe comes in."""

from __future__ import annotations

import io
import shutil
import sys
import wave
from functools import cache
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QProcess

RATE_HZ, TONE_S, VOLUME = 22_050, 0.16, 0.22
TONES_HZ = {1: (880.0, 659.3), 2: (659.3, 523.3)}
"""Severities that sound, each with a falling interval of its own."""
PLAYERS = ("pw-play", "paplay", "aplay")


@cache
def tone(severity: int) -> bytes:
    """Return the sound of a severity as a WAV file, 16 bit, one channel."""
    t_s = np.arange(round(RATE_HZ * TONE_S)) / RATE_HZ
    swell = np.sin(np.pi * t_s / TONE_S) ** 2
    samples = np.concatenate([np.sin(2.0 * np.pi * hz * t_s) * swell for hz in TONES_HZ[severity]])
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        out.writeframes((samples * VOLUME * 32_767).astype("<i2").tobytes())
    return file.getvalue()


def player() -> str:
    """Return the system's program that plays a file; empty if there is none."""
    if sys.platform == "win32":
        return "winsound"
    return next((found for name in PLAYERS if (found := shutil.which(name))), "")


class Sound(QObject):
    """Plays the tone of a severity, unless it is muted, plays one already, or the machine has no player.

    Parameters
    ----------
    folder : Path
        Where the tones are kept for the player.
    """

    def __init__(self, folder: Path, parent: QObject) -> None:
        super().__init__(parent)
        self._folder, self.player, self.muted = folder, player(), False
        self._process = QProcess(self)

    def play(self, severity: int) -> bool:
        """Play, and tell whether anything is to be heard."""
        busy = self._process.state() != QProcess.ProcessState.NotRunning
        if self.muted or busy or not self.player or severity not in TONES_HZ:
            return False
        path = self._folder / f"alert-{severity}.wav"
        if not path.exists():
            path.write_bytes(tone(severity))
        if sys.platform == "win32":
            import winsound

            winsound.PlaySound(str(path), winsound.SND_FILENAME | winsound.SND_ASYNC | winsound.SND_NODEFAULT)
        else:
            self._process.start(self.player, [str(path)])
        return True

    def close(self) -> None:
        """Be silent."""
        self._process.kill()
        self._process.waitForFinished(500)
