"""Results of the fraud desk are what a count without SQL finds, with the year before and the query behind each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime

import numpy as np
import pytest
import sqlalchemy as sa

from data.fraud.tables import EVENTS, INSTRUCTIONS, MEASURES, PAYMENTS
from data.fraud_order.results import lines, question
from data.fraud_order.standing import curves, held
from data.fraud_warning.tables import WARNINGS
from data.records.database import engine_of, upgrade
from data.records.tables import CASES
from twin.errors import UsageError
from twin.fraud.ordering import NOT_ASKED, WAIT, order
from twin.fraud.results import FIGURES
from twin.operations.results import a_year_earlier

BEGIN_S = datetime(2026, 11, 1).astimezone().timestamp()
END_S = BEGIN_S + 10 * 86_400.0
Row = dict[str, object]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Engine]:
    made = engine_of(sa.URL.create("sqlite", database=str(tmp_path_factory.mktemp("r") / "records.db")))
    upgrade(made)
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def rows(engine: sa.Engine) -> dict[str, list[Row]]:
    """Fill the tables with cases of two years and keep a plain copy of all."""
    rng = np.random.default_rng(9)
    told: dict[str, list[Row]] = defaultdict(list)
    for n in range(200):
        at_s = float(rng.choice([a_year_earlier(BEGIN_S), BEGIN_S]) + rng.integers(-5, 15) * 86_400.0 + 0.5)
        status = str(rng.choice(["open", "closed", "merged"]))
        case = f"FZ{n:04d}"
        told["case"].append(
            _full(
                CASES,
                number=case,
                status=status,
                opened_at_s=at_s,
                amount_fen=1,
                kind=str(rng.choice(["police", "loan"])),
                district=str(rng.choice(["东区", "西区"])),
            )
        )
        told["payment"].append(
            _full(
                PAYMENTS,
                id=f"{case}-P",
                case=case,
                state="entered",
                to_account=f"ICBC:{n % 150}",
                to_holder="张三",
                amount_fen=int(rng.integers(1, 10**9)),
                paid_at_s=at_s,
            )
        )
        held_fen = int(rng.integers(0, 2)) * int(rng.integers(1, 10**8))
        told["measure"].append(
            _full(
                MEASURES,
                id=f"{case}-M",
                case=case,
                account=f"ICBC:{n % 150}",
                holder="张三",
                state=str(rng.choice(["asked", "stopped"])),
                held_fen=held_fen,
                amount_fen=1,
                returned_fen=held_fen // 3,
                began_s=at_s + 60.0,
                paid_at_s=at_s,
                urgent=False,
            )
        )
        told["instruction"].append(
            _full(
                INSTRUCTIONS,
                id=f"{case}-I",
                case=case,
                account=f"ICBC:{1000 + n}",
                verb="stop",
                nth=1,
                second="bob",
                asked_by="ann",
                state="executed",
                asked_s=at_s,
                approved_by="eve",
                answered_s=at_s + float(rng.integers(10, 900)),
            )
        )
        told["event"].append(_full(EVENTS, number=n + 1, kind="case", after=status, case=case, at_s=at_s + 5.0))
        told["warning"].append(
            _full(
                WARNINGS,
                id=f"W{n}",
                state="closed",
                kind="police",
                district="东区",
                made_s=at_s,
                outcome=str(rng.choice(["dissuaded", "no_fraud"])),
                closed_s=at_s,
                risk=0.5,
            )
        )
    with engine.begin() as connection:
        for table, name in (
            (CASES, "case"),
            (PAYMENTS, "payment"),
            (MEASURES, "measure"),
            (INSTRUCTIONS, "instruction"),
            (EVENTS, "event"),
            (WARNINGS, "warning"),
        ):
            connection.execute(sa.insert(table), told[name])
    return told


def _full(table: sa.Table, **given: object) -> Row:
    """Return a row with nothing where nothing was given."""
    zero: dict[type, object] = {str: "", int: 0, float: 0.0, bool: False}
    row = {column.name: zero[column.type.python_type] for column in table.columns}
    return {**row, **({"doubts": "[]"} if "doubts" in row else {}), **given}


Wanted = Callable[[Row, Row], bool]
COUNTED: dict[str, tuple[str, str, str | None, Wanted]] = {
    "cases": ("case", "opened_at_s", None, lambda row, case: case["status"] != "merged"),
    "cleared": ("event", "at_s", None, lambda row, case: case["status"] == "closed"),
    "lost": ("payment", "paid_at_s", "amount_fen", lambda row, case: True),
    "held": ("measure", "began_s", "held_fen", lambda row, case: row["held_fen"] != 0),
    "returned": ("measure", "began_s", "returned_fen", lambda row, case: row["returned_fen"] != 0),
    "warnings": ("warning", "made_s", None, lambda row, case: True),
    "dissuaded": ("warning", "closed_s", None, lambda row, case: row["outcome"] == "dissuaded"),
    "warned_in_vain": ("warning", "closed_s", None, lambda row, case: row["outcome"] == "no_fraud"),
}  # fmt: skip


@pytest.mark.parametrize("by", ["all", "kind", "district"])
@pytest.mark.parametrize("figure", list(COUNTED))
def test_figures_are_those_of_counting(engine: sa.Engine, rows: dict[str, list[Row]], figure: str, by: str) -> None:
    table, when, amount, wanted = COUNTED[figure]
    cases = {row["number"]: row for row in rows["case"]}
    for begin_s, end_s, year in ((BEGIN_S, END_S, 0), (a_year_earlier(BEGIN_S), a_year_earlier(END_S), 1)):
        found: dict[str, list[int]] = defaultdict(list)
        for row in rows[table]:
            case = cases[row["case"]] if "case" in row else row
            if begin_s <= float(str(row[when])) < end_s and wanted(row, case):
                found["" if by == "all" else str(case[by])].append(int(str(row[amount])) if amount else 0)
        told = {line.key: line for line in lines(engine, figure, by, BEGIN_S, END_S)}
        for key, values in found.items():
            count, total = (told[key].before, told[key].amount_before) if year else (told[key].count, told[key].amount)
            assert (count, total) == (len(values), sum(values))


def test_the_time_to_a_stop_is_the_median(engine: sa.Engine, rows: dict[str, list[Row]]) -> None:
    taken = sorted(
        float(str(row["answered_s"])) - float(str(row["asked_s"]))
        for row in rows["instruction"] if BEGIN_S <= float(str(row["answered_s"])) < END_S
    )  # fmt: skip
    (line,) = lines(engine, "stops", "all", BEGIN_S, END_S)
    assert line.amount == pytest.approx(taken[(len(taken) + 1) // 2 - 1])


def test_every_figure_has_its_query_and_others_are_refused() -> None:
    for figure in FIGURES:
        assert ":begin" in question(figure.id, figure.by[-1])
    for odd, by in (("speed", "all"), ("cases", "officer")):
        with pytest.raises(UsageError):
            question(odd, by)


def test_the_queue_is_made_of_the_records(engine: sa.Engine, rows: dict[str, list[Row]]) -> None:
    banks, learnt = curves(engine)
    assert banks == ("ICBC",)
    assert learnt[0].seen == 200
    now = held(engine, banks)
    live = {row["number"] for row in rows["case"] if row["status"] == "open"}
    assert set(now.case.tolist()) == live
    stopped = {row["case"] for row in rows["measure"] if row["state"] == "stopped"}
    assert set(now.case[now.stopped].tolist()) == live & stopped
    assert np.all(now.answer_fen[~now.stopped] == NOT_ASKED)
    queue = order(now, learnt, END_S)
    assert set(queue.account[queue.of(WAIT)].tolist()) == set(now.account[now.stopped].tolist())
