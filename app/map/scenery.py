"""All that VTK draws: the sky, the still city, what moves; and where they are seen from."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from vtkmodules.vtkRenderingCore import vtkRenderer

from app.map.areas import Fills
from app.map.camera import VIEW_DEG, GroundHeight, Lens
from app.map.daylight import Light, blend_number, light_of_theme
from app.map.feed import Answer
from app.map.gl import bring_to_front
from app.map.imagery import Orthophoto
from app.map.linework import Linework
from app.map.movers import Movers
from app.map.rasters import Rasters
from app.map.scene import PreparedScene
from app.map.sky import Sky
from app.map.stage import Stage
from app.map.style import MapStyle
from app.map.trails import Trails

FAR_PLANE_M = 150_000.0
TALL_M = 150.0  # nothing nearer than this below the eye needs the near plane closer


class Scenery:
    """Puts everything into a renderer in the right order.

    Parameters
    ----------
    renderer : vtkRenderer
        One that nothing else uses.
    style : MapStyle
    on_loaded : callable
        Called from a worker thread when more can be drawn.
    """

    def __init__(self, renderer: vtkRenderer, style: MapStyle, on_loaded: Callable[[], None]) -> None:
        self._renderer = renderer
        self._ink, self.light = style, light_of_theme(style)
        self.sky = Sky()
        self.stage = Stage(renderer, on_loaded, self.sky.actor)
        self.orthophoto = Orthophoto(self.stage, on_loaded)
        self.rasters = Rasters(renderer, style)
        self.fills = Fills(renderer, style)
        self.linework = Linework(renderer, style)
        self.trails = Trails(renderer, style)
        self.movers = Movers(renderer, style)
        renderer.SetBackground(*self.light.haze)
        self._relief = False
        renderer.RemoveAllLights()
        renderer.SetAutomaticLightCreation(False)
        culls = renderer.GetCullers()
        while culls.GetNumberOfItems():
            renderer.RemoveCuller(culls.GetLastItem())

    def show(self, scene: PreparedScene) -> Iterator[None]:
        """Show a city; a piece of the work a step."""
        yield from self.stage.show(scene)
        self.orthophoto.show(scene.city)
        self._relief = scene.relief

    def set_style(self, ink: MapStyle, light: Light) -> None:
        """Change the light on the city, and the colours of what is written and moves on it."""
        self.light = light
        self._renderer.SetBackground(*light.haze)
        if ink is not self._ink:
            self._ink = ink
            self.rasters.set_style(ink)
            self.fills.set_style(ink)
            self.linework.set_style(ink)
            self.trails.set_style(ink)
            self.movers.set_style(ink)

    def arrange(self, lens: Lens, ratio: float, ground: GroundHeight, now_s: float) -> tuple[int, int]:
        """Make everything ready for a frame; return how many tiles and triangles it has.

        Parameters
        ----------
        lens : Lens
            In pixels of the widget.
        ratio : float
            Pixels of the device to one of the widget.
        """
        self.orthophoto.arrange(lens)
        counts = self.stage.arrange(lens, self.light)
        device = Lens(lens.state, round(lens.width_px * ratio), round(lens.height_px * ratio))
        depth_b = self._place_camera(device, ground)
        self.stage.set_uniforms(device, depth_b, self._haze_m(lens), self.light)
        for part in (self.rasters, self.fills, self.linework):
            part.set_uniforms(device, depth_b, self._haze_m(lens), self.light)
        self.sky.set_uniforms(device, self.light, always=self._relief)
        self.trails.set_uniforms(device, depth_b, ratio)
        self.movers.arrange(device, depth_b, self.movers.since_s(now_s), ratio)
        return counts

    def set_live(self, answer: Answer) -> None:
        """Show what the layers and features drew of a world."""
        self.movers.set(answer.movers, answer.request.asked_s)
        self.trails.set(answer.trails, by_speed=answer.request.trails.by_speed)
        fresh = (
            self.rasters.set(answer.rasters, self._relief),
            self.fills.set(answer.areas, self._relief),
            self.linework.set(answer.lines, self._relief),
        )
        if any(fresh):
            self._to_front()

    def _to_front(self) -> None:
        """Have what moves, and its trails, be drawn last: soft edges blend with what is there."""
        bring_to_front(self._renderer, self.trails.actor)
        self.movers.to_front()

    def settle(self, lens: Lens) -> None:
        """Load all that a camera sees before going on; for pictures that must be whole."""
        self.orthophoto.settle(lens)
        self.stage.settle(lens, self.light)

    def _place_camera(self, lens: Lens, ground: GroundHeight) -> float:
        eye = lens.eye_m
        above = float(eye[2]) - ground(float(eye[0]), float(eye[1]))
        near = max(1.0, 0.05 * above if self._relief else 0.2 * (above - TALL_M))
        camera = self._renderer.GetActiveCamera()
        camera.SetViewAngle(VIEW_DEG)
        camera.SetPosition(*eye)
        camera.SetFocalPoint(*(eye + lens.forward))
        camera.SetViewUp(*lens.up)
        camera.SetClippingRange(near, FAR_PLANE_M)
        return 2 * FAR_PLANE_M * near / (FAR_PLANE_M - near)

    def _haze_m(self, lens: Lens) -> tuple[float, float]:
        reach = lens.state.distance_m
        steep = math.sin(math.radians(lens.state.pitch_deg))
        near, far = (blend_number("sky", name, self.light.day) for name in ("haze_from_m", "haze_full_m"))
        return max(near, (1.2 + 0.4 * steep) * reach), max(far, 5.0 * reach)

    def close(self) -> None:
        """Take everything out, in reverse order."""
        self.movers.close()
        self.trails.close()
        self.linework.close()
        self.fills.close()
        self.rasters.close()
        self.orthophoto.close()
        self.stage.close()
