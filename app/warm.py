"""What libraries do at their first use, done before there is a window whose thread it would keep."""

from __future__ import annotations

from importlib import import_module

from data.store.twin_folder import read_nothing

LATE = ("pyarrow.dataset", "pyarrow.pandas_compat", "gpxpy.parser", "numpy.strings")
"""Loaded at their first use by those who use them, on threads that hold Python's lock meanwhile."""


def warm_up() -> None:
    """Load what is loaded late, and let GDAL find its projections."""
    for name in LATE:
        import_module(name)
    read_nothing()
