"""A conversation with SUMO over TraCI, by its own library; every call blocks until SUMO answers."""

from __future__ import annotations

import contextlib
import socket
from typing import Any, NamedTuple, cast

import numpy as np
import traci
from traci import constants
from traci.exceptions import FatalTraCIError, TraCIException

from data.connectors.sumo.decoder import VARIABLES, Vehicles
from data.connectors.sumo.places import NoPlaceError, Places, fitted, grid, laid_at

ALL_M = 1e7
"""A radius around one junction in which the whole net lies."""


class Moment(NamedTuple):
    """The simulation after a step.

    Parameters
    ----------
    time_s : float
        Simulated seconds.
    expected : int
        Vehicles that drive or are still to come.
    """

    time_s: float
    expected: int
    vehicles: Vehicles


class Client:
    """A connection to a running SUMO.

    Raises
    ------
    ConnectionError
        From each method, if SUMO is not there, hangs up, or says something that cannot be.
    """

    def __init__(self, host: str, port: int, order: int = 0) -> None:
        with _told_as_gone():
            self._traci: Any = traci.connect(port, 0, host)
            if order:
                self._traci.setOrder(order)
            self.version = str(self._traci.getVersion()[1])
            self.boundary: tuple[tuple[float, float], tuple[float, float]] = self._traci.simulation.getNetBoundary()
            self.time_s = float(self._traci.simulation.getTime())
            self.end_s = float(self._traci.simulation.getEndTime())
            self._watch()

    def _watch(self) -> None:
        """Ask for all vehicles with each step: those around any junction, as far as the net goes."""
        self._junction = self._traci.junction.getIDList()[0]
        self._traci.junction.subscribeContext(self._junction, constants.CMD_GET_VEHICLE_VARIABLE, ALL_M, VARIABLES)
        self._traci.simulation.subscribe([constants.VAR_TIME, constants.VAR_MIN_EXPECTED_VEHICLES])

    def places(self) -> Places | None:
        """Return where the net lies; None if it has no projection."""
        points = grid(self.boundary)
        with _told_as_gone():
            try:
                lonlat = [self._traci.simulation.convertGeo(x, y) for x, y in points.tolist()]
                return fitted(points, np.array(lonlat, dtype=np.float64))
            except FatalTraCIError:
                raise
            except (TraCIException, NoPlaceError):
                return None

    def places_around(self, lon_deg: float, lat_deg: float) -> Places:
        """Return the net laid around a place."""
        return laid_at(self.boundary, lon_deg, lat_deg)

    def step(self, upto_s: float) -> Moment:
        """Let the simulation run up to a time."""
        with _told_as_gone():
            self._traci.simulationStep(upto_s)
            told = self._traci.simulation.getSubscriptionResults()
            vehicles = self._traci.junction.getContextSubscriptionResults(self._junction) or {}
            self.time_s = float(told[constants.VAR_TIME])
            expected = int(told[constants.VAR_MIN_EXPECTED_VEHICLES])
            return Moment(self.time_s, expected, cast(Vehicles, vehicles))

    def leave(self) -> None:
        """Say goodbye, so that a SUMO with other clients goes on; one with no other ends."""
        with contextlib.suppress(FatalTraCIError, TraCIException, OSError):
            self._traci.close(False)

    def hang_up(self) -> None:
        """Cut the line; whoever waits on another thread for an answer gets a :class:`ConnectionError`."""
        line: socket.socket | None = self._traci._socket  # the library has no way to stop waiting
        if line is not None:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def _told_as_gone() -> Any:
    try:
        yield
    except (FatalTraCIError, TraCIException, OSError, ValueError, TypeError, LookupError, AttributeError) as error:
        raise ConnectionError(f"SUMO: {error or type(error).__name__}") from error
