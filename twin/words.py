"""Sentences that can be said again in another language.

The code says a sentence in English, once and where it belongs; :func:`say` keeps beside it how it was made, so that
the window and the command line can look its template up among their translations.
"""

from __future__ import annotations

import errno
import json
from typing import Any

Value = str | int | float
MARK = "\x1e"
"""Begins a packed sentence; no text of ours or of a library holds this sign."""


class Said(str):
    """A sentence in English that remembers its template and what was filled in.

    Parameters
    ----------
    template : str
        With ``{names}`` as of :meth:`str.format`; taken as it stands if there are no values.
    values : dict
        Texts and numbers; a :class:`Said` among them is translated in its turn.
    """

    template: str
    values: dict[str, Value]

    def __new__(cls, template: str, values: dict[str, Value] | None = None) -> Said:
        """Fill the template in."""
        said = super().__new__(cls, template.format(**values) if values else template)
        said.template, said.values = template, dict(values or {})
        return said

    def __reduce__(self) -> tuple[type[Said], tuple[str, dict[str, Value]]]:
        """Travel between processes whole."""
        return Said, (self.template, self.values)


def say(template: str, /, **values: object) -> Said:
    """Return a sentence; of an error its own sentence is taken, of other objects their text."""
    return Said(template, {name: _value(value) for name, value in values.items()})


def said(text: str) -> Said:
    """Return a text as a sentence; one without values is its own template."""
    return text if isinstance(text, Said) else Said(text)


def why(error: BaseException) -> str:
    """Return why something failed, as a sentence where it is known to be one."""
    if error.args and isinstance(error.args[0], Said):
        return error.args[0]
    if isinstance(error, OSError):
        return said(_SYSTEM.get(error.errno or 0, "")) or error.strerror or str(error)
    return str(error)


_SYSTEM = {
    errno.ENOENT: "there is no such file or folder",
    errno.EACCES: "the rights to it are missing",
    errno.EPERM: "the system does not allow it",
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the quota of the disk is used up",
    errno.EROFS: "the disk can only be read",
    errno.EIO: "the disk does not answer",
    errno.EFBIG: "the disk takes no file of this size",
    errno.EISDIR: "it is a folder",
    errno.ENOTDIR: "it is no folder",
    errno.EADDRINUSE: "another program uses this port",
    errno.ECONNREFUSED: "nobody answers there",
    errno.ETIMEDOUT: "no answer came in time",
}


def _value(value: object) -> Value:
    if isinstance(value, BaseException):
        return why(value)
    return value if isinstance(value, (str, int, float)) else str(value)


def pack(text: str) -> str:
    """Return a text that :func:`unpack` makes the same sentence of, for messages between processes."""
    return MARK + json.dumps(_dump(text), ensure_ascii=False) if isinstance(text, Said) else text


def unpack(text: str) -> str:
    """Return what was packed; a text that was not, or that was cut on the way, as it is."""
    if not text.startswith(MARK):
        return text
    try:
        sentence: str = _load(json.loads(text[1:]))
    except ValueError:
        return text[1:]
    return sentence


def _dump(value: Value) -> Any:
    if isinstance(value, Said):
        return [value.template, {name: _dump(inner) for name, inner in value.values.items()}]
    return value


def _load(value: Any) -> Any:
    if isinstance(value, list):
        return Said(value[0], {name: _load(inner) for name, inner in value[1].items()})
    return value
