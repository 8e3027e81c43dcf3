"""``python -m app.doctor.driver``: ask the graphics driver who it is, and print it as JSON."""

from __future__ import annotations

import json
import sys

from PySide6.QtGui import QGuiApplication, QOffscreenSurface, QOpenGLContext

GL_RENDERER, GL_VERSION = 0x1F01, 0x1F02


def main() -> int:
    """Print renderer and version; 1 if there is no context."""
    app = QGuiApplication(sys.argv[:1])
    surface, context = QOffscreenSurface(), QOpenGLContext()
    surface.create()
    if not context.create() or not context.makeCurrent(surface):
        print("there is no OpenGL context", file=sys.stderr)
        return 1
    functions = context.functions()
    told = {"renderer": functions.glGetString(GL_RENDERER), "version": functions.glGetString(GL_VERSION)}
    context.doneCurrent()
    print(json.dumps(told))
    app.quit()
    return 0


if __name__ == "__main__":
    sys.exit(main())
