"""Nets for the real SUMO, made in a folder of the test's, and a SUMO that runs them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BIN = Path(sys.executable).parent
NODES = """<nodes>
<node id="a" x="120.90" y="30.82"/><node id="b" x="120.92" y="30.83"/><node id="c" x="120.94" y="30.82"/>
</nodes>"""
EDGES = """<edges>
<edge id="ab" from="a" to="b" numLanes="2" speed="14"/><edge id="bc" from="b" to="c" numLanes="2" speed="14"/>
</edges>"""
VEHICLES = """<routes>
<vType id="car" vClass="passenger"/><vType id="bus" vClass="bus"/><vType id="bike" vClass="bicycle"/>
<route id="r" edges="{edges}"/>
<vehicle id="first" type="car" route="r" depart="0"/><vehicle id="second" type="bus" route="r" depart="1"/>
<vehicle id="rider" type="bike" route="r" depart="2"/>
<flow id="more" type="car" route="r" begin="3" end="{end}" period="5"/>
</routes>"""


def make(folder: Path, geo: bool = True, end: int = 3600) -> Path:
    """Return a configuration: two roads near the demo county, or a grid that lies nowhere."""
    folder.mkdir(exist_ok=True)
    net, edges = folder / "net.net.xml", "ab bc" if geo else "A0A1 A1B1"
    if geo:
        (folder / "net.nod.xml").write_text(NODES)
        (folder / "net.edg.xml").write_text(EDGES)
        made = ["netconvert", "-n", folder / "net.nod.xml", "-e", folder / "net.edg.xml", "--proj.utm", "-o", net]
    else:
        made = ["netgenerate", "--grid", "--grid.number", "3", "--grid.length", "200", "-o", net]
    subprocess.run([BIN / str(made[0]), *map(str, made[1:])], check=True, capture_output=True)
    (folder / "net.rou.xml").write_text(VEHICLES.format(edges=edges, end=end))
    config = folder / "net.sumocfg"
    config.write_text(
        '<configuration><input><net-file value="net.net.xml"/><route-files value="net.rou.xml"/></input>'
        '<time><begin value="0"/></time></configuration>'
    )
    return config


@contextmanager
def running(config: Path, port: int, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a SUMO that waits for its clients; nobody may knock to see whether it listens, as that would be a client."""
    command = [BIN / "sumo", "-c", config, "--remote-port", str(port), "--no-step-log", *options]
    with config.with_suffix(".log").open("ab") as log:
        process = subprocess.Popen(list(map(str, command)), stdout=log, stderr=log, start_new_session=True)
    try:
        yield process
    finally:
        kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a SUMO without a word of warning."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
