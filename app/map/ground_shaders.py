"""The shader programs of the ground and of what lies on it: land, water, roads, pictures, shadows; and of the sky."""

from __future__ import annotations

from app.map.glsl import FRAGMENT, HIDDEN, LAY, SUNLIT, VERTEX, Program, figure, floats, mixed, tone, tones
from twin.city.tables import LAND_KINDS, ROAD_CLASSES

_EYE = "  vc = (MCVCMatrix * vertexMC).xyz;\n"
# Neighbouring fields differ a little; near by they have furrows, each its own way.
_FURROWS = """  float near = clamp((1500.0 - far) / 900.0, 0.0, 1.0) * furrowed;
  if (near > 0.0) {
    vec3 at = eyeAt + vc * mat3(MCVCMatrix);
    vec2 way = vec2(cos(turn), sin(turn));
    float row = sin(dot(at.xy, way) * 1.05) * clamp((420.0 - far) / 300.0, 0.0, 1.0);
    float strip = sin(dot(at.xy, way) * 0.21 + 2.0 * sin(turn * 7.0));
    c *= 1.0 + near * (0.035 * row + 0.03 * strip);
  }
"""
_WATER = """  vec3 ray = vc * mat3(MCVCMatrix);
  float steep = clamp(-ray.z / far, 0.0, 1.0), grazing = 1.0 - steep;
  float near = clamp((1400.0 - far) / 1100.0, 0.0, 1.0);
  vec2 slope = vec2(0.0);
  if (near > 0.0) {
    vec2 at = eyeAt.xy + ray.xy;
    slope = vec2(cos(at.x * 0.43 + 1.7 * sin(at.y * 0.19)) + 0.6 * cos(at.x * 1.31 - at.y * 0.83),
                 cos(at.y * 0.51 + 1.9 * sin(at.x * 0.17)) + 0.6 * cos(at.y * 1.17 + at.x * 0.71)) * near;
  }
  float sky = grazing * grazing * grazing;
  c = mix(c, MIRROR * skyTint, 0.15 + 0.60 * sky + 0.05 * slope.x * near);
  vec3 back = normalize(vec3(ray.xy / far + slope * 0.035, steep));
  float spark = max(dot(back, glowFrom), 0.0);
  c += glow * (1.6 * pow(spark, 90.0) + 0.25 * pow(spark, 12.0)) * step(0.0, glowFrom.z);
"""


def areas(what: str, relief: bool) -> Program:
    """Land with its furrows, or water that mirrors the sky the more the flatter one looks over it."""
    kinds = LAND_KINDS if what == "land" else ("water",)
    order = {"land": 1.0, "water": 2.0}[what]
    vary = f"(1.0 + (raw.y - 128.0) * {mixed(0.0016, 0.0004)})" if what == "land" else "1.0"
    vertex = VERTEX + (
        "flat out vec3 tint; flat out float turn; flat out float furrowed; out vec3 vc;\n"
        + tones("KIND", "land" if what == "land" else "ground", kinds)
        + floats("FURROWED", [float(kind in ("field", "paddy", "orchard", "greenhouse")) for kind in kinds])
        + LAY[relief]
        + "void main() {\n"
        "  vec4 raw = scalarColor * 255.0;\n"
        f"  int kind = int(min(raw.x + 0.5, {len(kinds) - 1}.5));\n"
        f"  tint = KIND(kind) * {vary}; turn = raw.y * 0.37; furrowed = FURROWED[kind];\n"
        + _EYE
        + f"  gl_Position = MCDCMatrix * vertexMC;\n  lay({order:.1f});\n  {HIDDEN}\n}}\n"
    )
    mirror = f"#define MIRROR ({tone('sky', 'mirror')})\n"
    fragment = FRAGMENT + (
        "flat in vec3 tint; flat in float turn; flat in float furrowed; in vec3 vc;\n"
        "uniform mat4 MCVCMatrix; uniform vec3 eyeAt; uniform vec3 glow; uniform vec3 glowFrom;\n"
        + (mirror if what == "water" else "")
        + "void main() {\n  float far = length(vc);\n  vec3 c = tint * groundTint;\n"
        + (_WATER if what == "water" else _FURROWS)
        + "  gl_FragData[0] = vec4(hazed(c, far), opacity);\n}\n"
    )
    return Program(vertex, fragment)


def ground(relief: bool) -> Program:
    """The ground, painted by its cover: what grows and lies there, and far buildings; shaded by its slope."""
    # Light from all sides reaches slopes that are turned away too: none of them is one flat grey.
    light = "(0.6 + 0.4 * dot(normalize(vec3(-slope, 1.0)), slopeLight)) / (0.6 + 0.4 * slopeLight.z)"
    vertex = VERTEX + (
        "out vec3 vc; out vec2 uv;\nuniform vec4 coverBox; uniform vec2 heights;\nout float high;\n"
        + LAY[relief]
        + "void main() {\n"
        "  uv = (vertexMC.xy - coverBox.xy) / coverBox.zw;\n"
        "  high = clamp((vertexMC.z - heights.x) / (heights.y - heights.x), 0.0, 1.0);\n"
        + _EYE
        + "  gl_Position = MCDCMatrix * vertexMC;\n  lay(0.0);\n  if (false) gl_Position += scalarColor;\n}\n"
    )
    bare = f"mix({tone('ground', 'valley')}, {tone('ground', 'peak')}, high * high * (3.0 - 2.0 * high))"
    if relief:
        colour = (
            "  vec2 slope = (texture(slopes, uv).xy * 255.0 - 128.0) / 60.0;\n"
            f"  vec3 c = mix({bare}, on.rgb, on.a * 0.85);\n"
            f"  c *= min(pow({light}, {mixed(2.6, 1.7)}), {mixed(1.6, 1.06)}) * groundTint;\n"
        )
    else:
        # Beyond the edge of the county there is only ground; the alpha of the cover is the light of its windows.
        colour = (
            # Near by there are the things themselves, whose edges the coarse paint would blur.
            "  vec2 edge = step(abs(uv - 0.5), vec2(0.5));\n"
            "  float shown = edge.x * edge.y * painted * smoothstep(0.7 * paintFrom, paintFrom, far);\n"
            f"  vec3 c = mix({tone('ground', 'base')}, on.rgb, shown) * groundTint;\n"
            f"  c += {tone('buildings', 'window')} * (on.a * shown * night);\n"
        )
    fragment = FRAGMENT + (
        "in vec3 vc; in vec2 uv; in float high;\n"
        "uniform sampler2D cover; uniform sampler2D slopes; uniform vec3 slopeLight; uniform float night;\n"
        "uniform float painted; uniform float paintFrom;\n"
        "void main() {\n  float far = length(vc);\n  vec4 on = texture(cover, uv);\n"
        + colour
        + "  gl_FragData[0] = vec4(hazed(c, far), 1.0);\n}\n"
    )
    return Program(vertex, fragment)


def imagery(relief: bool) -> Program:
    """The orthophoto over the ground: the sharper sheet where it reaches, else the other."""
    vertex = VERTEX + (
        "out float far; out vec2 whole_at; out vec2 detail_at;\n"
        "uniform vec4 wholeBox; uniform vec4 detailBox;\n" + LAY[relief] + "void main() {\n"
        "  whole_at = (vertexMC.xy - wholeBox.xy) / wholeBox.zw;\n"
        "  detail_at = (vertexMC.xy - detailBox.xy) / detailBox.zw;\n"
        "  far = length((MCVCMatrix * vertexMC).xyz);\n"
        "  gl_Position = MCDCMatrix * vertexMC;\n  lay(3.5);\n}\n"
    )
    fragment = FRAGMENT + (
        "in float far; in vec2 whole_at; in vec2 detail_at;\n"
        "uniform sampler2D whole; uniform sampler2D detail;\n"
        "bool inside(vec2 at) { return all(greaterThanEqual(at, vec2(0.0))) && all(lessThanEqual(at, vec2(1.0))); }\n"
        "void main() {\n"
        "  if (!inside(whole_at)) discard;\n"
        "  vec4 c = inside(detail_at) ? texture(detail, detail_at) : texture(whole, whole_at);\n"
        "  if (c.a < 0.02) discard;\n"
        f"  gl_FragData[0] = vec4(hazed(c.rgb * {mixed(0.62, 1.0)} * groundTint, far), c.a * opacity);\n"
        "}\n"
    )
    return Program(vertex, fragment)


def shades(relief: bool) -> Program:
    """The shadows on the ground and on all that lies on it."""
    vertex = VERTEX + (
        "out vec3 vc;\n" + LAY[relief] + "void main() {\n" + _EYE + "  gl_Position = MCDCMatrix * vertexMC;\n"
        "  lay(22.5);\n  if (false) gl_Position += scalarColor;\n}\n"
    )
    fragment = FRAGMENT + (
        "in vec3 vc;\n" + SUNLIT + "void main() {\n"
        "  float dark = shaded(vc, vec2(0.0)) * shadow;\n"
        "  dark *= clamp((hazeFull - length(vc)) / hazeFull, 0.0, 1.0);\n"
        "  gl_FragData[0] = vec4(vec3(0.10, 0.13, 0.20) * groundTint, dark);\n"
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


def roads(relief: bool, *, casing: bool) -> Program:
    """Ribbons that are never thinner on the screen than their class asks, and fade instead of breaking up."""
    names = ["casing"] * len(ROAD_CLASSES) if casing else list(ROAD_CLASSES)
    order = "4.0 + (8.0 - kind)" if casing else "13.0 + (8.0 - kind)"
    wider = " + max(0.9, 0.7 * pxm * far)" if casing else ""
    vertex = VERTEX + (
        "in vec3 normalMC;\nout vec4 paint; out vec2 side; out float far; out vec2 metre; flat out float lanes;\n"
        + tones("KIND", "roads", names)
        + floats("LEAST", (1.15, 1.05, 0.95, 0.8, 0.65, 0.5, 0.5, 0.5, 0.5))
        + floats("GONE", (0.0, 0.0, 0.0, 0.0, 0.05, 0.2, 0.3, 0.35, 0.4))
        + LAY[relief]
        + "void main() {\n"
        "  float kind = floor(scalarColor.x * 255.0 + 0.5);\n  int k = int(min(kind, 8.0));\n"
        "  far = length((MCVCMatrix * vertexMC).xyz);\n"
        "  float half_ = max(length(normalMC.xy), 0.01);\n"
        "  float px = pxm * far;\n"
        f"  float wide = max(half_, LEAST[k] * px){wider};\n"
        "  float share = clamp(half_ / (LEAST[k] * px), 0.0, 1.0);\n"
        "  float fade = mix(smoothstep(GONE[k], GONE[k] + 0.35, share), 1.0, step(GONE[k], 0.0));\n"
        "  paint = vec4(KIND(k), fade * (0.45 + 0.55 * share));\n"
        "  float soft = wide + 0.5 * px;\n"
        "  side = vec2(normalMC.z * soft / px, wide / px);\n"
        "  metre = vec2(normalMC.z * soft, (scalarColor.z * 255.0 + scalarColor.w * 65280.0) * 0.5);\n"
        "  lanes = kind < 4.5 ? floor(half_ / 3.4) : 0.0;\n"
        "  gl_Position = MCDCMatrix * (vertexMC + vec4(normalMC.xy / half_ * soft, 0.0, 0.0));\n"
        f"  if (kind > 254.5 || fade <= 0.0) gl_Position = vec4(2.0, 2.0, 2.0, 1.0); else lay({order});\n"
        "}\n"
    )
    fragment = FRAGMENT + (
        "in vec4 paint; in vec2 side; in float far; in vec2 metre; flat in float lanes;\n"
        f"#define MARK ({tone('roads', 'marking')})\n"
        "void main() {\n  vec3 c = paint.rgb;\n"
        + ("" if casing else _MARKINGS)
        + "  float cover = clamp(side.y - abs(side.x) + 0.5, 0.0, 1.0);\n"
        "  gl_FragData[0] = vec4(hazed(c * groundTint, far), paint.a * cover * opacity);\n"
        "}\n"
    )
    return Program(vertex, fragment)


def shore(relief: bool) -> Program:
    """The edge of water, strongest on the line and gone a few metres off it."""
    vertex = VERTEX + (
        "in vec3 normalMC;\nout float side; out float far; out float fade;\n" + LAY[relief] + "void main() {\n"
        "  far = length((MCVCMatrix * vertexMC).xyz);\n"
        "  float half_ = max(length(normalMC.xy), 0.01), px = pxm * far;\n"
        "  float wide = max(half_, 0.9 * px);\n"
        "  fade = clamp(half_ / (0.9 * px), 0.25, 1.0);\n"
        "  side = normalMC.z;\n"
        "  gl_Position = MCDCMatrix * (vertexMC + vec4(normalMC.xy / half_ * wide, 0.0, 0.0));\n"
        "  if (scalarColor.x > 0.998) gl_Position = vec4(2.0, 2.0, 2.0, 1.0); else lay(3.0);\n"
        "}\n"
    )
    fragment = FRAGMENT + (
        "in float side; in float far; in float fade;\n"
        "void main() {\n"
        "  float t = 1.0 - abs(side);\n"
        f"  gl_FragData[0] = vec4(hazed({tone('ground', 'shore')} * groundTint, far), t * t * 0.6 * fade * opacity);\n"
        "}\n"
    )
    return Program(vertex, fragment)


def sky() -> Program:
    """The sky behind everything: bands across the screen, whose colours are worked out at their edges only."""
    vertex = (
        "//VTK::System::Dec\nin vec4 vertexMC;\nuniform vec3 rayAt; uniform vec3 rayX; uniform vec3 rayY;\n"
        "uniform vec3 skyTint; uniform vec3 glowFrom; uniform vec3 glow; uniform vec3 hazeTone;\n"
        "uniform float daylight;\n"
        "out vec3 shade;\n"
        "void main() {\n"
        "  vec3 ray = rayAt + vertexMC.x * rayX + vertexMC.y * rayY;\n"
        "  float up = ray.z / length(ray);\n"
        f"  shade = mix(hazeTone, {tone('sky', 'horizon')} * skyTint, smoothstep(-0.01, 0.06, up));\n"
        f"  float full = smoothstep(0.02, {figure('sky', 'deepens_at')}, up);\n"
        f"  shade = mix(shade, {tone('sky', 'zenith')} * skyTint, full);\n"
        # About the sun, and along the horizon below it.
        "  float near = max(dot(ray / length(ray), glowFrom), 0.0);\n"
        "  float veil = 0.35 + 0.65 * smoothstep(-0.01, 0.12, up);\n"
        "  shade += glow * veil * (0.5 * pow(near, 5.0) * exp(-5.0 * max(up, 0.0)) + 0.7 * pow(near, 60.0));\n"
        "  gl_Position = vec4(vertexMC.xy, 0.9999999, 1.0);\n"
        "}\n"
    )
    fragment = (
        "//VTK::System::Dec\n//VTK::Output::Dec\nin vec3 shade;\n"
        "void main() {\n"
        # Interleaved gradient noise (Jimenez, 2014) hides the steps of eight bits.
        "  float grain = fract(52.9829189 * fract(dot(gl_FragCoord.xy, vec2(0.06711056, 0.00583715)))) - 0.5;\n"
        "  gl_FragData[0] = vec4(shade + grain / 255.0, 1.0);\n"
        "}\n"
    )
    return Program(vertex, fragment)
