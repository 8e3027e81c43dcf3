"""What an invented bank does with an instruction: the law's conditions, once an id, whatever comes in how often."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from data.simulate.fraud.books import CLOCKS_APART_S, MOST_STOPS, STOP_S, Account, Books, Hold, RefusedError
from data.simulate.fraud.wire import VERSION, Letter, Reply, Told

PAYS_BACK = 0.5
"""How often a bank agrees to a recall."""


class Teller:
    """Does what letters say; ``done`` counts how often each id was carried out, which must be once."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self.done: dict[str, int] = {}
        self._does: dict[str, Callable[[Account, Letter, int], Reply]] = {
            "stop": self._stop, "extend": self._extend, "freeze": self._freeze, "renew": self._renew,
            "lift": self._lift, "return": self._return, "holder": self._holder,
            "transactions": self._transactions, "watch": self._watch, "recall": self._recall,
        }  # fmt: skip

    def do(self, letter: Letter, now_s: float) -> Reply:
        """Carry out an instruction, now."""
        now = int(now_s)
        self._books.run(now_s)
        does = self._does.get(letter.verb)
        try:
            if does is None:
                raise RefusedError("unsupported")
            reply = does(self._account(letter, now_s), letter, now)
        except RefusedError as refused:
            return Reply(VERSION, letter.id, "failed", now, reason=str(refused))
        self.done[letter.id] = self.done.get(letter.id, 0) + 1
        return reply

    def _account(self, letter: Letter, now_s: float) -> Account:
        account = self._books.find(letter)
        self._books.run(now_s)
        return account

    def _stop(self, account: Account, letter: Letter, now: int) -> Reply:
        _check_payment(account, letter)
        if account.stops >= MOST_STOPS:
            raise RefusedError("third_stop")
        account.stops += 1
        return self._hold(account, letter, now, now + STOP_S)

    def _extend(self, account: Account, letter: Letter, now: int) -> Reply:
        stop = account.in_force(now, ("stop",))
        if stop is None:
            raise RefusedError("not_stopped")
        if account.stops >= MOST_STOPS:
            raise RefusedError("third_stop")
        account.stops += 1
        stop.until_s += STOP_S
        return self._held(account, letter, now, stop)

    def _freeze(self, account: Account, letter: Letter, now: int) -> Reply:
        if letter.until_s <= now:
            raise RefusedError("expired")
        before = account.in_force(now, ("stop",))
        if before is not None:
            before.until_s = now
        return self._hold(account, letter, now, letter.until_s)

    def _renew(self, account: Account, letter: Letter, now: int) -> Reply:
        freeze = account.in_force(now, ("freeze",))
        if freeze is None:
            raise RefusedError("not_frozen")
        if letter.until_s <= now:
            raise RefusedError("expired")
        freeze.until_s = letter.until_s
        return self._held(account, letter, now, freeze)

    def _lift(self, account: Account, letter: Letter, now: int) -> Reply:
        hold = account.in_force(now)
        if hold is None:
            raise RefusedError("not_stopped")
        hold.until_s = now
        return Reply(VERSION, letter.id, "executed", now, balance_fen=account.balance_fen, ends_s=now)

    def _return(self, account: Account, letter: Letter, now: int) -> Reply:
        freeze = account.in_force(now, ("freeze",))
        if freeze is None:
            raise RefusedError("not_frozen")
        covered = account.behind_others_fen(now)
        if not 0 < letter.amount_fen <= (covered if freeze.fen < 0 else min(covered, freeze.fen)):
            raise RefusedError("no_money")
        victim = self._books.accounts.get(letter.to_account)
        if victim is None:
            victim = self._books.open(Account(letter.to_account, letter.to_holder))
        if freeze.fen >= 0:
            freeze.fen -= letter.amount_fen
        self._books.move(account, victim, letter.amount_fen, now, "return")
        return Reply(
            VERSION, letter.id, "executed", now, returned_fen=letter.amount_fen, balance_fen=account.balance_fen
        )

    def _holder(self, account: Account, letter: Letter, now: int) -> Reply:
        return Reply(
            VERSION, letter.id, "executed", now, holder=account.holder, balance_fen=account.balance_fen,
            earlier=account.earlier(now),
        )  # fmt: skip

    def _transactions(self, account: Account, letter: Letter, now: int) -> Reply:
        return _moves(account, letter, now, letter.from_s)

    def _watch(self, account: Account, letter: Letter, now: int) -> Reply:
        if account.watched_from < 0:
            account.watched_from = now
        return _moves(account, letter, now, account.watched_from)

    def _recall(self, account: Account, letter: Letter, now: int) -> Reply:
        if Random(f"recall {letter.id}").random() >= PAYS_BACK:
            raise RefusedError("refused")
        fen = min(letter.amount_fen, account.free_fen(now))
        if fen <= 0:
            raise RefusedError("no_money")
        payment = _payment(account, letter)
        payer = self._books.accounts.get(payment.from_account)
        self._books.move(account, payer or self._books.open(Account(payment.from_account, "")), fen, now, "return")
        return Reply(VERSION, letter.id, "executed", now, returned_fen=fen, balance_fen=account.balance_fen)

    def _hold(self, account: Account, letter: Letter, now: int, until_s: int) -> Reply:
        fen = -1 if account.partial >= 1 else int(account.behind_others_fen(now) * account.partial)
        hold = Hold("stop" if letter.verb == "stop" else "freeze", "", now, until_s, fen)
        account.holds.append(hold)
        return self._held(account, letter, now, hold)

    @staticmethod
    def _held(account: Account, letter: Letter, now: int, hold: Hold) -> Reply:
        covered = account.behind_others_fen(now)
        return Reply(
            VERSION, letter.id, "executed", now, held_fen=covered if hold.fen < 0 else min(hold.fen, covered),
            balance_fen=account.balance_fen, ends_s=hold.until_s, earlier=account.earlier(now),
        )  # fmt: skip


def _moves(account: Account, letter: Letter, now: int, since_s: int) -> Reply:
    return Reply(
        VERSION, letter.id, "executed", now, holder=account.holder, balance_fen=account.balance_fen,
        moved=tuple(told for told in account.told if told.at_s >= since_s),
    )  # fmt: skip


def _check_payment(account: Account, letter: Letter) -> None:
    """Stop only if name, account, amount and time of the payment all match (Yinfa [2016] 86, II(1)2)."""
    if letter.holder != account.holder:
        raise RefusedError("name_mismatch")
    _payment(account, letter)


def _payment(account: Account, letter: Letter) -> Told:
    came_in = [told for told in account.told if told.to_account == account.id]
    same = [told for told in came_in if told.amount_fen == letter.amount_fen]
    if not same:
        raise RefusedError("amount_mismatch")
    near = [told for told in same if abs(told.at_s - letter.paid_at_s) <= CLOCKS_APART_S]
    if not near:
        raise RefusedError("time_mismatch")
    return near[0]
