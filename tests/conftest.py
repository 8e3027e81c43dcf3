"""What every test needs first."""

import os

import data.gdal_guard  # noqa: F401 - before any test loads GDAL

os.environ["LC_ALL"] = "C.UTF-8"  # words are Chinese unless a test asks for English, whoever runs it
