"""Single sentences from public sources, with what they are known to say."""

from __future__ import annotations

# gpsd's AIVDM document (https://gpsd.gitlab.io/gpsd/AIVDM.html): moored at Seattle; under way off Gothenburg.
MOORED = b"!AIVDM,1,1,,B,177KQJ5000G?tO`K>RA1wUbN0TKH,0*5C"
UNDER_WAY = b"!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*24"
# gpsd's AIVDM document and pyais's README: the ship EVER DIADEM, in two sentences.
EVER_DIADEM = (
    b"!AIVDM,2,1,1,A,55?MbV02;H;s<HtKR20EHE:0@T4@Dn2222222216L961O5Gf0NSQEp6ClRp8,0*1C",
    b"!AIVDM,2,2,1,A,88888888880,2*25",
)
