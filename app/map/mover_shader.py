"""The shaders of symbols: shapes of constant size, each cut from one triangle; and points for those far away."""

from __future__ import annotations

from collections.abc import Sequence

from app.map.glsl import HEAD, Program, palette, vec3
from app.map.glyphs import FAR, HALF_SIDE, SHAPES, TILE_PX, UPRIGHT
from app.map.style import MapStyle, SymbolStyle, rgb

FADED, HIDDEN, SELECTED, HOVERED, CROWD = 1, 2, 4, 8, 16
"""Bits of a symbol's state. A crowd is drawn as one where clusters are."""
PLAIN, HOLLOW, ALARM, FAULT = 0, 1, 2, 3
"""Marks: busy or off duty; in need of a hand, dark on a disc; broken, struck through."""
RING_PX = 5.0
FULL_TO_M = 1900.0
"""From there on symbols get smaller."""
POINT_PX, SMALL_PX = 2.0, 6.0
"""The width of points, and below which a symbol is one."""
_VERTEX = """in vec3 normalMC;
uniform vec2 viewPx; uniform float since; uniform float sizeBy; uniform float crowd;
out vec2 at; flat out vec3 tint; flat out float faded; flat out float pxWide; flat out int form; flat out int mark;
flat out float ring;
"""
_VERTEX_MAIN = """void main() {
  vec4 raw = floor(scalarColor * 255.0 + 0.5);
  int k = int(min(raw.x, COUNT - 1.0));
  int state = int(raw.z);
  bool chosen = (state & 12) != 0;
  vec4 here = vec4(vertexMC.xyz + vec3(normalMC.xy * since, 1.0), 1.0);
  vec4 dc = MCDCMatrix * here;
  int sign = int(floor(raw.y / 4.0));
  bool small = dc.w >= SMALL[k] && sign != 2;
  bool gone = (state & 2) != 0 || (small && !chosen) || ((state & 16) != 0 && !chosen && crowd > 0.5);
  float reach = chosen ? 4.0e5 : REACH[k];
  if (gone || !(dc.w > 0.5 && dc.w < reach && max(abs(dc.x), abs(dc.y)) < 1.1 * dc.w)) {
    gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
    return;
  }
  float turn = raw.w * 6.2831853 / 255.0;
  vec4 ahead = MCDCMatrix * vec4(here.xyz + vec3(sin(turn), cos(turn), 0.0) * dc.w * 0.01, 1.0);
  vec2 dir = (ahead.xy / ahead.w - dc.xy / dc.w) * viewPx;
  dir = normalMC.z * TURNS[k] > 0.5 && length(dir) > 1.0e-6 ? normalize(dir) : vec2(0.0, 1.0);
  float shrink = clamp(FULL / max(dc.w, 1.0), 0.36, 1.15) * clamp(sqrt(350.0 / max(dc.w, 1.0)), 1.0, 2.4);
  float wide = max(SIZE[k] * shrink, chosen ? max(LEAST[k], 9.0) : LEAST[k]) * sizeBy;
  pxWide = wide * (chosen ? 1.2 : 1.0); form = FORM[k]; faded = float(state & 1); mark = sign;
  ring = (state & 4) != 0 ? 1.0 : ((state & 8) != 0 ? 0.6 : 0.0);
  tint = mix(KIND[k], CHOSEN, chosen ? BRIGHTER : 0.0);
  float beyond = chosen ? RING + 2.0 : (sign == 2 ? 5.0 : 1.2);
  float pad = 1.0 + 2.0 * beyond * sizeBy / pxWide;
  float c = raw.y - 4.0 * float(sign);
  vec2 corner = c < 0.5 ? vec2(-1.733, -1.0) : (c < 1.5 ? vec2(1.733, -1.0) : vec2(0.0, 2.0));
  at = corner * pad;
  vec2 turned = vec2(at.x * dir.y + at.y * dir.x, at.y * dir.y - at.x * dir.x);
  gl_Position = dc;
  gl_Position.xy += turned * pxWide / viewPx * dc.w;
  // What is chosen is seen through walls.
  gl_Position.z = chosen ? -0.999 * dc.w : dc.z - depthB * 0.02;
}
"""
_FRAGMENT = """in vec2 at; flat in vec3 tint; flat in float faded; flat in float pxWide; flat in int form;
flat in int mark; flat in float ring;
uniform sampler2D glyphs; uniform float sizeBy;
float off(vec2 p) {
  vec2 q = clamp(p, vec2(-INNER), vec2(INNER));
  float d = texture(glyphs, vec2((float(form) + 0.5 + q.x / (2.0 * SIDE)) / SHAPES, 0.5 + q.y / (2.0 * SIDE))).r;
  return (128.0 / 255.0 - d) * (255.0 / 127.0) * FAR + length(p - q);
}
void main() {
  float px = off(at) * pxWide * 0.5;
  float inside = clamp(0.5 - px, 0.0, 1.0);
  float edge = clamp(1.6 - px, 0.0, 1.0) * clamp(pxWide / 5.0 - 0.6, 0.0, 1.0);
  float cover = max(inside, edge * 0.8);
  vec3 c = mix(RIM, mix(tint, vec3(dot(tint, vec3(0.33))), faded * 0.5), inside);
  float round_ = length(at) * pxWide * 0.5;
  if (mark == 1 && pxWide > 6.5 * sizeBy) {
    float rind = max(1.5 * sizeBy, 0.11 * pxWide);
    c = mix(c, RIM, 0.86 * clamp(0.5 - px - rind, 0.0, 1.0));
  }
  if (mark == 3) {
    float cut = abs(at.x + at.y) * 0.7071 * pxWide * 0.5;
    c = mix(RIM, c, clamp(cut - 0.5 * sizeBy, 0.0, 1.0));
  }
  if (mark == 2) {
    float disc = clamp(pxWide * 0.5 + 3.0 * sizeBy - round_ + 0.5, 0.0, 1.0);
    float lip = clamp(pxWide * 0.5 + 4.2 * sizeBy - round_ + 0.5, 0.0, 1.0);
    c = mix(RIM, mix(ALARMED, RIM, inside), disc);
    cover = lip;
  }
  cover *= mix(1.0, 0.45, faded) * opacity;
  if (ring > 0.0) {
    float away = abs(round_ - pxWide * 0.5 - RING * sizeBy);
    float line = clamp(0.7 * sizeBy + 0.5 - away, 0.0, 1.0) * ring;
    float halo = clamp(1.7 * sizeBy + 0.5 - away, 0.0, 1.0) * ring * 0.6;
    c = mix(c, RIM, halo * (1.0 - cover)); cover = max(cover, halo);
    c = mix(c, ACCENT, line); cover = max(cover, line);
  }
  if (cover < 0.04) discard;
  gl_FragData[0] = vec4(c, cover);
}
"""


_POINT_MAIN = """void main() {
  vec4 raw = floor(scalarColor * 255.0 + 0.5);
  int k = int(min(raw.x, COUNT - 1.0));
  int state = int(raw.z);
  vec4 dc = MCDCMatrix * vec4(vertexMC.xyz + vec3(normalMC.xy * since, 1.0), 1.0);
  bool shaped = dc.w < SMALL[k] || (state & 12) != 0 || int(floor(raw.y / 4.0)) == 2;
  bool gone = shaped || (state & 2) != 0 || ((state & 16) != 0 && crowd > 0.25);
  gl_Position = gone || !(dc.w < REACH[k]) ? vec4(2.0, 2.0, 2.0, 1.0) : dc;
  gl_Position.z -= depthB * 0.02;
  float faded = float(state & 1);
  tone = vec4(mix(KIND[k], vec3(dot(KIND[k], vec3(0.33))), faded * 0.5), mix(1.0, 0.45, faded));
}
"""


def shapes(style: MapStyle, names: Sequence[str]) -> Program:
    """Return the program for symbols of these names as shapes, three vertices each.

    ``normalMC`` is the velocity (metres a second, east and north) and whether there is a heading; ``scalarColor`` is
    symbol, corner of the triangle and mark (corner + 4 × mark), state, and the heading in 1/255 turns.
    """
    dark = style.theme == "dark"
    symbols = _symbols(style, names)
    tables = (
        _tables(symbols)
        + _table("int", "FORM", [str(SHAPES.index(symbol.shape)) for symbol in symbols])
        + _table("float", "SIZE", [f"{symbol.size_px:.1f}" for symbol in symbols])
        + _table("float", "LEAST", [f"{symbol.least_px:.1f}" for symbol in symbols])
        + _table("float", "TURNS", ["0.0" if symbol.shape in UPRIGHT else "1.0" for symbol in symbols])
        + f"const float RING = {RING_PX:.1f}; const float FULL = {FULL_TO_M:.1f};\n"
        + f"const vec3 CHOSEN = {'vec3(1.0)' if dark else vec3(style.rgb('buildings', 'selected'))};\n"
        + f"const float BRIGHTER = {0.55 if dark else 0.35:.2f};\n"
    )
    looks = (
        f"const vec3 RIM = {'vec3(0.035,0.05,0.06)' if dark else 'vec3(0.98,0.98,0.97)'};\n"
        f"const vec3 ALARMED = {vec3(style.rgb('marks', 'alarm'))};\n"
        f"const vec3 ACCENT = {vec3(style.rgb('buildings', 'selected'))};\n"
        f"const float SIDE = {HALF_SIDE:.3f}; const float INNER = {HALF_SIDE * (1 - 1 / TILE_PX):.4f};\n"
        f"const float SHAPES = {len(SHAPES)}.0; const float FAR = {FAR:.3f}; const float RING = {RING_PX:.1f};\n"
    )
    return Program(HEAD.vertex + _VERTEX + tables + _VERTEX_MAIN, HEAD.fragment + looks + _FRAGMENT)


def points(style: MapStyle, names: Sequence[str]) -> Program:
    """Return the program for symbols too small for a shape, one vertex each, as in :func:`shapes`."""
    before = "in vec3 normalMC;\nuniform float since; uniform float crowd;\nflat out vec4 tone;\n"
    vertex = HEAD.vertex + before + _tables(_symbols(style, names)) + _POINT_MAIN
    return Program(
        vertex,
        HEAD.fragment + "flat in vec4 tone;\nvoid main() { gl_FragData[0] = vec4(tone.rgb, tone.a * opacity); }\n",
    )


def small_from_m(symbol: SymbolStyle) -> float:
    """Return from which distance on a symbol is a point."""
    return 1e9 if symbol.least_px >= SMALL_PX else symbol.size_px * FULL_TO_M / SMALL_PX


def _symbols(style: MapStyle, names: Sequence[str]) -> list[SymbolStyle]:
    return [style.symbol(name) for name in names] or [style.symbol("other")]


def _tables(symbols: Sequence[SymbolStyle]) -> str:
    return (
        palette("KIND", [rgb(symbol.colour) for symbol in symbols])
        + _table("float", "REACH", [f"{symbol.reach_m:.1f}" for symbol in symbols])
        + _table("float", "SMALL", [f"{small_from_m(symbol):.1f}" for symbol in symbols])
        + f"const float COUNT = {len(symbols)}.0;\n"
    )


def _table(kind: str, name: str, values: Sequence[str]) -> str:
    return f"const {kind} {name}[{len(values)}] = {kind}[{len(values)}]({','.join(values)});\n"
