"""Reads which doors can be asked for: ``doors.toml`` in the user's data folder.

::

    [[door]]
    id = "hospital-east"          # as the system that drives the controllers knows it
    chinese = "第一医院东门"
    english = "First Hospital, east door"
    lon_deg = 120.921
    lat_deg = 30.842

A request is left in the outbox folder as a file of its own, over the channel ``door``; that system takes it, and leaves
what came of it in ``outbox/answers`` (:func:`data.operations.outbox.answered`).
"""

from __future__ import annotations

import tomllib

import msgspec

from data.forms import learn
from data.home import Home
from data.operations.plans import REMEDY
from data.simulate.doors import invented_doors
from twin.city.city import City
from twin.errors import BadInputError
from twin.operations.doors import Door
from twin.words import said

FILE = "doors.toml"


class _Doors(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    door: tuple[Door, ...]


learn(_Doors)


def doors_of(home: Home, city: City) -> tuple[Door, ...]:
    """Return the doors of a city; an invented city without a file has invented ones.

    Raises
    ------
    twin.errors.BadInputError
        If the file cannot be read.
    """
    path = home.data / FILE
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), _Doors).door
    except FileNotFoundError:
        return invented_doors(city) if city.invented else ()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise BadInputError(str(path), said(str(error)), REMEDY) from None
