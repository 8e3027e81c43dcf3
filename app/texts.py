"""The words of the window and the command line, in both languages."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from twin.errors import ZhianError
from twin.words import Said, say, why

LANGUAGES = ("zh", "en")


class Texts:
    """Looks up a text by its key in the language of the moment.

    The files ``resources/texts/*.toml`` hold ``[section]`` tables whose entries are ``key = {zh = "…", en = "…"}``; a
    text's full key is ``section.key``, and sections may nest.
    """

    def __init__(self, language: str = "zh") -> None:
        self.language = language
        self._texts: dict[str, dict[str, str]] = {}
        for file in sorted((resources.files("resources") / "texts").iterdir(), key=lambda f: f.name):
            if file.name.endswith(".toml"):
                self._collect("", tomllib.loads(file.read_text("utf-8")))

    def _collect(self, prefix: str, node: dict[str, Any]) -> None:
        for key, value in node.items():
            if set(value) == set(LANGUAGES):
                self._texts[prefix + key] = value
            else:
                self._collect(f"{prefix}{key}.", value)

    def __contains__(self, key: str) -> bool:
        return key in self._texts

    def in_language(self, language: str, key: str) -> str:
        """Return the text for ``key`` in a language of choice."""
        return self._texts[key][language]

    def __call__(self, key: str, **values: object) -> str:
        """Return the text for ``key`` with ``{names}`` filled in; a key that is missing is a programming error."""
        text = self._texts[key][self.language]
        return text.format(**values) if values else text

    def error(self, error: BaseException) -> str:
        """Return what went wrong in the language of the moment; what a library says stays as it is."""
        if isinstance(error, OSError) and error.filename:
            return self.said(say("{file}: {reason}", file=error.filename, reason=error))
        return self.said(error.sentence if isinstance(error, ZhianError) else why(error))

    def said(self, text: str) -> str:
        """Return a sentence of the lower rooms in the language of the moment; an unknown one stays as it is."""
        template = text.template if isinstance(text, Said) else text
        if self.language == "en" or template not in translations():
            return str(text)
        values = text.values if isinstance(text, Said) else {}
        words = {name: self.said(value) if isinstance(value, Said) else value for name, value in values.items()}
        return translations()[template].format(**words) if words else translations()[template]


@cache
def translations() -> dict[str, str]:
    """Return the Chinese of each sentence that :func:`twin.words.say` says: ``resources/texts/errors/*.toml``."""
    known: dict[str, str] = {}
    for file in (resources.files("resources") / "texts" / "errors").iterdir():
        if file.name.endswith(".toml"):
            known |= tomllib.loads(file.read_text("utf-8"))
    return known
