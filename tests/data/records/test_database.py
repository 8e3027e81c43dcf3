"""The records database is made, brought up to date and refused as it should be, on SQLite and on PostgreSQL."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

import data.fraud.tables
import data.fraud_warning.tables
import data.operations.tables
import data.rules.tables  # noqa: F401 - its tables are of the same database
from data.home import Home
from data.records.database import OldDatabaseError, downgrade, engine_of, open_records, revisions, upgrade
from data.records.settings import FILE, database_url
from data.records.tables import META
from data.records.totals import totals
from data.store.cases import CaseStore
from twin.errors import BadInputError, DiskError
from twin.fraud.case import new_case

NEWEST = "0011"
CASE = {
    "number": "20261122-0001", "day": "2026-11-22", "title": "冒充客服", "amount_fen": 1, "opened_at_s": 1.0,
    "status": "open", "opened_by": "demo",
}  # fmt: skip

BEFORE = sa.table("fraud_case", *map(sa.column, CASE)).insert()
"""A case as the first version kept it, with the columns of that time."""


def _differences(engine: sa.Engine) -> list[object]:
    """Return how the database differs from the tables we speak of, but for what only PostgreSQL has."""

    def ours(_object: object, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:
        beside = ("spatial_ref_sys", "place", "entity_place", "position_time")
        return not (name in beside or (kind == "table" and str(name).startswith("position_")))

    with engine.connect() as connection, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Did not recognize type 'geometry'")
        context = MigrationContext.configure(connection, opts={"include_object": ours, "compare_type": False})
        return list(compare_metadata(context, META))


def test_an_empty_database_gets_the_tables_we_speak_of(empty: sa.Engine) -> None:
    upgrade(empty)
    found, newest = revisions(empty)
    assert found == newest == NEWEST
    assert _differences(empty) == []
    upgrade(empty)
    assert totals(empty)["cases"] == 0


def test_what_is_there_stays_when_it_is_brought_up_from_the_revision_before(empty: sa.Engine) -> None:
    upgrade(empty, "0001")
    with empty.begin() as connection:
        connection.execute(BEFORE, CASE)
    upgrade(empty)
    assert _differences(empty) == []
    assert totals(empty)["cases"] == 1


def test_the_first_versions_file_which_had_no_revision_is_brought_up(empty: sa.Engine) -> None:
    upgrade(empty, "0001")
    with empty.begin() as connection:
        connection.exec_driver_sql("DROP TABLE alembic_version")
        connection.execute(BEFORE, CASE)
    upgrade(empty)
    assert revisions(empty)[0] == NEWEST
    assert _differences(empty) == []
    assert totals(empty)["cases"] == 1


def test_a_newer_database_is_refused_and_none_is_taken_back(empty: sa.Engine) -> None:
    upgrade(empty)
    with pytest.raises(OldDatabaseError, match="backup"):
        downgrade(empty, "0001")
    assert revisions(empty)[0] == NEWEST
    assert _differences(empty) == []
    with empty.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(OldDatabaseError, match="newer"):
        upgrade(empty)


def _home(folder: Path, settings: str = "", mode: int = 0o600) -> Home:
    if settings:
        (folder / FILE).write_text(settings, "utf-8")
        (folder / FILE).chmod(mode)
    return Home(folder, folder, folder, folder)


def test_a_servers_database_is_brought_up_only_when_asked_and_keeps_cases_of_several_desks(
    empty: sa.Engine, tmp_path: Path
) -> None:
    home = _home(tmp_path, f'database = "{empty.url.render_as_string(hide_password=False)}"\n')
    if empty.dialect.name == "postgresql":
        with pytest.raises(OldDatabaseError, match="zhian records upgrade"):
            open_records(home)
        upgrade(empty)
    stores = [CaseStore(lambda: open_records(home)) for _ in range(2)]
    for store in stores:
        store.add(new_case("冒充客服", "12800", datetime(2026, 11, 22, 4, tzinfo=UTC)), "demo")
    assert [case.number[-4:] for case in stores[0].all()] == ["0002", "0001"]
    for store in stores:
        store.close()


def test_a_database_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    home = _home(tmp_path, 'database = "postgresql+psycopg://zhian:geheim@127.0.0.1:1/zhian"\n')
    with pytest.raises(DiskError) as refused:
        open_records(home)
    assert "127.0.0.1:1" in str(refused.value)
    assert "geheim" not in str(refused.value)
    assert "geheim" not in repr(engine_of(database_url(home)))


@pytest.mark.parametrize(
    ("settings", "mode", "words"),
    [
        ('database = "mysql://localhost/x"', 0o600, "mysql"),
        ('database = "geheim at nowhere"', 0o600, "no address"),
        ('database = "postgresql+psycopg://a:geheim@b/c"', 0o644, "others can read"),
        ('database = "postgresql+psycopg://a@b/c"\npassword_file = "/nowhere/geheim.txt"', 0o600, "no such file"),
        ("database = geheim", 0o600, "TOMLDecodeError"),
        ('passwort = "geheim"', 0o600, "ValidationError"),
        ("position_days = 0", 0o600, "ValidationError"),
    ],
)
def test_settings_that_cannot_be_used_are_told_without_a_password(
    settings: str, mode: int, words: str, tmp_path: Path
) -> None:
    with pytest.raises(BadInputError) as refused:
        database_url(_home(tmp_path, settings, mode))
    assert words in str(refused.value)
    assert "geheim" not in str(refused.value).replace("geheim.txt", "")


def test_the_password_may_stand_in_a_file_of_its_own(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("geheim\n")
    secret.chmod(0o600)
    home = _home(tmp_path, f'database = "postgresql+psycopg://a@b/c"\npassword_file = "{secret}"\n', 0o644)
    assert database_url(home).password == "geheim"  # noqa: S105 - a test's
    secret.chmod(0o640)
    with pytest.raises(BadInputError, match="others can read"):
        database_url(home)
