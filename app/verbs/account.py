"""``zhian account``: who may sign in."""

from __future__ import annotations

import argparse
import contextlib
import json
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.commands import Call, Command
from app.session import Session
from app.who import read_password, signed_in
from data.accounts.opening import open_accounts
from data.accounts.store import AccountStore
from data.accounts.trust import keep_trust, read_certificate, read_trust
from twin.accounts import Account
from twin.errors import NotAllowedError
from twin.words import said

DAY_S = 86_400.0
REACHES = {"district": "districts", "street": "streets", "zone": "zones", "agency": "agencies"}


def add_parser(verbs: Any) -> None:
    """Add ``zhian account``."""
    parser = verbs.add_parser("account", help="who may sign in")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    first = actions.add_parser("first", help="make the first account, an administrator's; from then on all sign in")
    adding = actions.add_parser("add", help="make an account; prints a password to be changed at the first sign-in")
    for one in (first, adding):
        one.add_argument("name", metavar="ACCOUNT", help="what is typed to sign in: small letters, digits, dashes")
        one.add_argument("--person", required=True, metavar="NAME", help="whose it is, as shown on the screen")
    first.add_argument("--new-password-file", default="", metavar="FILE", help="its first line is the password to set")
    _add_rights(adding)
    adding.add_argument("--service", action="store_true", help="for a script; needs --days")
    adding.add_argument("--days", type=float, default=0.0, metavar="N", help="it expires after so many days")
    changing = actions.add_parser("change", help="change what an account may do; what is not named stays")
    changing.add_argument("name", metavar="ACCOUNT")
    _add_rights(changing)
    for action, words in (
        ("close", "keep an account from signing in"),
        ("open", "let a closed account sign in again"),
        ("reset", "unlock an account and print a fresh first password"),
    ):
        actions.add_parser(action, help=words).add_argument("name", metavar="ACCOUNT")
    card = actions.add_parser("card", help="let an account sign in by its holder's card")
    card.add_argument("name", metavar="ACCOUNT")
    which = card.add_mutually_exclusive_group(required=True)
    which.add_argument("--certificate", type=Path, metavar="FILE", help="the card's, as PEM or DER")
    which.add_argument("--none", action="store_true", help="by no card any more")
    trust = actions.add_parser("trust", help="believe cards of this authority, but for those on its revocation list")
    trust.add_argument("--ca", type=Path, required=True, metavar="FILE", help="certificates of the authority, PEM")
    trust.add_argument("--crl", type=Path, required=True, metavar="FILE", help="its newest revocation list, PEM")
    own = actions.add_parser("password", help="choose a password of your own")
    own.add_argument("name", metavar="ACCOUNT")
    own.add_argument("--new-password-file", default="", metavar="FILE", help="its first line is the password to set")
    actions.add_parser("list", help="list the accounts")
    for action, run in _RUNS.items():
        actions.choices[action].set_defaults(run=run)


def _add_rights(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--role", action="append", metavar="ROLE", help="as in `zhian access matrix`; may be repeated")
    for name in REACHES:
        parser.add_argument(f"--{name}", action="append", metavar="NAME", help="reaches only this; may be repeated")
    parser.add_argument("--clearance", metavar="WORD", help="the highest classification it sees")
    parser.add_argument("--shift", metavar="HH:MM-HH:MM", help="when it works, in local time")


def commands(session: Session) -> tuple[Command, ...]:
    """Return the commands of this verb."""

    def on_accounts(act: Callable[[AccountStore, Call], Any]) -> Callable[[Call], Any]:
        def run(call: Call) -> Any:
            with contextlib.closing(open_accounts(session.home, session.commands.rules)) as store:
                return act(store, call)

        return run

    table: tuple[tuple[str, Callable[[AccountStore, Call], Any], str], ...] = (
        ("account.first", lambda store, call: store.make_first(**call.arguments), "account.manage"),
        ("account.add", lambda store, call: store.add(call.arguments["account"]), "account.manage"),
        ("account.change", lambda store, call: store.change(**call.arguments), "account.manage"),
        ("account.reset", lambda store, call: store.reset(call.arguments["name"]), "account.manage"),
        ("account.password", lambda store, call: store.set_password(**call.arguments), "account.password"),
        ("account.card", lambda store, call: store.give_card(**call.arguments), "account.manage"),
        ("account.list", lambda store, _call: store.accounts(), "account.manage"),
    )
    trust = Command("account.trust", lambda call: keep_trust(session.home, **call.arguments), "account.manage",
                    in_palette=False)  # fmt: skip
    return (
        trust,
        *(Command(name, on_accounts(act), permission, in_palette=False) for name, act, permission in table),
    )


def _first(arguments: argparse.Namespace, session: Session) -> int:
    password = read_password(arguments.new_password_file, again=True, what=said("New password"))
    session.commands.run(
        "account.first", about=arguments.name, name=arguments.name, person=arguments.person, password=password
    )
    print(session.texts("account.made_first", name=arguments.name))
    return 0


def _add(arguments: argparse.Namespace, session: Session) -> int:
    fresh = Account(arguments.name, arguments.person, frozenset(), service=arguments.service)
    if arguments.days:
        fresh = replace(fresh, expires_at_s=time.time() + arguments.days * DAY_S)
    account = replace(fresh, **_rights(arguments, fresh))
    password = session.commands.run("account.add", about=arguments.name, account=account)
    return _told(session, arguments.name, password)


def _change(arguments: argparse.Namespace, session: Session) -> int:
    accounts = {account.id: account for account in session.commands.run("account.list")}
    before = accounts.get(arguments.name, Account(arguments.name, "", frozenset()))
    session.commands.run("account.change", about=arguments.name, name=arguments.name, **_rights(arguments, before))
    return 0


def _close(arguments: argparse.Namespace, session: Session) -> int:
    session.commands.run("account.change", about=arguments.name, name=arguments.name, enabled=False)
    return 0


def _open(arguments: argparse.Namespace, session: Session) -> int:
    session.commands.run("account.change", about=arguments.name, name=arguments.name, enabled=True)
    return 0


def _reset(arguments: argparse.Namespace, session: Session) -> int:
    password = session.commands.run("account.reset", about=arguments.name, name=arguments.name)
    return _told(session, arguments.name, password)


def _password(arguments: argparse.Namespace, session: Session) -> int:
    """Change it as the account itself, which signs in with the old one even where that must be changed first."""
    old = read_password(arguments.password_file, what=said("Password"))
    with contextlib.closing(open_accounts(session.home, session.commands.rules)) as store:
        account = signed_in(store, session.commands.audit, arguments.name, old)
    session.commands.actor = account.actor(datetime.now().astimezone())
    fresh = read_password(arguments.new_password_file, again=True, what=said("New password"))
    session.commands.run("account.password", about=arguments.name, name=arguments.name, password=old, fresh=fresh)
    print(session.texts("account.changed"))
    return 0


def _card(arguments: argparse.Namespace, session: Session) -> int:
    subject = ""
    if not arguments.none:
        certificate = read_certificate(arguments.certificate)
        if why_not := read_trust(session.home).refusal(certificate, datetime.now(UTC)):
            raise NotAllowedError(why_not)
        subject = certificate.subject.rfc4514_string()
    session.commands.run("account.card", about=arguments.name, name=arguments.name, subject=subject)
    return 0


def _trust(arguments: argparse.Namespace, session: Session) -> int:
    trust = session.commands.run("account.trust", authorities=arguments.ca, revoked=arguments.crl)
    print(session.texts("account.trusted", count=len(trust.authorities)))
    return 0


def _list(_arguments: argparse.Namespace, session: Session) -> int:
    for account in session.commands.run("account.list"):
        print(json.dumps(_plain(account), ensure_ascii=False) if session.as_json else _line(account, session))
    return 0


def _rights(arguments: argparse.Namespace, before: Account) -> dict[str, Any]:
    """Return what was named of roles, reach and shift; what was not stays as before."""
    named: dict[str, Any] = {
        field: frozenset(told) for name, field in REACHES.items() if (told := getattr(arguments, name)) is not None
    }
    if arguments.clearance is not None:
        named["clearance"] = arguments.clearance
    rights: dict[str, Any] = {"scope": replace(before.scope, **named)} if named else {}
    if arguments.role is not None:
        rights["roles"] = frozenset(arguments.role)
    if arguments.shift is not None:
        rights["shift"] = arguments.shift
    return rights


def _told(session: Session, name: str, password: str) -> int:
    if session.as_json:
        print(json.dumps({"account": name, "password": password}))
    else:
        print(session.texts("account.told", name=name, password=password))
    return 0


def _plain(account: Account) -> dict[str, Any]:
    scope = {name: sorted(reach) for name, reach in asdict(account.scope).items() if isinstance(reach, frozenset)}
    return asdict(account) | {"roles": sorted(account.roles), "scope": scope | {"clearance": account.scope.clearance}}


def _line(account: Account, session: Session) -> str:
    barred = account.barred(time.time())
    state = session.texts.said(barred) if barred else session.texts("account.may_sign_in")
    scope = account.scope
    places = "、".join(sorted(scope.districts | scope.streets | scope.zones | scope.agencies))
    parts = (account.id, account.name, ",".join(sorted(account.roles)), places, account.shift, state)
    return "  ".join(part for part in parts if part)


_RUNS = {
    "first": _first,
    "add": _add,
    "change": _change,
    "close": _close,
    "open": _open,
    "reset": _reset,
    "card": _card,
    "trust": _trust,
    "password": _password,
    "list": _list,
}
