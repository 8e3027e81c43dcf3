"""What every test needs first."""

import os

import data.gdal_guard  # noqa: F401 - before any test loads GDAL

# isort: split
import hypothesis

os.environ["LC_ALL"] = "C.UTF-8"  # words are Chinese unless a test asks for English, whoever runs it
hypothesis.settings.register_profile("untimed", deadline=None)  # a busy machine is no fault of the code
hypothesis.settings.load_profile("untimed")
