"""``python -m app`` is ``zhian``."""

import sys

from app.cli import main

sys.exit(main())
