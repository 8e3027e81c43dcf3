"""What a rehearsal said, as a table: a row a way to run the signals, the recommended one in bold."""

from __future__ import annotations

from app.rehearsals import shown
from app.texts import Texts
from twin.traffic.rehearsal import FIGURES, Rehearsed


def table_of(found: Rehearsed, texts: Texts) -> str:
    """Return rich text: delays of all, of through traffic, of cross streets and of people on foot, and stops."""
    best, reason = found.advice
    head = "".join(f"<td align=right>{texts(f'waves.figure.{figure}')}</td>" for figure in FIGURES)
    rows = [f"<tr><td></td>{head}</tr>"]
    for mode in found.modes:
        cells = [shown(found.figure(mode, figure), figure) for figure in FIGURES]
        name, tag = texts(f"rehearsal.mode.{mode}"), "b" if mode == best else "span"
        row = "".join(f"<td align=right><{tag}>{cell}</{tag}></td>" for cell in cells)
        rows.append(f"<tr><td><{tag}>{name}</{tag}></td>{row}</tr>")
    advice = texts("rehearsal.best", mode=texts(f"rehearsal.mode.{best}"), why=texts.said(reason))
    if not found.borne_out:
        advice += f"<br><b>{texts('rehearsal.not_borne_out')}</b>"
    origin = texts("waves.rehearsed_on", demand=texts(f"rehearsal.demand.{found.demand}"))
    return f"<table cellspacing=0 cellpadding=2 width='100%'>{''.join(rows)}</table>{advice}<br>{origin}"
