"""Every decoder that reads what comes from outside: how it is called, what it may raise, and what it starts from."""

from __future__ import annotations

import atexit
import contextlib
import re
import tempfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from data.connectors.ais import decoder as ais
from data.connectors.ais import frames as ais_frames
from data.connectors.contract import SourceSettings
from data.connectors.cot import decoder as cot
from data.connectors.cot import frames as cot_frames
from data.connectors.dji import decoder as dji
from data.connectors.gat1400 import decoder as gat1400
from data.connectors.gat1400 import envelope
from data.connectors.gat1400 import exchange as gat1400_exchange
from data.connectors.gat1400 import options as gat1400_options
from data.connectors.gat1400.digest import Gatekeeper, Verdict
from data.connectors.gtfs_realtime import decoder as gtfs
from data.connectors.jt808 import bulk as jt808_bulk
from data.connectors.jt808 import decoder as jt808
from data.connectors.jt808 import frames as jt808_frames
from data.connectors.mavlink import decoder as mavlink
from data.connectors.mavlink import frames as mavlink_frames
from data.connectors.mqtt import decoder as mqtt
from data.connectors.mqtt.options import read_options
from data.connectors.mqtt.packets import Cutter, Message
from data.connectors.sensorthings import decoder as sensorthings
from data.ferry import bundle, seal
from data.ferry.keys import Peer
from data.home import Home
from data.own_copy import shipped
from data.signals import frames as signals
from data.signals import objects, platform, radar
from data.signals.controller import Controller
from data.signing.keys import OwnKey
from data.sync.messages import read_message, read_order
from data.sync.settings import FILE as SOURCES_FILE
from data.sync.settings import sources_of
from data.sync.zones import FILE as ZONES
from data.sync.zones import FILE as ZONES_FILE
from data.sync.zones import zones_of
from tests.data.connectors.ais.sentences_seen import EVER_DIADEM, MOORED, UNDER_WAY
from tests.data.connectors.cot.events_seen import EMERGENCY, JENNY, PING, PLACED
from tests.data.connectors.dji.messages_seen import AIRCRAFT, DOCK, EVENT, TOPOLOGY
from tests.data.connectors.gat1400.objects_seen import CAMERA, FACE, GATE, NOWHERE, PARKING
from tests.data.connectors.gtfs_realtime.test_gtfs import feed, with_others
from tests.data.connectors.jt808 import frames_seen
from tests.data.connectors.mavlink.frames_seen import POSITION, ROVER
from tests.data.signals.made import FACTORY, JUNCTION, NEW
from tests.data.signals.test_platform import MESSAGE
from twin.errors import BadInputError
from twin.signals.check import check as check_plan
from twin.signals.timetable import Slot, Timetable

NOON = 1_790_000_000.0


@dataclass(frozen=True, slots=True)
class Target:
    """One decoder.

    Parameters
    ----------
    read : callable
        Reads bytes, whatever they are.
    declared : exceptions
        All that it may raise.
    split : callable or None
        Cuts a stream into frames, where there is one: frames that are whole must come out of it beside any noise.
    """

    name: str
    seeds: Sequence[bytes]
    read: Callable[[bytes], object]
    declared: tuple[type[Exception], ...] = ()
    split: Callable[[bytes], Sequence[bytes]] | None = None


def _jt808(escaped: bytes) -> None:
    frame = jt808.read_frame(escaped)
    for read in (lambda: jt808.read_registration(frame), lambda: jt808.read_code(frame)):
        with contextlib.suppress(jt808_frames.FrameError):
            read()
    with contextlib.suppress(jt808_frames.FrameError):
        jt808.read_batch(frame.body)
    jt808.read_position(frame.body)


def _jt808_summed(plain: bytes) -> None:
    """Read what a careless vendor writes: wrong inside, with a checksum that holds."""
    escaped = jt808_frames.close_frame(plain)[1:-1]
    jt808_bulk.read_positions([escaped] * 2)
    _jt808(escaped)


def _mavlink(data: bytes) -> None:
    for frame in mavlink_frames.Splitter().feed(data):
        if len(frame) > 12 and mavlink_frames.is_known(frame):
            mavlink_frames.checksum_holds(frame)
            mavlink.read_message(frame)


def _ais(data: bytes) -> None:
    lines = [line for line in data.split(b"\n") if ais_frames.is_sentence(line)]
    for line in lines:
        ais_frames.read_sentence(line)
    ais.read_message(lines or [data])


def _dji(payload: bytes) -> None:
    told = dji.read_envelope(payload)
    dji.without_secrets(payload)
    for read in (dji.read_aircraft, dji.read_dock):
        with contextlib.suppress(dji.MessageError):
            read(told.data if isinstance(told.data, dict) else {})


def _gat1400(body: bytes) -> None:
    document = envelope.read_body(body)
    envelope.without_people(document, envelope.LeftOut())
    for noun in ("MotorVehicle", "APE", "Tollgate"):
        for item in envelope.objects_of(document, noun, 1000):
            for read in (gat1400.read_pass, gat1400.read_device):
                with contextlib.suppress(gat1400.ObjectError):
                    read(envelope.fields_of(item))


_SHOWN = PARKING.replace(b"/9j/4AAQ", b"/9j/4AAQ" * 30)
_PICTURE = re.compile(rb"(?![0-9]{128})[A-Za-z0-9+/=]{128,}")
_NOTE = b'{"SubscribeNotificationListObject": {"SubscribeNotificationObject": [%s]}}' % GATE
_ANSWER = b', username="gate", uri="/VIID/System/Register", nc=00000001, cnonce="0a4f113b", response="6629fae4"'
_library = gat1400_exchange.Exchange("gates", gat1400_options.Options(authentication="open"), b"key", lambda: 1e9)


def _gat1400_post(body: bytes) -> None:
    """Read a whole post: each object has its answer, or the body has one."""
    for read in (_library.passes, _library.notifications):
        posting = read("1", body)
        assert posting.statuses
        assert posting.received >= (posting.http != 200)
        kept = [record.raw for record, _ in (*posting.told, *posting.refused)]
        assert not any(_PICTURE.search(raw) for raw in kept)
    _library.parcel()


_gatekeeper = Gatekeeper("viid", {"gate": "opens"}, ("MD5",), lambda: 1000.0)


def _digest(header: bytes) -> None:
    verdict, user = _gatekeeper.judge(header.decode(errors="surrogateescape"), "POST", "/VIID/System/Register")
    assert (verdict, user) == (Verdict.WRONG, "")


def _gtfs(body: bytes) -> None:
    whole = gtfs.read_feed(body)
    for raw in whole.entities:
        gtfs.read_entity(whole, raw, "bus", "gtfs:", NOON)


_TOPICS = ({"topic": "car/{kind}/{id}"}, {"topic": "senml/{id}", "format": "senml", "kind": "air_sensor"})
_mqtt_decoder = mqtt.Decoder(read_options(SourceSettings("city", "mqtt", {"topics": _TOPICS})), {"a1": (120.9, 30.8)})


def _mqtt(payload: bytes) -> None:
    """Read a payload under both mappings."""
    for topic in ("car/bus/b1", "senml/a1"):
        _mqtt_decoder.read([Message(topic, payload, 1, False, NOON)])


def _mqtt_packets(stream: bytes) -> None:
    """Cut a stream under both versions."""
    for modern in (False, True):
        Cutter(modern=modern).feed(stream, NOON)


_KEY = OwnKey(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
_TRUSTED = {_KEY.id: Peer("there", "公安网", _KEY.public)}
_LETTER = seal.seal(zlib.compress(b"letter" * 50), _KEY)


def _ferry(data: bytes) -> None:
    bundle.decode(seal.unseal(data, _TRUSTED).payload)


def _ferry_signed(payload: bytes) -> None:
    """Read what a trusted machine signed, whatever it is."""
    _ferry(seal.seal(payload, _KEY))


_folder = tempfile.TemporaryDirectory()
atexit.register(_folder.cleanup)
_HOME = Home(*(Path(_folder.name) / name for name in ("data", "cache", "state", "runtime")))
_HOME.data.mkdir()


def _sources(text: bytes) -> None:
    (_HOME.data / SOURCES_FILE).write_bytes(text)
    sources_of(_HOME, "jiashan", invented=False)


def _zones(text: bytes) -> None:
    (_HOME.data / ZONES_FILE).write_bytes(text)
    zones_of(_HOME)


def _lines(text: bytes) -> None:
    for read in (read_order, read_message):
        with contextlib.suppress(msgspec.MsgspecError):
            read(text)


def _pieces(data: bytes) -> Sequence[bytes]:
    return jt808_frames.Splitter().feed(data)


def _mavlink_pieces(data: bytes) -> Sequence[bytes]:
    splitter = mavlink_frames.Splitter()
    return [*splitter.feed(data), *splitter.end()]


_FRAMES = [
    frames_seen.cut(getattr(frames_seen, name))
    for name in ("KNOWN", "HEARTBEAT", "REGISTER_2011", "REGISTER_2013", "REGISTER_2019", "AUTHENTICATE", "REFILL")
]
_THING = (
    b'{"@iot.id": 7, "result": 12.5, "phenomenonTime": "2026-09-21T12:00:00Z", '
    b'"Datastream": {"@iot.id": 1, "name": "PM2.5"}}'
)
_SOURCES = """["jiashan"]
[["jiashan".source]]
name = "渣土车"
kind = "jt808"
options = { port = 6808, terminals = { "139" = { kind = "bus" } } }
"""
_PAGE = b'{"value": [' + _THING + b'], "@iot.nextLink": "http://x/?$skip=1"}'
_PLAN = signals.from_datagram(
    signals.encode(signals.Frame(signals.SET, 1, objects.plan_items(JUNCTION, NEW, 2)), escaped=False)
)
_DAY = Timetable((Slot(0.0, "night", FACTORY), Slot(25_200.0, "day", NEW)))
_SESSION = b"".join(
    signals.encode(signals.Frame(signals.SET, 1, items))
    for items in (
        *(objects.plan_items(JUNCTION, slot.plan, number) for number, slot in enumerate(_DAY.slots, start=4)),
        (*objects.day_items(JUNCTION, _DAY, 1), signals.Item(objects.SCHEDULE_DAY + 1, b"\1")),
        (signals.Item(objects.ASSIGN_MODE, bytes([objects.LOCAL_COORDINATED])),),
        (*objects.day_items(JUNCTION, _DAY, 1), signals.Item(objects.UTC_TIME, objects.time_bytes(NOON))),
        (signals.Item(objects.ASSIGN_PLAN, b"\5"),),
    )
)
_PLATFORM = platform.encode(MESSAGE)


def _signals(plain: bytes) -> None:
    """Read a frame as it came, and one whose check sum was put right; a controller answers what holds."""
    for piece in (plain, plain[:-2] + signals.crc16(plain[:-2]).to_bytes(2, "big")):
        with contextlib.suppress(signals.FrameError):
            frame = signals.decode(piece)
            Controller(JUNCTION, FACTORY).answer(frame, NOON)
            objects.fault_of(frame.items)
    signals.Splitter().feed(plain)


def _signals_session(stream: bytes) -> None:
    """Have one controller answer all that can be cut out of a stream: what it runs may run, whatever it was told."""
    controller = Controller(JUNCTION, FACTORY)
    for piece in signals.Splitter().feed(stream):
        with contextlib.suppress(signals.FrameError):
            frame = signals.decode(piece[:-2] + signals.crc16(piece[:-2]).to_bytes(2, "big"))
            assert controller.answer(frame, NOON) is not None or frame.kind not in (signals.SET, signals.QUERY)
            assert not check_plan(JUNCTION, controller.plan)


def _radar(escaped: bytes) -> None:
    for piece in radar.split(escaped)[0]:
        radar.lanes(radar.decode(piece))
    nobody = radar.Device(0, 0, 0)
    radar.lanes(radar.Table(nobody, nobody, radar.UPLOAD, radar.FLOW_NOW, escaped))


TARGETS: tuple[Target, ...] = (
    Target("JT/T 808 frames", _FRAMES, _jt808, (jt808_frames.FrameError,), _pieces),
    Target("JT/T 808 bodies", [jt808_frames.open_frame(f) for f in _FRAMES], _jt808_summed, (jt808_frames.FrameError,)),
    Target("MQTT payloads", [
        b'{"time": 1790000000, "lon": 120.9, "lat": 30.8, "speed": 10, "heading": 90, "label": "x"}',
        b'[{"bn": "urn:dev:a1:", "bt": 1790000000, "n": "t", "u": "Cel", "v": 12.5}, {"n": "lat", "v": 30.8}]', _THING,
    ], _mqtt),
    Target("MQTT packets", [
        b"\x20\x02\x00\x00\x32\x0a\x00\x03t/a\x00\x07\x00{}", b"\xd0\x00\x31\x08\x00\x03t/a\x00{}",
    ], _mqtt_packets, (ConnectionError,)),
    Target("SensorThings pages", [_PAGE], sensorthings.read_page, (sensorthings.FaultyPageError,)),
    Target("SensorThings observations", [_THING], sensorthings.Reader({"PM2.5": "air_sensor"}).read),
    Target("CoT events", [JENNY, EMERGENCY, PLACED, PING], cot.read_event, (cot.EventError,)),
    Target("CoT streams", [JENNY, EMERGENCY, PLACED, PING], lambda data: cot_frames.Splitter().feed(data)),
    Target("MAVLink", [ROVER, POSITION, ROVER + POSITION], _mavlink, (mavlink.MessageError,),
           _mavlink_pieces),
    Target("AIS", [MOORED, UNDER_WAY, b"\n".join(EVER_DIADEM)], _ais, (ais.MessageError, ais_frames.SentenceError)),
    Target("DJI messages", [DOCK, AIRCRAFT, TOPOLOGY, EVENT], _dji, (dji.MessageError,)),
    Target("DJI topics", [b"thing/product/sn/osd", b"sys/product/gw/status"],
           lambda raw: dji.read_topic(raw.decode("utf-8", "replace")), (dji.MessageError,)),
    Target("GA/T 1400", [PARKING, GATE, CAMERA, NOWHERE, FACE], _gat1400, (envelope.BodyError,)),
    Target("GA/T 1400 posts", [_SHOWN, GATE, FACE, _NOTE], _gat1400_post),
    Target("GA/T 1400 digests", [_gatekeeper.challenges()[0].encode() + _ANSWER], _digest),
    Target("GTFS-realtime", [with_others(feed({}, {})).SerializeToString()], _gtfs, (gtfs.FaultyFeedError,)),
    Target("GB/T 20999 frames", [_PLAN], _signals, (signals.FrameError,)),
    Target("GB/T 20999 sessions", [_SESSION], _signals_session),
    Target("GB/T 43229 frames", [b"\1" + bytes(14)], _radar, (signals.FrameError,)),
    Target("GA/T 1049.2 messages", [_PLATFORM], platform.decode, (signals.FrameError,)),
    Target("ferry bundles", [_LETTER], _ferry, (seal.SealError,)),
    Target("ferry payloads", [b"\x85\xa4type\xa6bundle", _LETTER], _ferry_signed, (seal.SealError,)),
    Target("sources.toml", [_SOURCES.encode()], _sources, (BadInputError,)),
    Target("zones file", [shipped(ZONES).read_bytes()], _zones, (BadInputError,)),
    Target("lines between processes", [b'{"type":"status","rate_hz":1}', b'{"order":"seek","value":1.5}'], _lines),
)  # fmt: skip
