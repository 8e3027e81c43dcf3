"""The five tracing rules in plain SQL: set-based, over many cases at once, sharing no code with the engine it judges.

Written from ``docs/decisions/tracing-rules.md`` alone. Balances are window sums; the traced part goes from leg to leg
in steps, and in each step every case moves on under every rule to its next leg that could carry something.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

RULES = ("fifo", "lifo", "pro_rata", "poison", "lowest_balance")
UNSEEN = -1
"""The account that money of which the ledger does not tell comes from."""

COMPLETED = """
create table flows as
    select case_id, src as account, time, id, -amount as delta from legs union all
    select case_id, dst, time, id, amount from legs;
create table sums as
    select f.*, coalesce(o.amount, 0) + sum(delta) over by_account as total
    from flows f left join openings o using (case_id, account)
    window by_account as (partition by case_id, account order by time, id);
create table lows as
    select *, least(0, min(total) over by_account) as low
    from sums window by_account as (partition by case_id, account order by time, id);
create table missing as
    select case_id, account, time, id, amount from (
        select *, lag(low, 1, 0) over (partition by case_id, account order by time, id) - low as amount from lows
    ) where amount > 0;
create table closings as
    select case_id, account, arg_max(total - low, (time, id)) as amount from lows group by all;
create table completed as
    select case_id, id, 1 as part, time, src, dst, amount from legs union all
    select case_id, id, 0, time, -1, account, amount from missing;
"""

TURNED = """
create table ways as
    select case_id, id, part, time, until, hops, ppm,
        if(backward, dst, src) as src, if(backward, src, dst) as dst, amount,
        row_number() over (partition by case_id order by if(backward, -time, time), if(backward, -id, id),
            if(backward, -part, part)) as step,
        if(backward, time < until, time > until) as late,
        part = 1 and id in (select id from roots r where r.case_id = completed.case_id) as root
    from completed join asks using (case_id);
create table holdings as
    select o.case_id, account, o.amount from openings o join asks using (case_id) where not backward union all
    select c.case_id, account, c.amount from closings c join asks using (case_id) where backward union all
    select m.case_id, -1, sum(m.amount) from missing m join asks using (case_id) where not backward group by all;
create table halts as
    select case_id, account from ends union
    select case_id, src from ways where root union
    select case_id, -1 from asks;
create table losses as
    select case_id, sum(amount) as loss, (sum(amount) * any_value(ppm) + 999999) // 1000000 as least_fen
    from ways where root group by all;
"""

TOLD = """
create table entries as
    select case_id, src as account, step, 0 as come, amount as gone from ways union all
    select case_id, dst, step, amount, 0 from ways;
create table books as
    select e.case_id, account, step,
        (coalesce(h.amount, 0) + sum(come) over upto - come)::hugeint as come_before,
        (sum(gone) over upto - gone)::hugeint as gone_before
    from entries e left join holdings h using (case_id, account)
    window upto as (partition by case_id, account order by step);
create table told as
    select w.*, s.gone_before as out_from, s.come_before - s.gone_before as held,
        d.come_before as in_from, d.come_before - d.gone_before as receiver_held,
        w.dst in (select account from halts h where h.case_id = w.case_id) as to_end, loss, least_fen
    from ways w
    join books s on s.case_id = w.case_id and s.account = w.src and s.step = w.step
    join books d on d.case_id = w.case_id and d.account = w.dst and d.step = w.step
    join losses l on l.case_id = w.case_id
    where w.root or (not w.late and w.src not in (select account from halts h where h.case_id = w.case_id));
create table traced (
    case_id int, rule text, id bigint, part int, src bigint, dst bigint, fen hugeint, hop int, fate text
);
create table state (case_id int, rule text, account bigint, fen hugeint, hop int, primary key (case_id, rule, account));
create table rows_of_fen (case_id int, rule text, account bigint, lo hugeint, hi hugeint);
create table cursors as select case_id, rule, 0::bigint as step from asks, (select unnest(?) as rule);
"""

NEXT = """
create or replace temp table next as
    select case_id, rule, min(t.step) as step from (
        select c.case_id, c.rule, t.step from cursors c
        join told t on t.case_id = c.case_id and t.root and t.step > c.step
        union all
        select c.case_id, c.rule, t.step from cursors c join state s using (case_id, rule)
        join told t on t.case_id = c.case_id and t.src = s.account and t.step > c.step and not t.root
        where s.fen > 0 and s.hop < t.hops
    ) t group by all;
"""

CARRIED = """
create or replace temp table taken as
    select n.case_id, n.rule, r.lo, r.hi,
        if(n.rule = 'fifo', greatest(r.lo, t.out_from), greatest(r.lo, t.held - t.amount)) as cut_lo,
        if(n.rule = 'fifo', least(r.hi, t.out_from + t.amount), r.hi) as cut_hi
    from next n join told t using (case_id, step)
    join rows_of_fen r on r.case_id = n.case_id and r.rule = n.rule and r.account = t.src
    where not t.root and cut_lo < cut_hi;
create or replace temp table cut as select case_id, rule, sum(cut_hi - cut_lo) as fen from taken group by all;
create or replace temp table moved as
    select *,
        case when not root and carried < least_fen then 'dust' when to_end then 'ended' else 'followed' end as fate
    from (
        select t.*, n.rule, coalesce(s.hop, 0) + 1 as hop,
            case when t.root then t.amount
                when n.rule = 'pro_rata' then (2 * s.fen * t.amount + t.held) // (2 * t.held)
                when n.rule = 'poison' then t.amount
                when n.rule = 'lowest_balance' then greatest(0, t.amount - (t.held - s.fen))
                else coalesce(c.fen, 0)
            end::hugeint as carried
        from next n join told t using (case_id, step)
        left join cut c on c.case_id = n.case_id and c.rule = n.rule
        left join state s on s.case_id = n.case_id and s.rule = n.rule and s.account = t.src and not t.root
    );
insert into traced
    select case_id, rule, id, part, src, dst, carried, if(root, 1, hop), fate from moved where carried > 0;
"""

SETTLED = """
update state s set fen = if(m.rule = 'poison', if(m.held > m.amount, 1, 0), s.fen - m.carried) from moved m
    where not m.root and s.case_id = m.case_id and s.rule = m.rule and s.account = m.src;
insert into state
    select case_id, rule, dst, carried, if(root, 1, hop) from moved where carried > 0 and fate = 'followed'
    on conflict (case_id, rule, account) do update set fen = state.fen + excluded.fen;
insert into rows_of_fen
    select m.case_id, m.rule, m.dst,
        if(m.rule = 'fifo', m.in_from + k.cut_lo - m.out_from, m.receiver_held + m.held - k.cut_hi),
        if(m.rule = 'fifo', m.in_from + k.cut_hi - m.out_from, m.receiver_held + m.held - k.cut_lo)
    from moved m join taken k using (case_id, rule) where m.fate = 'followed'
    union all
    select case_id, rule, dst, if(rule = 'fifo', in_from, receiver_held) as lo, lo + amount
    from moved where root and fate = 'followed' and rule in ('fifo', 'lifo');
delete from rows_of_fen r using moved m
    where not m.root and r.case_id = m.case_id and r.rule = m.rule and r.account = m.src
    and if(m.rule = 'fifo', r.hi <= m.out_from + m.amount, r.lo >= m.held - m.amount);
update rows_of_fen r set lo = if(r.rule = 'fifo', greatest(r.lo, m.out_from + m.amount), r.lo),
        hi = if(r.rule = 'fifo', r.hi, least(r.hi, m.held - m.amount)) from moved m
    where not m.root and r.case_id = m.case_id and r.rule = m.rule and r.account = m.src;
update cursors c set step = n.step from next n where c.case_id = n.case_id and c.rule = n.rule;
"""


@dataclass(frozen=True, slots=True)
class Leg:
    """One transfer, in fen."""

    id: int
    time: int
    src: int
    dst: int
    amount: int


@dataclass(frozen=True, slots=True)
class Question:
    """A ledger and what is asked of it, in the words of the page."""

    legs: Sequence[Leg]
    roots: frozenset[int]
    until: int
    openings: dict[int, int] = field(default_factory=dict)
    ends: frozenset[int] = frozenset()
    hops: int = 10
    threshold_ppm: int = 1000
    backward: bool = False

    @property
    def loss(self) -> int:
        """What the roots come to."""
        return sum(leg.amount for leg in self.legs if leg.id in self.roots and leg.src != leg.dst)


@dataclass(slots=True)
class Answer:
    """What one rule says: fen and hop by leg; fen by account that remain, ended there, or left it as dust."""

    legs: dict[int, tuple[int, int]] = field(default_factory=dict)
    remaining: dict[int, int] = field(default_factory=dict)
    ended: dict[int, int] = field(default_factory=dict)
    dust: dict[int, int] = field(default_factory=dict)

    @property
    def accounted(self) -> int:
        """Fen of which it is told where they are."""
        return sum(map(sum, (self.remaining.values(), self.ended.values(), self.dust.values())))


def trace(questions: Sequence[Question], rules: Sequence[str] = RULES) -> list[dict[str, Answer]]:
    """Answer all questions under all rules at once.

    Returns
    -------
    list of dict
        For each question its answers by rule.
    """
    with duckdb.connect(config={"threads": 1}) as base:
        _enter(base, questions)
        for script in (COMPLETED, TURNED):
            base.execute(script)
        *tables, cursors = TOLD.strip().removesuffix(";").split(";\n")
        base.execute(";\n".join(tables))
        base.execute(cursors, [list(rules)])
        while _step(base):
            pass
        return _answers(base, len(questions), rules)


def _step(base: duckdb.DuckDBPyConnection) -> bool:
    """Move every case on by one leg; return False when none has any left."""
    base.execute(NEXT)
    if not base.execute("select count(*) from next").fetchall()[0][0]:
        return False
    base.execute(CARRIED)
    base.execute(SETTLED)
    return True


def _enter(base: duckdb.DuckDBPyConnection, questions: Sequence[Question]) -> None:
    numbered = list(enumerate(questions))
    legs = [
        (n, leg.id, leg.time, leg.src, leg.dst, leg.amount) for n, q in numbered for leg in q.legs if leg.src != leg.dst
    ]
    _table(base, "legs", ("case_id", "id", "time", "src", "dst", "amount"), legs)
    _table(
        base,
        "openings",
        ("case_id", "account", "amount"),
        [(n, a, fen) for n, q in numbered for a, fen in q.openings.items()],
    )
    _table(base, "roots", ("case_id", "id"), [(n, root) for n, q in numbered for root in q.roots])
    _table(base, "ends", ("case_id", "account"), [(n, end) for n, q in numbered for end in q.ends])
    asks = [(n, q.until, q.hops, q.threshold_ppm, int(q.backward)) for n, q in numbered]
    _table(base, "asks", ("case_id", "until", "hops", "ppm", "backward"), asks)
    base.execute("alter table asks alter backward type bool")


def _table(base: duckdb.DuckDBPyConnection, name: str, columns: Sequence[str], rows: Iterable[tuple[int, ...]]) -> None:
    by_column = list(zip(*rows, strict=True)) or [()] * len(columns)
    arrow = pa.table({column: pa.array(values, pa.int64()) for column, values in zip(columns, by_column, strict=True)})
    base.from_arrow(arrow).create(name)


def _answers(base: duckdb.DuckDBPyConnection, count: int, rules: Sequence[str]) -> list[dict[str, Answer]]:
    answers = [{rule: Answer() for rule in rules} for _ in range(count)]
    seen = "select case_id, rule, id, part, src, dst, fen::bigint, hop, fate from traced"
    for case_id, rule, leg, part, src, dst, fen, hop, fate in base.execute(seen).fetchall():
        answer = answers[case_id][rule]
        if fate == "dust":
            answer.dust[src] = answer.dust.get(src, 0) + fen
            continue
        if part:
            answer.legs[leg] = fen, hop
        if fate == "ended":
            answer.ended[dst] = answer.ended.get(dst, 0) + fen
    for case_id, rule, account, fen in base.execute(
        "select case_id, rule, account, fen::bigint from state where fen > 0"
    ).fetchall():
        answers[case_id][rule].remaining[account] = fen
    return answers
