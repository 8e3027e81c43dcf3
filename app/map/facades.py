"""The shader programs of buildings: near ones with façades and roofs, farther ones as boxes, the farthest as dots."""

from __future__ import annotations

import math

from app.map.blocks import TURN
from app.map.glsl import FRAGMENT, HAZE, HIDDEN, SUNLIT, VERTEX, Program, figure, floats, mixed, tone, tones
from twin.city.tables import BUILDING_USES

LAST = len(BUILDING_USES) - 1
# What the walls of each use look like: how wide a window's field is (metres), where in it the pane begins and ends
# (shares, across and up), how many panes are lit at night, and how much of the ground floor is glass.
HABITS = {
    "residential": (3.3, 0.20, 0.80, 0.30, 0.80, 0.17, 0.0),
    "commercial": (4.2, 0.08, 0.92, 0.24, 0.86, 0.14, 1.0),
    "office": (2.1, 0.06, 0.94, 0.16, 0.92, 0.11, 0.7),
    "industrial": (6.0, 0.08, 0.92, 0.58, 0.82, 0.05, 0.0),
    "public": (3.0, 0.18, 0.82, 0.22, 0.84, 0.09, 0.3),
    "school": (3.6, 0.12, 0.88, 0.30, 0.80, 0.06, 0.0),
    "hospital": (3.0, 0.10, 0.90, 0.30, 0.78, 0.30, 0.3),
    "farm": (4.4, 0.34, 0.68, 0.34, 0.74, 0.12, 0.0),
    "other": (3.8, 0.26, 0.74, 0.30, 0.76, 0.08, 0.0),
}
_COLOURS = tones("USE", "buildings", BUILDING_USES)
_LIGHT = "uniform vec3 lightFrom; uniform vec3 lightSun; uniform vec3 lightAll; uniform float night;\n"
_TINT = (
    "  vec4 raw = scalarColor * 255.0;\n"
    f"  int use = int(min(raw.x + 0.5, {LAST}.5));\n"
    f"  vec3 tint = mix(USE(use), {tone('buildings', 'tall')}, clamp(raw.w / 30.0, 0.0, 1.0));\n"
    "  tint *= 0.93 + raw.y * 0.00055;\n"
)
# From the view's coordinates: they are small near the eye, where a rough slope would make the windows swim.
_NORMAL = "  vec3 n = normalize(cross(dFdx(vc), dFdy(vc))) * mat3(MCVCMatrix);\n"
_PITCHED = "n.z > 0.35 && n.z < 0.985"
_ROOFING = f"mix({tone('buildings', 'tiles')}, {tone('buildings', 'old_tiles')}, fract(seed * 0.71))"
_GLOW = "(night * (0.015 + 0.075 * fract(seed * 0.37)) * min(all * 0.12, 1.0))"


def _habit(index: int) -> list[float]:
    return [HABITS[use][index] for use in BUILDING_USES]


def _vertex(*, windows: bool) -> str:
    names = ("WIDE", "LEFT", "RIGHT", "LOW", "HIGH", "LIT", "SHOP")
    habits = "".join(floats(name, _habit(i)) for i, name in enumerate(names))
    return VERTEX + (
        "out vec3 pos; out vec3 vc; out float floorAt; flat out vec3 wall; flat out float seed; flat out float all;\n"
        "flat out vec3 roofing;\n"
        + ("flat out vec4 pane; flat out vec3 habit;\n" + habits if windows else "")
        + _COLOURS
        + "void main() {\n"
        + _TINT
        + "  pos = vertexMC.xyz; vc = (MCVCMatrix * vertexMC).xyz;\n"
        f"  floorAt = raw.z; all = raw.w; seed = raw.y; wall = tint * {figure('buildings', 'wall')};\n"
        # Old roofs are of grey or brownish tiles; flat ones are as light as the walls.
        f"  roofing = {_ROOFING};\n"
        + (
            "  pane = vec4(LEFT[use], LOW[use], RIGHT[use], HIGH[use]);\n"
            "  habit = vec3(WIDE[use] * (0.9 + seed * 0.0008), LIT[use], SHOP[use]);\n"
            if windows
            else ""
        )
        + f"  gl_Position = MCDCMatrix * vertexMC;\n  {HIDDEN}\n}}\n"
    )


_IN = (
    "in vec3 pos; in vec3 vc; in float floorAt; flat in vec3 wall; flat in float seed; flat in float all;\n"
    "flat in vec3 roofing;\n"
)
_WINDOWS = f"""    float near = clamp((windowsTo - far) / (0.45 * windowsTo), 0.0, 1.0);
    if (near > 0.0 && floorAt > 0.04 && floorAt < all - 0.02) {{
      vec2 along = normalize(vec2(-n.y, n.x));
      float ground = step(floorAt, 1.0) * habit.z;
      vec2 at = vec2(dot(pos.xy, along) / habit.x, floorAt);
      vec2 cell = floor(at), part = at - cell;
      float sharp = 1.0 / (far * 0.0009 + 0.03);
      vec2 low = mix(pane.xy, vec2(0.04, 0.08), ground), high = mix(pane.zw, vec2(0.96, 0.80), ground);
      vec2 edge = clamp((part - low) * sharp + 0.5, 0.0, 1.0) * clamp((high - part) * sharp + 0.5, 0.0, 1.0);
      float shown = edge.x * edge.y * near;
      if (shown > 0.0) {{
        uint mixed_ = uint(int(cell.x)) * 73856093u ^ uint(int(cell.y)) * 19349663u
                    ^ uint(int(seed) + int(along.x * 3.0 + 3.01) * 256) * 83492791u;
        mixed_ = (mixed_ ^ (mixed_ >> 13)) * 1274126177u;
        float key = float(mixed_ >> 16 & 1023u) / 1023.0;
        // Lights keep to some storeys and stairs: a house is never lit evenly.
        float storey = fract(cell.y * 0.618 + seed * 0.137);
        float on = step(key, mix(habit.y * (0.35 + 1.3 * storey), 0.75, ground)) * night;
        vec3 glass = mix(c * {mixed(0.62, 0.80)}, {tone("buildings", "glass")} * lit, {mixed(0.0, 0.5)});
        glass *= 1.0 + (key - 0.5) * {mixed(0.10, 0.22)};
        glass = mix(glass, {tone("buildings", "window")} * (0.45 + 0.5 * fract(key * 7.0)), on);
        c = mix(c, glass, shown);
      }}
    }}
"""


_TILES = f"""    if ({_PITCHED}) c *= 1.0 + 0.07 * sin(pos.z * 26.0) * clamp((260.0 - far) / 160.0, 0.0, 1.0);
"""
_PARAPET = """    float parapet = clamp((floorAt - all + 0.20) * 16.0, 0.0, 1.0);
    parapet *= clamp((900.0 - far) / 500.0, 0.0, 1.0);
    c = mix(c, wall * 1.12 * lit, parapet * 0.6);
"""


def buildings(*, windows: bool, shadows: bool) -> Program:
    """Solid buildings: light from the slope of each face, roofs of tiles, windows by use, shadows of others.

    What is not wanted is left out of the source: a software GL goes through both sides of every branch.
    """
    parts = (
        FRAGMENT,
        _IN,
        "flat in vec4 pane; flat in vec3 habit;\nuniform float windowsTo;\n" if windows else "",
        _LIGHT,
        SUNLIT if shadows else "uniform mat4 MCVCMatrix;\n",
        "void main() {\n  float far = length(vc);\n",
        _NORMAL,
        "  float facing = max(dot(n, lightFrom), 0.0);\n",
        "  facing *= 1.0 - shaded(vc, n.xy);\n" if shadows else "",
        "  vec3 lit = lightAll + lightSun * facing;\n  vec3 c;\n  if (n.z > 0.35) {\n",
        f"    c = ({_PITCHED} ? roofing : wall / {figure('buildings', 'wall')}) * lit;\n",
        _TILES if windows else "",
        "  } else {\n    c = wall * lit * (0.74 + 0.26 * clamp(floorAt * 0.55, 0.0, 1.0));\n",
        _WINDOWS if windows else "    const float near = 0.0;\n",
        # Too far to tell windows apart: the light of those that are on, spread over the wall; and that of the street.
        f"    float glow = {_GLOW} * (1.0 - near) + 0.05 * night * clamp(1.0 - floorAt * 0.45, 0.0, 1.0);\n",
        f"    c += {tone('buildings', 'window')} * glow;\n",
        _PARAPET if windows else "",
        "  }\n  gl_FragData[0] = vec4(hazed(c, far), opacity);\n}\n",
    )
    return Program(_vertex(windows=windows), "".join(parts))


def boxes() -> Program:
    """Buildings too far for windows: one colour a face, worked out at the corner that stands for it."""
    vertex = VERTEX + (
        "flat out vec3 shade;\n"
        + HAZE
        + _LIGHT
        + _COLOURS
        + "void main() {\n"
        + _TINT
        + "  float seed = raw.y, all = raw.w;\n"
        f"  float turn = raw.z * {2.0 * math.pi / TURN:.7f};\n"
        f"  float up = step({TURN}.5, raw.z);\n"
        "  vec3 n = mix(vec3(cos(turn), sin(turn), 0.0), vec3(0.0, 0.0, 1.0), up);\n"
        "  vec3 lit = lightAll + lightSun * max(dot(n, lightFrom), 0.0);\n"
        f"  vec3 roof = all < 4.0 ? {_ROOFING} : tint;\n"
        f"  vec3 wall = tint * {figure('buildings', 'wall')} * lit * 0.95 + {tone('buildings', 'window')} * {_GLOW};\n"
        "  shade = hazed(mix(wall, roof * lit, up), length((MCVCMatrix * vertexMC).xyz));\n"
        f"  gl_Position = MCDCMatrix * vertexMC;\n  {HIDDEN}\n}}\n"
    )
    return Program(vertex, FRAGMENT + "flat in vec3 shade;\nvoid main() { gl_FragData[0] = vec4(shade, opacity); }\n")


def dots() -> Program:
    """Far buildings: one pixel each, as strong as the share of the pixel the building covers."""
    vertex = VERTEX + (
        "flat out vec4 shade;\n" + HAZE + _COLOURS + "uniform float nearest; uniform float farthest;\n"
        "uniform float night; uniform vec3 groundTint;\nvoid main() {\n"
        + _TINT
        + "  float far = length((MCVCMatrix * vertexMC).xyz);\n"
        "  float share = clamp(raw.z / (pxm * far), 0.2, 1.0) * clamp((farthest - far) / (0.3 * farthest), 0.0, 1.0);\n"
        "  float glow = night * step(218.0, raw.y) * (0.25 + 0.45 * fract(raw.y * 0.37));\n"
        "  glow *= 0.5 + min(raw.w * 0.06, 1.0);\n"
        f"  vec3 day = tint * {mixed(1.25, 0.93)} * groundTint;\n"
        f"  vec3 c = hazed(mix(day, {tone('buildings', 'window')}, glow), far);\n"
        "  shade = vec4(c, clamp(share + glow * 0.4, 0.0, 1.0));\n"
        "  gl_Position = MCDCMatrix * vertexMC;\n"
        "  if (raw.x > 254.5 || far < nearest || far > farthest) gl_Position = vec4(2.0, 2.0, 2.0, 1.0);\n"
        "}\n"
    )
    fragment = FRAGMENT + (
        "flat in vec4 shade;\nvoid main() { gl_FragData[0] = vec4(shade.rgb, shade.a * opacity); }\n"
    )
    return Program(vertex, fragment)


def tinted() -> Program:
    """A selected building: its own faces once more, in the colour of what is selected."""
    vertex = VERTEX + (
        "out vec3 vc;\nvoid main() {\n  vc = (MCVCMatrix * vertexMC).xyz;\n"
        "  gl_Position = MCDCMatrix * vertexMC;\n  gl_Position.z -= depthB * 0.0004;\n}\n"
    )
    fragment = FRAGMENT + (
        "in vec3 vc;\nuniform mat4 MCVCMatrix;\nvoid main() {\n"
        + _NORMAL
        + f"  vec3 c = {tone('buildings', 'selected')} * (0.72 + 0.28 * max(dot(n, vec3(0.42, -0.55, 0.72)), 0.0));\n"
        "  gl_FragData[0] = vec4(c, 0.62 * opacity);\n}\n"
    )
    return Program(vertex, fragment)
