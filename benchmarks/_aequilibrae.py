"""AequilibraE's bi-conjugate Frank–Wolfe on a network from standard input; for a Python that has it, nothing of ours.

Reads JSON: tail, head, capacity, free_s, b, power, zones, origins, destinations, trips, gap. Writes JSON: seconds of
processor for its own assignment, one core, the best of three; the gap it reached; the flow of each link.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import warnings
from typing import Any

import numpy as np
import pandas as pd
from aequilibrae.matrix import AequilibraeMatrix
from aequilibrae.paths import Graph, TrafficAssignment, TrafficClass
from numpy.typing import NDArray

MOST, TIMES = 5000, 3


def main() -> None:
    """Assign, and tell."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    told = json.load(sys.stdin)
    links = pd.DataFrame({"link_id": np.arange(1, len(told["tail"]) + 1), "a_node": np.array(told["tail"]) + 1,
                          "b_node": np.array(told["head"]) + 1, "direction": 1, "capacity": told["capacity"],
                          "free": told["free_s"], "b": told["b"], "power": told["power"]})  # fmt: skip
    zones = np.arange(1, told["zones"] + 1)
    done = [_assigned(links, zones, told) for _ in range(TIMES)]
    print(json.dumps(min(done, key=lambda one: float(one["seconds"]))))


def _assigned(links: pd.DataFrame, zones: NDArray[np.int64], told: dict[str, Any]) -> dict[str, Any]:
    graph = Graph()
    graph.network = links
    graph.prepare_graph(zones)
    graph.set_graph("free")
    graph.set_blocked_centroid_flows(told["blocked"])
    matrix = AequilibraeMatrix()
    matrix.create_empty(zones=len(zones), matrix_names=["trips"], memory_only=True)
    matrix.index[:] = zones
    matrix.matrix["trips"][:, :] = 0.0
    matrix.matrix["trips"][told["origins"], told["destinations"]] = told["trips"]
    matrix.computational_view(["trips"])
    work = TrafficAssignment()
    work.set_classes([TrafficClass("car", graph, matrix)])
    work.set_vdf("BPR")
    work.set_vdf_parameters({"alpha": "b", "beta": "power"})
    work.set_capacity_field("capacity")
    work.set_time_field("free")
    work.set_cores(1)
    work.max_iter, work.rgap_target = MOST, told["gap"]
    work.set_algorithm("bfw")
    begin = time.process_time()
    work.execute()
    seconds = time.process_time() - begin
    flow = work.results().sort_index()["trips_ab"].to_numpy()
    return {"seconds": seconds, "gap": float(work.assignment.rgap), "iterations": int(work.assignment.iter),
            "flow": flow.tolist()}  # fmt: skip


if __name__ == "__main__":
    main()
