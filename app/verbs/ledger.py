"""``zhian ledger``: the transfers, where money went, and where it came from."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from app.commands import Call, Command
from app.session import Session
from app.times import parse_time, show_time
from data.ledger.engines import Exported, export
from data.ledger.importing import Asked, Importer, Report, alone
from data.ledger.ledger import END_S, Ledger, State, ledger_path
from data.ledger.merging import Merged, Merger
from twin.errors import UsageError
from twin.fraud.account import mask_account
from twin.fraud.tracing.expand import Counts, counts, expand
from twin.fraud.tracing.hubs import HUB_LINES, Hubs
from twin.fraud.tracing.legs import UNSEEN, EntryArray, Leg
from twin.fraud.tracing.rules import Rule
from twin.fraud.tracing.trace import HOPS, THRESHOLD_PPM, Question, Trace, side_by_side

ALL = "all"
HOUR_S = 3600


class Followed(NamedTuple):
    """A trace by several rules, and the accounts' names as they may be shown."""

    by_rule: dict[str, Trace]
    names: dict[str, str]


class Expanded(NamedTuple):
    """What an account has: counts, and the largest of its transfers if they were asked for."""

    counts: Counts
    lines: EntryArray
    names: dict[str, str]


def add_parser(verbs: Any) -> None:
    """Add ``zhian ledger import|merge|info|hub|trace|expand|export``."""
    ledger = verbs.add_parser("ledger", help="transfers between accounts: import them, and follow the money")
    actions = ledger.add_subparsers(dest="action", required=True, metavar="ACTION")
    taking = actions.add_parser("import", help="bring files of transfers in; what is there already counts once")
    taking.add_argument(
        "files", type=Path, nargs="+", metavar="FILE", help="CSV in UTF-8 or GB18030, also .gz, or Parquet"
    )
    taking.add_argument("--bank", default="", help="the bank of accounts that name none")
    taking.add_argument("--columns", default="", metavar="FIELD=NAME,…",
                        help="which column is what: source, target, amount, time …")  # fmt: skip
    taking.add_argument(
        "--clock", type=float, default=8.0, metavar="HOURS", help="the file's clock ahead of UTC (default 8)"
    )
    taking.add_argument("--keep-equal", action="store_true", help="lines alike in everything are payments of their own")
    merging = actions.add_parser("merge", help="merge what came since the last merge; for the night")
    merging.add_argument("--rebuild", action="store_true", help="make the index anew from the record")
    info = actions.add_parser("info", help="what the ledger holds, and which files it came from")
    hub = actions.add_parser("hub", help="list an account as a hub, which is shown and not walked through")
    hub.add_argument("of", metavar="BANK:NUMBER")
    hub.add_argument("--why", default="", help="a market, a payment firm …; without a reason it is a hub no more")
    following = actions.add_parser("trace", help="follow the money of payments by five rules side by side")
    following.add_argument("of", metavar="BANK:NUMBER", help="who paid; with --backward, who was paid")
    following.add_argument("--leg", type=int, action="append", default=[], metavar="N",
                           help="number of a payment (default: all in the time)")  # fmt: skip
    following.add_argument("--backward", action="store_true", help="where the money came from")
    following.add_argument("--rule", choices=(ALL, *Rule), default=ALL)
    following.add_argument("--hours", type=float, default=72.0, help="how long it is followed (default 72)")
    following.add_argument("--hops", type=int, default=HOPS, help=f"how many steps (default {HOPS})")
    following.add_argument("--threshold", type=int, default=THRESHOLD_PPM, metavar="PPM",
                           help=f"smallest part of the loss, in millionths (default {THRESHOLD_PPM})")  # fmt: skip
    following.add_argument("--hub", type=int, default=HUB_LINES, metavar="N",
                           help=f"transfers that make a hub (default {HUB_LINES}); 0 to walk through all")  # fmt: skip
    looking = actions.add_parser("expand", help="how many transfers an account has, and the largest of them")
    looking.add_argument("of", metavar="BANK:NUMBER")
    looking.add_argument("--most", type=int, default=0, metavar="N", help="show so many (default: counts only)")
    out = actions.add_parser("export", help="write the statements for another engine (ClickHouse, Spark …) as Parquet")
    out.add_argument("folder", type=Path, metavar="FOLDER")
    for one in (following, looking):
        one.add_argument("--from", dest="begin", default="", metavar="TIME", help="as 2026-11-22T08:30:00")
        one.add_argument("--until", default="", metavar="TIME", help="default: the end of the ledger")
    runs = {taking: _import, merging: _merge, info: _info, hub: _hub, following: _trace, looking: _expand, out: _export}
    for parser, run in runs.items():
        parser.set_defaults(run=run)


def commands(session: Session) -> tuple[Command, ...]:
    """Return the commands of this verb."""
    folder = ledger_path(session.home)

    def take(call: Call) -> Report:
        with alone(folder), closing(Importer(folder)) as importer:
            return importer.take(call.arguments["asked"])

    def merge(call: Call) -> Merged:
        with alone(folder), closing(Merger(folder)) as merger:
            return merger.run(rebuild=call.arguments["rebuild"])

    def info(_: Call) -> State:
        with closing(Ledger(folder)) as ledger:
            return ledger.state()

    def hub(call: Call) -> None:
        with closing(Ledger(folder)) as ledger:
            ledger.set_hub(ledger.account(call.arguments["account"]), call.arguments["why"])

    def trace(call: Call) -> Followed:
        with closing(Ledger(folder)) as ledger:
            return followed(ledger, unmask=call.unmask, **call.arguments)

    def look(call: Call) -> Expanded:
        with closing(Ledger(folder)) as ledger:
            return expanded(ledger, unmask=call.unmask, **call.arguments)

    def out(call: Call) -> Exported:
        with closing(Ledger(folder)) as ledger:
            return export(ledger, call.arguments["folder"])

    return (
        Command("ledger.import", take, "ledger.keep", in_palette=False),
        Command("ledger.merge", merge, "ledger.keep", in_palette=False),
        Command("ledger.info", info, "ledger.read", in_palette=False),
        Command("ledger.hub", hub, "ledger.keep", in_palette=False),
        Command("ledger.trace", trace, "ledger.ask", needs_purpose=True, sensitive=True, in_palette=False, shows=True),
        Command("ledger.expand", look, "ledger.ask", needs_purpose=True, sensitive=True, in_palette=False, shows=True),
        Command("ledger.export", out, "ledger.export", needs_purpose=True, sensitive=True, in_palette=False),
    )


def followed(
    ledger: Ledger, *, unmask: bool, account: str, legs: Sequence[int], begin_s: int, end_s: int, backward: bool,
    rules: Sequence[Rule], window_s: int, hops: int, threshold_ppm: int, hub: int,
) -> Followed:  # fmt: skip
    """Follow the money of an account's payments."""
    roots = [leg for leg in ledger.legs(ledger.account(account), begin_s, end_s, incoming=backward)
             if not legs or leg.number in legs]  # fmt: skip
    if not roots:
        raise UsageError("this account has no such payments then: look with `zhian ledger expand`")
    begin, end = _looked_at(roots, window_s, backward=backward)
    hubs = Hubs(ledger, begin, end, ledger.hubs, hub) if hub else frozenset[int]()
    question = Question(tuple(roots), begin if backward else end, backward, hubs, hops, threshold_ppm)
    by_rule = {rule.value: found for rule, found in side_by_side(ledger, question, rules).items()}
    seen = {end for found in by_rule.values() for leg in found.legs for end in (leg.source, leg.target)}
    return Followed(by_rule, _names(ledger, seen, unmask=unmask))


def _looked_at(roots: Sequence[Leg], window_s: int, *, backward: bool) -> tuple[int, int]:
    first, last = min(leg.time_s for leg in roots), max(leg.time_s for leg in roots)
    return (last - window_s, last) if backward else (first, first + window_s)


def expanded(ledger: Ledger, *, unmask: bool, account: str, begin_s: int, end_s: int, most: int) -> Expanded:
    """Count an account's transfers, and show the largest."""
    number = ledger.account(account)
    found = counts(ledger, number, begin_s, end_s)
    lines = expand(ledger, number, begin_s, end_s, most=most) if most else ledger.statement(number, 1, 0)
    return Expanded(found, lines, _names(ledger, set(lines["other"].tolist()), unmask=unmask))


def _names(ledger: Ledger, accounts: set[int], *, unmask: bool) -> dict[str, str]:
    """Return names as they may be shown, by the account's number in text, as what is shown goes on record."""
    names = ledger.names(sorted(accounts))
    return {str(account): name if unmask else mask_account(name) for account, name in names.items()}


def _import(arguments: argparse.Namespace, session: Session) -> int:
    given = _columns(arguments.columns)
    for path in arguments.files:
        asked = Asked(path, arguments.bank, given, round(arguments.clock * HOUR_S), arguments.keep_equal)
        report: Report = session.commands.run("ledger.import", about=path.name, asked=asked)
        if session.as_json:
            print(json.dumps(report._asdict(), ensure_ascii=False))
        else:
            print("\n".join(_reported(report, session)))
    return 0


def _columns(text: str) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in text.split(",") if pair]
    if any(not (name and value) for name, _, value in pairs):
        raise UsageError("write --columns as source=NAME,target=NAME,amount=NAME,time=NAME")
    return {name.strip(): value.strip() for name, _, value in pairs}


def _reported(report: Report, session: Session) -> Iterator[str]:
    texts = session.texts
    if report.seen:
        yield texts("ledger.seen", file=report.name, seen=report.seen)
        return
    yield texts("ledger.taken", file=report.name, lines=f"{report.lines:,}", taken=f"{report.taken:,}")
    if report.doubled:
        yield "  " + texts("ledger.doubled", count=f"{report.doubled:,}")
    if report.rounded:
        yield "  " + texts("ledger.rounded", count=f"{report.rounded:,}")
    for reason, count in report.broken.items():
        yield "  " + texts(f"ledger.broken.{reason}", count=f"{count:,}")
    if report.kept:
        yield "  " + texts("ledger.kept", file=str(ledger_path(session.home) / report.kept))


def _merge(arguments: argparse.Namespace, session: Session) -> int:
    done: Merged = session.commands.run("ledger.merge", rebuild=arguments.rebuild)
    told = {"before": done.pieces_before, "after": done.pieces, "transfers": done.transfers}
    print(json.dumps(told) if session.as_json else session.texts("ledger.merged", **told))
    return 0


def _info(_: argparse.Namespace, session: Session) -> int:
    state: State = session.commands.run("ledger.info")
    if session.as_json:
        print(json.dumps({**state._asdict(), "files": [file._asdict() for file in state.files]}, ensure_ascii=False))
        return 0
    print(session.texts("ledger.state", transfers=f"{state.transfers:,}", accounts=f"{state.accounts:,}",
                        since=f"{state.since_merge:,}", begin=show_time(state.begin_s), end=show_time(state.end_s),
                        megabytes=f"{state.bytes / 1e6:,.1f}"))  # fmt: skip
    for file in state.files:
        print("  " + session.texts("ledger.file", name=file.name, taken=f"{file.taken:,}", doubled=f"{file.doubled:,}",
                                   broken=f"{file.broken:,}", at=show_time(file.at_s)))  # fmt: skip
    return 0


def _hub(arguments: argparse.Namespace, session: Session) -> int:
    session.commands.run("ledger.hub", account=arguments.of, why=arguments.why)
    return 0


def _times(arguments: argparse.Namespace) -> dict[str, Any]:
    return {"begin_s": int(parse_time(arguments.begin)) if arguments.begin else 0,
            "end_s": int(parse_time(arguments.until)) if arguments.until else END_S}  # fmt: skip


def _trace(arguments: argparse.Namespace, session: Session) -> int:
    rules = tuple(Rule) if arguments.rule == ALL else (Rule(arguments.rule),)
    found: Followed = session.commands.run(
        "ledger.trace", account=arguments.of, legs=arguments.leg, backward=arguments.backward, rules=rules,
        window_s=round(arguments.hours * HOUR_S), hops=arguments.hops, threshold_ppm=arguments.threshold,
        hub=arguments.hub, **_times(arguments),
    )  # fmt: skip
    for line in _told_in_json(found) if session.as_json else _told(found, session):
        print(line)
    return 0


def _told_in_json(found: Followed) -> Iterator[str]:
    for rule, trace in found.by_rule.items():
        for leg in trace.legs:
            ends = {"source": _name(found, leg.source), "target": _name(found, leg.target)}
            yield json.dumps({"rule": rule, **leg._asdict(), **ends}, ensure_ascii=False)
        sums = {"loss_fen": trace.loss_fen, "remaining_fen": trace.remaining_fen, "ended_fen": trace.ended_fen}
        yield json.dumps({"rule": rule, **sums, "dust_fen": trace.dust_fen})


def _told(found: Followed, session: Session) -> Iterator[str]:
    texts = session.texts
    for rule, trace in found.by_rule.items():
        yield texts("ledger.sum", rule=texts(f"ledger.rule.{rule}"), legs=len(trace.legs), accounts=len(trace.accounts),
                    loss=_yuan(trace.loss_fen), remaining=_yuan(trace.remaining_fen), ended=_yuan(trace.ended_fen),
                    dust=_yuan(trace.dust_fen))  # fmt: skip
        for leg in trace.legs:
            yield "  " + texts(
                "ledger.leg", hop=leg.hop, time=show_time(leg.time_s), number=leg.number,
                source=_name(found, leg.source) or texts("ledger.unseen"), target=_name(found, leg.target),
                amount=_yuan(leg.amount_fen), traced=_yuan(leg.traced_fen),
                end=texts("ledger.ended") if leg.ended else "",
            ).rstrip()  # fmt: skip


def _name(found: Followed, account: int) -> str:
    return "" if account == UNSEEN else found.names[str(account)]


def _yuan(fen: int) -> str:
    return f"{fen // 100:,}.{fen % 100:02d}"


def _expand(arguments: argparse.Namespace, session: Session) -> int:
    if arguments.most < 0:
        raise UsageError("--most counts transfers: give 0 or more")
    found: Expanded = session.commands.run(
        "ledger.expand", account=arguments.of, most=arguments.most, **_times(arguments)
    )
    if session.as_json:
        print(json.dumps(found.counts._asdict()))
    else:
        told = "ledger.too_many" if found.counts.accounts < 0 else "ledger.counts"
        amounts = {name: _yuan(getattr(found.counts, name)) for name in ("in_fen", "out_fen")}
        print(session.texts(told, **{**found.counts._asdict(), **amounts}))
    names = [found.names[str(other)] for other in found.lines["other"].tolist()]
    for line, name in zip(found.lines, names, strict=True):
        number, time_s, amount = int(line["number"]), int(line["time_s"]), int(line["amount_fen"])
        if session.as_json:
            print(
                json.dumps(
                    {"number": number, "time_s": time_s, "other": name, "amount_fen": amount}, ensure_ascii=False
                )
            )
        else:
            sign = "+" if amount > 0 else "-"
            print("  " + session.texts("ledger.line", number=number, time=show_time(time_s), other=name,
                                       amount=sign + _yuan(abs(amount))))  # fmt: skip
    return 0


def _export(arguments: argparse.Namespace, session: Session) -> int:
    done: Exported = session.commands.run("ledger.export", about=arguments.folder.name, folder=arguments.folder)
    told = {"lines": done.lines, "files": done.files}
    print(json.dumps(told) if session.as_json else session.texts("ledger.exported", **told))
    return 0
