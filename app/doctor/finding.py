"""What a check of the machine found, in words that a person from IT can act on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's answer.

    Parameters
    ----------
    check : str
        Which check; its title is the text ``doctor.<check>``.
    state : str
        ``warning`` for what works but not well, ``bad`` for what does not.
    found, advice : str
        A sentence about what is so, and one about what to do, if anything.
    """

    check: str
    state: Literal["ok", "warning", "bad"]
    found: str
    advice: str = ""
