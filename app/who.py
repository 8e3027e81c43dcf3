"""Who acts: the demo account where nobody has one, else who signs in, or who a ticket was written for."""

from __future__ import annotations

import contextlib
import getpass
import os
import sys
import time
from datetime import datetime
from pathlib import Path

from data.accounts.opening import has_accounts, open_accounts
from data.accounts.store import AccountStore
from data.accounts.tickets import VARIABLE, read_ticket
from data.home import Home
from twin.access import DEMO_ACTOR, Actor, AuditEntry, AuditSink, Decision, Resource, Rules
from twin.accounts import Account
from twin.errors import BadInputError, NotAllowedError, UsageError
from twin.words import Said, said

NOBODY = Actor("", "")
"""Who has not signed in."""
SHOWING = frozenset({"run", "export", "history"})
"""Verbs that show what a twin holds: that of a real one asks who it is, even before anybody has an account."""
CHANGE_FIRST = "the password was given for the first time: change it with `zhian account password`"


def actor_of(
    home: Home,
    rules: Rules,
    audit: AuditSink,
    account: str = "",
    password_file: str = "",
    twin: str | None = None,
    card: bool = False,
) -> Actor:
    """Return who acts on this command line; ``twin`` is what it shows, empty for the current one.

    With ``card`` it is whose card is in the reader, and ``password_file`` holds the PIN.

    Raises
    ------
    twin.errors.NotAllowedError
        If the password is wrong, or must be changed first.
    """
    if card:
        pin = read_password(password_file, what=said("PIN of the card"))
        with contextlib.closing(open_accounts(home, rules)) as store:
            found = signed_in_by_card(store, home, audit, pin)
        return found.actor(datetime.now().astimezone())
    if account:
        with contextlib.closing(open_accounts(home, rules)) as store:
            found = signed_in(store, audit, account, read_password(password_file))
        if found.must_change:
            raise NotAllowedError(CHANGE_FIRST)
        return found.actor(datetime.now().astimezone())
    ticket = os.environ.get(VARIABLE, "")
    actor = read_ticket(home, ticket, time.time()) if ticket else None
    if actor is not None:
        return actor
    return NOBODY if has_accounts(home) or holds_real_data(home, twin) else DEMO_ACTOR


def holds_real_data(home: Home, twin: str | None) -> bool:
    """Tell whether a twin (empty: the current one; None: none at all) is there and not invented."""
    if twin is None:
        return False
    try:
        folder = home.twin(twin or home.current())
    except BadInputError:
        return False  # none has been made yet: the first one will be the demo county
    if not (folder / "twin.json").exists():
        return False
    from data.store.twin_folder import read_manifest  # takes a while to import

    return not read_manifest(folder).invented


def signed_in(store: AccountStore, audit: AuditSink, account: str, password: str) -> Account:
    """Sign in and put the answer on record, whichever it is.

    Raises
    ------
    twin.errors.NotAllowedError
    """
    try:
        found = store.sign_in(account, password)
    except NotAllowedError as error:
        _record(audit, account, Decision(False, error.sentence))
        raise
    _record(audit, account, Decision(True, "the password is right"))
    return found


def signed_in_by_card(store: AccountStore, home: Home, audit: AuditSink, pin: str) -> Account:
    """Sign in by the card in the reader and put the answer on record, whichever it is.

    Raises
    ------
    twin.errors.NotAllowedError
        With the reason why the card is refused.
    """
    from data.accounts.cards import module_of, opened, subject_of  # only where there is a card to speak to
    from data.accounts.trust import read_trust

    try:
        with opened(module_of(home), pin) as card:
            found = store.of_card(subject_of(card, read_trust(home)))
    except NotAllowedError as error:
        _record(audit, "", Decision(False, error.sentence))
        raise
    _record(audit, found.id, Decision(True, "the card signed"))
    return found


def read_password(file: str = "", again: bool = False, what: Said | None = None) -> str:
    """Return a password from a file's first line, or as it is typed; ``again`` has it typed twice.

    Raises
    ------
    twin.errors.BadInputError, twin.errors.UsageError
    """
    if file:
        try:
            return Path(file).expanduser().read_text("utf-8").partition("\n")[0].rstrip("\r")
        except (OSError, UnicodeDecodeError) as error:
            raise BadInputError(file, said(str(error)), "give a file whose first line is the password") from None
    if not sys.stdin.isatty():
        raise UsageError("there is no terminal to type a password at: name a file with --password-file")
    prompt = f"{what or 'Password'}: "
    typed = getpass.getpass(prompt)
    if again and typed != getpass.getpass(prompt):
        raise UsageError("the two passwords differ")
    return typed


def _record(audit: AuditSink, account: str, decision: Decision) -> None:
    shown = account if account.isprintable() and len(account) <= 64 else "?"
    audit.write(AuditEntry(shown, "account.sign_in", Resource("account", shown), None, decision))
