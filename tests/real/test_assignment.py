"""Published equilibria of the Transportation Networks collection: Sioux Falls and Anaheim."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import pytest

from data.traffic.equilibrium import equilibrium
from tests.frank_wolfe import frank_wolfe
from twin.geo import FloatArray
from twin.traffic.assignment import Delay, Demand, Drivers, Network, Volumes, no_turns, objective, volumes

pytestmark = pytest.mark.real
COLUMNS = ("tail", "head", "capacity", "length", "free", "b", "power")


def network(folder: Path, name: str) -> Network:
    text = (folder / f"{name}_net.tntp").read_text("utf-8")
    nodes, through = (_told(text, word) for word in ("NUMBER OF NODES", "FIRST THRU NODE"))
    body = text.split("<END OF METADATA>")[1]
    rows = [line.split()[: len(COLUMNS)] for line in body.splitlines() if line.strip() and line.strip()[0].isdigit()]
    told = dict(zip(COLUMNS, np.array(rows, np.float64).T, strict=True))
    delay = Delay(told["free"], told["capacity"], told["b"], told["power"])
    tail, head = (told[end].astype(np.int64) - 1 for end in ("tail", "head"))
    return Network(tail, head, delay, np.arange(nodes) < through - 1, no_turns())


def _told(text: str, word: str) -> int:
    found = re.search(rf"<{word}>\s*(\d+)", text)
    assert found is not None
    return int(found[1])


def demand(folder: Path, name: str) -> Demand:
    text = (folder / f"{name}_trips.tntp").read_text("utf-8").split("<END OF METADATA>")[1]
    rows = []
    for part in text.split("Origin")[1:]:
        origin, rest = part.split(maxsplit=1)
        rows += [(int(origin), int(a), float(b)) for a, b in re.findall(r"(\d+)\s*:\s*([\d.]+)", rest)]
    told = np.array([row for row in rows if row[0] != row[1] and row[2] > 0])
    return Demand(told[:, 0].astype(np.int64) - 1, told[:, 1].astype(np.int64) - 1, told[:, 2])


def published(folder: Path, name: str) -> FloatArray:
    told: FloatArray = np.loadtxt(folder / f"{name}_flow.tntp", skiprows=1, usecols=2)
    return told


@pytest.mark.parametrize("name", ["SiouxFalls", "Anaheim"])
def test_the_published_objective_is_met_within_a_millionth(name: str) -> None:
    folder = Path(os.environ["ZHIAN_REAL_DATA"]).absolute() / "traffic" / "tntp"
    net, trips = network(folder, name), demand(folder, name)
    best = objective(net, Volumes(published(folder, name), np.zeros(0)))
    found = equilibrium(net, [Drivers(trips)], gap=1e-6)
    assert found.gap <= 1e-6
    assert objective(net, volumes(net, found.routes[0])) == pytest.approx(best, rel=1e-6)
    oracle = frank_wolfe(net, trips, 1e-5)
    assert objective(net, Volumes(oracle, np.zeros(0))) == pytest.approx(best, rel=1e-5)
