"""What shells and readers of manuals are told: written from the command line's own help, so that it is never behind."""

from __future__ import annotations

import argparse
import gzip
import sys
from collections.abc import Iterator
from pathlib import Path

from installers.place import ROOT, TITLE

MAN_HEAD = """.TH ZHIAN 1 "" "{title}" ""
.SH NAME
zhian \\- a county in 3D, alive: window, engine and tools
.SH SYNOPSIS
.B zhian
.I VERB
[\\fIOPTIONS\\fR]
.SH DESCRIPTION
With \\fBzhian run\\fR the window opens. Each verb tells its options by \\fB\\-\\-help\\fR, in Chinese or, with
\\fB\\-\\-language en\\fR, in English.
.SH VERBS
"""
MAN_TAIL = """.SH FILES
.I /etc/xdg/zhian/policy.toml
what the machine's administrator has set; users cannot change what it locks
.br
.I ~/.local/share/zhian
twins, records, settings
.br
.I ~/.local/state/zhian/log
logs
.SH ENVIRONMENT
.B ZHIAN_HOME
moves all of a user's folders below one;
.B ZHIAN_LANGUAGE
is zh or en.
.SH EXIT STATUS
0 ok, 1 failure, 2 usage, 3 missing system piece, 4 bad input, 5 not allowed, 6 integrity, 7 disk, 130 interrupted
"""


def verbs() -> dict[str, str]:
    """Return the verbs of the command line with their help, in English."""
    return {choice.dest: choice.help or "" for choice in _action()._choices_actions}


def options() -> dict[str, list[str]]:
    """Return the long options and the words that may follow each verb."""
    return {name: sorted({*_words(parser)}) for name, parser in _action().choices.items()}


def _action() -> argparse._SubParsersAction[argparse.ArgumentParser]:
    sys.path.insert(0, str(ROOT))
    from app.cli import make_parser, verb_modules

    parser = make_parser(verb_modules(), "en")
    (action,) = (one for one in parser._actions if isinstance(one, argparse._SubParsersAction))
    return action


def _words(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        yield from (word for word in action.option_strings if word.startswith("--"))
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices


def manual() -> str:
    """Return the manual page."""
    lines = [f".TP\n.B {name}\n{said}\n" for name, said in verbs().items()]
    return MAN_HEAD.format(title=TITLE["en"]) + "".join(lines).replace("-", "\\-") + MAN_TAIL


def bash() -> str:
    """Return the completion of bash."""
    cases = "\n".join(f"        {name}) words='{' '.join(words)}' ;;" for name, words in options().items())
    return f"""_zhian() {{
    local words verb current=${{COMP_WORDS[COMP_CWORD]}}
    for verb in "${{COMP_WORDS[@]:1}}"; do [[ $verb != -* ]] && break; done
    ((COMP_CWORD == 1)) && verb=
    case $verb in
{cases}
        *) words='{" ".join(verbs())}' ;;
    esac
    COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o default -F _zhian zhian
"""


def zsh() -> str:
    """Return the completion of zsh, which asks the one of bash."""
    return "#compdef zhian\nautoload -U +X bashcompinit && bashcompinit\n" + bash()


def fish() -> str:
    """Return the completion of fish."""
    lines = []
    for name, said in verbs().items():
        quoted = said.replace("'", "’")
        lines.append(f"complete -c zhian -n __fish_use_subcommand -a {name} -d '{quoted}'")
        lines.append(f"complete -c zhian -n '__fish_seen_subcommand_from {name}' -a '{' '.join(options()[name])}'")
    return "\n".join(lines) + "\n"


def write_all(usr: Path) -> None:
    """Write manual and completions below ``usr``."""
    share = usr / "share"
    for path, text in (
        (share / "bash-completion/completions/zhian", bash()),
        (share / "zsh/vendor-completions/_zhian", zsh()),
        (share / "fish/vendor_completions.d/zhian.fish", fish()),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    page = share / "man/man1/zhian.1.gz"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_bytes(gzip.compress(manual().encode(), mtime=0))
