"""All layers, in drawing order: what comes first lies lowest."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points

from layers import measured
from layers.boundaries import BoundaryLayer
from layers.buildings import BuildingLayer
from layers.cameras import CameraLayer
from layers.congestion import CongestionLayer
from layers.drones import DroneLayer
from layers.geofences import GeofenceLayer
from layers.heat import AlarmLayer, DensityLayer, SpeedLayer
from layers.imagery import ImageryLayer
from layers.land import LandLayer
from layers.layer import Layer, LayerState
from layers.people import PeopleLayer
from layers.places import PlaceLayer
from layers.results import ResultLayer
from layers.roads import RoadLayer
from layers.sensors import SensorLayer
from layers.signals import SignalLayer
from layers.sites import SiteLayer
from layers.terrain import TerrainLayer
from layers.trees import TreeLayer
from layers.vehicles import VehicleLayer
from layers.water import WaterLayer
from twin.errors import UsageError
from twin.words import say

OWN: tuple[Callable[[], Layer], ...] = (
    TerrainLayer,
    ImageryLayer,
    LandLayer,
    WaterLayer,
    RoadLayer,
    CongestionLayer,
    *measured.LAYERS,
    DensityLayer,
    SpeedLayer,
    AlarmLayer,
    BoundaryLayer,
    GeofenceLayer,
    ResultLayer,
    TreeLayer,
    BuildingLayer,
    SiteLayer,
    SignalLayer,
    CameraLayer,
    SensorLayer,
    VehicleLayer,
    PeopleLayer,
    DroneLayer,
    PlaceLayer,
)


GROUP = "zhian.layers"
FAULTY: dict[str, str] = {}
"""Entry points of other packages that could not be loaded, and why: they cost nothing but their own layer."""


def _all() -> tuple[Layer, ...]:
    """Return our own layers, then those that other packages offer as entry points of the group ``zhian.layers``."""
    layers: list[Layer] = [make() for make in OWN]
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        try:
            layers.append(point.load()())
        except Exception as error:  # noqa: BLE001 - another's package may raise whatever it likes; it is told
            FAULTY[point.name] = f"{type(error).__name__}: {error}"
    return tuple(layers)


LAYERS: tuple[Layer, ...] = _all()


HIDDEN_AT_FIRST = frozenset(
    {"congestion", "density", "speeds", "alarms", *(f"measured_{measure}" for measure in measured.MEASURES)}
)


def first_state(name: str) -> LayerState:
    """Return how a layer starts: shown, unless another workspace is its place or it covers the ground."""
    return LayerState(visible=name not in HIDDEN_AT_FIRST)


def layer_by_name(name: str) -> Layer:
    """Return the layer of a name.

    Raises
    ------
    twin.errors.UsageError
        If there is none; the message lists those there are.
    """
    for layer in LAYERS:
        if layer.name == name:
            return layer
    raise UsageError(
        say(
            "there is no layer {name}; there are: {layers}", name=name, layers=", ".join(layer.name for layer in LAYERS)
        )
    )
