from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from twin.pieces import in_pieces


def test_the_pieces_come_together_in_their_order() -> None:
    sizes: list[int] = []

    def doubled(values: NDArray[np.int64]) -> NDArray[np.int64]:
        sizes.append(len(values))
        return values * 2

    np.testing.assert_array_equal(in_pieces(doubled, np.arange(1001), size=500), np.arange(1001) * 2)
    assert sizes == [500, 500, 1]


def test_of_nothing_comes_nothing_of_the_right_kind() -> None:
    assert in_pieces(shapely.get_coordinates, np.zeros(0, object)).shape == (0, 2)
