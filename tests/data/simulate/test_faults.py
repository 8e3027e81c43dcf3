from __future__ import annotations

import random

from data.simulate.faults import Faults, FaultyLine


def sent(faults: Faults, end: int = 0) -> tuple[list[bytes], list[bytes]]:
    """Return what was sent and what went out."""
    line, out = FaultyLine(faults, random.Random(1), begin=end, end=end), list[bytes]()
    wires = [b"<%06d>" % number for number in range(2000)]
    for wire in wires:
        line.send(wire, out.append)
    line.flush()
    return wires, out


def test_without_faults_everything_goes_out_once_and_in_order() -> None:
    wires, out = sent(Faults())
    assert out == wires


def test_each_fault_does_what_its_name_says() -> None:
    wires, out = sent(Faults(loss=0.1))
    assert 150 < len(set(wires) - set(out)) < 250
    wires, out = sent(Faults(duplicate=0.1))
    assert 150 < len(out) - len(wires) < 250
    wires, out = sent(Faults(disorder=0.1))
    assert out != wires
    assert sorted(out) == wires
    wires, out = sent(Faults(corrupt=0.1), end=1)
    assert 150 < len(set(out) - set(wires)) < 250
    assert {(wire[:1], wire[-1:]) for wire in out} == {(b"<", b">")}


def test_what_does_not_arrive_whole_is_told() -> None:
    line, out = FaultyLine(Faults(loss=0.2, corrupt=0.2), random.Random(1)), list[bytes]()
    wires = [b"%06d %06d" % (number, number) for number in range(1000)]
    whole = {wire for wire in wires if line.send(wire, out.append)}
    assert whole == set(out) & set(wires)
