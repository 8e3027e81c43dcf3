"""Receipts of several banks, as they are pasted, and all that is odd about them."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.banks.directory import banks_of
from data.home import Home
from twin.errors import BadInputError
from twin.fraud.amounts import amount_fen
from twin.fraud.clocks import CHINA
from twin.fraud.deeds import NewPayment
from twin.fraud.receipt import passes_check, payments_in

NOWHERE = Home.of_user()
BANKS = banks_of(NOWHERE)
NOW_S = datetime(2026, 11, 23, 12, 0, tzinfo=CHINA).timestamp()
ICBC = """中国工商银行 网上银行电子回单
电子回单号码：0012-3456-7890
付款人户名：浙江某某有限公司        付款人账号：6217001210000000005   付款人开户行：中国建设银行嘉善支行
收款人户名：张三        收款人账号：6222 0212 0400 0000 007
收款人开户行：中国工商银行杭州分行
金额：￥1,900,000.00元    金额大写：人民币壹佰玖拾万元整
交易时间：2026年11月23日 09:10:05
"""
WECHAT = """转账成功
收款方
李四
金额
-¥500.00
转账时间
2026-11-22 20:01:33
支付方式
零钱
转账单号
1000050001202611220
"""
FULL = """收款账号：６２２８４８０４０２５６４８９００１８
收款户名：王五
交易金额：４９，０００．５０
交易日期：２０２６－１１－２２ 08：05"""


def one(text: str) -> NewPayment:
    (payment,) = payments_in(text, BANKS, NOW_S)
    return payment


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA).timestamp()


def test_a_banks_slip_is_read_whole_and_every_field_knows_its_line() -> None:
    paid = one(ICBC)
    assert (paid.to_account, paid.to_holder) == ("ICBC:6222021204000000007", "张三")
    assert (paid.from_account, paid.from_holder) == ("CCB:6217001210000000005", "浙江某某有限公司")
    assert (paid.amount_fen, paid.paid_at_s) == (190_000_000, at("2026-11-23T09:10:05"))
    assert paid.bank_reference == "0012-3456-7890"
    lines = {source.field: source.place.split(":")[1] for source in paid.sources}
    assert lines == {
        "to_account": "4", "to_holder": "4", "from_account": "3", "from_holder": "3", "bank_reference": "2",
        "paid_at_s": "7", "amount_fen": "6",
    }  # fmt: skip
    assert {source.place.split(":")[0] for source in paid.sources} == {paid.receipt}


def test_a_payment_firms_page_has_its_values_on_the_next_line() -> None:
    paid = one(WECHAT)
    assert (paid.to_holder, paid.amount_fen, paid.paid_at_s) == ("李四", 50_000, at("2026-11-22T20:01:33"))
    assert (paid.bank_reference, paid.doubts) == ("1000050001202611220", ("no_account",))


def test_full_width_digits_are_digits() -> None:
    paid = one(FULL)
    assert paid.to_account.endswith(":6228480402564890018")
    assert (paid.amount_fen, paid.paid_at_s) == (4_900_050, at("2026-11-22T08:05:00"))


def test_several_receipts_at_once_are_several_payments() -> None:
    paid = payments_in(ICBC + "\n\n" + FULL + "\n" + WECHAT, BANKS, NOW_S)
    assert [payment.amount_fen for payment in paid] == [190_000_000, 4_900_050, 50_000]
    assert len(payments_in(ICBC + ICBC, BANKS, NOW_S)) == 1  # pasted twice


GOOD = "收款人账号：{account}\n收款人：张三\n收款银行：{bank}\n金额：{amount}\n时间：{time}"


@pytest.mark.parametrize(
    ("change", "doubts"),
    [
        ({}, ()),
        ({"account": "622202120400000000"}, ("account_short",)),
        ({"account": "62220212040000000078"}, ("account_long",)),
        ({"account": "6222021204000000008"}, ("account_check",)),
        ({"account": "6222****0008"}, ("account_masked",)),
        ({"bank": "某某村镇", "account": "8800123456789"}, ("bank_unknown",)),
        ({"amount": "很多"}, ("no_amount",)),
        ({"amount": "100元\n大写金额：贰佰元整"}, ("amounts_differ",)),
        ({"time": "昨天"}, ("no_time",)),
        ({"time": "2026-13-45 10:00"}, ("no_time",)),
        ({"time": "2026-11-22"}, ("day_only",)),
    ],
)
def test_what_is_odd_is_a_doubt_and_nothing_is_lost(change: dict[str, str], doubts: tuple[str, ...]) -> None:
    told = {"account": "6222021204000000007", "bank": "工商银行", "amount": "100元", "time": "2026-11-22 10:00"}
    paid = one(GOOD.format(**told | change))
    assert paid.doubts == doubts
    assert paid.to_holder == "张三"
    assert paid.to_account.partition(":")[2] == (told | change)["account"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20261122091005", "2026-11-22T09:10:05"), ("2026/11/22 09:10", "2026-11-22T09:10:00"),
        ("11月22日 下午3:05", "2026-11-22T15:05:00"), ("12-24 10:00", "2025-12-24T10:00:00"),
        ("2027-01-01 10:00:00", "2027-01-01T10:00:00"),
    ],
)  # fmt: skip
def test_times_as_banks_write_them(text: str, expected: str) -> None:
    assert one(GOOD.format(account="6222021204000000007", bank="", amount="1", time=text)).paid_at_s == at(expected)


def test_the_longest_name_of_a_bank_counts() -> None:
    paid = one("对方账号：123456789012\n对方行名：中国农业银行股份有限公司\n金额：1")
    assert paid.to_account == "ABC:123456789012"


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("¥1,900,000.00", 190_000_000), ("190万", 190_000_000), ("1.28万元", 1_280_000), ("-500.00", 50_000),
        ("人民币壹佰玖拾万元整", 190_000_000), ("伍仟零叁元贰角壹分", 500_321), ("叁亿零伍拾元整", 30_000_005_000),
        ("0.001", None), ("", None), ("很多钱", None), ("9" * 30, None), ("元", None),
    ],
)  # fmt: skip
def test_amounts_in_figures_and_in_words(text: str, fen: int | None) -> None:
    assert amount_fen(text) == fen


@given(st.integers(1, 10**13))
def test_an_amount_that_is_written_out_is_read_to_the_fen(fen: int) -> None:
    assert amount_fen(f"¥{fen // 100:,}.{fen % 100:02d}") == fen


@given(st.text(max_size=300))
def test_nothing_that_is_pasted_breaks_it(text: str) -> None:
    for paid in payments_in("金额：1\n收款人：x\n" + text, BANKS, NOW_S):
        assert paid.amount_fen >= 0


def test_what_is_no_receipt_tells_nothing_and_a_book_is_refused() -> None:
    assert payments_in("", BANKS, NOW_S) == payments_in("受害人称被骗", BANKS, NOW_S) == ()
    with pytest.raises(BadInputError, match="receipt"):
        payments_in("金额：1\n" * 50_000, BANKS, NOW_S)
    assert passes_check("6222021204000000007")
    assert not passes_check("6222021204000000008")
