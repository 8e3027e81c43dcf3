"""The matrix of access, cell by cell: as ``decide`` says on SQLite, and as the rows show themselves in PostgreSQL."""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from data.access_rules import FILE, read_rules
from data.audit.trail import append
from data.fraud.tables import INSTRUCTIONS
from data.operations.store import SqlOperations
from data.own_copy import shipped
from data.records.database import engine_of, upgrade
from data.records.security import DEEDS, give_credential, secure
from data.records.tables import (
    ACCOUNTS,
    AUDIT,
    CASES,
    ENTITIES,
    META,
    ORDERS,
    POSITIONS,
    REQUESTS,
    SEATS,
    SOURCES,
)
from tests.data.conftest import fresh_database
from tests.services import Service
from tests.twin.operations.hits import hit
from twin.access import Actor, Purpose, Resource, Scope, decide
from twin.errors import UsageError
from twin.operations import deeds
from twin.operations.deeds import AnswerTask, Assignment, By, HandOver, OpenIncident, Start
from twin.operations.plans import PlanStep
from twin.operations.records import Dispatch, Incident, Level, Task, Unit
from twin.operations.states import NotPossibleError

TOLD = tomllib.loads(shipped(FILE).read_text("utf-8"))
RULES = read_rules(shipped(FILE))
OWN, OTHER = "罗星", "西塘"
ROLES = tuple(name for name, role in TOLD["role"].items() if not role.get("invented"))
BESIDE = (ACCOUNTS, SEATS, REQUESTS, ORDERS, AUDIT, INSTRUCTIONS)
"""Tables with rows of one's own, that are append-only, or whose rows must make sense: told apart below."""
PLAIN = tuple(table for name, table in META.tables.items() if name in TOLD["tables"] and table not in BESIDE)


def granted(role: str, action: str) -> bool:
    """Read the file as a person would."""
    may = TOLD["role"][role]["may"]
    return action in may or any(action in TOLD["groups"][word[1:]] for word in may if word[0] == "+")


def expected(role: str, table: str, deed: str, street: str, stated: bool) -> bool:
    """Return what the file says of one cell."""
    rule = TOLD["tables"].get(table, {})
    action = rule.get(deed, "")
    asked = TOLD["permission"].get(action, {})
    needs = asked.get("purpose", False) or (deed == "read" and rule.get("purpose", False))
    return (
        bool(action)
        and granted(role, action)
        and not asked.get("confirmed_by")
        and (stated or not needs)
        and (street == OWN or asked.get("anywhere", False))
    )


def filled(table: sa.Table, number: int, street: str) -> dict[str, Any]:
    """Return a row of any table."""
    row: dict[str, Any] = {}
    for column in table.c:
        kind = column.type
        if isinstance(kind, sa.Boolean):
            row[column.name] = False
        elif isinstance(kind, sa.LargeBinary):
            row[column.name] = b""
        else:
            row[column.name] = number if isinstance(kind, (sa.Integer, sa.Float)) else str(number)
    return (
        row
        | {name: street for name in ("street",) if name in row}
        | {name: "" for name in ("district",) if name in row}
        | {name: "0" for name in ("first",) if name in row}
    )


def account(name: str, role: str, **other: Any) -> dict[str, Any]:
    scope = msgspec.json.encode(Scope(streets=frozenset({OWN}))).decode()
    plain = filled(ACCOUNTS, 0, "") | {"id": name, "roles": f'["{role}"]', "scope": scope, "shift": "", "card": ""}
    return plain | {"enabled": True} | other


@pytest.fixture(scope="module")
def secured(server: Service) -> Iterator[sa.Engine]:
    """A database with a row of each street in every table, and an account of each role with a login."""
    engine = engine_of(fresh_database(server))
    upgrade(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE position_then PARTITION OF position FOR VALUES FROM (0) TO (99)")
        connection.execute(sa.insert(ACCOUNTS), [account(role, role) for role in ROLES])
        for table in PLAIN:
            streets = (OWN, OTHER) if "street" in table.c else (OWN,)
            rows = [filled(table, number, street) for number, street in enumerate(streets, 1)]
            connection.execute(sa.insert(table), rows)
        connection.execute(sa.insert(SEATS), [{"account": role, "seat": "desk", "at_s": 0.0} for role in ROLES])
        for number, role in enumerate(("investigator", "supervisor"), 1):
            ask = filled(REQUESTS, number, "") | {
                "asked_by": role, "action": "layer.export.bulk", "state": "open", "decided_by": "", "expires_at_s": 9e9,
            }  # fmt: skip
            connection.execute(sa.insert(REQUESTS), ask)
        connection.execute(sa.insert(ORDERS), filled(ORDERS, 1, "") | {"account": "service", "approved_by": "x"})
    assert secure(engine, RULES) == secure(engine, RULES) > 0  # again and again
    for role in ROLES:
        give_credential(engine, role)
    yield engine
    engine.dispose()


@contextmanager
def acting(engine: sa.Engine, name: str, purpose: str = "") -> Iterator[sa.Connection]:
    """Act with the credential of an account; what is done is undone."""
    with engine.connect() as connection:
        connection.exec_driver_sql(f"SET SESSION AUTHORIZATION zhian_{name}")
        connection.execute(sa.text("SELECT set_config('zhian.purpose', :purpose, false)"), {"purpose": purpose})
        connection.commit()
        try:
            yield connection
        finally:
            connection.rollback()
            connection.exec_driver_sql("RESET SESSION AUTHORIZATION")
            connection.exec_driver_sql("RESET zhian.purpose")
            connection.commit()


def done(connection: sa.Connection, table: sa.Table, deed: str, street: str) -> bool:
    """Try one deed on the rows of one street, undo it, and tell whether it came to anything."""
    where = table.c.street == street if "street" in table.c else sa.true()
    first = next(iter(table.c))
    statement: sa.Executable = {
        "read": sa.select(first).where(where),
        "add": sa.insert(table).values(filled(table, 9, street)),
        "change": sa.update(table).where(where).values({first.name: first}),
        "remove": sa.delete(table).where(where),
    }[deed]
    point = connection.begin_nested()
    try:
        result = connection.execute(statement)
        if deed == "add":
            return True  # what may not be added raises
        return result.first() is not None if deed == "read" else result.rowcount > 0
    except sa.exc.ProgrammingError as error:
        if "row-level security" in str(error):
            return False
        raise
    finally:
        point.rollback()


@pytest.mark.parametrize("role", ROLES)
def test_each_cell_is_the_same_in_the_file_in_decide_and_in_the_rows(secured: sa.Engine, role: str) -> None:
    actor = Actor(role, role, frozenset({role}), Scope(streets=frozenset({OWN})))
    wrong = []
    for stated in (False, True):
        with acting(secured, role, "核查" if stated else "") as connection:
            for table, deed, street in itertools.product(PLAIN, DEEDS.values(), (OWN, OTHER)):
                if street == OTHER and "street" not in table.c:
                    continue
                says = expected(role, table.name, deed, street, stated)
                if deed != "read" and not expected(role, table.name, "read", street, stated):
                    shown = done(connection, table, deed, street) if deed == "add" else says
                else:
                    shown = done(connection, table, deed, street)
                if shown != says or decided(actor, table.name, deed, street, stated) != says:
                    wrong.append((table.name, deed, street, stated, says, shown))
    assert wrong == []


def decided(actor: Actor, table: str, deed: str, street: str, stated: bool) -> bool:
    """Return what the program says of the same cell, on whatever database."""
    rule = RULES.tables[table]
    action = getattr(rule, deed)
    purpose = Purpose("核查") if stated else None
    allowed = bool(action) and decide(actor, action, Resource(table, street=street), purpose, RULES).allowed
    return allowed and (stated or not (rule.purpose and deed == "read"))


def test_a_table_that_the_rules_do_not_name_is_closed(secured: sa.Engine) -> None:
    unnamed = [table for name, table in META.tables.items() if name not in TOLD["tables"]]
    with acting(secured, "supervisor", "核查") as connection:
        assert [
            table.name for table in unnamed for deed in ("read", "change") if done(connection, table, deed, OWN)
        ] == []


def test_an_administrator_reads_no_case_and_an_auditor_changes_nothing(secured: sa.Engine) -> None:
    with acting(secured, "administrator", "核查") as connection:
        assert connection.execute(sa.select(CASES)).all() == []
        assert len(connection.execute(sa.select(ACCOUNTS)).all()) == len(ROLES)
    with acting(secured, "auditor", "核查") as connection:
        tables = [table for table in META.sorted_tables if table not in (AUDIT, SEATS, REQUESTS, INSTRUCTIONS)]
        assert [t.name for t in tables for deed in ("add", "remove") if done(connection, t, deed, OWN)] == []
        assert connection.execute(sa.select(sa.func.count()).select_from(REQUESTS)).scalar() == 2
        assert connection.execute(sa.update(REQUESTS).values(reason="x")).rowcount == 0
        assert done(connection, AUDIT, "read", OWN)


@pytest.mark.parametrize(
    "change",
    [{"enabled": False}, {"expires_at_s": 1.0}, {"locked_until_s": 9e9}, {"roles": '["partner"]'}, {"roles": "[]"}],
)
def test_what_is_taken_away_counts_at_the_next_statement(secured: sa.Engine, change: dict[str, Any]) -> None:
    with acting(secured, "supervisor", "核查") as connection:
        assert len(connection.execute(sa.select(CASES)).all()) == 1
        before = {name: filled(ACCOUNTS, 0, "")[name] for name in change} | {"enabled": True, "roles": '["supervisor"]'}
        with secured.begin() as owner:
            owner.execute(sa.update(ACCOUNTS).where(ACCOUNTS.c.id == "supervisor").values(**change))
        try:
            assert connection.execute(sa.select(CASES)).all() == []
        finally:
            with secured.begin() as owner:
                owner.execute(sa.update(ACCOUNTS).where(ACCOUNTS.c.id == "supervisor").values(**before))


ZONES = ("", "视频专网", "公安网")
CLASSES = ("", "公开", "核心", "无此级别")
NARROWED = {"entity.find": ENTITIES.c.source, "history.ask": POSITIONS.c.source, "networks.read": SOURCES.c.number}
SCOPES = [
    Scope(),
    Scope(zones=frozenset({"公安网"})),
    Scope(clearance="一般"),
    Scope(zones=frozenset({"公安网", "视频专网"}), clearance="核心"),
    Scope(clearance="无此级别"),
]


def test_networks_and_classifications_narrow_rows_as_they_narrow_decisions(secured: sa.Engine) -> None:
    cells = list(enumerate(itertools.product(ZONES, CLASSES), 100))
    with secured.begin() as owner:
        for number, (zone, classification) in cells:
            of = {"number": number, "name": f"s{number}", "zone": zone, "classification": classification}
            owner.execute(sa.insert(SOURCES), filled(SOURCES, number, "") | of)
            owner.execute(sa.insert(ENTITIES), filled(ENTITIES, number, "") | {"source": number})
            owner.execute(sa.insert(POSITIONS), filled(POSITIONS, 1, "") | {"source": number, "entity": number})
    own = ACCOUNTS.c.id == "supervisor"
    for scope in SCOPES:
        with secured.begin() as owner:
            owner.execute(sa.update(ACCOUNTS).where(own).values(scope=msgspec.json.encode(scope).decode()))
        actor, wanted = Actor("supervisor", "", frozenset({"supervisor"}), scope), dict[str, set[int]]()
        for action in NARROWED:
            wanted[action] = {
                number
                for number, (zone, classification) in cells
                if decide(
                    actor, action, Resource("row", zone=zone, classification=classification), Purpose("核查"), RULES
                ).allowed
            }
        with acting(secured, "supervisor", "核查") as connection:
            for action, column in NARROWED.items():
                shown = set(connection.scalars(sa.select(column).where(column >= 100)))
                assert shown == wanted[action], (scope, action)
    with secured.begin() as owner:
        owner.execute(sa.update(ACCOUNTS).where(own).values(scope=account("supervisor", "supervisor")["scope"]))
        for column in NARROWED.values():
            owner.execute(sa.delete(column.table).where(column >= 100))


def test_an_agency_sees_and_answers_its_own_tasks_alone(secured: sa.Engine) -> None:
    tasks, own = META.tables["operation_task"], ACCOUNTS.c.id == "partner"
    with secured.begin() as owner:
        for number, agency in enumerate(("transport", "health"), 500):
            owner.execute(sa.insert(tasks), filled(tasks, number, "") | {"agency": agency})
        scope = msgspec.json.encode(Scope(agencies=frozenset({"transport"}))).decode()
        owner.execute(sa.update(ACCOUNTS).where(own).values(scope=scope))
    ours = tasks.c.id.in_(["500", "501"])
    with acting(secured, "partner") as connection:
        assert connection.scalars(sa.select(tasks.c.agency).where(ours)).all() == ["transport"]
        assert connection.execute(sa.update(tasks).where(ours).values(state="done")).rowcount == 1
        with pytest.raises(sa.exc.DBAPIError, match="row-level security"), connection.begin_nested():
            connection.execute(sa.update(tasks).where(ours).values(agency="health"))
    with secured.begin() as owner:
        owner.execute(sa.delete(tasks).where(ours))
        owner.execute(sa.update(ACCOUNTS).where(own).values(scope=account("partner", "partner")["scope"]))


def test_each_officer_says_their_own_part_by_their_own_credential(secured: sa.Engine) -> None:
    stop = filled(INSTRUCTIONS, 1, "") | {
        "state": "submitted", "verb": "stop", "asked_by": "fraud_analyst", "second": "investigator", "approved_by": "",
        "signed_by": "", "approver_role": "", "months": 0,
    }  # fmt: skip
    by_lead = {"approved_by": "fraud_lead", "approver_role": "fraud_lead", "state": "approved"}
    change = sa.update(INSTRUCTIONS).where(INSTRUCTIONS.c.id == "1")

    def refused(name: str, statement: sa.Executable) -> bool:
        with acting(secured, name, "止付") as connection:
            try:
                connection.execute(statement)
            except sa.exc.DBAPIError as error:
                return "says so" in str(error) or "who asks" in str(error) or "before it is" in str(error)
        return False

    add = sa.insert(INSTRUCTIONS)
    assert refused("fraud_lead", add.values(stop))  # in another's name
    assert refused("fraud_analyst", add.values(stop | by_lead))
    assert not refused("fraud_analyst", add.values(stop))
    with secured.begin() as owner:
        owner.execute(add.values(stop))
    assert refused("fraud_analyst", change.values(by_lead))  # the lead's word by another
    assert refused("county_head", change.values(by_lead | {"approved_by": "county_head"}))  # in a role they lack
    assert not refused("fraud_lead", change.values(by_lead))
    with acting(secured, "fraud_lead") as connection:  # no purpose stated
        assert connection.execute(sa.select(INSTRUCTIONS)).all() == []


@pytest.fixture(scope="module")
def working(server: Service) -> Iterator[sa.Engine]:
    """A secured database for the day's work, with accounts of its roles, one of them of an agency."""
    owner = engine_of(fresh_database(server))
    upgrade(owner)
    scopes = {"operator_ann": Scope(), "dispatcher_bob": Scope(), "partner_urban": Scope(agencies=frozenset({"urban"}))}
    with owner.begin() as connection:
        for name, scope in scopes.items():
            told = account(name, name.split("_")[0], scope=msgspec.json.encode(scope).decode())
            connection.execute(sa.insert(ACCOUNTS), told)
    secure(owner, RULES)
    for name in scopes:
        give_credential(owner, name)
    yield owner
    owner.dispose()


@contextmanager
def signed_in(owner: sa.Engine, name: str, purpose: str = "") -> Iterator[SqlOperations]:
    """Do the day's work as psql would let an account, by its own credential."""
    engine = engine_of(owner.url.set(username=f"zhian_{name}"))
    if purpose:
        sa.event.listen(engine, "connect", lambda raw, _: raw.execute(f"SET zhian.purpose = '{purpose}'").close())
    try:
        yield SqlOperations(engine, append)
    finally:
        engine.dispose()


def test_operator_and_dispatcher_work_an_incident_to_its_end_by_their_own_credentials(working: sa.Engine) -> None:
    now_s = 1_790_000_100.0
    program = SqlOperations(working, append)
    program.do(deeds.EnrolUnit(Unit("U1", 0, "", "一组", "police_car", "police")), By("owner", now_s))
    program.do(deeds.SetUnit("U1", "free"), By("owner", now_s))
    (alert,) = program.take([hit()])
    step = PlanStep("cameras", "调看", "Look", "operator", 60.0, "cameras")
    start = Start("失驾人员预警", plan="p", steps=(step,), levels=(Level("on_scene", 480.0),))
    with signed_in(working, "operator_ann", "处警") as ann, signed_in(working, "dispatcher_bob", "处警") as bob:
        by_ann, by_bob = By("operator_ann", now_s + 10.0), By("dispatcher_bob", now_s + 20.0)
        (incident,) = ann.do(deeds.ConfirmAlerts((alert,), start), by_ann).of(Incident)
        (step_kept,) = ann.whole(incident.id).steps
        (dispatch,) = bob.do(deeds.SendUnits(incident.id, (Assignment("U1", 60.0),), "去"), by_bob).of(Dispatch)
        for deed in (
            deeds.ClaimIncident(incident.id),
            deeds.AnswerStep(step_kept.id, "done"),
            deeds.AddNote(incident.id, "到了"),
            deeds.SendNotice(incident.id, "sms", "13800000000", "notify", "您好", "某法"),
            deeds.AskDoor(incident.id, "d1", "东门", "lock", "某法"),
            deeds.HandOver(incident.id, "urban", "覆盖", 9e9),
        ):
            ann.do(deed, by_ann)
        bob.do(deeds.ReportDispatch(dispatch.id, "on_scene"), by_bob)
        (task,) = ann.find(Task, ("offered",))
        with signed_in(working, "partner_urban") as urban:
            urban.do(AnswerTask(task.id, "returned", "不在辖区"), By("partner_urban", now_s + 30.0))
        ann.do(deeds.Resolve(incident.id, "warned"), by_ann)
        ann.do(deeds.Close(incident.id), by_ann)
        assert ann.one(Incident, incident.id).state == "closed"
        assert len(ann.whole(incident.id).messages) == 3
        assert ann.queue() == ()


def test_an_agency_answers_and_its_incident_follows_unseen(working: sa.Engine) -> None:
    owner = working
    police = SqlOperations(owner, append)
    urban = SqlOperations(engine_of(owner.url.set(username="zhian_partner_urban")), append)
    before = len(police.events(0))
    ann, by = By("ann", 100.0), By("partner_urban", 200.0, agencies=frozenset({"urban"}))
    (incident,) = police.do(OpenIncident("", 3, Start("渣土车未覆盖")), ann).of(Incident)
    for states in (("accepted", "finished"), ("returned",)):
        (task,) = police.do(HandOver(incident.id, "urban", "责令覆盖", 9e9), ann).of(Task)
        for state in states:
            assert police.one(Incident, incident.id).state == "handed_over"
            urban.do(AnswerTask(task.id, state, "已办"), by)
        assert police.one(Incident, incident.id).state == "open"
    events = police.events(0)
    assert [event.number for event in events] == list(range(1, len(events) + 1))
    events = events[before:]
    told = [(event.by, event.kind, event.after) for event in events if event.deed == "AnswerTask"]
    assert told == [
        ("partner_urban", kind, after)
        for answer, stands in (("accepted", "handed_over"), ("finished", "open"), ("returned", "open"))
        for kind, after in (("incident", stands), ("task", answer))
    ]
    with pytest.raises(NotPossibleError, match="no incident"):
        urban.one(Incident, incident.id)  # the row itself stays closed to it
    urban.close()


def test_no_account_gives_itself_rights_or_another_persons_word(secured: sa.Engine) -> None:
    own = ACCOUNTS.c.id == "investigator"
    login = engine_of(secured.url.set(username="zhian_investigator"))  # as psql would
    with login.connect() as connection:
        assert connection.execute(sa.update(ACCOUNTS).values(failures=1)).rowcount == 1  # its own alone
        for deed, words in (
            (sa.update(ACCOUNTS).where(own).values(roles='["supervisor"]'), "its own rights"),
            (sa.update(REQUESTS).values(state="confirmed", decided_by="supervisor"), "second person"),
            (sa.update(REQUESTS).values(state="confirmed"), "second person"),
            (sa.update(REQUESTS).values(deed="{}"), "second person"),
            (sa.text("DELETE FROM zhian_access.granted"), "permission denied"),
            (sa.text("ALTER TABLE fraud_case DISABLE ROW LEVEL SECURITY"), "must be owner"),
            (sa.text("SET SESSION AUTHORIZATION zhian_supervisor"), "permission denied"),
            (sa.text("SET ROLE zhian_supervisor"), "permission denied"),
        ):
            with pytest.raises(sa.exc.DBAPIError, match=words), connection.begin_nested():
                connection.execute(deed)
    login.dispose()
    with acting(secured, "supervisor") as connection:
        asked = sa.select(REQUESTS.c.asked_by).order_by(REQUESTS.c.asked_by)
        assert connection.scalars(asked).all() == ["investigator", "supervisor"]
        other = sa.update(REQUESTS).where(REQUESTS.c.asked_by == "investigator")
        assert connection.execute(other.values(state="confirmed", decided_by="supervisor")).rowcount == 1


def test_a_credential_is_kept_so_that_nobody_can_read_it(secured: sa.Engine) -> None:
    role, password = give_credential(secured, "auditor")
    with secured.connect() as connection:
        kept = connection.execute(
            sa.text("SELECT rolpassword, rolsuper, rolbypassrls FROM pg_authid WHERE rolname = :role"), {"role": role}
        ).one()
    assert kept.rolpassword.startswith("SCRAM-SHA-256$")
    assert password not in kept.rolpassword
    assert (kept.rolsuper, kept.rolbypassrls) == (False, False)
    with pytest.raises(UsageError, match="no account"):
        give_credential(secured, 'x"; DROP ROLE zhian_desk; --')


def test_on_sqlite_it_is_refused_in_plain_words() -> None:
    with pytest.raises(UsageError, match="only PostgreSQL"):
        secure(sa.create_engine("sqlite://"), RULES)
