"""The library's side of the conversation, without sockets: what posts hold, and what is answered once it is on disk."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from data.connectors.contract import Parcel, Record
from data.connectors.gat1400 import encoder, envelope
from data.connectors.gat1400.decoder import Device, ObjectError, Pass, Place, read_device, read_pass
from data.connectors.gat1400.encoder import Status
from data.connectors.gat1400.envelope import BodyError, LeftOut
from data.connectors.gat1400.options import Options
from data.connectors.gat1400.rows import observed
from twin.live.observation import Observation, batch

AT_ONCE = 4000
"""Most objects in one parcel, unless a single post has more."""
MOST_OBJECT_BYTES = 65_536
MOST_DEVICES = 100_000
PEOPLE_S = 60.0
"""What tells of people is counted, and the count is put on record so often."""
PEOPLE = ("Face", "Person", "NonMotorVehicle")
"""Objects that are not taken: we keep no faces, and of the public only vehicles."""
NOT_TAKEN = "people are not taken"
NO_PLACE = "place of the device unknown"
_HOUR_S = 3600


@dataclass(slots=True)
class Posting:
    """What came of one post: its records, an answer for each of its objects, and the HTTP status."""

    told: list[tuple[Record, Observation]] = field(default_factory=list)
    others: list[Record] = field(default_factory=list)
    refused: list[tuple[Record, str]] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)
    statuses: list[Status] = field(default_factory=list)
    http: int = 200

    @property
    def received(self) -> int:
        """How many objects it held."""
        return len(self.told) + len(self.others) + len(self.refused)


Done = Callable[[bool], None]


class Exchange:
    """Reads posts and makes parcels of them.

    Parameters
    ----------
    key : bytes
        Of this installation: vehicles' ids are sums of their plates with it.
    """

    def __init__(self, name: str, options: Options, key: bytes, clock: Callable[[], float]) -> None:
        self._name, self._options, self._key, self._clock = name, options, key, clock
        self._known = {device: Place(gate.lon_deg, gate.lat_deg) for device, gate in options.devices.items()}
        self._devices: dict[str, Device] = {}
        self._heard: list[tuple[Posting, Done]] = []
        self._people: Counter[str] = Counter()
        self._people_told_s = clock()
        self.left_out = LeftOut()
        self.waiting = 0

    def put(self, posting: Posting, done: Done) -> None:
        """Take a post into the next parcel; ``done`` is told once whether it is on disk."""
        self._heard.append((posting, done))
        self.waiting += posting.received

    @property
    def idle(self) -> bool:
        """Whether no post waits for a parcel, be it one that holds nothing."""
        return not self._heard

    def devices(self) -> list[Device]:
        """Return the cameras and gates that told of themselves."""
        return list(self._devices.values())

    def recall(self, labels: Mapping[str, str]) -> None:
        """Take back where devices stand, as of before a restart."""
        for device, label in labels.items():
            lon, lat, name = [*label.split(" ", 2), "", ""][:3]
            try:
                self._devices[device] = Device(device, name, Place(float(lon), float(lat)))
            except ValueError:
                continue  # of another version

    def parcel(self) -> Parcel | None:
        """Return what was posted; None if there is nothing to tell."""
        group, size = [], 0
        while self._heard and size < AT_ONCE:
            group.append(self._heard.pop(0))
            size += group[-1][0].received
        self.waiting -= size
        people = self._counted_people()
        if not group and not people:
            return None
        told = [pair for posting, _ in group for pair in posting.told]
        records = [record for record, _ in told] + [record for posting, _ in group for record in posting.others]
        refused = [pair for posting, _ in group for pair in posting.refused] + people
        labels = {device: label for posting, _ in group for device, label in posting.labels.items()}
        rows = batch(self._name, (row for _, row in told)).rows
        parcel = Parcel(self._clock(), size + len(people), records, rows, refused, labels=labels)
        return _answering(parcel, [done for _, done in group])

    def refuse_people(self, sender: str, objects: int) -> None:
        """Count what is not taken; nothing of it is read, let alone kept."""
        self._people[sender] += objects

    def refuse_body(self, sender: str, error: BodyError, body: bytes = b"") -> Posting:
        """Return what comes of a body that cannot be read."""
        record = Record(b"", sender, "body", 0.0, envelope.unreadable(body))
        return Posting(refused=[(record, str(error))], statuses=[Status("", error.status)], http=400)

    def passes(self, sender: str, body: bytes) -> Posting:
        """Read a post of motor vehicles."""

        def read(posting: Posting, document: object) -> None:
            for item in self._objects(document, "MotorVehicle"):
                posting.statuses.append(self._pass(posting, sender, item))

        return self._read(sender, body, read)

    def notifications(self, sender: str, body: bytes) -> Posting:
        """Read notifications of a subscription: each has one answer, whatever it holds."""

        def read(posting: Posting, document: object) -> None:
            for item in self._objects(document, "SubscribeNotification"):
                self._count_people(sender, item)
                codes = [self._pass(posting, sender, one).code for one in self._objects(item, "MotorVehicle")]
                for noun in ("APE", "Tollgate"):
                    codes += [self._device(posting, noun, one).code for one in self._objects(item, noun)]
                bad = [code for code in codes if code != encoder.OK]
                words = f"{len(bad)} of {len(codes)} objects not valid" if bad else ""
                number = envelope.text_of(envelope.fields_of(item), "notificationid")
                posting.statuses.append(Status(number, bad[0] if bad else encoder.OK, words))

        return self._read(sender, body, read)

    def cameras(self, sender: str, body: bytes, noun: str) -> Posting:
        """Read a post of cameras (``APE``) or gates (``Tollgate``): where they stand is remembered."""

        def read(posting: Posting, document: object) -> None:
            for item in self._objects(document, noun):
                posting.statuses.append(self._device(posting, noun, item))

        return self._read(sender, body, read)

    def _read(self, sender: str, body: bytes, read: Callable[[Posting, object], None]) -> Posting:
        posting = Posting()
        try:
            document = envelope.read_body(body)
            read(posting, document)
        except BodyError as error:
            return self.refuse_body(sender, error, body)
        self._count_people(sender, document)
        if not posting.statuses:
            return self.refuse_body(sender, BodyError("no object in it", encoder.BAD_CONTENT), body)
        return posting

    def _objects(self, document: object, noun: str) -> Sequence[Mapping[str, object]]:
        return envelope.objects_of(document, noun, self._options.most_objects)

    def _count_people(self, sender: str, document: object) -> None:
        found = sum(len(self._objects(document, noun)) for noun in PEOPLE)
        if found:
            self.refuse_people(sender, found)

    def _pass(self, posting: Posting, sender: str, item: Mapping[str, object]) -> Status:
        """Read one pass into the posting and return what to answer about it."""
        fields, raw = envelope.fields_of(item), self._raw(item)
        number = envelope.text_of(fields, "motorvehicleid")
        try:
            passed = read_pass(fields)
            place = self._place(passed)
            if len(raw) > MOST_OBJECT_BYTES:
                raise ObjectError("object too large")
        except ObjectError as error:
            device = envelope.text_of(fields, "deviceid", "tollgateid") or sender
            record = Record(b"", device, "MotorVehicle", 0.0, raw[:MOST_OBJECT_BYTES])
            posting.refused.append((record, str(error)))
            return Status(number, encoder.BAD_CONTENT, str(error))
        device = passed.device or passed.tollgate or sender
        told = f"{number} {device} {passed.plate}".encode()
        record = Record(_key(passed.time_s, told), device, "MotorVehicle", passed.time_s, raw)
        posting.told.append((record, observed(self._key, passed, place, self._options.kind)))
        return Status(number)

    def _device(self, posting: Posting, noun: str, item: Mapping[str, object]) -> Status:
        raw = self._raw(item)[:MOST_OBJECT_BYTES]
        try:
            device = read_device(envelope.fields_of(item))
        except ObjectError as error:
            posting.refused.append((Record(b"", "", noun, 0.0, raw), str(error)))
            return Status("", encoder.BAD_CONTENT, str(error))
        hour = int(self._clock()) // _HOUR_S * _HOUR_S  # the same one told again within the hour is the same
        posting.others.append(Record(_key(hour, noun.encode() + raw), device.id, noun, 0.0, raw))
        if device.place is not None and (device.id in self._devices or len(self._devices) < MOST_DEVICES):
            self._devices[device.id] = device
            posting.labels[device.id] = f"{device.place.lon_deg} {device.place.lat_deg} {device.name}"
        return Status(device.id)

    def _raw(self, item: Mapping[str, object]) -> bytes:
        return msgspec.json.encode(envelope.without_people(item, self.left_out))

    def _place(self, passed: Pass) -> Place:
        """Return where a pass was: as it says itself, as the settings say, or as its device told.

        Raises
        ------
        ObjectError
            If none of them does.
        """
        if passed.place is not None:
            return passed.place
        for device in (passed.device, passed.tollgate):
            if device in self._known:
                return self._known[device]
            learnt = self._devices.get(device)
            if learnt is not None and learnt.place is not None:
                return learnt.place
        raise ObjectError(NO_PLACE)

    def _counted_people(self) -> list[tuple[Record, str]]:
        now = self._clock()
        if not self._people or 0 <= now - self._people_told_s < PEOPLE_S:
            return []
        counted, self._people, self._people_told_s = self._people, Counter(), now
        return [
            (Record(b"", sender, "people", 0.0, msgspec.json.encode({"objects": objects})), NOT_TAKEN)
            for sender, objects in counted.items()
        ]


def _answering(parcel: Parcel, waiting: Sequence[Done]) -> Parcel:
    """Return a parcel that tells those who wait what became of it."""

    def tell(kept: bool) -> None:
        for done in waiting:
            done(kept)

    return Parcel(
        *(parcel.arrival_s, parcel.received, parcel.records, parcel.rows, parcel.refused, parcel.gaps, parcel.labels),
        settle=lambda: tell(True),
        give_up=lambda: tell(False),
    )


def _key(time_s: float, content: bytes) -> bytes:
    """Return the same bytes for the same fact; the time in front keeps neighbours in time together on disk."""
    return (int(time_s) & 0xFFFFFFFF).to_bytes(4, "big") + hashlib.blake2b(content, digest_size=12).digest()
