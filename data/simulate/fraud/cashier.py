"""The cashier's case: 1.9 million sent to a stranger, of which 1.42 million still lie there when somebody is fast."""

from __future__ import annotations

from dataclasses import dataclass

from data.simulate.fraud.books import CASH, Account, Books
from data.simulate.fraud.laws import HOUR_S, MINUTE_S


@dataclass(frozen=True, slots=True)
class Cashier:
    """Who paid whom, in fen; the story of the journey that tells it."""

    company: str = "CCB:33050163772700000519"
    company_name: str = "嘉善某某电子有限公司"
    stranger: str = "ICBC:6222021204000000017"
    stranger_name: str = "周伟"
    second: str = "ABC:6228480329000000116"
    second_name: str = "吴静"
    paid_fen: int = 190_000_000
    gone_fen: int = 48_000_000
    gone_after_s: float = 6 * MINUTE_S
    rest_leaves_after_s: float = 40 * MINUTE_S

    @property
    def left_fen(self) -> int:
        """What a stop within forty minutes finds."""
        return self.paid_fen - self.gone_fen


def tell(books: Books, paid_at_s: float, case: Cashier = Cashier()) -> Cashier:  # frozen
    """Put the case into the books: what is due by now happens with the next question."""
    books.open(Account(case.company, case.company_name, 3 * case.paid_fen))
    books.open(Account(case.stranger, case.stranger_name, 12_345))
    books.open(Account(case.second, case.second_name, 2_000_00))
    books.plan(paid_at_s, case.company, case.stranger, case.paid_fen)
    books.plan(paid_at_s + case.gone_after_s, case.stranger, case.second, case.gone_fen)
    books.plan(paid_at_s + HOUR_S, case.second, CASH, case.gone_fen // 3)
    books.plan(paid_at_s + case.rest_leaves_after_s, case.stranger, case.second, case.left_fen)
    return case
