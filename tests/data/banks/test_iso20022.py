"""A recall as ISO 20022 has it: what goes out, and each kind of answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.banks.iso20022 import Iso20022Bank
from twin.errors import UsageError
from twin.fraud.bank import Ask, NoAnswerError, UnreadableAnswerError

ASK = Ask(
    "FZ20261123-0001-I01", "recall", "DEUTDEFF:DE02120300000000202051", "FZ20261123-0001", holder="A. Smith",
    amount_fen=190_000_001, paid_at_s=1_795_400_000, payment="TX20261123-77", asked_at_s=1_795_403_000,
    basis="刑侦函1号",
)  # fmt: skip
HEAD = '<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:{}">'
PARTY = "<Agt><FinInstnId><BICFI>DEUTDEFF</BICFI></FinInstnId></Agt>"


def resolved(conf: str, code: str = "", case: str = ASK.id) -> bytes:
    reason = f"<CxlStsRsnInf><Rsn><Cd>{code}</Cd></Rsn></CxlStsRsnInf>" if code else ""
    return (
        HEAD.format("camt.029.001.09") + f"<RsltnOfInvstgtn><Assgnmt><Id>1</Id><Assgnr>{PARTY}</Assgnr><Assgne>{PARTY}"
        f"</Assgne><CreDtTm>2026-11-23T08:00:00+08:00</CreDtTm></Assgnmt><RslvdCase><Id>{case}</Id><Cretr>{PARTY}</Cretr>"
        f"</RslvdCase><Sts><Conf>{conf}</Conf></Sts><CxlDtls><TxInfAndSts><CxlStsId>1</CxlStsId>{reason}"
        '<OrgnlIntrBkSttlmAmt Ccy="CNY">1900000.01</OrgnlIntrBkSttlmAmt></TxInfAndSts></CxlDtls></RsltnOfInvstgtn>'
        "</Document>"
    ).encode()


RETURNED = (
    HEAD.format("pacs.004.001.09") + "<PmtRtr><GrpHdr><MsgId>1</MsgId><CreDtTm>2026-11-23T00:00:00Z</CreDtTm>"
    "<NbOfTxs>1</NbOfTxs><SttlmInf><SttlmMtd>CLRG</SttlmMtd></SttlmInf></GrpHdr><TxInf><OrgnlTxId>TX20261123-77"
    '</OrgnlTxId><RtrdIntrBkSttlmAmt Ccy="CNY">1420000</RtrdIntrBkSttlmAmt><RtrRsnInf><Rsn><Cd>FOCR</Cd></Rsn>'
    "</RtrRsnInf></TxInf></PmtRtr></Document>"
).encode()


@pytest.fixture
def bank(tmp_path: Path) -> Iso20022Bank:
    return Iso20022Bank("swift", tmp_path, "ZHIACNSH")


def test_a_recall_is_a_camt_056_for_fraud_and_always_the_same_bytes(bank: Iso20022Bank) -> None:
    letter = bank.write(ASK).decode()
    for told in (
        "camt.056.001.08", "<CxlId>FZ20261123-0001-I01<", "<OrgnlTxId>TX20261123-77<", "<Cd>FRAD</Cd>",
        'Ccy="CNY">1900000.01<', "<Id>DE02120300000000202051</Id>", "<BICFI>ZHIACNSH</BICFI>", "刑侦函1号",
    ):  # fmt: skip
        assert told in letter.replace("ns0:", "")
    assert bank.write(ASK).decode() == letter
    assert bank.can == {"recall"}
    with pytest.raises(UsageError, match="number of the payment"):
        bank.write(Ask("I", "recall", "A:1"))


@pytest.mark.parametrize(
    ("reply", "state", "reason", "back_fen"),
    [
        (resolved("CNCL"), "executed", "", 190_000_001), (resolved("RJCR", "AC04"), "failed", "account_closed", 0),
        (resolved("RJCR", "ZZZZ"), "failed", "refused", 0), (resolved("PDCR"), "acknowledged", "", 0),
        (RETURNED, "executed", "", 142_000_000),
    ],
)  # fmt: skip
def test_each_answer_is_read(bank: Iso20022Bank, reply: bytes, state: str, reason: str, back_fen: int) -> None:
    answer = bank.read(ASK, reply)
    assert (answer.id, answer.state, answer.reason, answer.returned_fen) == (ASK.id, state, reason, back_fen)
    assert answer.at_s == 1_795_392_000


@pytest.mark.parametrize(
    "reply",
    [
        b"", b"<a/>", b"\xff\xfe", resolved("CNCL")[:-20], resolved("CNCL", case="another"), resolved("MAYB"),
        b'<!DOCTYPE x [<!ENTITY a "b">]>' + resolved("CNCL"), RETURNED.replace(b"TX20261123-77", b"other"),
        resolved("CNCL").replace(b"1900000.01", b"many"), b"x" * (2**20 + 1),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_not_believed(bank: Iso20022Bank, reply: bytes) -> None:
    with pytest.raises(UnreadableAnswerError):
        bank.read(ASK, reply)


def test_letters_are_left_once_and_the_newest_answer_counts(bank: Iso20022Bank, tmp_path: Path) -> None:
    with pytest.raises(NoAnswerError, match="not answered yet"):
        bank.carry(ASK.id, b"first")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / f"{ASK.id}.1.xml").write_bytes(b"pending")
    (tmp_path / "in" / f"{ASK.id}.2.xml").write_bytes(b"done")
    assert bank.carry(ASK.id, b"again") == b"done"
    assert (tmp_path / "out" / f"{ASK.id}.xml").read_bytes() == b"first"
