"""The program's icon in the sizes and kinds that desktops ask for, from one drawing."""

from __future__ import annotations

import os
from pathlib import Path

from PIL import Image

from installers.place import APP_ID, PACKAGING

DRAWING = PACKAGING / "deb" / f"{APP_ID}.svg"
SIZES = (16, 24, 32, 48, 64, 128, 256)


def write_png(path: Path, size: int) -> None:
    """Draw the icon in one size."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import Qt
    from PySide6.QtGui import QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    image = QImage(size, size, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(str(DRAWING)).render(painter)
    painter.end()
    path.parent.mkdir(parents=True, exist_ok=True)
    if not image.save(str(path)):
        raise OSError(f"{path} could not be written")


def write_ico(path: Path) -> None:
    """Write all sizes into one file, as Windows asks."""
    largest = path.with_suffix(".png")
    write_png(largest, SIZES[-1])
    with Image.open(largest) as image:
        image.save(path, sizes=[(size, size) for size in SIZES])
    largest.unlink()
