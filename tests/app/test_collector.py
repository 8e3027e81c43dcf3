"""Rubbish is freed on the window's thread, whoever makes objects meanwhile."""

from __future__ import annotations

import gc
import threading
import weakref

import pytest
from PySide6.QtWidgets import QApplication, QWidget

from app.collector import Collector, uncollected
from tests.app.conftest import until


def ring(freed_on: list[str]) -> None:
    """Make a widget that is rubbish and part of a ring."""
    widget = QWidget()
    widget.ring = [widget]  # type: ignore[attr-defined]  # Python's own, not Qt's
    weakref.finalize(widget, lambda: freed_on.append(threading.current_thread().name))


def make_much() -> None:
    for _ in range(20):
        [[number] for number in range(50_000)]


def test_a_widget_in_a_ring_is_freed_on_the_windows_thread_though_another_makes_objects(qapp: QApplication) -> None:
    freed_on: list[str] = []
    for _ in range(100):
        ring(freed_on)
    thread = threading.Thread(target=make_much, name="busy")
    thread.start()
    thread.join()
    assert not freed_on
    until(lambda: freed_on)
    assert set(freed_on) == {"MainThread"}


def test_what_is_made_uncollected_is_never_looked_through(qapp: QApplication) -> None:
    before, freed_on = gc.get_freeze_count(), list[str]()
    try:
        with uncollected():
            ring(freed_on)
            make_much()
            assert not freed_on
            kept = [[number] for number in range(1000)]
        assert gc.get_freeze_count() >= before + len(kept)
        assert not gc.isenabled()
    finally:
        gc.unfreeze()
    gc.collect()
    assert freed_on


def test_what_lives_through_a_long_look_at_everything_is_left_out_from_then_on(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.collector.LONG_S", 0.0)
    monkeypatch.setattr(gc, "get_count", lambda: (10_000, 100, 100))
    collector, before = Collector(qapp, settle=True), gc.get_freeze_count()
    freed_on: list[str] = []
    kept = [[number] for number in range(1000)]
    try:
        gc.collect()
        ring(freed_on)
        gc.freeze()
        collector.look()  # at the beginning all are taken to live on
        assert gc.get_freeze_count() >= before + len(kept)
        assert not freed_on
        gc.unfreeze()
        for name in ("YOUNG_S", "BEGINNING_S"):
            monkeypatch.setattr(f"app.collector.{name}", -1e9)
        collector.look()
        assert freed_on
        assert gc.get_freeze_count() >= before + len(kept)
        gc.unfreeze()
        collector.look()  # one look cost so much that the next has to wait
        assert gc.get_freeze_count() == 0
    finally:
        gc.unfreeze()
        collector.deleteLater()


def test_python_collects_by_itself_where_there_is_no_window() -> None:
    was = gc.isenabled()
    gc.enable()
    try:
        with uncollected():
            assert not gc.isenabled()
        assert gc.isenabled()
    finally:
        gc.unfreeze()
        if not was:
            gc.disable()
