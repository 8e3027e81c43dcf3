"""What stands in front of a point of the scene, by the depths of the picture that was drawn last."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkFloatArray
from vtkmodules.vtkRenderingCore import vtkRenderer

from twin.geo import BoolArray, FloatArray

WITHIN_M = 4000.0
"""Cameras farther from what they look at see over the houses, though not over mountains."""
BESIDE_M, SHARE = 12.0, 0.03
"""How much nearer than a point something must be to hide it."""


class Sight:
    """Reads depths once for each frame, and only if somebody asks."""

    def __init__(self, renderer: vtkRenderer) -> None:
        self._renderer = renderer
        self._array = vtkFloatArray()
        self._z: NDArray[np.float32] | None = None

    def forget(self) -> None:
        """Begin a new frame."""
        self._z = None

    def hides(self, x: FloatArray, y: FloatArray, depth_m: FloatArray, ratio: float) -> BoolArray:
        """Tell which points are behind something.

        Parameters
        ----------
        x, y, depth_m : (N,) float arrays
            As :meth:`app.map.camera.Lens.project` gives them: pixels of the widget, metres.
        ratio : float
            Pixels of the device to one of the widget.
        """
        if self._z is None:
            self._z = self._read()
        height, width = self._z.shape
        col, row = (x * ratio).astype(np.int64), height - 1 - (y * ratio).astype(np.int64)
        inside = (col >= 0) & (col < width) & (row >= 0) & (row < height)
        z = self._z[np.where(inside, row, 0), np.where(inside, col, 0)].astype(np.float64)
        near, far = self._renderer.GetActiveCamera().GetClippingRange()
        there_m = near * far / (far - z * (far - near))
        return np.asarray(inside & (there_m < depth_m * (1 - SHARE) - BESIDE_M))

    def _read(self) -> NDArray[np.float32]:
        """Return the depth of each pixel, (H, W) from 0 to 1, row 0 at the bottom."""
        window = self._renderer.GetRenderWindow()
        width, height = window.GetSize()
        window.GetZbufferData(0, 0, width - 1, height - 1, self._array)
        return np.asarray(vtk_to_numpy(self._array).reshape(height, width))  # type: ignore[no-untyped-call]
