"""The invented scene that all draw: 100,000 buildings and 100,000 things that move."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from app.map.camera import VIEW_DEG, Lens
from app.map.events import CameraState
from twin.city.city import City
from twin.geo import FloatArray, LocalFrame

BUILDINGS, MOVERS = 100_000, 100_000
EAST_M, NORTH_M = 13_000.0, 10_500.0
TOWNS, TILE_M = 9, 1000.0
SIZE = (1280, 800)
POSES = {
    "overview": CameraState((0.0, 0.0, 0.0), 29_000.0, 0.0, 54.0),
    "town": CameraState((0.0, 0.0, 0.0), 2600.0, 20.0, 32.0),
    "street": CameraState((0.0, 0.0, 0.0), 260.0, 40.0, 14.0),
}
FIRST_FRAMES, RUNS, FRAMES = 2, 3, 3


class Scene:
    """Boxes and points, the same for everybody.

    Parameters
    ----------
    count : int
        How many buildings.
    """

    def __init__(self, count: int = BUILDINGS) -> None:
        random = np.random.default_rng(7)
        town = random.uniform((-EAST_M, -NORTH_M), (EAST_M, NORTH_M), (TOWNS, 2))
        town[0] = 0.0
        spread = np.append(1800.0, random.uniform(700.0, 2200.0, TOWNS - 1))
        of = random.choice(TOWNS, count, p=np.append(0.3, np.full(TOWNS - 1, 0.7 / (TOWNS - 1))))
        scattered = random.uniform((-EAST_M, -NORTH_M), (EAST_M, NORTH_M), (count, 2))
        at = np.where(
            random.random(count)[:, None] < 0.35,
            scattered,
            town[of] + random.normal(0, 1, (count, 2)) * spread[of][:, None],
        )
        self.middle_m = np.clip(np.round(at / 34.0) * 34.0, (-EAST_M, -NORTH_M), (EAST_M, NORTH_M))
        self.middle_m += random.uniform(-6, 6, (count, 2))
        self.size_m = random.uniform((9.0, 9.0), (26.0, 18.0), (count, 2))
        self.turn = random.normal(0.0, 0.12, count)
        near = np.exp(-np.linalg.norm(self.middle_m, axis=1) / 1600.0)
        self.height_m = np.round(random.gamma(2.0, 4.0, count) + 4.0 + near * random.gamma(1.4, 26.0, count), 1)
        self.colour = random.integers(150, 235, (count, 1)).astype(np.uint8).repeat(3, axis=1)
        self.start_m = random.uniform((-EAST_M, -NORTH_M, 1.0), (EAST_M, NORTH_M, 4.0), (MOVERS, 3)).astype(np.float32)
        heading = random.uniform(0, 2 * np.pi, MOVERS)
        self.step_m = np.column_stack([np.sin(heading), np.cos(heading), np.zeros(MOVERS)]).astype(np.float32) * 0.4
        self.heading_deg = np.degrees(heading).astype(np.float32)

    def corners_m(self) -> FloatArray:
        """Return the footprints, counter-clockwise, (N, 4, 2)."""
        unit = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]]) * self.size_m[:, None, :]
        c, s = np.cos(self.turn)[:, None], np.sin(self.turn)[:, None]
        turned = np.stack([unit[..., 0] * c - unit[..., 1] * s, unit[..., 0] * s + unit[..., 1] * c], axis=-1)
        return np.asarray(self.middle_m[:, None, :] + turned)

    def city(self) -> City:
        """Return it as this program reads a city."""
        count = len(self.middle_m)
        uses = np.array(["residential", "commercial", "office"], object)[np.arange(count) % 3]
        table = gpd.GeoDataFrame(
            {
                "id": [f"b{row}" for row in range(count)],
                "name": "",
                "use": uses,
                "floors": np.maximum(np.round(self.height_m / 3.2), 1).astype(np.int16),
                "height_m": self.height_m.astype(np.float32),
                "base_m": np.zeros(count, np.float32),
                "roof": "flat",
            },
            geometry=shapely.polygons(self.corners_m()),
            crs="EPSG:4549",
        )
        return City("人造", "Invented", LocalFrame("EPSG:4549", (0, 0)), {"buildings": table}, invented=True)

    def mesh(self) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.uint8], NDArray[np.uint32]]:
        """Return all boxes as one mesh: points, normals, colours, triangles; five faces, a normal a corner."""
        foot, count = self.corners_m(), len(self.middle_m)
        low = np.concatenate([foot, np.zeros((count, 4, 1))], axis=2)
        high = np.concatenate([foot, np.broadcast_to(self.height_m[:, None, None], (count, 4, 1))], axis=2)
        faces = [high]
        for k in range(4):
            j = (k + 1) % 4
            faces.append(np.stack([low[:, k], low[:, j], high[:, j], high[:, k]], axis=1))
        points = np.stack(faces, axis=1).reshape(-1, 4, 3)
        normals = np.cross(points[:, 1] - points[:, 0], points[:, 2] - points[:, 0])
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        triangles = _halves(len(points)).reshape(-1, 3)
        return (
            points.reshape(-1, 3).astype(np.float32),
            np.repeat(normals, 4, axis=0).astype(np.float32),
            np.repeat(self.colour, 20, axis=0),
            triangles.astype(np.uint32),
        )

    def write(self, folder: Path) -> None:
        """Write what the pages of the peers read."""
        points, normals, colours, triangles = self.mesh()
        arrays = {
            "points.f32": points, "normals.f32": normals, "colours.u8": colours, "triangles.u32": triangles,
            "foot.f32": self.corners_m().astype(np.float32), "height.f32": self.height_m.astype(np.float32),
            "box.f32": np.column_stack([self.middle_m, self.size_m, self.turn, self.height_m]).astype(np.float32),
            "tone.u8": self.colour, "start.f32": self.start_m, "step.f32": self.step_m,
        }  # fmt: skip
        for name, array in arrays.items():
            (folder / name).write_bytes(np.ascontiguousarray(array).tobytes())
        poses = {name: _pose(pose) for name, pose in POSES.items()}
        about = {"size": SIZE, "fov": VIEW_DEG, "poses": poses, "warm": FIRST_FRAMES, "runs": RUNS, "frames": FRAMES}
        (folder / "scene.json").write_text(json.dumps(about), "utf-8")
        self._write_tiles(folder, points, normals, colours)

    def _write_tiles(
        self, folder: Path, points: NDArray[np.float32], normals: NDArray[np.float32], colours: NDArray[np.uint8]
    ) -> None:
        """Write 3D Tiles: a glTF file a square kilometre, all of them leaves of one root."""
        cell = np.floor(self.middle_m / TILE_M).astype(int)
        cells, of = np.unique(cell, axis=0, return_inverse=True)
        vertex_of = np.repeat(of.reshape(-1), 20)
        children = []
        for number in range(len(cells)):
            mine = vertex_of == number
            name, p = f"tile{number}.glb", points[mine]
            (folder / name).write_bytes(_glb(p, normals[mine], colours[mine]))
            low, high = p.min(axis=0), p.max(axis=0)
            middle, half = (low + high) / 2, (high - low) / 2
            box = [*middle, half[0], 0, 0, 0, half[1], 0, 0, 0, half[2]]
            children.append(
                {"boundingVolume": {"box": [float(x) for x in box]}, "geometricError": 0, "content": {"uri": name}}
            )
        whole = [0, 0, 100, EAST_M + 500, 0, 0, 0, NORTH_M + 500, 0, 0, 0, 300]
        root = {"boundingVolume": {"box": whole}, "geometricError": 1e6, "refine": "ADD", "children": children}
        tileset = {"asset": {"version": "1.1"}, "geometricError": 1e7, "root": root}
        (folder / "tileset.json").write_text(json.dumps(tileset), "utf-8")


def _halves(count: int) -> NDArray[np.int64]:
    """Return two triangles for each run of four corners, (N, 2, 3)."""
    return np.asarray(4 * np.arange(count)[:, None, None] + np.array([[0, 1, 2], [0, 2, 3]]), np.int64)


def _pose(pose: CameraState) -> dict[str, list[list[float]] | list[float] | float]:
    turned = [CameraState(pose.focus_m, pose.distance_m, pose.bearing_deg + i, pose.pitch_deg) for i in range(FRAMES)]
    return {
        "target": list(pose.focus_m),
        "distance": pose.distance_m,
        "pitch": pose.pitch_deg,
        "bearing": [each.bearing_deg for each in turned],
        "eye": [Lens(each, *SIZE).eye_m.tolist() for each in turned],
    }


def _glb(points: NDArray[np.float32], normals: NDArray[np.float32], colours: NDArray[np.uint8]) -> bytes:
    """Write one mesh as binary glTF 2.0, whose second axis is up."""
    order = [0, 2, 1]
    sign = np.array([1, 1, -1], np.float32)
    p, n = (np.ascontiguousarray(a[:, order] * sign) for a in (points, normals))
    c = np.column_stack([colours, np.full(len(colours), 255, np.uint8)])
    index = _halves(len(p) // 4).astype("<u4")
    parts, views, offset = [a.tobytes() for a in (p, n, c, index)], [], 0
    for part, target in zip(parts, (34962, 34962, 34962, 34963), strict=True):
        views.append({"buffer": 0, "byteOffset": offset, "byteLength": len(part), "target": target})
        offset += len(part)
    vertices = {"count": len(p), "componentType": 5126, "type": "VEC3"}
    primitive = {"attributes": {"POSITION": 0, "NORMAL": 1, "COLOR_0": 2}, "indices": 3, "material": 0}
    told = {
        "asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": [0]}], "nodes": [{"mesh": 0}],
        "buffers": [{"byteLength": offset}], "bufferViews": views,
        "accessors": [
            {"bufferView": 0, **vertices, "min": p.min(axis=0).tolist(), "max": p.max(axis=0).tolist()},
            {"bufferView": 1, **vertices},
            {"bufferView": 2, "count": len(p), "componentType": 5121, "normalized": True, "type": "VEC4"},
            {"bufferView": 3, "count": index.size, "componentType": 5125, "type": "SCALAR"},
        ],
        "materials": [{"pbrMetallicRoughness": {"metallicFactor": 0, "roughnessFactor": 1}}],
        "meshes": [{"primitives": [primitive]}],
    }  # fmt: skip
    text = json.dumps(told).encode()
    text += b" " * (-len(text) % 4)
    body = b"".join(parts)
    whole = 12 + 8 + len(text) + 8 + len(body)
    return (
        struct.pack("<4sII", b"glTF", 2, whole) + struct.pack("<I4s", len(text), b"JSON") + text
        + struct.pack("<I4s", len(body), b"BIN\0") + body
    )  # fmt: skip
