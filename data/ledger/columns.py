"""Which column of a transfer file is what: the names that banks, platforms and data sets give them."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from twin.errors import BadInputError
from twin.words import say

NAMES: Mapping[str, tuple[str, ...]] = {
    "source": (
        "source",
        "from",
        "payer",
        "fromid",
        "sourcenodeid",
        "付款账号",
        "付款方账号",
        "付款人账号",
        "付款账户",
        "转出账号",
        "转出账户",
        "汇款账号",
        "出账账号",
    ),
    "target": (
        "target",
        "to",
        "payee",
        "toid",
        "targetnodeid",
        "收款账号",
        "收款方账号",
        "收款人账号",
        "收款账户",
        "转入账号",
        "转入账户",
        "入账账号",
    ),
    "own": ("account", "本方账号", "交易账号", "交易卡号", "查询账号", "主体账号", "账号", "卡号"),
    "other": (
        "counterparty",
        "对方账号",
        "交易对手账号",
        "对手账号",
        "对方账户",
        "交易对方账号",
        "交易对手账卡号",
        "对方卡号",
    ),
    "direction": ("direction", "借贷标志", "收付标志", "借贷方向", "进出标志", "收支"),
    "amount": ("amount", "value", "amount_yuan", "交易金额", "金额", "转账金额", "发生额", "交易额"),
    "time": ("time", "timestamp", "createtime", "datetime", "交易时间", "时间", "转账时间", "交易日期时间"),
    "date": ("date", "交易日期", "日期"),
    "source_bank": ("source_bank", "付款银行", "付款行", "付款方开户行", "转出行"),
    "target_bank": ("target_bank", "收款银行", "收款行", "收款方开户行", "转入行"),
    "own_bank": ("bank", "本方银行", "开户行", "所属银行"),
    "other_bank": ("counterparty_bank", "对方银行", "对方开户行", "对手开户行", "交易对手开户行"),
    "serial": ("serial", "id", "transaction_id", "流水号", "交易流水号", "交易流水"),
    "after": ("balance", "balance_after", "余额", "交易后余额", "账户余额", "交易余额"),
    "channel": ("channel", "交易渠道", "渠道", "交易方式", "交易类型"),
    "note": ("note", "memo", "摘要", "附言", "备注", "用途", "交易摘要"),
}
"""The first name of each is ours; a loan of FinBench is an account like others."""
LOANS = ({"accountid": "source", "loanid": "target"}, {"loanid": "source", "accountid": "target"})
"""FinBench's repayments and deposits, told apart by which column comes first."""
STEPS = frozenset({"sourcenodeid", "targetnodeid", "value", "time"})
"""AMLSim counts days from a beginning of its own."""
WANTED = say("Columns of payer, payee, amount and time are needed (or account, counterparty, direction): use --columns")


@dataclass(frozen=True, slots=True)
class Columns:
    """Where in a line each field stands; ``in_days`` if times count days."""

    place: Mapping[str, int]
    width: int
    in_days: bool = False
    told: Mapping[str, str] = field(default_factory=dict)

    @property
    def by_statement(self) -> bool:
        """Whether lines are of an own account, with a direction, not of a payer and a payee."""
        return "own" in self.place


def plain(name: str) -> str:
    """Return a column's name without what differs from file to file."""
    return "".join(unicodedata.normalize("NFKC", name).strip("\ufeff \t\"'`*").lower().split())


def columns_of(file: str, header: Sequence[str], given: Mapping[str, str]) -> Columns:
    """Tell the columns of a file by its header, or by what the user said of it.

    Raises
    ------
    twin.errors.BadInputError
        If payer, payee, amount or time is not among them, or one of them is there twice.
    """
    names = [plain(name) for name in header]
    place = _given(file, names, given) if given else _known(file, names)
    needs = ({"source", "target"}, {"own", "other", "direction"})
    if (
        not any(need <= place.keys() for need in needs)
        or not {"amount"} <= place.keys()
        or not {"time", "date"} & place.keys()
    ):
        found = ", ".join(name.strip() for name in header[:12])
        raise BadInputError(file, say("these are not the columns of transfers: {found}", found=found[:200]), WANTED)
    if needs[0] <= place.keys():
        place = {field: at for field, at in place.items() if field not in ("own", "other", "direction")}
    return Columns(place, len(header), set(names) >= STEPS)


def _known(file: str, names: Sequence[str]) -> dict[str, int]:
    place = dict[str, int]()
    for loan in LOANS:
        if [name for name in names if name in loan] == list(loan):
            place |= {field: names.index(name) for name, field in loan.items()}
    for wanted, known in NAMES.items():
        found = [at for at, name in enumerate(names) if name in known]
        if len(found) > 1 and wanted in ("source", "target", "amount", "time"):
            both = " / ".join(names[at] for at in found)
            raise BadInputError(file, say("two columns could be the same thing: {names}", names=both), WANTED)
        if found and wanted not in place:
            place[wanted] = found[0]
    return place


def _given(file: str, names: Sequence[str], given: Mapping[str, str]) -> dict[str, int]:
    place = dict[str, int]()
    for wanted, name in given.items():
        if wanted not in NAMES or plain(name) not in names:
            raise BadInputError(file, say("there is no column {column}", column=f"{wanted}={name}"), WANTED)
        place[wanted] = names.index(plain(name))
    return place
