"""Where the real files are: the folder named by ZHIAN_REAL_DATA."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture
def real_city() -> Path:
    """Return the folder of the real files of cities."""
    named = os.environ.get("ZHIAN_REAL_DATA", "")
    folder = Path(named or "not named").absolute() / "city"
    assert folder.is_dir(), "these tests need the real files: make test-real DATA=<the folder>"
    return folder
