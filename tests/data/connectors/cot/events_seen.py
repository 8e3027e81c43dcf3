"""Single events from public sources, with what they are known to say."""

from __future__ import annotations

# tkuester/taky (MIT), from its tests: ATAK 4.0 reports its user.
JENNY = (
    b'<event version="2.0" uid="ANDROID-deadbeef" type="a-f-G-U-C" how="m-g" time="2021-02-27T20:32:24.771Z"'
    b' start="2021-02-27T20:32:24.771Z" stale="2021-02-27T20:38:39.771Z"><point lat="1.234567" lon="-3.141592"'
    b' hae="-25.7" ce="9.9" le="9999999.0"/><detail><takv os="29" version="4.0.0.0 (deadbeef).1234567890-CIV"'
    b' device="Some Android Device" platform="ATAK-CIV"/><contact xmppUsername="xmpp@host.com"'
    b' endpoint="*:-1:stcp" callsign="JENNY"/><uid Droid="JENNY"/><precisionlocation altsrc="GPS"'
    b' geopointsrc="GPS"/><__group role="Team Member" name="Cyan"/><status battery="78"/>'
    b'<track course="80.24833892285461" speed="0.0"/></detail></event>'
)
# A component of FreeTAKServer, from its tests (emergency_RI, uid test-emergency): a user asks for help.
EMERGENCY = (
    b'<event version="2.0" uid="test-emergency" type="b-a-o-tbl" how="h-e" start="2021-06-22T16:21:21.51Z"'
    b' time="2021-07-25T20:23:20.294008Z" stale="2021-07-25T20:24:20.294025Z"><detail><link uid="SERVER"'
    b' relation="p-p" production_time="2021-07-25T20:24:20Z" type="a-f-G-U-C" /><contact /><emergency /></detail>'
    b'<point le="9999999" ce="9999999" hae="9999999" lon="-107.725503268152" lat="42.324772908865" /></event>'
)
# A mark that a person put on ATAK's map, as cursor-on-target scripts on GitHub quote it (uid deccf9b1-…).
PLACED = (
    b"<?xml version='1.0' encoding='UTF-8' standalone='yes'?><event version='2.0'"
    b" uid='deccf9b1-ee37-4205-a235-a6d527fc7c24' type='a-f-G' time='2020-02-01T18:48:14Z'"
    b" start='2020-02-01T18:48:14Z' stale='2020-02-01T18:49:14Z' how='h-g-i-g-o'><point lat='44.2198868'"
    b" lon='-66.1382602' hae='-13.62' ce='9999999.0' le='9999999.0' /><detail><link"
    b" uid='aa0b0312-b5cd-4c2c-bbbc-9c4c70216261' production_time='2020-02-01T18:48:14Z' relation='p-p' type='a-f-G'"
    b" parent_callsign='Eliopoli HQ'/><archive/><usericon iconsetpath='COT_MAPPING_2525B/a-f/a-f-G'/>"
    b"<precisionlocation altsrc='DTED0'/><contact callsign='F.1.184814'/></detail></event>"
)
# The ping of Alan Barrow's health check for FreeTAKServer (2020), its host and time filled in.
PING = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<event version="2.0" uid="healthchecker-1"'
    b' type="t-x-c-t" time="2020-12-13T00:00:00Z" start="2020-12-13T00:00:00Z" stale="2020-12-13T00:00:00Z"'
    b' how="h-g-i-g-o"><point lat="0.0" lon="0.0" hae="9999999.0" ce="9999999.0" le="9999999.0"/><detail>'
    b'<takv platform="healthcheck" os="24" version="1.0.0.0"/><contact/></detail></event>'
)
