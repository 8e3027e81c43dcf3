"""Watches the card reader by a process of its own, and tells when a card was taken out."""

from __future__ import annotations

import json
from collections.abc import Callable

from PySide6.QtCore import QObject, QProcess, QTimer

from data.accounts.cards import module_of, reader_program
from data.accounts.trust import FOLDER
from data.home import Home
from twin.errors import MissingPieceError

AGAIN_MS = 5_000


class CardWatch(QObject):
    """Calls ``out`` when a card that was in the reader is not in it any more.

    Where cards are no way in here nothing is watched. A watching process that ends (a maker's library may fall over)
    is started again; a card that has gone meanwhile counts as taken out.
    """

    def __init__(self, home: Home, out: Callable[[], None], parent: QObject) -> None:
        super().__init__(parent)
        self._home, self._out = home, out
        self.present = False
        self._process: QProcess | None = None
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.setInterval(AGAIN_MS)
        self._again.timeout.connect(self.start)

    def start(self) -> None:
        """Watch from now on."""
        if not (self._home.data / FOLDER).is_dir():
            return
        try:
            module = module_of(self._home)
        except MissingPieceError:
            return  # signing in by card says so
        program, *arguments = reader_program()
        process = self._process = QProcess(self)
        process.readyReadStandardOutput.connect(self._on_told)
        process.finished.connect(self._on_finished)
        process.finished.connect(process.deleteLater)
        process.start(program, arguments)
        process.write(json.dumps({"module": str(module), "watch": True}).encode() + b"\n")

    def close(self) -> None:
        """Watch no more."""
        self._again.stop()
        process, self._process = self._process, None
        if process is not None:
            process.finished.disconnect(self._on_finished)
            process.kill()
            process.waitForFinished()
            process.deleteLater()

    def _on_told(self) -> None:
        process = self._process
        while process is not None and process.canReadLine():
            told = json.loads(process.readLine().toStdString())
            if "present" not in told:
                continue  # the reader does not answer: the process ends, and another one asks again
            was, self.present = self.present, told["present"]
            if was and not self.present:
                self._out()

    def _on_finished(self, *_: object) -> None:
        self._again.start()
