"""A chart for other programs: GraphML and GEXF."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

import networkx as nx

from twin.fraud.chart.board import Board
from twin.geo import FloatArray

WRITERS: Mapping[str, Callable[[nx.MultiDiGraph[str]], Iterable[str]]] = {
    "graphml": nx.generate_graphml,
    "gexf": nx.generate_gexf,
}


def exported(board: Board, kind: str, places: Mapping[str, FloatArray], written: Callable[[str], str] = str) -> str:
    """Return a chart as ``graphml`` or ``gexf``: every flow an edge, so that sums can be checked.

    ``written`` writes an account's number and its holder: masked, where nobody stated a purpose.
    """
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    name = {key: f"n{number}" for number, key in enumerate(board.accounts)}
    for key, account in board.accounts.items():
        x, y = (float(value) for value in places.get(board.stands_in(key), (0.0, 0.0)))
        note, merge = board.notes.get(key), board.merges.get(key)
        graph.add_node(
            name[key], label=written(key), kind=account.kind, holder=written(account.holder), hop=account.hop,
            source=account.source, note=note.text if note else "", x=x, y=y,
            merged_into=name.get(merge.into, "") if merge else "", merged_why=merge.why if merge else "",
            merged_by=merge.by if merge else "",
        )  # fmt: skip
    for flow in board.flows.values():
        if flow.source in name and flow.target in name:
            time = datetime.fromtimestamp(flow.at_s, UTC).isoformat()
            graph.add_edge(
                name[flow.source], name[flow.target], key=flow.id, time=time, amount_fen=flow.amount_fen,
                traced_fen=flow.traced_fen, hop=flow.hop,
            )  # fmt: skip
    return "\n".join(WRITERS[kind](graph)) + "\n"
