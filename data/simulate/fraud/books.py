"""The books of invented banks: accounts, money that moves on, and what police may ask of them.

One clock runs it all. Money moves when its time has come, unless it is held; mules know nothing of holds and try.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from random import Random

from data.simulate.fraud.laws import Laws, split_fen
from data.simulate.fraud.wire import EarlierHold, Letter, Told

STOP_S = 48 * 3600
MOST_STOPS = 2
CLOCKS_APART_S = 60
"""A payment is the one that is meant if the times differ by no more."""
CASH = "CASH:0"
SURNAMES, GIVEN = "王李张刘陈杨黄赵吴周徐孙", "伟芳娜敏静磊洋艳勇军杰娟"
SOMEBODY_ELSE = ("邻市公安局", "外省公安机关", "人民法院")
BANKS = ("ICBC", "ABC", "BOC", "CCB", "PSBC", "CMB")


class RefusedError(Exception):
    """The bank will not do it; carries one of the reasons of the page."""


@dataclass(slots=True)
class Hold:
    """Money that may not leave; ``fen`` is -1 for whatever is there."""

    verb: str
    by: str
    from_s: int
    until_s: int
    fen: int = -1

    def lasts(self, now_s: float) -> bool:
        """Tell whether it is in force."""
        return self.from_s <= now_s < self.until_s


@dataclass(slots=True)
class Account:
    """An account; ``told`` is what moved on it, oldest first."""

    id: str
    holder: str
    balance_fen: int = 0
    closed: bool = False
    holds: list[Hold] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    stops: int = 0
    watched_from: int = -1
    partial: float = 1.0

    def in_force(self, now_s: float, verbs: Iterable[str] = ("stop", "freeze")) -> Hold | None:
        """Return our hold of one of these kinds that is in force."""
        ours = [hold for hold in self.holds if not hold.by and hold.verb in verbs and hold.lasts(now_s)]
        return ours[-1] if ours else None

    def earlier(self, now_s: float) -> tuple[EarlierHold, ...]:
        """Return others' holds that are in force."""
        theirs = [hold for hold in self.holds if hold.by and hold.lasts(now_s)]
        return tuple(EarlierHold(hold.by, min(hold.fen, self.balance_fen), hold.until_s) for hold in theirs)

    def behind_others_fen(self, now_s: float) -> int:
        """Return what is left for us once the earlier ones have theirs."""
        return max(self.balance_fen - sum(one.held_fen for one in self.earlier(now_s)), 0)

    def free_fen(self, now_s: float) -> int:
        """Return what may leave."""
        in_force = [hold for hold in self.holds if hold.lasts(now_s)]
        if any(hold.fen < 0 for hold in in_force):
            return 0
        return max(self.balance_fen - sum(hold.fen for hold in in_force), 0)


@dataclass(frozen=True, slots=True, order=True)
class Plan:
    """A transfer that will be tried."""

    at_s: float
    number: int
    src: str = field(compare=False)
    dst: str = field(compare=False)
    fen: int = field(compare=False)
    layer: int = field(compare=False, default=0)


@dataclass(frozen=True, slots=True)
class World:
    """What the books are like.

    Parameters
    ----------
    invent : bool
        Whether an account nobody told of comes into being, with the payment that is named, when it is first asked for.
    mismatched, earlier, partial : float
        Shares of such accounts with another holder, with somebody's earlier freeze, and of which only a part is held.
    """

    seed: int = 1
    laws: Laws = field(default_factory=Laws)
    invent: bool = True
    mismatched: float = 0.0
    earlier: float = 0.0
    partial: float = 0.0


class Books:
    """All accounts of all banks."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.accounts: dict[str, Account] = {}
        self._plans: list[Plan] = []
        self._numbers = itertools.count(1)

    def open(self, account: Account) -> Account:
        """Open an account."""
        self.accounts[account.id] = account
        return account

    def plan(self, at_s: float, src: str, dst: str, fen: int, layer: int = 0) -> None:
        """Have a transfer tried at a time; ``layer`` above 0 means that whoever gets it sends it on."""
        heapq.heappush(self._plans, Plan(at_s, next(self._numbers), src, dst, fen, layer))

    def run(self, now_s: float) -> None:
        """Let everything happen that is due."""
        while self._plans and self._plans[0].at_s <= now_s:
            self._try(heapq.heappop(self._plans))

    def find(self, letter: Letter) -> Account:
        """Return the account that is meant; one that nobody told of may come into being.

        Raises
        ------
        RefusedError
        """
        account = self.accounts.get(letter.account)
        if account is None and self.world.invent and letter.amount_fen > 0 and letter.paid_at_s > 0:
            account = self._invent(letter)
        if account is None:
            raise RefusedError("no_such_account")
        if account.closed:
            raise RefusedError("account_closed")
        return account

    def move(self, src: Account, dst: Account, fen: int, at_s: float, channel: str) -> None:
        """Move money, and tell it on both accounts."""
        number = f"T{next(self._numbers):09d}"
        src.balance_fen -= fen
        dst.balance_fen += fen
        for account in (src, dst):
            account.told.append(Told(number, src.id, dst.id, int(at_s), fen, account.balance_fen, channel))

    def _try(self, plan: Plan) -> None:
        src, dst = self._account(plan.src), self._account(plan.dst)
        fen = min(plan.fen, src.free_fen(plan.at_s))
        if fen <= 0:
            return
        self.move(src, dst, fen, plan.at_s, "cash" if dst.id == CASH else "mobile")
        if plan.layer and dst.id != CASH:
            self._send_on(dst, fen, plan.at_s, plan.layer)

    def _account(self, id_: str) -> Account:
        return self.accounts.get(id_) or self.open(Account(id_, self._name(id_)))

    def _name(self, about: str) -> str:
        chance = Random(f"{self.world.seed} name {about}")
        return chance.choice(SURNAMES) + "".join(chance.choices(GIVEN, k=chance.choice((1, 2))))

    def _invent(self, letter: Letter) -> Account:
        """Make the account that the victim paid into, as it would be by now."""
        world, chance = self.world, Random(f"{self.world.seed} account {letter.account}")
        holder = letter.holder if chance.random() >= world.mismatched else self._name(letter.account)
        account = self.open(Account(letter.account, holder))
        if chance.random() < world.earlier:
            until_s = letter.paid_at_s + 90 * 86400
            by = chance.choice(SOMEBODY_ELSE)
            account.holds.append(Hold("freeze", by, 0, until_s, int(letter.amount_fen * chance.uniform(0.05, 0.3))))
        if chance.random() < world.partial:
            account.partial = chance.uniform(0.2, 0.9)
        payer = self.open(Account(f"VICTIM:{letter.account}", "", letter.amount_fen))
        self.plan(letter.paid_at_s, payer.id, account.id, letter.amount_fen, layer=1)
        return account

    def _send_on(self, account: Account, fen: int, at_s: float, layer: int) -> None:
        for plan in onward(self.world, account.id, fen, at_s, layer, next(self._numbers)):
            self.plan(*plan)


def onward(
    world: World, src: str, fen: int, at_s: float, layer: int, number: int
) -> Iterator[tuple[float, str, str, int, int]]:
    """Yield what becomes of money that came in: after its dwell a part is cash, the rest goes to the next layer."""
    chance = Random(f"{world.seed} onward {src} {number}")
    leaves_s = at_s + world.laws.dwell_s(chance)
    last = layer >= world.laws.layers
    cash = fen if last else int(fen * world.laws.cash_share(chance))
    if cash:
        yield leaves_s, src, CASH, cash, 0
    if fen - cash:
        for part in split_fen(fen - cash, chance.randint(1, 3), chance):
            account = f"{chance.choice(BANKS)}:62{chance.randrange(10**15):015d}"
            yield leaves_s + chance.uniform(1, 120), src, account, part, layer + 1
