"""The one door to VTK: actors made from arrays, with our own shaders.

Whatever is made here belongs to the caller, who takes it out of the renderer again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import vtkmodules.vtkRenderingOpenGL2  # noqa: F401 - registers the OpenGL implementations
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonCore import vtkCommand, vtkDataArray, vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkImageData, vtkPolyData
from vtkmodules.vtkRenderingCore import vtkActor, vtkProperty, vtkRenderer, vtkTexture
from vtkmodules.vtkRenderingOpenGL2 import vtkOpenGLPolyDataMapper, vtkOpenGLShaderProperty

from app.map.glsl import Program

BLEND = 0x0BE2
"""OpenGL's name of mixing what is drawn with what is there."""
FIELD_LOWEST_M = 1000.0
"""How far below zero a field of heights reaches."""


@dataclass(frozen=True, slots=True)
class Arrays:
    """The arrays an actor draws; written in place they change the picture after :func:`touch`."""

    vertices: NDArray[np.float32]
    code: NDArray[np.uint8]
    across: NDArray[np.float32]
    triangles: NDArray[np.int32]


def wrap(values: NDArray[np.generic]) -> vtkDataArray:
    """Give VTK an array to read; it keeps a reference to it."""
    return numpy_to_vtk(values)  # type: ignore[no-any-return,no-untyped-call]  # VTK's own helper


class Material:
    """A shader program and its uniforms, shared by all actors of one kind."""

    def __init__(self, program: Program) -> None:
        self.property = vtkOpenGLShaderProperty()
        self.set_program(program)

    def set_program(self, program: Program) -> None:
        """Exchange the sources; VTK compiles them at the next frame."""
        self.property.SetVertexShaderCode(program.vertex)
        self.property.SetFragmentShaderCode(program.fragment)

    def set_number(self, name: str, value: float) -> None:
        """Set a float uniform."""
        self.property.GetVertexCustomUniforms().SetUniformf(name, value)

    def set_vector(self, name: str, *values: float) -> None:
        """Set a vector uniform of two, three or four floats."""
        uniforms = self.property.GetVertexCustomUniforms()
        {2: uniforms.SetUniform2f, 3: uniforms.SetUniform3f, 4: uniforms.SetUniform4f}[len(values)](name, values)


def polydata(arrays: Arrays) -> vtkPolyData:
    """Wrap arrays without a copy; points where there are no triangles."""
    data = vtkPolyData()
    points = vtkPoints()
    points.SetData(wrap(arrays.vertices))
    data.SetPoints(points)
    cells = vtkCellArray()
    if len(arrays.triangles):
        offsets = np.arange(0, 3 * len(arrays.triangles) + 1, 3, dtype=np.int32)
        cells.SetData(wrap(offsets), wrap(arrays.triangles.reshape(-1)))
        data.SetPolys(cells)
    else:
        count = len(arrays.vertices)
        cells.SetData(wrap(np.array([0, count], np.int32)), wrap(np.arange(count, dtype=np.int32)))
        data.SetVerts(cells)
    code = wrap(arrays.code)
    code.SetName("code")
    data.GetPointData().SetScalars(code)
    if len(arrays.across):
        across = wrap(arrays.across)
        across.SetName("across")
        data.GetPointData().SetNormals(across)
    return data


def touch(data: vtkPolyData) -> None:
    """Tell VTK that the arrays of ``data`` were written in place."""
    data.GetPoints().GetData().Modified()
    data.GetPoints().Modified()
    for array in (data.GetPointData().GetScalars(), data.GetPointData().GetNormals()):
        if array is not None:
            array.Modified()
    data.Modified()


def make_actor(material: Material, look: vtkProperty | None = None, *, cull_back: bool = False) -> vtkActor:
    """Return an actor without data, invisible until it is given some; with a property of its own, or one it shares."""
    actor = vtkActor()
    if look is not None:
        actor.SetProperty(look)
    actor.SetShaderProperty(material.property)
    actor.UseBoundsOff()
    actor.ForceOpaqueOn()  # alpha blends over what was drawn before, in our own order
    actor.PickableOff()
    actor.VisibilityOff()
    actor.GetProperty().SetBackfaceCulling(cull_back)
    return actor


def fill(actor: vtkActor, data: vtkPolyData, corner: tuple[float, float], *, still: bool = True) -> None:
    """Give an actor its data."""
    mapper = vtkOpenGLPolyDataMapper()
    mapper.SetVBOShiftScaleMethod(0)  # VTK would move coordinates into a space our shaders do not know
    mapper.SetInputData(data)
    mapper.SetStatic(still)
    actor.SetMapper(mapper)
    actor.SetPosition(corner[0], corner[1], 0.0)


def make_switch(renderer: vtkRenderer, blends: Callable[[], bool]) -> vtkActor:
    """Return an actor that draws nothing and, in its turn, switches blending on or off for what is drawn after it."""
    actor = make_actor(Material(_NOTHING), vtkProperty())
    nowhere = Arrays(
        np.zeros((3, 3), np.float32), np.full((3, 4), 255, np.uint8), np.zeros((0, 3), np.float32),
        np.array([[0, 1, 2]], np.int32),
    )  # fmt: skip
    fill(actor, polydata(nowhere), (0.0, 0.0))

    def on_shader(_mapper: object, _event: str) -> None:
        state = renderer.GetRenderWindow().GetState()  # type: ignore[attr-defined]  # OpenGL's
        (state.vtkglEnable if blends() else state.vtkglDisable)(BLEND)

    actor.GetMapper().AddObserver(vtkCommand.UpdateShaderEvent, on_shader)
    actor.VisibilityOn()
    return actor


_NOTHING = Program(
    "//VTK::System::Dec\nin vec4 vertexMC;\nvoid main() { gl_Position = vec4(2.0, 2.0, 2.0, 1.0) + 0.0 * vertexMC; }\n",
    "//VTK::System::Dec\n//VTK::Output::Dec\nvoid main() { gl_FragData[0] = vec4(0.0); }\n",
)


def bring_to_front(renderer: vtkRenderer, actor: vtkActor) -> None:
    """Have an actor be drawn after everything that is in the renderer now."""
    drawn = renderer.GetViewProps()  # RemoveActor would let go of what the GPU has of it
    drawn.RemoveItem(actor)
    drawn.AddItem(actor)


def drop(renderer: vtkRenderer, actor: vtkActor) -> None:
    """Take an actor out, and its data from it."""
    renderer.RemoveActor(actor)
    actor.SetMapper(None)  # type: ignore[arg-type]  # VTK takes None, its stubs do not say so


def make_texture(rgba: NDArray[np.uint8], *, smooth: bool = True, mipmap: bool = True) -> vtkTexture:
    """Return a texture of an (H, W, 4) picture, row 0 at the top."""
    height, width, _ = rgba.shape
    image = vtkImageData()
    image.SetDimensions(width, height, 1)
    flipped = np.ascontiguousarray(rgba[::-1]).reshape(-1, 4)
    image.GetPointData().SetScalars(wrap(flipped))
    texture = vtkTexture()
    texture.SetInputData(image)
    texture.SetColorModeToDirectScalars()
    texture.SetInterpolate(smooth)
    texture.SetMipmap(mipmap)
    texture.SetMaximumAnisotropicFiltering(1)  # VTK takes 4, which costs a software GL seconds a frame
    texture.SetRepeat(False)
    texture.SetEdgeClamp(True)
    return texture


def make_field(heights_m: NDArray[np.float32]) -> vtkTexture:
    """Return a texture of heights, (H, W), row 0 first, to be read cell by cell: as centimetres in three bytes.

    VTK would take single numbers for bytes.
    """
    centimetres = np.clip((heights_m + FIELD_LOWEST_M) * 100.0, 0, 2**24 - 1).astype("<u4")
    image = vtkImageData()
    image.SetDimensions(heights_m.shape[1], heights_m.shape[0], 1)
    image.GetPointData().SetScalars(wrap(np.ascontiguousarray(centimetres).view(np.uint8).reshape(-1, 4)))
    texture = vtkTexture()
    texture.SetInputData(image)
    texture.SetColorModeToDirectScalars()
    texture.SetInterpolate(False)
    texture.SetMipmap(False)
    texture.SetRepeat(False)
    texture.SetEdgeClamp(True)
    return texture
