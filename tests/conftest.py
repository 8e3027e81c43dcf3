"""What every test needs first."""

import data.gdal_guard  # noqa: F401 - before any test loads GDAL
