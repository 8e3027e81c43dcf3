"""Trees as the map draws them: one triangle each, out of which a shader cuts crown and trunk."""

from __future__ import annotations

import numpy as np

from app.map.geometry import GroundAt, Mesh
from app.map.glsl import FRAGMENT, VERTEX, Program, floats, tones
from app.map.planting import KINDS, Trees

KEPT = 0.34
"""Of so many trees those that are left where they are a few pixels; they stand for the others then."""
STEM, TAPER = (0.2, 0.1, 0.08, 0.15), (0.16, 0.22, 0.5, 0.1)
"""Of each kind: the share of its height below the crown, and how much the crown narrows upwards."""


CROWN_M, TREE_M = 6.0, 20.0
"""No crown reaches farther to the side, and no tree higher."""


def tree_mesh(trees: Trees, ground: GroundAt, *, far: bool = False) -> Mesh:
    """Return three vertices a tree, all where it stands.

    ``code`` is kind + 4 × corner (+ 16 for those that are drawn from far too), a seed, and radius of the crown and
    height in decimetres. With ``far`` there are only those.
    """
    seed = np.arange(len(trees), dtype=np.uint64) * np.uint64(2654435761) >> np.uint64(11) & np.uint64(1023)
    kept = seed < KEPT * 1024
    if far:
        trees, seed, kept = trees.take(kept), seed[kept], kept[kept]
    code = np.zeros((len(trees), 3, 4), np.uint8)
    code[..., 0] = (trees.kind + 16 * kept)[:, None] + 4 * np.arange(3)
    code[..., 1] = (seed & np.uint64(255))[:, None]
    code[..., 2] = np.clip(np.round(10 * trees.crown_m), 1, 255)[:, None]
    code[..., 3] = np.clip(np.round(10 * trees.tall_m), 1, 255)[:, None]
    xyz = np.column_stack([trees.x_m, trees.y_m, ground(trees.x_m, trees.y_m)])
    corners = np.arange(3 * len(trees)).reshape(-1, 3)
    return Mesh(np.repeat(xyz, 3, axis=0), code.reshape(-1, 4), np.repeat(np.arange(len(trees)), 3), corners)


def program() -> Program:
    """The crown is an ellipsoid seen from anywhere, lit from its side and from above; leaves make its edge ragged.

    ``treesAll`` is how far all trees are drawn: towards it the others dwindle and those that are kept grow. Beyond
    ``treesTo`` there is none.
    """
    vertex = VERTEX + (
        "uniform float treesAll; uniform float treesTo;\n"
        "uniform vec3 lightFrom; uniform vec3 hazeTone;\n"
        "uniform float hazeFrom; uniform float hazeFull;\n"
        "out vec2 at; flat out vec2 reach; flat out vec3 tint; flat out vec3 towards; flat out vec4 form;\n"
        + tones("KIND", "trees", KINDS)
        + floats("STEM", STEM)
        + floats("TAPER", TAPER)
        + "void main() {\n"
        "  vec4 raw = floor(scalarColor * 255.0 + 0.5);\n"
        "  float kept = step(15.5, raw.x), corner = floor((raw.x - 16.0 * kept) / 4.0);\n"
        "  int kind = int(raw.x - 16.0 * kept - 4.0 * corner);\n"
        "  vec3 vc = (MCVCMatrix * vertexMC).xyz, up = (MCVCMatrix * vec4(0.0, 0.0, 1.0, 0.0)).xyz;\n"
        "  float far = length(vc);\n"
        "  float away = smoothstep(0.55 * treesAll, treesAll, far);\n"
        "  float size = mix(1.0 - away, 1.0 + 0.45 * away, kept) * (1.0 - smoothstep(0.75 * treesTo, treesTo, far));\n"
        "  float r = raw.z * 0.1 * size, tall = raw.w * 0.1 * size;\n"
        "  float v = 0.5 * tall * (1.0 - STEM[kind]), middle = tall - v;\n"
        "  float steep = abs(dot(vc, up)) / far, level = sqrt(max(1.0 - steep * steep, 0.0));\n"
        # How far the crown reaches to the side and upwards on the screen, and down to where the trunk stands.
        "  reach = vec2(r, sqrt(v * v * level * level + r * r * steep * steep));\n"
        "  float foot = -max(reach.y, middle * level);\n"
        "  vec2 low = vec2(r * 0.5774 * (2.0 - foot / reach.y), foot);\n"
        "  at = corner < 0.5 ? vec2(-low.x, low.y) : (corner < 1.5 ? low : vec2(0.0, 2.0 * reach.y));\n"
        "  tint = KIND(kind) * (0.96 + raw.y * 0.0009);\n"
        "  towards = mat3(MCVCMatrix) * lightFrom;\n"
        "  float t = clamp((far - hazeFrom) / (hazeFull - hazeFrom), 0.0, 1.0);\n"
        "  form = vec4(TAPER[kind] * level, raw.y * 0.37, t * (2.0 - t) * 0.97, 0.022 * tall);\n"
        "  vec3 right = cross(vc, up) + vec3(1.0e-4 * far, 0.0, 0.0);\n"
        "  right = normalize(right);\n"
        "  vec4 moved = vec4(up * middle + right * at.x + cross(right, vc / far) * at.y, 0.0);\n"
        "  moved.xyz = moved.xyz * mat3(MCVCMatrix);\n"
        "  gl_Position = size < 0.02 ? vec4(2.0, 2.0, 2.0, 1.0) : MCDCMatrix * (vertexMC + moved);\n"
        "}\n"
    )
    fragment = FRAGMENT + (
        "in vec2 at; flat in vec2 reach; flat in vec3 tint; flat in vec3 towards; flat in vec4 form;\n"
        "uniform vec3 lightSun; uniform vec3 lightAll;\n"
        "void main() {\n"
        "  vec2 p = at / reach;\n"
        "  p.x /= max(1.0 - form.x * (p.y + 0.25), 0.2);\n"
        "  vec2 leaf = vec2(sin(p.y * 7.0 + p.x * 3.0 + form.y), sin(p.x * 8.0 - p.y * 2.0 + form.y * 1.7));\n"
        "  float ball = dot(p, p) + 0.10 * leaf.x * leaf.y;\n"
        "  float stem = step(abs(at.x), form.w) * step(at.y, 0.0);\n"
        "  if (ball > 1.0 && stem < 0.5) discard;\n"
        # A screen door where the layer is to be seen through: nothing is blended here.
        "  if (opacity < fract(52.9829189 * fract(dot(gl_FragCoord.xy, vec2(0.06711056, 0.00583715))))) discard;\n"
        "  vec3 n = vec3(p + 0.28 * leaf, sqrt(max(1.0 - ball, 0.0)) + 0.15);\n"
        # Leaves let light through: the side that is turned away is not black.
        "  float facing = max(0.72 * dot(n, towards) * inversesqrt(dot(n, n)) + 0.28, 0.0);\n"
        "  float deep = 0.74 + 0.26 * clamp(0.5 + 0.6 * p.y, 0.0, 1.0);\n"
        "  vec3 c = tint * (lightAll * deep + lightSun * facing);\n"
        "  c = ball > 1.0 ? tint * lightAll * 0.55 : c;\n"
        "  gl_FragData[0] = vec4(mix(c, hazeTone, form.z), 1.0);\n"
        "}\n"
    )
    return Program(vertex, fragment)
