"""The five rules: what a payment out of an account takes with it of traced money.

Each rule is a pot, one for each account that traced money came to. Sources of the rules are in
``docs/decisions/tracing-rules.md``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import NamedTuple, Protocol


class Run(NamedTuple):
    """Fen that lie side by side in an account or in a leg, all traced or all clean."""

    fen: int
    traced: bool


Row = list[Run]
"""The fen of a leg in the order in which they left."""


class Rule(StrEnum):
    """How money that is mixed is told apart."""

    FIFO = "fifo"
    LIFO = "lifo"
    PRO_RATA = "pro_rata"
    POISON = "poison"
    LOWEST_BALANCE = "lowest_balance"

    @property
    def conserves(self) -> bool:
        """Whether what is traced adds up to the loss."""
        return self is not Rule.POISON


class Pot(Protocol):
    """What one account holds of traced money."""

    traced_fen: int

    def take_in(self, row: Row, before_fen: int) -> None:
        """Take in a leg that was followed; ``before_fen`` is the balance before it."""
        ...

    def pay(self, amount_fen: int, before_fen: int) -> Row:
        """Pay a leg, and return its fen."""
        ...

    def remains_fen(self, balance_fen: int) -> int:
        """Return what is traced of a balance."""
        ...


def carried(row: Iterable[Run]) -> int:
    """Return how many fen of a row are traced."""
    return sum(run.fen for run in row if run.traced)


class ProRata:
    """Each fen of the account is as much traced as every other."""

    def __init__(self) -> None:
        self.traced_fen = 0

    def take_in(self, row: Row, before_fen: int) -> None:
        """Take in a leg that was followed."""
        self.traced_fen += carried(row)

    def pay(self, amount_fen: int, before_fen: int) -> Row:
        """Pay a leg, and return its fen."""
        return self._paid(share(amount_fen, self.traced_fen, max(before_fen, amount_fen)), amount_fen)

    def remains_fen(self, balance_fen: int) -> int:
        """Return what is traced of a balance."""
        return self.traced_fen

    def _paid(self, traced_fen: int, amount_fen: int) -> Row:
        self.traced_fen -= traced_fen
        return [Run(traced_fen, True), Run(amount_fen - traced_fen, False)]


def share(amount_fen: int, traced_fen: int, balance_fen: int) -> int:
    """Share an amount over what is traced and what is not by largest remainders; return the first share.

    Of two parts only the remainders' sizes matter: it is the quotient to the nearest, a half upwards.
    """
    return (2 * amount_fen * traced_fen + balance_fen) // (2 * balance_fen)


class LowestBalance(ProRata):
    """Other money is spent first; what is traced is never more than the lowest balance since it came."""

    def pay(self, amount_fen: int, before_fen: int) -> Row:
        """Pay a leg, and return its fen."""
        clean_fen = max(before_fen, amount_fen) - self.traced_fen
        return self._paid(max(0, amount_fen - clean_fen), amount_fen)


class Poison(ProRata):
    """What is mixed with traced money becomes traced, until the account was emptied."""

    def take_in(self, row: Row, before_fen: int) -> None:
        """Take in a leg that was followed."""
        self.traced_fen = before_fen + sum(run.fen for run in row)

    def pay(self, amount_fen: int, before_fen: int) -> Row:
        """Pay a leg, and return its fen."""
        self.traced_fen = max(before_fen - amount_fen, 0)
        return [Run(amount_fen, True)]

    def remains_fen(self, balance_fen: int) -> int:
        """Return what is traced of a balance."""
        return balance_fen if self.traced_fen else 0


class FirstOut:
    """The account is a row of fen in the order they came (what came unseen came last); the first leave first."""

    def __init__(self) -> None:
        self.traced_fen = 0
        self._row: deque[Run] = deque()
        self._fen = 0

    def take_in(self, row: Row, before_fen: int) -> None:
        """Take in a leg that was followed."""
        self._lay_clean(before_fen)
        for run in row:
            self._lay(run)
        self.traced_fen += carried(row)

    def pay(self, amount_fen: int, before_fen: int) -> Row:
        """Pay a leg, and return its fen."""
        self._lay_clean(max(before_fen, amount_fen))
        taken, left = Row(), amount_fen
        while left:
            run = self._pop()
            taken.append(Run(min(run.fen, left), run.traced))
            if run.fen > left:
                self._put_back(Run(run.fen - left, run.traced))
            left -= taken[-1].fen
        self._fen -= amount_fen
        self.traced_fen -= carried(taken)
        return taken

    def remains_fen(self, balance_fen: int) -> int:
        """Return what is traced of a balance."""
        return self.traced_fen

    def _lay_clean(self, balance_fen: int) -> None:
        """Lay down what came in since, none of it traced."""
        self._lay(Run(balance_fen - self._fen, False))

    def _lay(self, run: Run) -> None:
        self._fen += run.fen
        if self._row and self._row[-1].traced == run.traced:
            run = Run(self._row.pop().fen + run.fen, run.traced)
        if run.fen:
            self._row.append(run)

    def _pop(self) -> Run:
        return self._row.popleft()

    def _put_back(self, run: Run) -> None:
        self._row.appendleft(run)


class LastOut(FirstOut):
    """The same row, but the last leave first."""

    def _pop(self) -> Run:
        return self._row.pop()

    def _put_back(self, run: Run) -> None:
        self._row.append(run)


POT: dict[Rule, Callable[[], Pot]] = {
    Rule.FIFO: FirstOut,
    Rule.LIFO: LastOut,
    Rule.PRO_RATA: ProRata,
    Rule.POISON: Poison,
    Rule.LOWEST_BALANCE: LowestBalance,
}
