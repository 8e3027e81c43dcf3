"""What can go wrong, in words a user can act on.

Every error that reaches a person is one sentence of what happened, where, and what to do. The exit code is the one
the command line ends with. Sentences are :class:`twin.words.Said`, so that they can be read in Chinese as well.
"""

from __future__ import annotations

from twin.words import said, say


class ZhianError(Exception):
    """A failure with a message for the user; never shown as a traceback."""

    exit_code = 1

    def __init__(self, sentence: str = "") -> None:
        self.sentence = said(sentence)
        super().__init__(self.sentence)


class UsageError(ZhianError):
    """The command was asked in a way that has no meaning."""

    exit_code = 2


class MissingPieceError(ZhianError):
    """The system lacks something the program needs."""

    exit_code = 3


class BadInputError(ZhianError):
    """A file or a message cannot be used.

    Parameters
    ----------
    subject : str
        The file or source, as the user named it.
    problem : str
        What is wrong with it.
    remedy : str
        What to do about it.
    place : str
        Where in it: a line, a feature, a byte offset. Empty if it concerns the whole.
    """

    exit_code = 4

    def __init__(self, subject: str, problem: str, remedy: str, place: str = "") -> None:
        self.subject, self.problem, self.remedy, self.place = subject, said(problem), said(remedy), place
        if place:
            words = say("{subject} ({place}): {problem}. {remedy}.", **self._parts(), place=place)
        else:
            words = say("{subject}: {problem}. {remedy}.", **self._parts())
        super().__init__(words)

    def _parts(self) -> dict[str, str]:
        return {"subject": self.subject, "problem": self.problem, "remedy": self.remedy}

    def __reduce__(self) -> tuple[type[BadInputError], tuple[str, str, str, str]]:
        """Travel between processes in its parts."""
        return type(self), (self.subject, self.problem, self.remedy, self.place)


class NotAllowedError(ZhianError):
    """The actor may not do this, or not without a purpose."""

    exit_code = 5


class IntegrityError(ZhianError):
    """Something kept was changed behind the program's back."""

    exit_code = 6


class DiskError(ZhianError):
    """The disk is full or does not answer."""

    exit_code = 7


class CancelledError(ZhianError):
    """The user stopped the work."""

    exit_code = 130
