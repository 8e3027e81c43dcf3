"""What all shader programs of the map share.

Colours of both themes are written into the source as constants, and ``daylight`` mixes them, so neither a change of
theme nor nightfall is a new source. Uniforms are the few numbers that change with the camera: ``pxm`` (metres a pixel
spans at a distance of one metre), ``depthB`` (see :data:`LAY`), ``eyeAt`` (where the eye is), ``hazeFrom`` and
``hazeFull`` (metres), ``opacity``; and with the light: ``daylight`` (0 night, 1 day), ``lightFrom`` (towards it),
``lightSun`` and ``lightAll`` (its colour, and that of what comes from everywhere), ``groundTint`` and ``skyTint``
(what they do to colours of flat things and of the sky), ``hazeTone``, ``glow`` (about the sun, at ``glowFrom``),
``night`` (share of lights on), ``shadow`` (how dark shadows are).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.map.style import Rgb, load_style

HIDDEN = "if (raw.x > 254.5) gl_Position = vec4(2.0, 2.0, 2.0, 1.0);"
"""Puts what a filter hides outside the picture; ``raw`` is the code."""


@dataclass(frozen=True, slots=True)
class Program:
    """Sources of the two shaders."""

    vertex: str
    fragment: str


def vec3(colour: Rgb) -> str:
    """Write a colour as GLSL."""
    return f"vec3({colour[0]:.4f},{colour[1]:.4f},{colour[2]:.4f})"


def palette(name: str, colours: Sequence[Rgb]) -> str:
    """Write colours as a constant GLSL array."""
    return f"const vec3 {name}[{len(colours)}] = vec3[{len(colours)}]({','.join(map(vec3, colours))});\n"


def tone(section: str, name: str) -> str:
    """Write a colour of the style, by the share of daylight, as a GLSL expression."""
    night, day = (vec3(load_style(theme).rgb(section, name)) for theme in ("dark", "light"))
    return f"mix({night}, {day}, daylight)"


def tones(name: str, section: str, names: Sequence[str]) -> str:
    """Write a GLSL function ``name(int)`` of colours of the style."""
    night, day = ([load_style(theme).rgb(section, entry) for entry in names] for theme in ("dark", "light"))
    return (
        palette(f"{name}_NIGHT", night)
        + palette(f"{name}_DAY", day)
        + f"vec3 {name}(int k) {{ return mix({name}_NIGHT[k], {name}_DAY[k], daylight); }}\n"
    )


def figure(section: str, name: str) -> str:
    """Write a number of the style, by the share of daylight."""
    return mixed(*(load_style(theme).number(section, name) for theme in ("dark", "light")))


def mixed(night: float, day: float) -> str:
    """Write a number that is one by night and another by day."""
    return f"mix({night:.5f}, {day:.5f}, daylight)"


def floats(name: str, values: Iterable[float]) -> str:
    """Write numbers as a constant GLSL array."""
    written = [f"{value:.4f}" for value in values]
    return f"const float {name}[{len(written)}] = float[{len(written)}]({','.join(written)});\n"


VERTEX = """//VTK::System::Dec
in vec4 vertexMC;
in vec4 scalarColor;
uniform mat4 MCDCMatrix;
uniform mat4 MCVCMatrix;
uniform float pxm; uniform float depthB; uniform float daylight;
"""
HAZE = """uniform float hazeFrom; uniform float hazeFull; uniform vec3 hazeTone;
vec3 hazed(vec3 c, float d) {
  float t = clamp((d - hazeFrom) / (hazeFull - hazeFrom), 0.0, 1.0);
  return mix(c, hazeTone, t * (2.0 - t) * 0.97);
}
"""
FRAGMENT = (
    "//VTK::System::Dec\n//VTK::Output::Dec\nuniform float opacity; uniform float daylight;\n"
    "uniform vec3 groundTint; uniform vec3 skyTint;\n" + HAZE
)
HEAD = Program(VERTEX, FRAGMENT)
"""What the programs begin with."""
# Flat ground is drawn in the order of its layers and not by distance: constant depths just inside the far plane, so
# that no two layers fight. On mountains each layer is moved towards the eye by a share of its distance instead.
LAY = {
    False: "void lay(float order) { gl_Position.z = gl_Position.w * (1.0 - 6.0e-7 * (order + 1.0)); }\n",
    True: "void lay(float order) { gl_Position.z -= depthB * (0.0014 * step(0.5, order) + 0.00008 * order); }\n",
}
# How high shadows reach is known in two squares, a near and a far one, whose second axis runs away from the sun (see
# ``shade.py``). Four of its cells are compared and then mixed, since a mixed height would be that of no roof.
SUNLIT = """uniform mat4 MCVCMatrix; uniform vec3 eyeAt;
uniform float shadow; uniform vec4 nearShade; uniform vec4 farShade; uniform vec2 shadeCells;
uniform sampler2D nearReach; uniform sampler2D farReach;
vec2 shadeAt(vec4 frame, vec2 at) {
  vec2 off = at - frame.xy;
  return vec2(dot(off, frame.zw), dot(off, vec2(-frame.w, frame.z)));
}
float topAt(sampler2D reach, ivec2 cell) {
  return dot(texelFetch(reach, cell, 0).rgb, vec3(2.55, 652.8, 167116.8)) - 1000.0;
}
float reached(sampler2D reach, vec2 at, float cells, float z) {
  vec2 cell = (at + 0.5) * cells - 0.5; ivec2 low = ivec2(floor(cell)); vec2 f = cell - floor(cell);
  vec4 top = vec4(topAt(reach, low), topAt(reach, low + ivec2(1, 0)),
                  topAt(reach, low + ivec2(0, 1)), topAt(reach, low + ivec2(1, 1)));
  vec4 dark = clamp(top - z, 0.0, 1.0);
  return mix(mix(dark.x, dark.y, f.x), mix(dark.z, dark.w, f.x), f.y);
}
// A wall asks for a point a little before it, or the edge of its own roof would fall on it.
float shaded(vec3 vc, vec2 outwards) {
  vec3 at = eyeAt + vc * mat3(MCVCMatrix);
  vec2 before = at.xy + outwards * (1.5 / (length(nearShade.zw) * shadeCells.x + 1.0e-9));
  vec2 near = shadeAt(nearShade, before), far = shadeAt(farShade, at.xy);
  if (max(abs(near.x), abs(near.y)) < 0.495) return reached(nearReach, near, shadeCells.x, at.z);
  float edge = max(abs(far.x), abs(far.y));
  if (edge > 0.495) return 0.0;
  far = shadeAt(farShade, at.xy + outwards * (1.5 / (length(farShade.zw) * shadeCells.y + 1.0e-9)));
  return reached(farReach, far, shadeCells.y, at.z) * clamp((0.495 - edge) * 12.0, 0.0, 1.0);
}
"""
