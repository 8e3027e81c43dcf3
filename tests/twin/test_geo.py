from __future__ import annotations

import numpy as np
import pytest
from pyproj import Transformer

from twin.geo import LocalFrame


@pytest.mark.parametrize(("crs", "origin_m"), [("EPSG:4549", (588_000, 3_412_000)), ("EPSG:28992", (85_000, 447_000))])
def test_the_operation_kept_for_a_place_says_what_proj_says(crs: str, origin_m: tuple[int, int]) -> None:
    frame = LocalFrame(crs, origin_m)
    lon, lat = frame.to_lonlat(np.array([0.0, 30_000.0]), np.array([0.0, -20_000.0]))
    x, y = np.array([0.0, 30_000.0]) + origin_m[0], np.array([0.0, -20_000.0]) + origin_m[1]
    expected = Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(x, y)
    assert np.allclose([lon, lat], expected, atol=1e-9, rtol=0.0)
    assert np.allclose(frame.to_local(lon, lat), [[0.0, 30_000.0], [0.0, -20_000.0]], atol=0.01)
