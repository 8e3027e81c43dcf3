"""``python -m data.sync --twin NAME``: the engine as the window's child.

Speaks JSON lines (:mod:`data.sync.messages`) and ends when its standard input closes, since then its parent is gone.
"""

from __future__ import annotations

import sys

from data.sync.child import main

sys.exit(main())
