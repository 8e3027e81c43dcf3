"""What was sent and what was acknowledged: the oracle's own record, which the program never sees."""

from __future__ import annotations

from dataclasses import dataclass, field

Fact = tuple[str, bytes]
"""Of a terminal, its phone number without leading zeros and the 28 bytes of one of its positions; of other sources,
their name and what makes a message of theirs unlike any other.
"""


@dataclass(slots=True)
class Notebook:
    """What all sent, and what was acknowledged, each with its time."""

    sent: dict[Fact, float] = field(default_factory=dict)
    acknowledged: dict[Fact, float] = field(default_factory=dict)
    frames: int = 0
    refused: int = 0
