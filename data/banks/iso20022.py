"""Recalls of single payments by ISO 20022, in files: camt.056 out, camt.029 or pacs.004 back.

This is what banks have between countries, and all of it is a request: the payee's bank may refuse. A gateway of the
payment network carries the files; it signs them as its network asks. ``out/<id>.xml`` is ours, ``in/<id>….xml`` theirs,
the last by name the newest. The classes of the messages are loaded when they are first needed: they are large.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

from twin.errors import UsageError
from twin.fraud.account import bank_and_number
from twin.fraud.bank import ACKNOWLEDGED, EXECUTED, FAILED, RECALL, Answer, Ask, NoAnswerError, UnreadableAnswerError
from twin.words import say

REQUEST = "pyiso20022.camt.camt_056_001_08"
ANSWER = "pyiso20022.camt.camt_029_001_09"
RETURN = "pyiso20022.pacs.pacs_004_001_09"
MOST_BYTES = 2**20
CURRENCY = "CNY"
STATES = {"CNCL": EXECUTED, "ACCR": EXECUTED, "RJCR": FAILED, "PDCR": ACKNOWLEDGED}
REASONS = {
    "AC04": "account_closed", "AM04": "no_money", "ARDT": "no_money", "CUST": "refused", "LEGL": "refused",
    "NOAS": "refused", "NOOR": "no_such_account", "AGNT": "refused",
}  # fmt: skip
"""Reasons of camt.029 in our words; others are ``refused``, with the bank's code as its note."""


@dataclass(frozen=True)
class Iso20022Bank:
    """:class:`twin.fraud.bank.Bank` of a gateway's folder; it can do nothing but recall.

    Parameters
    ----------
    folder : Path
    bic : str
        Ours, as the network knows us.
    """

    name: str
    folder: Path
    bic: str
    can: frozenset[str] = frozenset({RECALL})

    def write(self, ask: Ask) -> bytes:
        """Return the camt.056.

        Raises
        ------
        twin.errors.UsageError
            If the bank's own number of the payment is not known: without it no recall finds its payment.
        """
        if not ask.payment:
            raise UsageError(say("a recall needs the bank's own number of the payment"))
        from xsdata.formats.dataclass.serializers import XmlSerializer

        return XmlSerializer().render(_request(ask, self.bic)).encode()

    def carry(self, id_: str, letter: bytes) -> bytes:
        """Leave a letter in the folder, whole or not at all, and return the newest answer there."""
        out = self.folder / "out" / f"{id_}.xml"
        try:
            if not out.exists():
                out.parent.mkdir(parents=True, exist_ok=True)
                fresh = out.with_suffix(".new")
                with fresh.open("wb") as file:
                    file.write(letter)
                    file.flush()
                    os.fsync(file.fileno())
                fresh.replace(out)
            answers = sorted((self.folder / "in").glob(f"{id_}*.xml"))
            if answers:
                with answers[-1].open("rb") as file:
                    return file.read(MOST_BYTES + 1)
        except OSError as error:
            raise NoAnswerError(say("{name} did not answer: {why}", name=self.name, why=str(error.strerror))) from None
        raise NoAnswerError(say("{name} has not answered yet", name=self.name))

    def read(self, ask: Ask, reply: bytes) -> Answer:
        """Return what a camt.029 or a pacs.004 says."""
        # Entities could grow without end or name files; no message of ISO 20022 has a document type.
        if len(reply) > MOST_BYTES or b"<!" in reply.replace(b"<!--", b""):
            raise UnreadableAnswerError(say("{name} answered with what is no answer", name=self.name))
        if b"pacs.004.001.09" in reply:
            return self._returned(ask, self._parsed(RETURN, reply).pmt_rtr)
        return self._resolved(ask, self._parsed(ANSWER, reply).rsltn_of_invstgtn)

    def _parsed(self, module: str, reply: bytes) -> Any:
        from xsdata.exceptions import ConverterWarning, ParserError
        from xsdata.formats.dataclass.parsers import XmlParser
        from xsdata.formats.dataclass.parsers.config import ParserConfig
        from xsdata.formats.dataclass.parsers.handlers import XmlEventHandler

        parser = XmlParser(config=ParserConfig(fail_on_converter_warnings=True), handler=XmlEventHandler)
        try:
            return parser.from_bytes(reply, import_module(module).Document)
        except (ParserError, ConverterWarning, SyntaxError, TypeError, ValueError, LookupError):
            raise UnreadableAnswerError(say("{name} answered with what is no answer", name=self.name)) from None

    def _resolved(self, ask: Ask, told: Any) -> Answer:
        one = next((tx for group in told.cxl_dtls for tx in group.tx_inf_and_sts), None)
        ids = {case.id for case in (told.rslvd_case, one and one.rslvd_case) if case}
        state = STATES.get((told.sts.conf or "") if told.sts else "", "")
        if ask.id not in ids or not state:
            raise UnreadableAnswerError(say("{name} answered something else than was asked", name=self.name))
        code = next((r.rsn.cd or r.rsn.prtry or "" for r in (one.cxl_sts_rsn_inf if one else ()) if r.rsn), "")
        reason = REASONS.get(code, "refused") if state == FAILED else ""
        back = _fen(one.orgnl_intr_bk_sttlm_amt) if one and state == EXECUTED and one.orgnl_intr_bk_sttlm_amt else 0
        return Answer(ask.id, state, _at_s(told.assgnmt.cre_dt_tm), reason, code, returned_fen=back)

    def _returned(self, ask: Ask, told: Any) -> Answer:
        for one in told.tx_inf:
            if ask.payment in (one.orgnl_tx_id, one.orgnl_end_to_end_id):
                back = _fen(one.rtrd_intr_bk_sttlm_amt)
                return Answer(ask.id, EXECUTED, _at_s(told.grp_hdr.cre_dt_tm), returned_fen=back)
        raise UnreadableAnswerError(say("{name} answered something else than was asked", name=self.name))


def _request(ask: Ask, bic: str) -> Any:
    from xsdata.models.datatype import XmlDate, XmlDateTime

    iso = import_module(REQUEST)
    bank, number = bank_and_number(ask.account)
    paid = datetime.fromtimestamp(ask.paid_at_s, UTC)

    def party(told: str) -> Any:
        known = {"bicfi": told} if told.isalnum() and len(told) in (8, 11) else {"nm": told}
        agent = iso.FinancialInstitutionIdentification18(**known)
        return iso.Party40Choice(agt=iso.BranchAndFinancialInstitutionIdentification6(fin_instn_id=agent))

    account = iso.AccountIdentification4Choice(othr=iso.GenericAccountIdentification1(id=number))
    payee = iso.Party40Choice(pty=iso.PartyIdentification135(nm=ask.holder or None))
    reason = iso.PaymentCancellationReason5(
        rsn=iso.CancellationReason33Choice(cd="FRAD"), addtl_inf=[ask.basis[:105]] if ask.basis else []
    )
    payment = iso.PaymentTransaction106(
        cxl_id=ask.id, case=iso.Case5(id=ask.id, cretr=party(bic)), orgnl_tx_id=ask.payment[:35],
        orgnl_intr_bk_sttlm_amt=iso.ActiveOrHistoricCurrencyAndAmount(
            value=Decimal(ask.amount_fen).scaleb(-2), ccy=CURRENCY
        ),
        orgnl_intr_bk_sttlm_dt=XmlDate(paid.year, paid.month, paid.day), cxl_rsn_inf=[reason],
        orgnl_tx_ref=iso.OriginalTransactionReference28(cdtr=payee, cdtr_acct=iso.CashAccount38(id=account)),
    )  # fmt: skip
    assigned = iso.CaseAssignment5(
        id=ask.id, assgnr=party(bic), assgne=party(bank),
        cre_dt_tm=XmlDateTime.from_datetime(datetime.fromtimestamp(ask.asked_at_s, UTC)),
    )  # fmt: skip
    asked = iso.FitoFipaymentCancellationRequestV08(
        assgnmt=assigned, undrlyg=[iso.UnderlyingTransaction23(tx_inf=[payment])]
    )
    return iso.Document(fito_fipmt_cxl_req=asked)


def _fen(amount: Any) -> int:
    return int(amount.value.scaleb(2).to_integral_value())


def _at_s(at: Any) -> int:
    told: datetime = at.to_datetime()
    return int((told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp())
