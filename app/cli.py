"""The command line: one verb a module in ``app/verbs``.

A verb module has ``add_parser(verbs)``, which adds its parser and sets ``run`` to a function of the parsed arguments
and the :class:`app.session.Session` that returns the exit code, and ``commands(session)``, which gives the commands it
runs. One that must work where no session can be had sets ``alone`` instead, to a function of the arguments and the
texts.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import locale
import os
import pkgutil
import sys
import time
import traceback
from collections.abc import Sequence
from functools import partial
from types import ModuleType
from typing import Any

import data.gdal_guard  # noqa: F401 - before any verb loads GDAL

# isort: split
import app.verbs
from app import help_words
from app.commands import MAKE_FIRST, Commands
from app.second import KeptRequests
from app.session import Session
from app.texts import Texts
from app.version import program_version
from app.who import SHOWING, actor_of
from data.access_rules import rules_of
from data.accounts.opening import has_accounts
from data.audit.desk import open_desk
from data.home import Home
from data.upgrade import settle
from twin.access import Purpose
from twin.errors import CancelledError, DiskError, ZhianError
from twin.words import say


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``zhian`` and return its exit code: 0 ok, 1 failure, 2 usage, 3 missing system piece, 4 bad input, 5 not
    allowed, 6 integrity, 7 disk, 130 interrupted.
    """
    argv = sys.argv[1:] if argv is None else argv
    verbs = verb_modules(asked_for(argv))
    arguments = make_parser(verbs, _language(argv)).parse_args(argv)
    try:
        if hasattr(arguments, "alone"):
            return int(arguments.alone(arguments, Texts(arguments.language or default_language())))
        session = open_session(
            arguments.language,
            arguments.purpose,
            arguments.reference,
            arguments.json,
            arguments.account,
            arguments.password_file,
            getattr(arguments, "twin", "") if arguments.verb in SHOWING else None,
            arguments.card,
        )
        with contextlib.closing(session.commands):
            for verb in verbs:
                for command in verb.commands(session):
                    session.commands.add(command)
            return int(arguments.run(arguments, session))
    except KeyboardInterrupt:
        return _fail(arguments, CancelledError("interrupted"), CancelledError.exit_code)
    except ZhianError as error:
        return _fail(arguments, error, error.exit_code)
    except OSError as error:
        return _fail(arguments, error, DiskError.exit_code if error.errno in DISK_ERRORS else 1)
    except Exception as error:  # noqa: BLE001 - the last line of defence: the user gets a sentence, --debug the rest
        words = say(
            "unexpected {kind}: {error}. Run again with --debug and report it", kind=type(error).__name__, error=error
        )
        return _fail(arguments, ZhianError(words), 1)


DISK_ERRORS = frozenset({5, 27, 28, 30, 122})  # EIO, EFBIG, ENOSPC, EROFS, EDQUOT


def open_session(
    language: str = "",
    purpose: str = "",
    reference: str = "",
    as_json: bool = False,
    account: str = "",
    password_file: str = "",
    twin: str | None = None,
    card: bool = False,
) -> Session:
    """Return a session of this user, signed in if an account is named; ``twin`` as for :func:`app.who.actor_of`."""
    home = Home.of_user()
    settle(home, program_version(), time.time())
    rules, audit = rules_of(home), open_desk(home)
    try:
        actor = actor_of(home, rules, audit, account, password_file, twin, card)
    except BaseException:
        audit.close()
        raise
    commands = Commands(actor, audit, rules, KeptRequests(home, rules, audit))
    if not actor.id and not has_accounts(home):
        commands.unsigned = MAKE_FIRST
    if purpose:
        commands.purpose = Purpose(purpose, reference)
    return Session(home, Texts(language or default_language()), commands, as_json)


def default_language() -> str:
    """Chinese, unless the environment asks for English."""
    spoken = os.environ.get("ZHIAN_LANGUAGE") or os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    spoken = spoken or (locale.getlocale()[0] or "")
    return "en" if spoken.lower().startswith("en") else "zh"


ELSEWHERE = {
    "balance": "journal", "fanout": "desk", "import": "import_", "list": "lists", "play": "sync",
    "quarantine": "journal", "restore": "backup",
}  # fmt: skip
"""Verbs whose module has another name than they."""
NO_VERBS = frozenset({"import_", "journal", "lists"})


def verb_modules(names: Sequence[str] = ()) -> list[ModuleType]:
    """Return the modules of the verbs, by name: all, or those that are named."""
    return [importlib.import_module(f"app.verbs.{name}") for name in names or _all_modules()]


def _all_modules() -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules(app.verbs.__path__))


def asked_for(argv: Sequence[str]) -> tuple[str, ...]:
    """Return the module of the verb that a command line asks for, or none where that needs the whole parser.

    To load all verbs costs some seconds, and each of the engine's companions is a command line.
    """
    module_of = {name: name for name in _all_modules() if name not in NO_VERBS} | ELSEWHERE
    words = [word for word in argv if word in module_of]
    return (module_of[words[0]],) if len(words) == 1 else ()


def _language(argv: Sequence[str]) -> str:
    """Return the language of help and complaints, which must be known before the arguments are read."""
    early = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    early.add_argument("--language", default="", nargs="?")
    return early.parse_known_args(argv)[0].language or default_language()


def make_parser(verbs: Sequence[ModuleType], language: str) -> argparse.ArgumentParser:
    """Return the parser of the whole command line, which speaks ``zh`` or ``en``."""
    help_words.choose(language)
    parser = argparse.ArgumentParser(prog="zhian", description="智安孪生 · Zhian Twin: a county in 3D, alive.")
    _add_common(parser)
    parser.set_defaults(
        language="", purpose="", reference="", account="", password_file="", card=False, json=False, debug=False
    )
    subparsers = parser.add_subparsers(dest="verb", required=True, metavar="VERB", parser_class=_VerbParser)
    for verb in verbs:
        verb.add_parser(subparsers)
    if language == "zh":
        help_words.translate(parser)
    return parser


class _VerbParser(argparse.ArgumentParser):
    """A verb's parser: takes the common options too, so that they may stand before or after the verb."""

    def __init__(self, **how: Any) -> None:
        super().__init__(**how)
        _add_common(self)


def _add_common(parser: argparse.ArgumentParser) -> None:
    # Suppressed defaults: a verb's parser must not undo what was said before the verb.
    group = parser.add_argument_group("everywhere")
    add = partial(group.add_argument, default=argparse.SUPPRESS)
    add("--language", choices=("zh", "en"), help="default: from the environment, else zh")
    add("--purpose", help="why you look; needed to see plates and names in full")
    add("--reference", help="the case or order the purpose belongs to")
    add("--account", metavar="NAME", help="who signs in; needed once there is an account")
    add("--card", action="store_true", help="sign in by the card in the reader; --password-file then holds its PIN")
    add("--password-file", metavar="FILE", help="its first line is the password; else it is asked for")
    add("--json", action="store_true", help="print results as JSON")
    add("--debug", action="store_true", help="show where an error came from")


def _fail(arguments: argparse.Namespace, error: BaseException, code: int) -> int:
    if arguments.debug:
        traceback.print_exc()
    texts = Texts(arguments.language or default_language())
    print(f"zhian: {texts.error(error)}", file=sys.stderr)
    if getattr(arguments, "dialogs", False):
        from app.widgets.refusal import show_refusal

        show_refusal(texts, texts.error(error))
    return code
