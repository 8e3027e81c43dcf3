"""How an invented bank misbehaves, drawn from the seed, the instruction and the attempt: the same each time."""

from __future__ import annotations

from dataclasses import dataclass, fields
from random import Random

OTHERS = ("another id", "html", "half", "not utf-8", "another version", "huge", "empty")
HUGE = 9 * 2**20


@dataclass(frozen=True, slots=True)
class Moods:
    """Shares of attempts, 0 to 1, but where it says otherwise.

    Parameters
    ----------
    silent : float
        The bank does it and never says so.
    lost : float
        The letter never arrives: not done, no answer.
    never : float
        Share of *accounts* whose bank never answers at all, whatever comes.
    refuse : float
        Share of *instructions* that are refused.
    unready : float
        Acknowledged only; done at a later attempt.
    twice : float
        The answer stands twice in one reply.
    other : float
        Something else comes back: another id, a page, half an answer, other bytes, 9 MiB, nothing.
    error : float
        Status 500.
    contradict : float
        Share of *instructions* of which, asked again, it says that they failed.
    latency_s : float
        Mean of the exponential time an answer takes.
    """

    silent: float = 0.0
    lost: float = 0.0
    never: float = 0.0
    refuse: float = 0.0
    unready: float = 0.0
    twice: float = 0.0
    other: float = 0.0
    error: float = 0.0
    contradict: float = 0.0
    latency_s: float = 0.0

    def draw(self, seed: int, account: str, id_: str, attempt: int) -> str:
        """Return the mood of an attempt (from 1): a name of a field, or nothing."""
        if Random(f"{seed} never {account}").random() < self.never:
            return "never"
        if attempt == 1 and Random(f"{seed} refuse {id_}").random() < self.refuse:
            return "refuse"
        drawn = Random(f"{seed} {id_} {attempt}").random()
        for name in ("silent", "lost", "unready", "twice", "other", "error"):
            drawn -= getattr(self, name)
            if drawn < 0:
                return name
        return ""

    def contradicts(self, seed: int, id_: str) -> bool:
        """Tell whether the bank says of what it did that it failed."""
        return Random(f"{seed} contradict {id_}").random() < self.contradict

    def wait_s(self, seed: int, id_: str, attempt: int) -> float:
        """Draw how long an answer takes."""
        return Random(f"{seed} wait {id_} {attempt}").expovariate(1 / self.latency_s) if self.latency_s else 0.0


def read_moods(text: str) -> Moods:
    """Read ``silent=0.2,lost=0.1,latency=0.5``.

    Raises
    ------
    ValueError
        If one is unknown or out of range; its message is that part.
    """
    known = {field.name.removesuffix("_s"): field.name for field in fields(Moods)}
    given: dict[str, float] = {}
    for part in filter(None, text.split(",")):
        name, _, value = part.partition("=")
        try:
            number = float(value)
        except ValueError:
            raise ValueError(part) from None
        if name not in known or not 0 <= number <= (3600 if name == "latency" else 1):
            raise ValueError(part)
        given[known[name]] = number
    return Moods(**given)


def something_else(body: bytes, id_: str, attempt: int) -> bytes:
    """Return what comes back instead of an answer."""
    match OTHERS[Random(f"else {id_} {attempt}").randrange(len(OTHERS))]:
        case "another id":
            return body.replace(id_.encode(), b"X" + id_.encode(), 1)
        case "html":
            return b"<html><body>502 Bad Gateway</body></html>"
        case "half":
            return body[: len(body) // 2]
        case "not utf-8":
            return body.replace(b'"note"', b'"\xc4\xfa"') + "您好".encode("gb18030")
        case "another version":
            return body.replace(b'"version":1', b'"version":7', 1)
        case "huge":
            return body[:-1] + b" " * HUGE + b"}"
        case _:
            return b""
