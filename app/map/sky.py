"""The sky behind the city."""

from __future__ import annotations

import numpy as np

from app.map import ground_shaders
from app.map.camera import HALF_VIEW, Lens
from app.map.daylight import Light
from app.map.gl import Arrays, Material, fill, make_actor, polydata
from app.map.ground import cells

ACROSS, UP = 24, 48


class Sky:
    """The sky, as a coarse grid over the screen; it is drawn by whoever puts :attr:`actor` into a renderer."""

    def __init__(self) -> None:
        self._material = Material(ground_shaders.sky())
        self.actor = make_actor(self._material)
        x, y = np.meshgrid(np.linspace(-1, 1, ACROSS + 1), np.linspace(-1, 1, UP + 1))
        corners = np.column_stack([x.ravel(), y.ravel(), np.zeros(x.size)]).astype(np.float32)
        triangles = cells(*x.shape).astype(np.int32)
        arrays = Arrays(corners, np.zeros((x.size, 4), np.uint8), np.zeros((0, 3), np.float32), triangles)
        fill(self.actor, polydata(arrays), (0.0, 0.0))
        self.actor.VisibilityOn()

    def set_uniforms(self, lens: Lens, light: Light, *, always: bool) -> None:
        """Tell the shader where one looks and what light there is; a sky that is out of the picture costs nothing."""
        top = lens.forward[2] + HALF_VIEW * lens.up[2]
        self.actor.SetVisibility(always or bool(top > -0.04))
        light.shine(self._material)
        half_w = HALF_VIEW * lens.width_px / max(lens.height_px, 1)
        self._material.set_vector("rayAt", *lens.forward)
        self._material.set_vector("rayX", *(lens.right * half_w))
        self._material.set_vector("rayY", *(lens.up * HALF_VIEW))
