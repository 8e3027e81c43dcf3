"""Following money leg by leg: one queue of legs in the order of time, one pot an account.

``trace`` is the whole of it; it needs nothing of a ledger but :class:`~twin.fraud.tracing.legs.OutLegs`.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Container
from dataclasses import dataclass
from typing import NamedTuple

from twin.errors import UsageError
from twin.fraud.tracing.legs import NO_LEGS, UNSEEN, Leg, Moment, OutLegs, Statements
from twin.fraud.tracing.rules import POT, Pot, Row, Rule, Run, carried
from twin.fraud.tracing.views import Backward, Forward
from twin.words import say

DAY_S = 86_400
WINDOW_S = 3 * DAY_S
HOPS = 10
THRESHOLD_PPM = 1_000
MOST_LEGS = 200_000
"""A trace that grows beyond so many legs is ended: poison through hubs would not end by itself."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: how the money of some legs went on, or where it had come from.

    Parameters
    ----------
    roots : sequence of Leg
        The victims' payments, each wholly stolen; backward, the payments to be explained.
    until_s : int
        The last second that is looked at; backward, the first.
    hubs : container of int
        Accounts that are shown and not walked through. Those that the roots leave (backward: come to) are so always.
    hops : int
        A leg is at most so many steps from the roots.
    threshold_ppm : int
        A leg that carries less than so many millionths of the loss is dust, and not followed.
    """

    roots: tuple[Leg, ...]
    until_s: int
    backward: bool = False
    hubs: Container[int] = frozenset()
    hops: int = HOPS
    threshold_ppm: int = THRESHOLD_PPM

    def __post_init__(self) -> None:
        if not self.roots:
            raise UsageError("name at least one transfer to begin with")
        if self.hops < 1 or not 0 <= self.threshold_ppm <= 1_000_000:
            raise UsageError("a trace has at least one hop, and a threshold between nothing and all of the loss")

    @property
    def loss_fen(self) -> int:
        """What the roots carry."""
        return sum(root.amount_fen for root in self.roots if root.source != root.target)

    @property
    def least_fen(self) -> int:
        """What a leg must carry not to be dust."""
        return -(-self.loss_fen * self.threshold_ppm // 1_000_000)


def after_roots(roots: Collection[Leg], window_s: int = WINDOW_S, *, backward: bool = False) -> int:
    """Return until when (backward: since when) is looked if nothing else is said."""
    if backward:
        return max(root.time_s for root in roots) - window_s
    return min(root.time_s for root in roots) + window_s


class TracedLeg(NamedTuple):
    """A leg that carries traced money; ``ended`` where it came to an account that is not walked through.

    A leg from :data:`~twin.fraud.tracing.legs.UNSEEN` is what came in unseen for the payment of that number.
    """

    number: int
    time_s: int
    source: int
    target: int
    amount_fen: int
    traced_fen: int
    hop: int
    ended: bool


class TracedAccount(NamedTuple):
    """What became of traced money in an account.

    ``hop`` is that of the first leg that came to it; ``in_fen`` = ``out_fen`` + ``remaining_fen`` + ``dust_fen``
    (not under poison), and of a hub or a victim's account all that came to it is ``ended_fen``.
    """

    account: int
    hop: int
    first_s: int
    in_fen: int
    out_fen: int
    remaining_fen: int
    ended_fen: int
    dust_fen: int


@dataclass(frozen=True, slots=True)
class Trace:
    """The answer under one rule, legs in the order of time, accounts in the order in which they were reached."""

    rule: Rule
    backward: bool
    loss_fen: int
    legs: tuple[TracedLeg, ...]
    accounts: tuple[TracedAccount, ...]

    @property
    def remaining_fen(self) -> int:
        """What is in the accounts still."""
        return sum(account.remaining_fen for account in self.accounts)

    @property
    def ended_fen(self) -> int:
        """What came to hubs and back to victims."""
        return sum(account.ended_fen for account in self.accounts)

    @property
    def dust_fen(self) -> int:
        """What left in legs too small to follow."""
        return sum(account.dust_fen for account in self.accounts)


def trace(ledger: Statements, question: Question, rule: Rule, most_legs: int = MOST_LEGS) -> Trace:
    """Follow the money of some legs under one rule.

    Raises
    ------
    twin.errors.UsageError
        If it grows beyond ``most_legs``.
    """
    return follow(view_of(ledger, question), question, rule, most_legs)


def side_by_side(ledger: Statements, question: Question, rules: Collection[Rule] = tuple(Rule)) -> dict[Rule, Trace]:
    """Follow the same money under several rules; a statement is asked for once."""
    view = view_of(ledger, question)
    return {rule: follow(view, question, rule) for rule in rules}


def view_of(ledger: Statements, question: Question) -> OutLegs:
    """Return the ledger as the question looks at it."""
    return Backward(ledger, question.until_s) if question.backward else Forward(ledger, question.until_s)


def follow(view: OutLegs, question: Question, rule: Rule, most_legs: int = MOST_LEGS) -> Trace:
    """Follow money through anything that answers with the legs that leave an account; see :func:`trace`."""
    walk = _Walk(view, question, rule, most_legs)
    walk.run()
    return walk.answer()


class _Held:
    """An account that traced money came to, and its legs that are still to come."""

    def __init__(self, hop: int, first_s: int, pot: Pot) -> None:
        self.hop, self.first_s, self.pot = hop, first_s, pot
        self.legs, self.next, self.followed = NO_LEGS, 0, False
        self.in_fen = self.out_fen = self.stays_fen = self.ended_fen = self.dust_fen = 0


class _Walk:
    """One trace while it is worked out; in the view's own order of time, which may run backward."""

    def __init__(self, view: OutLegs, question: Question, rule: Rule, most_legs: int) -> None:
        self._view, self._question, self._rule, self._most = view, question, rule, most_legs
        self._sign = -1 if question.backward else 1
        self._until = self._sign * question.until_s
        self._roots = [root for root in question.roots if root.source != root.target]
        self._victims = frozenset(self._turned(root)[0] for root in self._roots)
        self._held: dict[int, _Held] = {}
        self._legs: list[TracedLeg] = []
        self._due: list[tuple[Moment, int]] = []
        """The next leg of each account that holds traced money, and the roots (as ``-1 - place``)."""

    def run(self) -> None:
        for place, root in enumerate(self._roots):
            self._due.append((self._view.moment(root), -1 - place))
        heapq.heapify(self._due)
        while self._due:
            moment, who = heapq.heappop(self._due)
            if who < 0:
                self._begin(moment, self._roots[-1 - who])
            else:
                self._pay(who)

    def answer(self) -> Trace:
        accounts = tuple(self._told(account, held) for account, held in self._held.items())
        return Trace(self._rule, self._question.backward, self._question.loss_fen, tuple(self._legs), accounts)

    def _turned(self, leg: Leg) -> tuple[int, int]:
        return (leg.target, leg.source) if self._question.backward else (leg.source, leg.target)

    def _begin(self, moment: Moment, root: Leg) -> None:
        source, target = self._turned(root)
        self._arrive(moment, root.number, source, target, [Run(root.amount_fen, True)], 1)

    def _pay(self, account: int) -> None:
        """Take the next leg of an account."""
        held = self._held[account]
        order, number, target, time_s, amount, before = held.legs[held.next].item()
        held.next += 1
        row = held.pot.pay(amount, before)
        traced = carried(row)
        self._wait(account, held)
        if 0 < traced < self._question.least_fen:
            held.dust_fen += traced
        elif traced:
            held.out_fen += traced
            self._arrive(Moment(time_s, order), number, account, target, row, held.hop + 1)

    def _wait(self, account: int, held: _Held) -> None:
        """Put the next leg of an account into the queue, while traced money is in it."""
        if held.pot.traced_fen and held.next < len(held.legs):
            leg = held.legs[held.next]
            heapq.heappush(self._due, (Moment(int(leg["time_s"]), int(leg["order"])), account))
        elif not held.pot.traced_fen:
            held.legs, held.followed, held.pot = NO_LEGS, False, POT[self._rule]()

    def _arrive(self, moment: Moment, number: int, source: int, target: int, row: Row, hop: int) -> None:
        traced, amount = carried(row), sum(run.fen for run in row)
        held = self._held.get(target)
        if held is None:
            held = self._held[target] = _Held(hop, self._sign * moment.time_s, POT[self._rule]())
        ended = target == UNSEEN or target in self._victims or target in self._question.hubs
        held.in_fen += traced
        self._note(moment, number, source, target, amount, traced, hop, ended)
        if ended:
            held.ended_fen += traced
        elif held.hop == self._question.hops or moment.time_s > self._until:
            held.stays_fen += traced
        else:
            held.pot.take_in(row, self._view.before_fen(target, moment))
            if not held.followed:
                held.legs, held.next = self._view.out_legs(target, moment, self._until), 0
                held.followed = True
                self._wait(target, held)

    def _note(
        self, moment: Moment, number: int, source: int, target: int, amount: int, traced: int, hop: int, ended: bool
    ) -> None:
        if len(self._legs) == self._most:
            raise UsageError(
                say("the trace grows beyond {most} transfers: leave hubs alone, or ask for less time, fewer hops or a "
                    "higher threshold", most=self._most)
            )  # fmt: skip
        ends = (target, source) if self._question.backward else (source, target)
        self._legs.append(TracedLeg(number, self._sign * moment.time_s, *ends, amount, traced, hop, ended))

    def _told(self, account: int, held: _Held) -> TracedAccount:
        return TracedAccount(
            account, held.hop, held.first_s, held.in_fen, held.out_fen, self._remaining(account, held),
            held.ended_fen, held.dust_fen,
        )  # fmt: skip

    def _remaining(self, account: int, held: _Held) -> int:
        """Tell what is left: what came and was not followed on, and what is traced of the balance."""
        if not held.followed:
            return held.stays_fen
        return held.stays_fen + held.pot.remains_fen(self._view.at_fen(account, self._until))
