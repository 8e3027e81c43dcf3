"""SM2 as the standard computes it."""

from __future__ import annotations

import pytest

from data.signing import sm2
from data.signing.sm2 import Sm2Key

# GB/T 32918.5-2017, appendix A.2: the message, the keys, the random number and the signature of its example.
MESSAGE = b"message digest"
SECRET = bytes.fromhex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8")
PUBLIC = bytes.fromhex(
    "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
)
RANDOM = 0x59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21
SIGNATURE = bytes.fromhex(
    "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
    "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
)


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def test_the_example_of_the_standard_is_signed_and_holds() -> None:
    key = Sm2Key(SECRET, lambda _: RANDOM)
    assert key.public == PUBLIC
    assert key.sign(MESSAGE) == SIGNATURE
    assert sm2.signed(PUBLIC, SIGNATURE, MESSAGE)


@pytest.mark.parametrize("at", [0, 31, 32, 63])
def test_what_was_changed_does_not_hold(at: int) -> None:
    assert not sm2.signed(PUBLIC, flipped(SIGNATURE, at), MESSAGE)
    assert not sm2.signed(PUBLIC, SIGNATURE, flipped(MESSAGE, at % len(MESSAGE)))
    assert not sm2.is_point(flipped(PUBLIC, at))


def test_numbers_out_of_range_do_not_hold() -> None:
    assert not sm2.signed(PUBLIC, bytes(64), MESSAGE)
    assert not sm2.signed(PUBLIC, b"\xff" * 64, MESSAGE)


def test_no_signature_is_like_another_and_all_hold() -> None:
    key = Sm2Key.fresh()
    signatures = {key.sign(MESSAGE) for _ in range(3)}
    assert len(signatures) == 3
    assert all(sm2.signed(key.public, signature, MESSAGE) for signature in signatures)
