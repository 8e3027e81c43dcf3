"""What every test needs first."""

import os

import data.gdal_guard  # noqa: F401 - before any test loads GDAL

# isort: split
import hypothesis

os.environ["ZHIAN_RULES"] = "off"  # an engine has no rules beside it but where a test asks for them
os.environ["LC_ALL"] = "C.UTF-8"  # words are Chinese unless a test asks for English, whoever runs it
# A busy machine is no fault of the code, and what passes here passes everywhere: `make fuzz` tries ever new cases.
hypothesis.settings.register_profile("repeatable", deadline=None, derandomize=True)
hypothesis.settings.load_profile("repeatable")
