"""How fast time goes on."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox

SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 100.0, 300.0, 1000.0)


class SpeedBox(QComboBox):
    """Speeds in seconds a second; one that was asked for elsewhere gets a row in its place."""

    def __init__(self) -> None:
        super().__init__()
        for speed in SPEEDS:
            self.addItem(f"{speed:g}×", speed)
        self.show_speed(1.0)

    def show_speed(self, speed: float) -> None:
        """Show a speed, unless another one is just being chosen."""
        row = self.findData(speed)
        if row < 0:
            row = sum(float(self.itemData(other)) < speed for other in range(self.count()))
            self.insertItem(row, f"{speed:g}×", speed)
        if not self.view().isVisible():
            self.setCurrentIndex(row)
