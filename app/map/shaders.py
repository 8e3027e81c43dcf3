"""The shader programs of the map, one pair for each kind of thing that is drawn.

Colours are written into the source as constants, so a change of theme is a new source and no upload. Uniforms are the
few numbers that change with the camera: ``pxm`` (metres a pixel spans at a distance of one metre), ``depthB`` (see
``FLAT``), ``hazeFrom`` and ``hazeFull`` (metres), ``opacity``; and with the light: ``lightFrom`` (towards it),
``lightSun`` and ``lightAll`` (its colour, and that of what comes from everywhere), ``groundTint`` and ``skyTint``
(what they do to colours of flat things and of the sky), ``glow`` (about the sun, at ``glowFrom``), ``night`` (share of
lights on).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.map.style import MapStyle, Rgb
from twin.city.tables import BUILDING_USES, LAND_KINDS, PLACE_KINDS, ROAD_CLASSES

SHADOWS_TO_M = 3000.0
LONGEST_SHADOW = 5.0
"""Metres of shadow for a metre of height: longer ones would cover the town."""


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


_VERTEX = """//VTK::System::Dec
in vec4 vertexMC;
in vec4 scalarColor;
uniform mat4 MCDCMatrix;
uniform mat4 MCVCMatrix;
uniform float pxm; uniform float depthB;
"""
_FRAGMENT = """//VTK::System::Dec
//VTK::Output::Dec
uniform float hazeFrom; uniform float hazeFull; uniform float opacity;
uniform vec3 groundTint; uniform vec3 skyTint;
"""
HEAD = Program(_VERTEX, _FRAGMENT)
"""What the programs begin with."""
# Flat ground is drawn in the order of its layers and not by distance: constant depths just inside the far plane, so
# that no two layers fight. On mountains each layer is moved towards the eye by a share of its distance instead.
_LAY = {
    False: "void lay(float order) { gl_Position.z = gl_Position.w * (1.0 - 6.0e-7 * (order + 1.0)); }\n",
    True: "void lay(float order) { gl_Position.z -= depthB * (0.0014 * step(0.5, order) + 0.00008 * order); }\n",
}


def _haze(style: MapStyle) -> str:
    return (
        f"const vec3 HAZE = {vec3(style.rgb('sky', 'haze'))};\n"
        "vec3 hazed(vec3 c, float d) {\n"
        "  float t = clamp((d - hazeFrom) / (hazeFull - hazeFrom), 0.0, 1.0);\n"
        "  return mix(c, HAZE * skyTint, t * (2.0 - t) * 0.97);\n}\n"
    )


def buildings(style: MapStyle) -> Program:
    """Solid buildings: light from the slope of each face, storeys and lit windows from the code."""
    uses = palette("USE", [style.rgb("buildings", use) for use in BUILDING_USES])
    vertex = _VERTEX + (
        "out vec3 pos; out vec4 code; out vec3 vc; flat out vec3 tint; flat out float seed;\n"
        + uses
        + f"const vec3 TALL = {vec3(style.rgb('buildings', 'tall'))};\n"
        "void main() {\n"
        "  vec4 raw = scalarColor * 255.0;\n"
        "  pos = vertexMC.xyz; code = raw; seed = raw.y; vc = (MCVCMatrix * vertexMC).xyz;\n"
        f"  int use = int(min(raw.x + 0.5, {len(BUILDING_USES) - 1}.5));\n"
        "  tint = mix(USE[use], TALL, clamp(raw.w / 30.0, 0.0, 1.0)) * (0.93 + raw.y * 0.00055);\n"
        "  gl_Position = MCDCMatrix * vertexMC;\n"
        "  if (raw.x > 254.5) gl_Position = vec4(2.0, 2.0, 2.0, 1.0);\n"
        "}\n"
    )
    fragment = _FRAGMENT + (
        "in vec3 pos; in vec4 code; in vec3 vc; flat in vec3 tint; flat in float seed;\nuniform mat4 MCVCMatrix;\n"
        + _haze(style)
        + "uniform vec3 lightFrom; uniform vec3 lightSun; uniform vec3 lightAll; uniform float night;\n"
        f"const vec3 GLASS = {vec3(style.rgb('buildings', 'glass'))};\n"
        f"const vec3 WINDOW = {vec3(style.rgb('buildings', 'window'))};\n"
        "float chance(vec3 p) { return fract(sin(dot(p, vec3(12.9898, 78.233, 37.719))) * 43758.5453); }\n"
        "void main() {\n"
        "  float far = length(vc);\n"
        # From the view's coordinates: they are small near the eye, where a rough slope would make the windows swim.
        "  vec3 n = normalize(cross(dFdx(vc), dFdy(vc))) * mat3(MCVCMatrix);\n"
        "  vec3 lit = lightAll + lightSun * max(dot(n, lightFrom), 0.0);\n"
        "  vec3 c = tint * lit;\n"
        "  if (n.z < 0.35) {\n"
        f"    c *= {style.number('buildings', 'wall'):.3f};\n"
        "    float floorAt = code.z, all = code.w;\n"
        "    c *= 0.72 + 0.28 * clamp(floorAt * 0.55, 0.0, 1.0);\n"
        "    float near = clamp((2600.0 - far) / 1200.0, 0.0, 1.0);\n"
        "    if (near > 0.0) {\n"
        "      vec2 along = normalize(vec2(-n.y, n.x));\n"
        "      float column = dot(pos.xy, along) / 3.4;\n"
        "      vec2 cell = floor(vec2(column, floorAt));\n"
        "      vec2 in_ = fract(vec2(column, floorAt));\n"
        "      vec2 blur = vec2(far * 0.0006) + 0.02;\n"
        "      vec2 edge = smoothstep(vec2(0.22, 0.28) - blur, vec2(0.22, 0.28) + blur, in_)\n"
        "                * (1.0 - smoothstep(vec2(0.78, 0.80) - blur, vec2(0.78, 0.80) + blur, in_));\n"
        "      float pane = edge.x * edge.y * step(0.05, floorAt) * step(floorAt, all - 0.02);\n"
        "      float key = chance(vec3(cell, seed + floor(along.x * 3.0 + 0.01)));\n"
        "      float storey = chance(vec3(cell.y, seed, 3.0));\n"
        "      float on = step(0.80 + 0.16 * step(storey, 0.55), key);\n"
        "      vec3 dark = c * mix(0.80, 0.62, night);\n"
        "      vec3 glass = mix(dark, GLASS * lit, 0.45 * (1.0 - night));\n"
        "      glass = mix(glass, WINDOW * (0.45 + 0.5 * key), on * night);\n"
        "      c = mix(c, glass, pane * near);\n"
        "    }\n"
        # Too far to tell windows apart: the light of those that are on, spread over the wall.
        "    c += WINDOW * (night * (1.0 - near) * (0.02 + 0.09 * fract(seed * 0.37)) * min(all * 0.12, 1.0));\n"
        "    float parapet = smoothstep(all - 0.22, all - 0.14, floorAt) * clamp((900.0 - far) / 500.0, 0.0, 1.0);\n"
        "    c = mix(c, tint * (lightAll + lightSun * max(lightFrom.z, 0.0)), parapet * 0.55);\n"
        "  }\n"
        "  gl_FragData[0] = vec4(hazed(c, far), opacity);\n"
        "}\n"
    )
    return Program(vertex, fragment)


def shadows() -> Program:
    """Buildings laid flat on the ground, away from the sun; each pixel of the ground is darkened once."""
    vertex = _VERTEX + (
        "uniform vec3 lightFrom; uniform float floorZ;\nout float far;\nvoid main() {\n"
        "  float high = max(vertexMC.z - floorZ, 0.0);\n"
        f"  vec2 away = lightFrom.xy / max(lightFrom.z, {1 / LONGEST_SHADOW:.4f});\n"
        "  vec4 flat_ = MCDCMatrix * vec4(vertexMC.xy - away * high, floorZ, 1.0);\n"
        "  far = flat_.w;\n"
        "  gl_Position = scalarColor.x > 0.998 ? vec4(2.0, 2.0, 2.0, 1.0) : flat_;\n"
        "  gl_Position.z = 0.0;\n}\n"
    )
    fragment = _FRAGMENT + (
        "in float far;\nuniform float shadow;\n"
        "void main() {\n"
        f"  float near = clamp(({SHADOWS_TO_M:.1f} - far) / 800.0, 0.0, 1.0);\n"
        # Exactly the same depth everywhere, over the ground and its layers: so the second triangle of a pixel fails.
        "  gl_FragDepth = 1.0 - 3.0e-7 * 23.5;\n"
        "  gl_FragData[0] = vec4(vec3(0.10, 0.13, 0.20) * groundTint, shadow * near * opacity);\n}\n"
    )
    return Program(vertex, fragment)


def dots(style: MapStyle) -> Program:
    """Far buildings: one pixel each, as strong as the share of the pixel the building covers."""
    uses = palette("USE", [style.rgb("buildings", use) for use in BUILDING_USES])
    vertex = _VERTEX + (
        "out vec4 tone; out float far;\n" + uses + f"const vec3 WINDOW = {vec3(style.rgb('buildings', 'window'))};\n"
        f"const float DAY = {1.25 if style.theme == 'dark' else 0.93:.2f};\n"
        "uniform float nearest; uniform float pointPx; uniform float night; uniform vec3 groundTint;\n"
        "void main() {\n"
        "  vec4 raw = scalarColor * 255.0;\n"
        f"  int use = int(min(raw.x + 0.5, {len(BUILDING_USES) - 1}.5));\n"
        "  far = length((MCVCMatrix * vertexMC).xyz);\n"
        "  float share = clamp(raw.z / (pxm * far * pointPx) * (far > 19000.0 ? 1.5 : 1.0), 0.2, 1.0);\n"
        "  float glow = night * step(218.0, raw.y) * (0.25 + 0.45 * fract(raw.y * 0.37));\n"
        "  glow *= 0.5 + min(raw.w * 0.06, 1.0);\n"
        "  tone = vec4(mix(USE[use] * DAY * groundTint, WINDOW, glow), clamp(share + glow * 0.4, 0.0, 1.0));\n"
        "  gl_Position = MCDCMatrix * vertexMC;\n"
        "  if (raw.x > 254.5 || far < nearest) gl_Position = vec4(2.0, 2.0, 2.0, 1.0);\n"
        "}\n"
    )
    fragment = (
        _FRAGMENT
        + "in vec4 tone; in float far;\n"
        + _haze(style)
        + ("void main() { gl_FragData[0] = vec4(hazed(tone.rgb, far), tone.a * opacity); }\n")
    )
    return Program(vertex, fragment)


def areas(style: MapStyle, what: str, relief: bool) -> Program:
    """Land or water on the ground."""
    kinds = LAND_KINDS if what == "land" else ("water",)
    section = "land" if what == "land" else "ground"
    colours = palette("KIND", [style.rgb(section, kind) for kind in kinds])
    order = {"land": 1.0, "water": 2.0}[what]
    strength = 0.0016 if style.theme == "dark" else 0.0004
    vary = f"(1.0 + (raw.y - 128.0) * {strength:.5f})" if what == "land" else "1.0"
    vertex = _VERTEX + (
        "flat out vec3 tint; out vec3 toEye; \n" + colours + _LAY[relief] + "void main() {\n"
        "  vec4 raw = scalarColor * 255.0;\n"
        f"  int kind = int(min(raw.x + 0.5, {len(kinds) - 1}.5));\n"
        f"  tint = KIND[kind] * {vary};\n"
        "  vec3 vc = (MCVCMatrix * vertexMC).xyz;\n"
        "  toEye = vec3(length(vc), dot(vc, MCVCMatrix[2].xyz), 0.0);\n"
        "  gl_Position = MCDCMatrix * vertexMC;\n"
        f"  if (raw.x > 254.5) gl_Position = vec4(2.0, 2.0, 2.0, 1.0); else lay({order:.1f});\n"
        "}\n"
    )
    sheen = ""
    if what == "water":
        # The flatter one looks over water, the more sky is in it.
        sheen = (
            "  float grazing = 1.0 - clamp(-toEye.y / toEye.x, 0.0, 1.0);\n"
            f"  c = mix(c, {vec3(style.rgb('sky', 'horizon'))} * 1.25 * skyTint, 0.55 * grazing * grazing * grazing);\n"
        )
    fragment = _FRAGMENT + (
        "flat in vec3 tint; in vec3 toEye;\n"
        + _haze(style)
        + "void main() {\n  vec3 c = tint * groundTint;\n"
        + sheen
        + "  gl_FragData[0] = vec4(hazed(c, toEye.x), opacity);\n}\n"
    )
    return Program(vertex, fragment)


def ground(style: MapStyle, relief: bool) -> Program:
    """The bare ground, shaded by its slope where it has one."""
    darkest, brightest = (0.5, 1.5) if style.theme == "dark" else (0.72, 1.04)
    light = "dot(normalize(vec3(-slope, 1.0)), vec3(-0.49, 0.57, 0.66)) / 0.66"
    shade = f"clamp(mix(1.0, {light}, 0.62), {darkest}, {brightest})"
    valley, peak = vec3(style.rgb("ground", "valley")), vec3(style.rgb("ground", "peak"))
    vertex = _VERTEX + (
        "out float far; out vec2 slope; out vec2 uv;\nuniform vec4 coverBox; uniform vec2 heights;\nout float high;\n"
        + _LAY[relief]
        + "void main() {\n"
        "  slope = (scalarColor.xy * 255.0 - 128.0) / 60.0;\n"
        "  uv = (vertexMC.xy - coverBox.xy) / coverBox.zw;\n"
        "  high = clamp((vertexMC.z - heights.x) / (heights.y - heights.x), 0.0, 1.0);\n"
        "  far = length((MCVCMatrix * vertexMC).xyz);\n"
        "  gl_Position = MCDCMatrix * vertexMC;\n  lay(0.0);\n}\n"
    )
    base = vec3(style.rgb("ground", "base"))
    bare = f"mix({valley}, {peak}, high * high * (3.0 - 2.0 * high))"
    colour = f"mix({bare}, texture(cover, uv).rgb, texture(cover, uv).a * 0.85) * {shade}" if relief else base
    fragment = _FRAGMENT + (
        "in float far; in vec2 slope; in vec2 uv; in float high;\n"
        + ("uniform sampler2D cover;\n" if relief else "")
        + _haze(style)
        + f"void main() {{\n  vec3 c = {colour} * groundTint;\n  gl_FragData[0] = vec4(hazed(c, far), 1.0);\n}}\n"
    )
    return Program(vertex, fragment)


def lines(style: MapStyle, names: Sequence[str], relief: bool) -> Program:
    """Ribbons of a layer's own, over the roads; at least one and a half pixels wide; borders are hairlines."""
    thin = ",".join("1.0" if name in PLACE_KINDS else "0.0" for name in names)
    vertex = _VERTEX + (
        "in vec3 normalMC;\nout vec3 tone; out vec2 side; out float far;\n"
        + palette("KIND", [style.rgb("lines", name, "other") for name in names])
        + f"const float THIN[{len(names)}] = float[{len(names)}]({thin});\n"
        + _LAY[relief]
        + "void main() {\n"
        f"  int k = int(min(scalarColor.x * 255.0 + 0.5, {len(names) - 1}.5));\n"
        "  far = length((MCVCMatrix * vertexMC).xyz);\n"
        "  float half_ = max(length(normalMC.xy), 0.01), px = pxm * far;\n"
        "  float wide = THIN[k] > 0.5 ? 0.8 * px : clamp(half_, 0.75 * px, 2.5 * px + 0.4 * half_);\n"
        "  tone = KIND[k]; side = vec2(normalMC.z * (wide / px + 0.5), wide / px);\n"
        "  gl_Position = MCDCMatrix * (vertexMC + vec4(normalMC.xy / half_ * (wide + 0.5 * px), 0.0, 0.0));\n"
        "  lay(23.0);\n}\n"
    )
    fragment = _FRAGMENT + (
        "in vec3 tone; in vec2 side; in float far;\n" + _haze(style) + "void main() {\n"
        "  float cover = clamp(side.y - abs(side.x) + 0.5, 0.0, 1.0);\n"
        "  gl_FragData[0] = vec4(hazed(tone, far), cover * opacity);\n"
        "}\n"
    )
    return Program(vertex, fragment)


def fills(style: MapStyle, names: Sequence[str], relief: bool) -> Program:
    """Areas that features lay over the roads and under the lines."""
    vertex = _VERTEX + (
        "flat out vec3 tint; out float far;\n"
        + palette("KIND", [style.rgb("areas", name, "other") for name in names])
        + _LAY[relief]
        + "void main() {\n"
        f"  tint = KIND[int(min(scalarColor.x * 255.0 + 0.5, {len(names) - 1}.5))];\n"
        "  far = length((MCVCMatrix * vertexMC).xyz);\n"
        "  gl_Position = MCDCMatrix * vertexMC;\n  lay(22.0);\n}\n"
    )
    fragment = _FRAGMENT + (
        "flat in vec3 tint; in float far;\n" + _haze(style) + "void main() {\n"
        "  gl_FragData[0] = vec4(hazed(tint, far), opacity);\n}\n"
    )
    return Program(vertex, fragment)


def raster(style: MapStyle, relief: bool) -> Program:
    """Values of a feature as colours on the ground, over the roads."""
    vertex = _VERTEX + (
        "out vec2 at; out float far;\nuniform vec4 veilBox;\n" + _LAY[relief] + "void main() {\n"
        "  at = (vertexMC.xy - veilBox.xy) / veilBox.zw;\n"
        "  far = length((MCVCMatrix * vertexMC).xyz);\n"
        "  gl_Position = MCDCMatrix * vertexMC;\n  lay(21.5);\n}\n"
    )
    fragment = _FRAGMENT + (
        "in vec2 at; in float far;\nuniform sampler2D veil;\n" + _haze(style) + "void main() {\n"
        "  vec4 c = texture(veil, at);\n  if (c.a < 0.004) discard;\n"
        "  gl_FragData[0] = vec4(hazed(c.rgb, far), c.a * opacity);\n}\n"
    )
    return Program(vertex, fragment)


def imagery(style: MapStyle, relief: bool) -> Program:
    """The orthophoto over the ground: the sharper sheet where it reaches, else the other."""
    vertex = _VERTEX + (
        "out float far; out vec2 whole_at; out vec2 detail_at;\n"
        "uniform vec4 wholeBox; uniform vec4 detailBox;\n" + _LAY[relief] + "void main() {\n"
        "  whole_at = (vertexMC.xy - wholeBox.xy) / wholeBox.zw;\n"
        "  detail_at = (vertexMC.xy - detailBox.xy) / detailBox.zw;\n"
        "  far = length((MCVCMatrix * vertexMC).xyz);\n"
        "  gl_Position = MCDCMatrix * vertexMC;\n  lay(3.5);\n}\n"
    )
    dim = 0.62 if style.theme == "dark" else 1.0
    fragment = _FRAGMENT + (
        "in float far; in vec2 whole_at; in vec2 detail_at;\n"
        "uniform sampler2D whole; uniform sampler2D detail;\n"
        + _haze(style)
        + "bool inside(vec2 at) { return all(greaterThanEqual(at, vec2(0.0))) && all(lessThanEqual(at, vec2(1.0))); }\n"
        "void main() {\n"
        "  if (!inside(whole_at)) discard;\n"
        "  vec4 c = inside(detail_at) ? texture(detail, detail_at) : texture(whole, whole_at);\n"
        "  if (c.a < 0.02) discard;\n"
        f"  gl_FragData[0] = vec4(hazed(c.rgb * {dim:.2f} * groundTint, far), c.a * opacity);\n"
        "}\n"
    )
    return Program(vertex, fragment)


_MARKINGS = """  if (lanes > 0.5 && far < 900.0) {
    float blur = 0.8 * fwidth(metre.x) + 0.01;
    float off = abs(metre.x);
    float middle = 1.0 - smoothstep(0.09, 0.09 + blur, abs(off - 0.18 * step(1.5, lanes)));
    float lane = floor(off / 3.4 + 0.5);
    float line = 1.0 - smoothstep(0.07, 0.07 + blur, abs(off - lane * 3.4));
    float dash = step(fract(metre.y / 15.0), 0.4) * step(0.5, lane) * step(lane, lanes - 0.5);
    float edge = (1.0 - smoothstep(0.07, 0.07 + blur, abs(off - lanes * 3.4 - 0.1))) * step(1.5, lanes);
    float mark = max(max(middle, line * dash), edge) * min(1.0, 0.3 / blur + 0.15);
    c = mix(c, MARK, mark * 0.75 * clamp((900.0 - far) / 600.0, 0.0, 1.0));
  }
"""


def roads(style: MapStyle, relief: bool, *, casing: bool) -> Program:
    """Ribbons that are never thinner on the screen than their class asks, and fade instead of breaking up."""
    names = ["casing"] * len(ROAD_CLASSES) if casing else list(ROAD_CLASSES)
    least = ",".join(f"{x:.2f}" for x in (1.15, 1.05, 0.95, 0.8, 0.65, 0.5, 0.5, 0.5, 0.5))
    gone = ",".join(f"{x:.1f}" for x in (0.0, 0.0, 0.0, 0.0, 0.05, 0.2, 0.3, 0.35, 0.4))
    order = "4.0 + (8.0 - kind)" if casing else "13.0 + (8.0 - kind)"
    wider = " + max(0.9, 0.7 * pxm * far)" if casing else ""
    vertex = _VERTEX + (
        "in vec3 normalMC;\nout vec4 tone; out vec2 side; out float far; out vec2 metre; flat out float lanes;\n"
        + palette("KIND", [style.rgb("roads", name) for name in names])
        + f"const float LEAST[9] = float[9]({least});\nconst float GONE[9] = float[9]({gone});\n"
        + _LAY[relief]
        + "void main() {\n"
        "  float kind = floor(scalarColor.x * 255.0 + 0.5);\n  int k = int(min(kind, 8.0));\n"
        "  far = length((MCVCMatrix * vertexMC).xyz);\n"
        "  float half_ = max(length(normalMC.xy), 0.01);\n"
        "  float px = pxm * far;\n"
        f"  float wide = max(half_, LEAST[k] * px){wider};\n"
        "  float share = clamp(half_ / (LEAST[k] * px), 0.0, 1.0);\n"
        "  float fade = mix(smoothstep(GONE[k], GONE[k] + 0.35, share), 1.0, step(GONE[k], 0.0));\n"
        "  tone = vec4(KIND[k], fade * (0.45 + 0.55 * share));\n"
        "  float soft = wide + 0.5 * px;\n"
        "  side = vec2(normalMC.z * soft / px, wide / px);\n"
        "  metre = vec2(normalMC.z * soft, (scalarColor.z * 255.0 + scalarColor.w * 65280.0) * 0.5);\n"
        "  lanes = kind < 4.5 ? floor(half_ / 3.4) : 0.0;\n"
        "  gl_Position = MCDCMatrix * (vertexMC + vec4(normalMC.xy / half_ * soft, 0.0, 0.0));\n"
        f"  if (kind > 254.5 || fade <= 0.0) gl_Position = vec4(2.0, 2.0, 2.0, 1.0); else lay({order});\n"
        "}\n"
    )
    fragment = _FRAGMENT + (
        "in vec4 tone; in vec2 side; in float far; in vec2 metre; flat in float lanes;\n"
        + _haze(style)
        + f"const vec3 MARK = {vec3(style.rgb('roads', 'marking'))};\n"
        + "void main() {\n  vec3 c = tone.rgb;\n"
        + ("" if casing else _MARKINGS)
        + "  float cover = clamp(side.y - abs(side.x) + 0.5, 0.0, 1.0);\n"
        "  gl_FragData[0] = vec4(hazed(c * groundTint, far), tone.a * cover * opacity);\n"
        "}\n"
    )
    return Program(vertex, fragment)


def shore(style: MapStyle, relief: bool) -> Program:
    """The edge of water, strongest on the line and gone a few metres off it."""
    vertex = _VERTEX + (
        "in vec3 normalMC;\nout float side; out float far; out float fade;\n" + _LAY[relief] + "void main() {\n"
        "  far = length((MCVCMatrix * vertexMC).xyz);\n"
        "  float half_ = max(length(normalMC.xy), 0.01), px = pxm * far;\n"
        "  float wide = max(half_, 0.9 * px);\n"
        "  fade = clamp(half_ / (0.9 * px), 0.25, 1.0);\n"
        "  side = normalMC.z;\n"
        "  gl_Position = MCDCMatrix * (vertexMC + vec4(normalMC.xy / half_ * wide, 0.0, 0.0));\n"
        "  if (scalarColor.x > 0.998) gl_Position = vec4(2.0, 2.0, 2.0, 1.0); else lay(3.0);\n"
        "}\n"
    )
    fragment = _FRAGMENT + (
        "in float side; in float far; in float fade;\n"
        + _haze(style)
        + f"const vec3 SHORE = {vec3(style.rgb('ground', 'shore'))};\n"
        "void main() {\n"
        "  float t = 1.0 - abs(side);\n"
        "  gl_FragData[0] = vec4(hazed(SHORE * groundTint, far), t * t * 0.6 * fade * opacity);\n"
        "}\n"
    )
    return Program(vertex, fragment)


def sky(style: MapStyle) -> Program:
    """The sky behind everything: bands across the screen, whose colours are worked out at their edges only."""
    vertex = (
        "//VTK::System::Dec\nin vec4 vertexMC;\nuniform vec3 rayAt; uniform vec3 rayX; uniform vec3 rayY;\n"
        "uniform vec3 skyTint; uniform vec3 glowFrom; uniform vec3 glow;\n"
        "out vec3 tone;\n"
        f"const vec3 ZENITH = {vec3(style.rgb('sky', 'zenith'))};\n"
        f"const vec3 HORIZON = {vec3(style.rgb('sky', 'horizon'))};\n"
        f"const vec3 HAZE = {vec3(style.rgb('sky', 'haze'))};\n"
        "void main() {\n"
        "  vec3 ray = rayAt + vertexMC.x * rayX + vertexMC.y * rayY;\n"
        "  float up = ray.z / length(ray);\n"
        "  tone = mix(HAZE, HORIZON, smoothstep(-0.01, 0.06, up));\n"
        "  tone = mix(tone, ZENITH, smoothstep(0.02, 0.40, up)) * skyTint;\n"
        # About the sun, and along the horizon below it.
        "  float near = max(dot(ray / length(ray), glowFrom), 0.0);\n"
        "  float veil = 0.35 + 0.65 * smoothstep(-0.01, 0.12, up);\n"
        "  tone += glow * veil * (0.5 * pow(near, 5.0) * exp(-5.0 * max(up, 0.0)) + 0.7 * pow(near, 60.0));\n"
        "  gl_Position = vec4(vertexMC.xy, 0.9999999, 1.0);\n"
        "}\n"
    )
    fragment = (
        "//VTK::System::Dec\n//VTK::Output::Dec\nin vec3 tone;\n"
        "void main() {\n"
        # Interleaved gradient noise (Jimenez, 2014) hides the steps of eight bits.
        "  float grain = fract(52.9829189 * fract(dot(gl_FragCoord.xy, vec2(0.06711056, 0.00583715)))) - 0.5;\n"
        "  gl_FragData[0] = vec4(tone + grain / 255.0, 1.0);\n"
        "}\n"
    )
    return Program(vertex, fragment)
