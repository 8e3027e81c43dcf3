"""Forms that msgspec is to know before threads use them.

msgspec learns a class at its first use and asks Python for its annotations meanwhile, so that another thread may come
between. With msgspec 0.22 two threads that learn one class at once end the process: one run in four of the 38 scenario
files read by four threads. While modules are imported only one thread learns.
"""

from __future__ import annotations

import msgspec


def learn(*forms: object) -> None:
    """Have msgspec learn forms; to be called where a module is imported."""
    for form in forms:
        msgspec.json.Decoder(form)
