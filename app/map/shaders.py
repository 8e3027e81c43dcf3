"""The shader programs of what is laid over the city: areas, values and lines of layers and features."""

from __future__ import annotations

from collections.abc import Sequence

from app.map.glsl import FRAGMENT, LAY, VERTEX, Program, palette
from app.map.style import MapStyle
from twin.city.tables import PLACE_KINDS


def lines(style: MapStyle, names: Sequence[str], relief: bool) -> Program:
    """Ribbons of a layer's own, over the roads; at least one and a half pixels wide; borders are hairlines."""
    thin = ",".join("1.0" if name in PLACE_KINDS else "0.0" for name in names)
    vertex = VERTEX + (
        "in vec3 normalMC;\nout vec3 tone; out vec2 side; out float far;\n"
        + palette("KIND", [style.rgb("lines", name, "other") for name in names])
        + f"const float THIN[{len(names)}] = float[{len(names)}]({thin});\n"
        + LAY[relief]
        + "void main() {\n"
        f"  int k = int(min(scalarColor.x * 255.0 + 0.5, {len(names) - 1}.5));\n"
        "  far = length((MCVCMatrix * vertexMC).xyz);\n"
        "  float half_ = max(length(normalMC.xy), 0.01), px = pxm * far;\n"
        "  float wide = THIN[k] > 0.5 ? 0.8 * px : clamp(half_, 0.75 * px, 2.5 * px + 0.4 * half_);\n"
        "  tone = KIND[k]; side = vec2(normalMC.z * (wide / px + 0.5), wide / px);\n"
        "  gl_Position = MCDCMatrix * (vertexMC + vec4(normalMC.xy / half_ * (wide + 0.5 * px), 0.0, 0.0));\n"
        "  lay(23.0);\n}\n"
    )
    fragment = FRAGMENT + (
        "in vec3 tone; in vec2 side; in float far;\n"
        "void main() {\n"
        "  float cover = clamp(side.y - abs(side.x) + 0.5, 0.0, 1.0);\n"
        "  gl_FragData[0] = vec4(hazed(tone, far), cover * opacity);\n"
        "}\n"
    )
    return Program(vertex, fragment)


def fills(style: MapStyle, names: Sequence[str], relief: bool) -> Program:
    """Areas that features lay over the roads and under the lines."""
    vertex = VERTEX + (
        "flat out vec3 tint; out float far;\n"
        + palette("KIND", [style.rgb("areas", name, "other") for name in names])
        + LAY[relief]
        + "void main() {\n"
        f"  tint = KIND[int(min(scalarColor.x * 255.0 + 0.5, {len(names) - 1}.5))];\n"
        "  far = length((MCVCMatrix * vertexMC).xyz);\n"
        "  gl_Position = MCDCMatrix * vertexMC;\n  lay(22.0);\n}\n"
    )
    fragment = FRAGMENT + (
        "flat in vec3 tint; in float far;\nvoid main() {\n  gl_FragData[0] = vec4(hazed(tint, far), opacity);\n}\n"
    )
    return Program(vertex, fragment)


def raster(style: MapStyle, relief: bool) -> Program:
    """Values of a feature as colours on the ground, over the roads."""
    vertex = VERTEX + (
        "out vec2 at; out float far;\nuniform vec4 veilBox;\n" + LAY[relief] + "void main() {\n"
        "  at = (vertexMC.xy - veilBox.xy) / veilBox.zw;\n"
        "  far = length((MCVCMatrix * vertexMC).xyz);\n"
        "  gl_Position = MCDCMatrix * vertexMC;\n  lay(21.5);\n}\n"
    )
    fragment = FRAGMENT + (
        "in vec2 at; in float far;\nuniform sampler2D veil;\n"
        "void main() {\n"
        "  vec4 c = texture(veil, at);\n  if (c.a < 0.004) discard;\n"
        "  gl_FragData[0] = vec4(hazed(c.rgb, far), c.a * opacity);\n}\n"
    )
    return Program(vertex, fragment)
