"""``python -m app`` is ``zhian``."""

import multiprocessing
import sys

from app.cli import main

if __name__ == "__main__":  # a child process of an export imports this module too, and must not start over
    multiprocessing.freeze_support()
    sys.exit(main())
