from __future__ import annotations

import gc
import weakref

from pytestqt.qtbot import QtBot
from vtkmodules.vtkCommonCore import vtkObjectBase

from app.map.scene import PreparedScene
from app.map.view import MapView
from tests.app.map.conftest import picture


def _vtk_objects() -> int:
    gc.collect()
    kinds = ("vtkActor", "vtkOpenGLActor", "vtkOpenGLPolyDataMapper", "vtkPolyData", "vtkOpenGLShaderProperty")
    return sum(1 for o in gc.get_objects() if isinstance(o, vtkObjectBase) and o.GetClassName() in kinds)


def test_nothing_of_vtk_outlives_a_closed_view(qtbot: QtBot, scene: PreparedScene) -> None:
    before = _vtk_objects()
    view = MapView()
    view.resize(400, 300)
    view.show()
    qtbot.waitExposed(view)
    view.show_city(scene)
    picture(qtbot, view)
    gone = weakref.ref(view)
    view.close()
    view.deleteLater()
    del view
    qtbot.waitUntil(lambda: _vtk_objects() <= before and gone() is None, timeout=60_000)


def test_a_hidden_view_does_not_render(qtbot: QtBot, view: MapView) -> None:
    picture(qtbot, view)
    renders = view.renders
    view.hide()
    view.refresh()
    view.set_theme("light")
    qtbot.wait(50)
    assert view.renders == renders


def test_a_closed_view_does_not_render(qtbot: QtBot, view: MapView) -> None:
    picture(qtbot, view)
    renders = view.renders
    view.close()
    view.refresh()
    qtbot.wait(50)
    assert view.renders == renders
    view.close()
