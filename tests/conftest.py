"""What every test needs first."""

from __future__ import annotations

import os

import data.gdal_guard  # noqa: F401 - before any test loads GDAL

# isort: split
from collections.abc import Iterator
from typing import TYPE_CHECKING

import hypothesis
import pytest

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from app.collector import Collector

os.environ["ZHIAN_RULES"] = "off"  # an engine has no rules beside it but where a test asks for them
os.environ["LC_ALL"] = "C.UTF-8"  # words are Chinese unless a test asks for English, whoever runs it
# A busy machine is no fault of the code, and what passes here passes everywhere: `make fuzz` tries ever new cases.
hypothesis.settings.register_profile("repeatable", deadline=None, derandomize=True)
hypothesis.settings.load_profile("repeatable")


COLLECTORS: list[Collector] = []


@pytest.fixture(scope="session")
def qapp(qapp: QApplication) -> Iterator[QApplication]:
    """Collect on this thread alone from the first window on, as the program does."""
    from app.collector import Collector

    COLLECTORS.append(Collector(qapp))
    yield qapp
    COLLECTORS.clear()


def pytest_runtest_teardown() -> None:
    """Collect also where no window's loop runs."""
    for collector in COLLECTORS:
        collector.look()
