"""Bending the planner's straight grid into a landscape.

Streets, canals and blocks are laid out in straight *grid* metres (u east, v north) and bent by a few long waves into
projected metres, so that everything curves together: what is parallel or perpendicular on the grid stays so on the
ground to within a few degrees.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Bend:
    """Sine waves that displace grid metres.

    Parameters
    ----------
    east_m, north_m : float
        Where the grid's origin lies in the projected system.
    wave : (K, 4) float array
        Wave numbers in u and v (1/m), phase, and amplitude (m) of each wave.
    direction : (K, 2) float array
        Unit vector of the displacement.
    """

    east_m: float
    north_m: float
    wave: FloatArray
    direction: FloatArray

    def _phase(self, u: FloatArray, v: FloatArray) -> FloatArray:
        phase: FloatArray = self.wave[:, 0] * u[..., None] + self.wave[:, 1] * v[..., None] + self.wave[:, 2]
        return phase

    def to_world(self, u: ArrayLike, v: ArrayLike) -> FloatArray:
        """Return (..., 2) projected coordinates, rounded to the centimetre."""
        u, v = np.asarray(u, dtype=np.float64), np.asarray(v, dtype=np.float64)
        # Sums, not a matrix product: the same point must give the same centimetre in any batch.
        sway = np.sin(self._phase(u, v)) * self.wave[:, 3]
        shift = np.stack([np.sum(sway * self.direction[:, axis], axis=-1) for axis in (0, 1)], axis=-1)
        world: FloatArray = np.round(np.stack([self.east_m + u, self.north_m + v], axis=-1) + shift, 2)
        return world

    def axes(self, u: ArrayLike, v: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Return how one grid metre east and one north look on the ground, each (..., 2)."""
        u, v = np.asarray(u, dtype=np.float64), np.asarray(v, dtype=np.float64)
        slope = np.cos(self._phase(u, v)) * self.wave[:, 3]
        east = (slope * self.wave[:, 0]) @ self.direction + np.array([1.0, 0.0])
        north = (slope * self.wave[:, 1]) @ self.direction + np.array([0.0, 1.0])
        return east, north

    def to_grid(self, east_m: ArrayLike, north_m: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Invert :meth:`to_world` by fixed-point steps; the waves are gentle, so twenty are plenty."""
        goal = np.stack([np.asarray(east_m, dtype=np.float64), np.asarray(north_m, dtype=np.float64)], axis=-1)
        u, v = goal[..., 0] - self.east_m, goal[..., 1] - self.north_m
        for _ in range(20):
            error = goal - self.to_world(u, v)
            u, v = u + error[..., 0], v + error[..., 1]
        return u, v


def make_bend(east_m: float, north_m: float, waves: tuple[tuple[float, float], ...], rng: np.random.Generator) -> Bend:
    """Draw waves of the given lengths and amplitudes, two directions each."""
    lengths = np.repeat([length for length, _ in waves], 2)
    amplitude = np.repeat([amplitude for _, amplitude in waves], 2)
    heading = rng.uniform(0, np.pi, len(lengths) // 2)
    heading = np.column_stack([heading, heading + np.pi / 2]).ravel() + rng.normal(0, 0.2, len(lengths))
    number = 2 * np.pi / (lengths * rng.uniform(0.85, 1.2, len(lengths)))
    phase = rng.uniform(0, 2 * np.pi, len(lengths))
    shove = rng.uniform(0, 2 * np.pi, len(lengths))
    wave = np.column_stack([number * np.cos(heading), number * np.sin(heading), phase, amplitude])
    return Bend(east_m, north_m, wave, np.column_stack([np.cos(shove), np.sin(shove)]))
