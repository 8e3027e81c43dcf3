from __future__ import annotations

import pytest

from app.map.quality import LEVELS, level_for


@pytest.mark.parametrize(
    ("renderer", "level"),
    [
        ("llvmpipe (LLVM 15.0.6, 256 bits)", "software"),
        ("Google SwiftShader", "software"),
        ("Microsoft Basic Render Driver", "software"),
        ("", "software"),
        ("Mesa Intel(R) UHD Graphics 630 (CFL GT2)", "integrated"),
        ("Zhaoxin C-960 GPU", "integrated"),
        ("NVIDIA GeForce RTX 4070/PCIe/SSE2", "discrete"),
        ("AMD Radeon RX 7600 (radeonsi)", "discrete"),
    ],
)
def test_the_level_is_told_from_the_name_of_the_renderer(renderer: str, level: str) -> None:
    assert level_for(renderer).name == level


def test_only_a_gpu_smooths_edges_and_better_ones_draw_farther() -> None:
    software, integrated, discrete = LEVELS.values()
    assert software.samples == 0 < integrated.samples < discrete.samples
    assert software.solid_m < integrated.solid_m < discrete.solid_m
    assert software.box_m < integrated.box_m < discrete.box_m


def test_each_way_of_drawing_a_building_ends_where_the_next_begins() -> None:
    for level in LEVELS.values():
        assert 0.0 < level.windows_m < level.solid_m < level.box_m < level.dot_m, level.name
